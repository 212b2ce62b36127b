//! Dense layers: Gemm, and MatMul with a constant.

use super::view::{Axis, Dim, Part, View, is_whole, whole};
use super::{Reader, Site, laid};
use crate::formats::FormatError;
use crate::formats::onnx::constant::{Change, Constant};
use crate::formats::onnx::model::{Border, Conv, Kind, Shape, Window};

/// The order in which a flattened picture's axes stand, when each is whole.
fn order(dim: &Dim, shape: Shape) -> Option<Vec<(Axis, u32)>> {
    let axes = [(Axis::Channel, shape.c), (Axis::Height, shape.h), (Axis::Width, shape.w)];
    let mut found = Vec::with_capacity(3);
    for part in dim {
        let axis = axes
            .into_iter()
            .find(|(axis, size)| *size != 1 && *part == Part { axis: *axis, size: (*size).into(), stride: 1 })?;
        found.push(axis);
    }
    let missing: Vec<(Axis, u32)> = axes.into_iter().filter(|axis| !found.contains(axis)).collect();
    if missing.iter().any(|(_, size)| *size != 1) {
        return None;
    }
    Some(found.into_iter().chain(missing).collect())
}

impl Reader<'_> {
    pub(super) fn dense(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let is_gemm = site.op() == "Gemm";
        site.only(if is_gemm { &["alpha", "beta", "transA", "transB", "broadcast"] } else { &[] })?;
        let view = site.data(0)?;
        let weight = site.weight(1)?;
        if is_gemm && view.dims.len() != 2 {
            return site.refuse(format!("sizes {:?}; accepted: two", view.sizes()));
        }
        if is_gemm
            && (site.float("alpha", 1.0)? != 1.0 || site.float("beta", 1.0)? != 1.0 || site.flag("transA", false)?)
        {
            return site.refuse("attribute `alpha`, `beta` or `transA`; accepted: 1, 1 and 0");
        }
        let (weight, ones) = match weight.dims[..] {
            [_, _] => (weight.as_ref().clone(), 0),
            // A product of stacks with a stack of one matrix.
            [1, .., rows, columns] if !is_gemm && weight.len() == rows * columns => {
                (laid(&weight, vec![rows, columns]), weight.dims.len())
            }
            _ => return site.refuse(format!("a weight of sizes {:?}; accepted: two", weight.dims)),
        };
        if ones > view.dims.len() {
            return site.refuse(format!("a weight of {ones} axes with an operand of {}", view.dims.len()));
        }
        // Rows are features from here on.
        let turned = is_gemm && site.flag("transB", false)?;
        let weight = if turned { weight } else { weight.changed(Change::Transpose(vec![1, 0])) };
        let (features, read) = (weight.dims[0], weight.dims[1]);
        let features = site.size("a weight's size", i64::try_from(features).unwrap_or(i64::MAX))?;
        if view.sizes().last() != Some(&read) {
            return site.refuse(format!("sizes {:?} with a weight for {read} elements", view.sizes()));
        }
        let made = self.product_with(site, &view, weight, features)?;
        match site.inputs.get(2) {
            Some(Some(_)) if is_gemm => self.gemm_bias(site, made, features),
            _ => Ok(made),
        }
    }

    /// The third operand of a Gemm.
    fn gemm_bias(&mut self, site: &Site<'_>, made: View, features: u32) -> Result<View, FormatError> {
        let bias = site.weight(2)?;
        let size = u64::from(features);
        if bias.len() != 1 && bias.dims.last() != Some(&size) || (bias.len() != size && bias.len() != 1) {
            return site.refuse(format!("a bias of sizes {:?} for {features} features", bias.dims));
        }
        let kind = match self.draft.layers.get_mut(made.layer) {
            Some(layer) => &mut layer.kind,
            None => return Ok(made),
        };
        match kind {
            Kind::Dense { bias, .. } => *bias = true,
            Kind::Conv(conv) => conv.bias = true,
            _ => return site.refuse("a bias behind no dense layer"),
        }
        let index = self.draft.weights.len();
        self.draft.weights.push(laid(&bias, vec![size]).into());
        if let Some(layer) = self.draft.layers.get_mut(made.layer) {
            layer.weights.push(index);
        }
        Ok(made)
    }

    /// The product of the last axis with a weight of `[features, elements]`.
    fn product_with(
        &mut self,
        site: &Site<'_>,
        view: &View,
        weight: Constant,
        features: u32,
    ) -> Result<View, FormatError> {
        let shape = self.shape(view)?;
        let Some((last, rest)) = view.dims.split_last() else { return site.refuse("of a number") };
        let is_channels = is_whole(last, Axis::Channel, shape.c.into());
        let elsewhere = rest.iter().flatten().all(|part| part.axis != Axis::Channel);
        if is_channels && elsewhere {
            // Every pixel's channels alone.
            let kind = Kind::Dense { features, bias: false };
            let layer = self.draft.push(site, kind, &[view.layer], vec![weight.into()])?;
            let dims: Vec<Dim> = rest.iter().cloned().chain([whole(Axis::Channel, features.into())]).collect();
            return Ok(View::new(layer, dims));
        }
        let is_flat =
            rest.len() == 1 && is_whole(&rest[0], Axis::Batch, self.batch) || rest.is_empty() && self.batch == 1;
        if let Some(order) = order(last, shape).filter(|_| is_flat) {
            return self.flat(site, view, weight, (features, shape, &order));
        }
        // A vector that was shuffled before.
        let (settled, roles) = self.settled(site, view)?;
        let axis = settled.dims.len() - 1;
        if roles.channel != Some(axis) || settled == *view {
            return site.refuse(format!("sizes {:?}; accepted: channels, or a whole picture", view.sizes()));
        }
        self.product_with(site, &settled, weight, features)
    }

    /// A dense layer on a flattened picture is the convolution by a kernel of the picture's size.
    fn flat(
        &mut self,
        site: &Site<'_>,
        view: &View,
        weight: Constant,
        (features, shape, order): (u32, Shape, &[(Axis, u32)]),
    ) -> Result<View, FormatError> {
        let sizes = std::iter::once(features.into()).chain(order.iter().map(|(_, size)| u64::from(*size))).collect();
        let place = |wanted: Axis| order.iter().position(|(axis, _)| *axis == wanted).map_or(0, |at| at + 1);
        let perm = vec![0, place(Axis::Channel), place(Axis::Height), place(Axis::Width)];
        let weight = weight.changed(Change::Reshape(sizes));
        let weight = if perm == [0, 1, 2, 3] { weight } else { weight.changed(Change::Transpose(perm)) };
        let window = Window { kernel: (shape.h, shape.w), stride: (1, 1), dilation: (1, 1), border: Border::default() };
        let conv = Conv { filters: features, window, groups: 1, bias: false };
        let layer = self.draft.push(site, Kind::Conv(conv), &[view.layer], vec![weight.into()])?;
        let mut dims = view.dims.to_vec();
        if let Some(last) = dims.last_mut() {
            *last = whole(Axis::Channel, features.into());
        }
        Ok(View::new(layer, dims))
    }
}
