//! Sums, differences, products and quotients: of results, and of a result with a constant; and concatenation.

use super::view::{Axis, Dim, View, whole};
use super::{Known, Reader, Site, laid};
use crate::formats::FormatError;
use crate::formats::onnx::constant::{Change, Constant, axis_of};
use crate::formats::onnx::model::Kind;
use std::sync::Arc;

/// The way in which a constant lies over a tensor.
enum Spread {
    /// One number for all.
    One,
    /// A number for every channel.
    Channels,
}

impl Reader<'_> {
    pub(super) fn arithmetic(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&["axis", "broadcast"])?;
        if site.has("axis") || site.has("broadcast") {
            return site.refuse("attribute `axis` or `broadcast` of operator sets before 7");
        }
        let (mut data, mut constants) = (Vec::new(), Vec::new());
        for slot in 0..site.inputs.len() {
            match &site.inputs[slot] {
                Some(Known::Data(view)) => data.push(view.clone()),
                Some(Known::Constant(constant)) => constants.push((slot, constant.clone())),
                None => return site.refuse(format!("operand {slot} is missing")),
            }
        }
        let count = site.inputs.len();
        let mut made = match (site.op(), data.as_slice()) {
            (_, [only]) => only.clone(),
            ("Add" | "Sum" | "Mean", _) => self.sum(site, data)?,
            ("Sub", [first, second]) => {
                let layer = self.draft.affine(site, second.layer, (-1.0, 0.0), None)?;
                self.sum(site, vec![first.clone(), second.with(layer)])?
            }
            ("Mul", [first, second]) => {
                let (first, second, dims) = self.aligned(site, first, second)?;
                View::new(self.draft.product(site, first.layer, second.layer)?, dims)
            }
            ("Max", [first, second]) => {
                let (first, second, dims) = self.aligned(site, first, second)?;
                View::new(self.draft.maximum(site, first.layer, second.layer)?, dims)
            }
            _ => return site.refuse(format!("of {} results; accepted: a result and constants", data.len())),
        };
        for (slot, constant) in constants {
            made = self.with_constant(site, made, slot, &constant)?;
        }
        if site.op() == "Mean" && count > 1 {
            let layer = self.draft.affine(site, made.layer, (1.0 / count as f64, 0.0), None)?;
            made = made.with(layer);
        }
        Ok(made)
    }

    /// The sum of two or more results.
    fn sum(&mut self, site: &Site<'_>, data: Vec<View>) -> Result<View, FormatError> {
        let mut data = data.into_iter();
        let (Some(first), Some(second)) = (data.next(), data.next()) else { return site.refuse("of nothing") };
        let (first, second, mut dims) = self.aligned(site, &first, &second)?;
        let mut operands = vec![first.layer, second.layer];
        for other in data {
            let so_far = View { layer: operands[0], dims: dims.clone() };
            // More than two: every operand must be seen as the first ones are.
            let (kept, other, all) = self.aligned(site, &so_far, &other)?;
            if kept != so_far {
                return site.refuse("of results in different layouts");
            }
            operands.push(other.layer);
            dims = all;
        }
        Ok(View::new(self.draft.sum(site, &operands)?, dims))
    }

    /// Two results seen the same way, and the axes of what they make together; sizes of 1 are repeated.
    fn aligned(
        &mut self,
        site: &Site<'_>,
        first: &View,
        second: &View,
    ) -> Result<(View, View, Arc<[Dim]>), FormatError> {
        if let Some(dims) = union(&first.dims, &second.dims) {
            return Ok((first.clone(), second.clone(), dims));
        }
        let (left, right) = (self.settled(site, first)?.0, self.settled(site, second)?.0);
        match union(&left.dims, &right.dims) {
            Some(dims) => Ok((left, right, dims)),
            None => site.refuse(format!(
                "of {:?} and {:?}; accepted: equal sizes in one layout, or sizes of 1",
                first.sizes(),
                second.sizes()
            )),
        }
    }

    /// A result with the constant in `slot`.
    fn with_constant(
        &mut self,
        site: &Site<'_>,
        view: View,
        slot: usize,
        constant: &Arc<Constant>,
    ) -> Result<View, FormatError> {
        let (view, spread) = self.spread(site, view, constant)?;
        let number = match spread {
            Spread::One => self.floats(site, constant)?.and_then(|values| values.first().copied()),
            Spread::Channels => None,
        };
        let layer = match number {
            Some(number) => self.with_number(site, view.layer, slot, (number, constant))?,
            None => self.with_channels(site, view.layer, slot, constant)?,
        };
        Ok(view.with(layer))
    }

    /// The way in which a constant lies over a tensor, which gets the constant's axes where the constant has more.
    fn spread(&mut self, site: &Site<'_>, view: View, constant: &Constant) -> Result<(View, Spread), FormatError> {
        let more = constant.dims.len().saturating_sub(view.dims.len());
        let view = match more {
            0 => view,
            _ => {
                let dims = std::iter::repeat_n(Vec::new(), more).chain(view.dims.iter().cloned());
                View::new(view.layer, dims.collect::<Vec<_>>())
            }
        };
        let offset = view.dims.len() - constant.dims.len();
        let (sizes, mut varied) = (view.sizes(), Vec::new());
        for (axis, &size) in constant.dims.iter().enumerate().filter(|(_, size)| **size != 1) {
            if sizes[axis + offset] != size {
                return site.refuse(format!("a constant of {:?} with {sizes:?}", constant.dims));
            }
            varied.push(axis + offset);
        }
        match varied[..] {
            [] => Ok((view, Spread::One)),
            [axis] => {
                let (view, roles) = self.settled(site, &view)?;
                if roles.channel == Some(axis) {
                    return Ok((view, Spread::Channels));
                }
                let wanted = "accepted: one number, or one a channel";
                site.refuse(format!("a constant of {:?} with {sizes:?}, along no channels; {wanted}", constant.dims))
            }
            _ => site.refuse(format!(
                "a constant of {:?} with {sizes:?}; accepted: one number, or one a channel",
                constant.dims
            )),
        }
    }

    /// The tensor that slopes lie over, and whether they are one number.
    pub(super) fn slopes(
        &mut self,
        site: &Site<'_>,
        view: View,
        slope: &Constant,
    ) -> Result<(View, bool), FormatError> {
        let rank = view.dims.len();
        let (view, spread) = self.spread(site, view, slope)?;
        if view.dims.len() != rank {
            return site.refuse(format!("slopes of sizes {:?} for {rank} axes", slope.dims));
        }
        Ok((view, matches!(spread, Spread::One)))
    }

    fn with_number(
        &mut self,
        site: &Site<'_>,
        layer: usize,
        slot: usize,
        (number, constant): (f64, &Constant),
    ) -> Result<usize, FormatError> {
        let line = match site.op() {
            "Add" | "Sum" | "Mean" => return self.draft.affine(site, layer, (1.0, number), Some(constant.clone())),
            "Sub" if slot == 1 => {
                let weight = constant.changed(Change::Negate);
                return self.draft.affine(site, layer, (1.0, -number), Some(weight));
            }
            "Sub" => (-1.0, number),
            "Mul" => (number, 0.0),
            "Div" if slot == 1 && number != 0.0 => (1.0 / number, 0.0),
            "Min" => return self.draft.clip(site, layer, (f64::NEG_INFINITY, number)),
            "Max" => return self.draft.clip(site, layer, (number, f64::INFINITY)),
            _ => return site.refuse(format!("of {number} by a result; accepted: a result by a number that is not 0")),
        };
        self.draft.affine(site, layer, line, None)
    }

    fn with_channels(
        &mut self,
        site: &Site<'_>,
        layer: usize,
        slot: usize,
        constant: &Constant,
    ) -> Result<usize, FormatError> {
        let weight = laid(constant, vec![self.draft.shape(layer)?.c.into()]);
        let (factor, summand) =
            (Kind::ChannelAffine { scale: true, shift: false }, Kind::ChannelAffine { scale: false, shift: true });
        match site.op() {
            "Add" | "Sum" => self.draft.push(site, summand, &[layer], vec![weight.into()]),
            "Mul" => self.draft.push(site, factor, &[layer], vec![weight.into()]),
            "Sub" if slot == 1 => self.draft.push(site, summand, &[layer], vec![weight.changed(Change::Negate).into()]),
            "Sub" => {
                let layer = self.draft.affine(site, layer, (-1.0, 0.0), None)?;
                self.draft.push(site, summand, &[layer], vec![weight.into()])
            }
            "Div" if slot == 1 => {
                self.draft.push(site, factor, &[layer], vec![weight.changed(Change::Reciprocal).into()])
            }
            "Div" => site.refuse("of a constant by a result; accepted: a result by a constant"),
            _ => site.refuse("with a constant a channel; accepted: one number"),
        }
    }

    pub(super) fn concat(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&["axis"])?;
        let first = site.data(0)?;
        let axis = axis_of(site, site.int("axis", 1)?, first.dims.len())?;
        if site.inputs.len() == 1 {
            return Ok(first);
        }
        let mut views = Vec::with_capacity(site.inputs.len());
        for slot in 0..site.inputs.len() {
            let view = site.data(slot)?;
            let (view, roles) = self.settled(site, &view)?;
            if view.dims.len() != first.dims.len() {
                return site.refuse(format!("sizes {:?} and {:?}", first.sizes(), view.sizes()));
            }
            let is_one = self.shape(&view)?.c == 1 && view.dims[axis].is_empty();
            if roles.channel != Some(axis) && !is_one {
                let what = if roles.height == Some(axis) || roles.width == Some(axis) { "pixels" } else { "axis" };
                return site.refuse(format!("along {what} {axis} of {:?}; accepted: channels", view.sizes()));
            }
            views.push(view);
        }
        let same = |view: &View| (0..view.dims.len()).all(|at| at == axis || view.dims[at] == views[0].dims[at]);
        if !views.iter().all(same) {
            return site.refuse("of results in different layouts or sizes");
        }
        let operands: Vec<usize> = views.iter().map(|view| view.layer).collect();
        let layer = self.draft.push(site, Kind::Concat, &operands, Vec::new())?;
        let mut dims = views[0].dims.to_vec();
        dims[axis] = whole(Axis::Channel, self.draft.shape(layer)?.c.into());
        Ok(View::new(layer, dims))
    }
}

/// The axes of two tensors together, aligned at the last; sizes of 1 are repeated.
fn union(first: &Arc<[Dim]>, second: &Arc<[Dim]>) -> Option<Arc<[Dim]>> {
    if first == second {
        return Some(first.clone());
    }
    let rank = first.len().max(second.len());
    let none = Vec::new();
    let dim =
        |dims: &[Dim], axis: usize| axis.checked_sub(rank - dims.len()).map_or(none.clone(), |at| dims[at].clone());
    (0..rank)
        .map(|axis| match (dim(first, axis), dim(second, axis)) {
            (one, other) if one.is_empty() || one == other => Some(other),
            (one, other) if other.is_empty() => Some(one),
            _ => None,
        })
        .collect()
}
