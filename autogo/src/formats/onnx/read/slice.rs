//! Parts of tensors: Slice, Split, Gather, and Pad, which is the other way round.

use super::view::View;
use super::{Reader, Site};
use crate::formats::FormatError;
use crate::formats::onnx::constant::{Cut, axes_of, axis_of, cuts, parts};
use crate::formats::onnx::model::{Border, Kind, Pool, PoolKind, Window};

/// Pixels at the two ends of an axis.
type Ends = (i64, i64);

fn step(cut: Cut) -> u32 {
    u32::try_from(cut.step).unwrap_or(1)
}

impl Reader<'_> {
    pub(super) fn slice(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&["starts", "ends", "axes"])?;
        let view = site.data(0)?;
        let starts = self.list(site, 1, "starts")?.unwrap_or_default();
        let ends = self.list(site, 2, "ends")?.unwrap_or_default();
        let (axes, steps) = (self.list(site, 3, "axes")?, self.list(site, 4, "steps")?);
        let cuts = cuts(site, &view.sizes(), &starts, &ends, axes.as_deref(), steps.as_deref())?;
        self.cut(site, &view, &cuts)
    }

    /// The part of every axis that stays.
    fn cut(&mut self, site: &Site<'_>, view: &View, cuts: &[Cut]) -> Result<View, FormatError> {
        let sizes = view.sizes();
        let is_all = |axis: usize| cuts[axis].count == sizes[axis] && (cuts[axis].step > 0 || sizes[axis] == 1);
        if (0..cuts.len()).all(is_all) && !self.draft.keeps_all {
            return Ok(view.clone());
        }
        let (view, roles) = self.settled(site, view)?;
        let mut layer = view.layer;
        let mut border = [0u32; 4];
        let mut stride = (1, 1);
        for (axis, &cut) in cuts.iter().enumerate().filter(|(axis, _)| !is_all(*axis)) {
            if cut.count == 0 || cut.step < 1 {
                return site.refuse(format!("of axis {axis} backwards or to nothing; accepted: forwards"));
            }
            let (start, count) = (site.width("start", cut.start as i64)?, site.size("count", cut.count as i64)?);
            let size = u32::try_from(sizes[axis]).unwrap_or(u32::MAX);
            if roles.channel == Some(axis) && cut.step == 1 {
                layer = self.draft.push(site, Kind::Channels { start, count }, &[layer], Vec::new())?;
                continue;
            }
            // The last pixel that stays ends the crop.
            let last = u64::from(start) + u64::from(count - 1) * cut.step as u64 + 1;
            let rest = u32::try_from(u64::from(size).saturating_sub(last)).unwrap_or(u32::MAX);
            if roles.height == Some(axis) {
                (border[0], border[2], stride.0) = (start, rest, step(cut));
            } else if roles.width == Some(axis) {
                (border[1], border[3], stride.1) = (start, rest, step(cut));
            } else {
                let wanted = "accepted: neighbouring channels, height, width";
                return site.refuse(format!("of axis {axis} of {sizes:?} by steps of {}; {wanted}", cut.step));
            }
        }
        if (0..cuts.len()).all(is_all) {
            let count = self.draft.shape(layer)?.c;
            layer = self.draft.push(site, Kind::Channels { start: 0, count }, &[layer], Vec::new())?;
        }
        let [top, left, bottom, right] = border;
        if stride == (1, 1) && border != [0; 4] {
            layer = self.draft.push(site, Kind::Crop(Border { top, left, bottom, right }), &[layer], Vec::new())?;
        } else if stride != (1, 1) {
            if top > 0 || left > 0 {
                let border = Border { top, left, bottom: 0, right: 0 };
                layer = self.draft.push(site, Kind::Crop(border), &[layer], Vec::new())?;
            }
            // One of every `stride` pixels: a pool of one pixel. Pixels that hang over at the end are cut.
            layer = self.strided(site, layer, stride)?;
        }
        let shape = self.draft.shape(layer)?;
        let made = View::picture(layer, shape, self.batch);
        let mut dims = view.dims.to_vec();
        for (role, axis) in [(roles.channel, 1), (roles.height, 2), (roles.width, 3)] {
            if let Some(at) = role {
                dims[at] = made.dims[axis].clone();
            }
        }
        let view = View::new(layer, dims);
        if view.sizes().iter().zip(cuts).any(|(size, cut)| *size != cut.count) {
            return site.refuse(format!("of {sizes:?} by steps that leave pixels over"));
        }
        Ok(view)
    }

    fn strided(&mut self, site: &Site<'_>, layer: usize, stride: (u32, u32)) -> Result<usize, FormatError> {
        let window = Window { kernel: (1, 1), stride, dilation: (1, 1), border: Border::default() };
        let pool = Pool { kind: PoolKind::Max, window, overhang: (0, 0) };
        self.draft.push(site, Kind::Pool(pool), &[layer], Vec::new())
    }

    pub(super) fn split(&mut self, site: &Site<'_>) -> Result<Vec<View>, FormatError> {
        site.only(&["axis", "split", "num_outputs"])?;
        let view = site.data(0)?;
        let sizes = view.sizes();
        let axis = axis_of(site, site.int("axis", 0)?, sizes.len())?;
        let given = self.list(site, 1, "split")?;
        let mut made = Vec::new();
        let mut start = 0;
        for count in parts(site, sizes[axis], given.as_deref())? {
            let mut cuts: Vec<Cut> = sizes.iter().map(|&size| Cut::all(size)).collect();
            cuts[axis] = Cut { start, step: 1, count };
            made.push(self.cut(site, &view, &cuts)?);
            start += count;
        }
        Ok(made)
    }

    /// Neighbours along an axis, or one element, whose axis vanishes.
    pub(super) fn gather(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&["axis"])?;
        let view = site.data(0)?;
        let sizes = view.sizes();
        let axis = axis_of(site, site.int("axis", 0)?, sizes.len())?;
        let index = site.weight(1)?;
        let size = sizes[axis] as i64;
        let rows: Vec<i64> = self.evaluator.ints(site, &index)?;
        let rows: Vec<i64> = rows.into_iter().map(|row| if row < 0 { row.saturating_add(size) } else { row }).collect();
        let first = rows.first().copied().unwrap_or(-1);
        let by_one = rows.iter().enumerate().all(|(at, &row)| row == first.saturating_add(at as i64));
        let is_inside = first >= 0 && rows.last().is_some_and(|&last| last < size);
        if !by_one || !is_inside || index.dims.len() > 1 {
            return site.refuse(format!("of axis {axis} of {sizes:?}; accepted: neighbours, or one element"));
        }
        let mut cuts: Vec<Cut> = sizes.iter().map(|&size| Cut::all(size)).collect();
        cuts[axis] = Cut { start: first as u64, step: 1, count: rows.len() as u64 };
        let made = self.cut(site, &view, &cuts)?;
        if index.dims.is_empty() {
            let others: Vec<usize> = (0..made.dims.len()).filter(|&other| other != axis).collect();
            return Ok(made.transposed(&others));
        }
        Ok(made)
    }

    pub(super) fn pad(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&["mode", "pads", "value"])?;
        let view = site.data(0)?;
        let pads = self.list(site, 1, "pads")?.unwrap_or_default();
        let mode = site.text("mode", "constant")?;
        if mode != "constant" {
            return site.refuse(format!("attribute `mode` is {mode}; accepted: constant"));
        }
        let value = match site.constant(2)? {
            None => site.float("value", 0.0)?,
            Some(constant) => match self.evaluator.needed(site, &constant)?.floats()[..] {
                [value] => value,
                _ => return site.refuse(format!("a constant of sizes {:?}; accepted: one number", constant.dims)),
            },
        };
        let rank = view.dims.len();
        let axes = match self.list(site, 3, "")? {
            Some(axes) => axes_of(site, &axes, rank)?,
            None => (0..rank).collect(),
        };
        if pads.len() != 2 * axes.len() {
            return site.refuse(format!("pads {pads:?} for {} axes", axes.len()));
        }
        if pads.iter().all(|&pad| pad == 0) && !self.draft.keeps_all {
            return Ok(view);
        }
        let (view, roles) = self.settled(site, &view)?;
        let mut ends: [Ends; 2] = [(0, 0); 2];
        for (slot, &axis) in axes.iter().enumerate() {
            let pair = (pads[slot], pads[slot + axes.len()]);
            if roles.height == Some(axis) {
                ends[0] = pair;
            } else if roles.width == Some(axis) {
                ends[1] = pair;
            } else if pair != (0, 0) {
                return site.refuse(format!("pads {pads:?} around batch or channels; accepted: height, width"));
            }
        }
        let layer = self.bordered(site, view.layer, ends, value)?;
        let made = View::picture(layer, self.draft.shape(layer)?, self.batch);
        let mut dims = view.dims.to_vec();
        for (role, axis) in [(roles.height, 2), (roles.width, 3)] {
            if let Some(at) = role {
                dims[at] = made.dims[axis].clone();
            }
        }
        Ok(View::new(layer, dims))
    }

    /// Pixels cut off where the ends are negative, then pixels added where they are positive.
    fn bordered(
        &mut self,
        site: &Site<'_>,
        layer: usize,
        [(top, bottom), (left, right)]: [Ends; 2],
        value: f64,
    ) -> Result<usize, FormatError> {
        let wide = |pad: i64| site.width("pads", pad.max(0));
        let less = |pad: i64| site.width("pads", pad.saturating_neg().max(0));
        let cut = Border { top: less(top)?, left: less(left)?, bottom: less(bottom)?, right: less(right)? };
        let border = Border { top: wide(top)?, left: wide(left)?, bottom: wide(bottom)?, right: wide(right)? };
        let mut layer = layer;
        if cut != Border::default() {
            layer = self.draft.push(site, Kind::Crop(cut), &[layer], Vec::new())?;
        }
        if border == Border::default() && cut != border {
            return Ok(layer);
        }
        self.draft.push(site, Kind::Pad { border, value }, &[layer], Vec::new())
    }
}
