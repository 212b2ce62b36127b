//! Convolutions, transposed convolutions and batch norm.

use super::view::View;
use super::window::{AutoPad, WINDOW, auto_pad, border, kernel, shared, window};
use super::{Reader, Site};
use crate::formats::FormatError;
use crate::formats::onnx::constant::Constant;
use crate::formats::onnx::model::{Border, Conv, ConvTranspose, Kind, Window, span};
use std::sync::Arc;

/// The sizes of a kernel: two numbers of filters or channels, height, width.
fn sizes(site: &Site<'_>, weight: &Constant) -> Result<[u32; 4], FormatError> {
    let size = |value: u64| site.size("a weight's size", i64::try_from(value).unwrap_or(i64::MAX));
    match weight.dims[..] {
        [first, second, h, w] => Ok([size(first)?, size(second)?, size(h)?, size(w)?]),
        [_, _, _] => site.refuse("one-dimensional; accepted: a weight of four sizes"),
        [_, _, _, _, _] => site.refuse("three-dimensional; accepted: a weight of four sizes"),
        _ => site.refuse(format!("a weight of sizes {:?}; accepted: four sizes", weight.dims)),
    }
}

/// The bias in slot 2, if there is one.
fn bias(site: &Site<'_>, filters: u32) -> Result<Option<Arc<Constant>>, FormatError> {
    match site.constant(2)? {
        None => Ok(None),
        Some(bias) if bias.dims == [u64::from(filters)] => Ok(Some(bias)),
        Some(bias) => site.refuse(format!("a bias of sizes {:?} for {filters} filters", bias.dims)),
    }
}

impl Reader<'_> {
    pub(super) fn conv(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&[&WINDOW[..], &["group"]].concat())?;
        let weight = site.weight(1)?;
        let view = site.data(0)?;
        if view.dims.len() == 3 {
            return site.refuse("one-dimensional; accepted: pictures");
        }
        let [filters, per_group, h, w] = sizes(site, &weight)?;
        let input = self.picture(site, &view)?;
        let shape = self.draft.shape(input)?;
        let groups = site.size("attribute `group`", site.int("group", 1)?)?;
        if u64::from(groups) * u64::from(per_group) != u64::from(shape.c) {
            let dims = &weight.dims;
            return site.refuse(format!("a weight of sizes {dims:?} in {groups} groups over {} channels", shape.c));
        }
        let window = window(site, kernel(site, (h, w))?, shape)?;
        let bias = bias(site, filters)?;
        let conv = Conv { filters, window, groups, bias: bias.is_some() };
        let weights = std::iter::once(weight).chain(bias).collect();
        let layer = self.draft.push(site, Kind::Conv(conv), &[input], weights)?;
        Ok(View::picture(layer, self.draft.shape(layer)?, self.batch))
    }

    pub(super) fn conv_transpose(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&[&WINDOW[..], &["group", "output_padding", "output_shape"]].concat())?;
        let (weight, view) = (site.weight(1)?, site.data(0)?);
        if view.dims.len() == 3 {
            return site.refuse("one-dimensional; accepted: pictures");
        }
        let [channels, per_group, h, w] = sizes(site, &weight)?;
        let input = self.picture(site, &view)?;
        let shape = self.draft.shape(input)?;
        let groups = site.size("attribute `group`", site.int("group", 1)?)?;
        if channels != shape.c {
            return site.refuse(format!("a weight of sizes {:?} over {} channels", weight.dims, shape.c));
        }
        let filters = site.size("filters", i64::from(per_group) * i64::from(groups))?;
        let (kernel, stride) = (kernel(site, (h, w))?, site.pair("strides", (1, 1))?);
        let dilation = site.pair("dilations", (1, 1))?;
        let along = [
            Side { size: shape.h, kernel: kernel.0, stride: stride.0, dilation: dilation.0 },
            Side { size: shape.w, kernel: kernel.1, stride: stride.1, dilation: dilation.1 },
        ];
        let (border, extra) = cut(site, along)?;
        let bias = bias(site, filters)?;
        let window = Window { kernel, stride, dilation, border };
        let conv = Conv { filters, window, groups, bias: bias.is_some() };
        let weights = std::iter::once(weight).chain(bias).collect();
        let layer = self.draft.push(site, Kind::ConvTranspose(ConvTranspose { conv, extra }), &[input], weights)?;
        Ok(View::picture(layer, self.draft.shape(layer)?, self.batch))
    }

    pub(super) fn batch_norm(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&["epsilon", "momentum", "spatial", "training_mode"])?;
        if !site.flag("spatial", true)? || site.flag("training_mode", false)? {
            return site.refuse("attribute `spatial` or `training_mode`; accepted: 1 and 0");
        }
        let view = self.channels_at(site, &site.data(0)?, 1)?;
        let channels = u64::from(self.shape(&view)?.c);
        let mut weights = Vec::with_capacity(4);
        for slot in 1..5 {
            let weight = site.weight(slot)?;
            if weight.dims != [channels] {
                return site.refuse(format!("weights of sizes {:?} for {channels} channels", weight.dims));
            }
            weights.push(weight);
        }
        let kind = Kind::BatchNorm { epsilon: site.float("epsilon", 1e-5)? };
        Ok(view.with(self.draft.push(site, kind, &[view.layer], weights)?))
    }
}

