//! Means and maxima over height and width.

use super::view::{Axis, Part, View, size};
use super::{Reader, Site};
use crate::formats::FormatError;
use crate::formats::onnx::constant::axes_of;
use crate::formats::onnx::model::{Border, Kind, Layer, Pool, PoolKind, Window};

impl Reader<'_> {
    pub(super) fn reduced(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let kind = if matches!(site.op(), "GlobalMaxPool" | "ReduceMax") { Kind::Max } else { Kind::Mean };
        if site.op().starts_with("Global") {
            site.only(&[])?;
            let input = self.picture(site, &site.data(0)?)?;
            let layer = self.draft.push(site, kind, &[input], Vec::new())?;
            return Ok(View::picture(layer, self.draft.shape(layer)?, self.batch));
        }
        site.only(&["axes", "keepdims", "noop_with_empty_axes"])?;
        let view = site.data(0)?;
        let axes = match self.list(site, 1, "axes")? {
            Some(axes) if !axes.is_empty() => axes_of(site, &axes, view.dims.len())?,
            _ if site.flag("noop_with_empty_axes", false)? => return Ok(view),
            _ => (0..view.dims.len()).collect(),
        };
        let keeps = site.flag("keepdims", true)?;
        let shape = self.shape(&view)?;
        let all: u64 = axes.iter().map(|&axis| size(&view.dims[axis])).product();
        let mut size = (1, 1);
        for part in axes.iter().flat_map(|&axis| &view.dims[axis]) {
            match (part.axis, *part == Part { axis: part.axis, size: shape.h.into(), stride: 1 }) {
                (Axis::Height, true) => size.0 = shape.h,
                (Axis::Width, _) if part.size == u64::from(shape.w) => size.1 = shape.w,
                _ => {
                    let named = axes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
                    return site.refuse(format!("over axes {named} of {:?}; accepted: height and width", view.sizes()));
                }
            }
        }
        let layer = self.over_pixels(site, view.layer, kind, size)?;
        let layer = match site.op() {
            "ReduceSum" => self.draft.affine(site, layer, (all as f64, 0.0), None)?,
            _ => layer,
        };
        let stays = |axis: &usize| keeps || !axes.contains(axis);
        let dim = |axis: usize| if axes.contains(&axis) { Vec::new() } else { view.dims[axis].clone() };
        Ok(View::new(layer, (0..view.dims.len()).filter(stays).map(dim).collect::<Vec<_>>()))
    }

    /// The mean or the maximum over rows, columns or both.
    fn over_pixels(
        &mut self,
        site: &Site<'_>,
        layer: usize,
        kind: Kind,
        size: (u32, u32),
    ) -> Result<usize, FormatError> {
        let shape = self.draft.shape(layer)?;
        if size == (1, 1) && !self.draft.keeps_all {
            return Ok(layer);
        }
        if size == (shape.h, shape.w) {
            // Over columns, then over rows: over both.
            let pool = match self.draft.layers.get(layer) {
                Some(Layer { kind: Kind::Pool(pool), operands, .. }) if !self.draft.keeps_all => {
                    operands.first().map(|&operand| (*pool, operand))
                }
                _ => None,
            };
            if let Some((pool, before)) = pool {
                let from = self.draft.shape(before)?;
                let same = (pool.kind == PoolKind::Max) == (kind == Kind::Max);
                let covers =
                    |kernel: u32, size: u32, left: u32| (kernel == size && left == 1) || (kernel == 1 && left == size);
                let plain = pool.window == covering(pool.window.kernel) && pool.overhang == (0, 0);
                let (kernel, is_avg) = (pool.window.kernel, pool.kind != PoolKind::AvgWithBorder);
                if same && plain && is_avg && covers(kernel.0, from.h, shape.h) && covers(kernel.1, from.w, shape.w) {
                    return self.draft.push(site, kind, &[before], Vec::new());
                }
            }
            return self.draft.push(site, kind, &[layer], Vec::new());
        }
        let pool = if kind == Kind::Max { PoolKind::Max } else { PoolKind::Avg };
        let pool = Pool { kind: pool, window: covering(size), overhang: (0, 0) };
        self.draft.push(site, Kind::Pool(pool), &[layer], Vec::new())
    }
}

/// The window of this size that stands in one place.
fn covering(kernel: (u32, u32)) -> Window {
    Window { kernel, stride: (1, 1), dilation: (1, 1), border: Border::default() }
}
