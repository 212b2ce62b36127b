//! Means and maxima over height and width.

use super::view::{Axis, View, size};
use super::{Reader, Site};
use crate::formats::FormatError;
use crate::formats::onnx::constant::axes_of;
use crate::formats::onnx::model::Kind;

impl Reader {
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
        let pixels = u64::from(shape.h) * u64::from(shape.w);
        let parts = axes.iter().flat_map(|&axis| &view.dims[axis]);
        let all: u64 = axes.iter().map(|&axis| size(&view.dims[axis])).product();
        let is_pixels = parts.clone().all(|part| matches!(part.axis, Axis::Height | Axis::Width));
        if !is_pixels || all != pixels {
            let named = axes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            return site.refuse(format!("over axes {named} of {:?}; accepted: height and width", view.sizes()));
        }
        let layer = if pixels == 1 { view.layer } else { self.draft.push(site, kind, &[view.layer], Vec::new())? };
        let layer = match site.op() {
            "ReduceSum" => self.draft.affine(site, layer, (pixels as f64, 0.0), None)?,
            _ => layer,
        };
        let stays = |axis: &usize| keeps || !axes.contains(axis);
        let dim = |axis: usize| if axes.contains(&axis) { Vec::new() } else { view.dims[axis].clone() };
        Ok(View { layer, dims: (0..view.dims.len()).filter(stays).map(dim).collect() })
    }
}