/// One axis of a transposed convolution.
#[derive(Clone, Copy)]
struct Side {
    size: u32,
    kernel: u32,
    stride: u32,
    dilation: u32,
}

/// The border that a transposed convolution cuts off its result, and the pixels that it adds below and to the right.
fn cut(site: &Site<'_>, along: [Side; 2]) -> Result<(Border, (u32, u32)), FormatError> {
    let added = match site.ints("output_padding")? {
        None | Some([]) => [0, 0],
        Some(&[h, w]) => [site.width("output_padding", h)?, site.width("output_padding", w)?],
        Some(other) => return site.refuse(format!("output_padding {other:?}; accepted: two sizes")),
    };
    let rule = auto_pad(site)?;
    let wanted = match site.ints("output_shape")? {
        None | Some([]) => None,
        // Some exporters write batch and channels, too.
        Some(&[h, w] | &[_, _, h, w]) => Some([site.size("output_shape", h)?, site.size("output_shape", w)?]),
        Some(other) => return site.refuse(format!("output_shape {other:?}; accepted: height and width")),
    };
    let pads = border(site, "pads", site.ints("pads")?.unwrap_or(&[]))?;
    let mut ends = [(pads.top, pads.bottom, added[0]), (pads.left, pads.right, added[1])];
    for (slot, side) in along.into_iter().enumerate() {
        let natural = u64::from(side.size - 1) * u64::from(side.stride) + span(side.kernel, side.dilation);
        let target = match (wanted, rule) {
            (Some(wanted), _) => u64::from(wanted[slot]),
            (None, AutoPad::Same { .. }) => u64::from(side.size) * u64::from(side.stride),
            (None, AutoPad::Valid) => {
                ends[slot] = (0, 0, added[slot]);
                continue;
            }
            (None, AutoPad::Not) => continue,
        };
        let whole = natural + u64::from(added[slot]);
        if target > whole && wanted.is_none() {
            return site.refuse(format!(
                "auto_pad SAME with a kernel that does not fill its stride: {whole} pixels instead of {target}"
            ));
        }
        // The odd pixel is cut off the beginning, unless the rule is SAME_UPPER.
        let is_upper = rule == AutoPad::Same { is_upper: true };
        let (begin, end) = shared(whole.saturating_sub(target), is_upper);
        let more = site.width("output_shape", i64::try_from(target.saturating_sub(whole)).unwrap_or(i64::MAX))?;
        ends[slot] = (begin, end, added[slot].saturating_add(more));
    }
    let [(top, bottom, high), (left, right, wide)] = ends;
    Ok((Border { top, left, bottom, right }, (high, wide)))
}
