//! Views become pictures of their own where an operation needs one.

use super::Reader;
use super::layout::Layout;
use super::view::{Axis, Roles, View, is_whole};
use crate::formats::FormatError;
use crate::formats::onnx::attributes::Call;
use crate::formats::onnx::model::Shape;

impl Reader<'_> {
    pub(super) fn shape(&self, view: &View) -> Result<Shape, FormatError> {
        self.draft.shape(view.layer)
    }

    /// Appends the layer that a layout asks for, or finds it. Where every node of a file is kept, two nodes stay two.
    pub(super) fn settle(&mut self, site: &Call<'_>, layer: usize, layout: Layout) -> Result<usize, FormatError> {
        let Some(kind) = layout.kind() else { return Ok(layer) };
        let known = self.settled.get(&(layer, layout)).filter(|_| !self.draft.keeps_all);
        if let Some(&made) = known {
            return Ok(made);
        }
        let made = self.draft.push(site, kind, &[layer], Vec::new())?;
        self.settled.insert((layer, layout), made);
        Ok(made)
    }

    /// The layer whose picture the tensor is: batch, channels, height, width.
    pub(super) fn picture(&mut self, site: &Call<'_>, view: &View) -> Result<usize, FormatError> {
        let sizes = view.sizes();
        let [batch, c, h, w] = &view.dims[..] else {
            let what = match sizes.len() {
                3 => "one-dimensional: ",
                5 => "three-dimensional: ",
                _ => "",
            };
            return site.refuse(format!("{what}sizes {sizes:?}; accepted: batch, channels, height, width"));
        };
        let is_batch = is_whole(batch, Axis::Batch, self.batch);
        match Layout::of(c, h, w, self.shape(view)?).filter(|_| is_batch) {
            Some(layout) => self.settle(site, view.layer, layout),
            None => site.refuse(format!(
                "sizes {sizes:?} in a layout that is neither the picture nor a shuffle of its channels or pixels"
            )),
        }
    }

    /// The tensor as one whose axes are a picture's, and which they are.
    pub(super) fn settled(&mut self, site: &Call<'_>, view: &View) -> Result<(View, Roles), FormatError> {
        let shape = self.shape(view)?;
        if let Some(roles) = view.roles(shape, self.batch) {
            return Ok((view.clone(), roles));
        }
        let none = Vec::new();
        let has_batch = view.dims.first().is_some_and(|dim| is_whole(dim, Axis::Batch, self.batch));
        let choices: &[(usize, Option<(usize, usize)>)] = match view.dims.len() {
            4 => &[(1, Some((2, 3))), (3, Some((1, 2)))],
            2 => &[(1, None)],
            _ => &[],
        };
        for &(c, pixels) in choices.iter().filter(|_| has_batch) {
            let (h, w) = pixels.map_or((&none, &none), |(h, w)| (&view.dims[h], &view.dims[w]));
            let Some(layout) = Layout::of(&view.dims[c], h, w, shape) else { continue };
            let layer = self.settle(site, view.layer, layout)?;
            let made = View::picture(layer, self.draft.shape(layer)?, self.batch);
            let made = match (pixels, c) {
                (None, _) => View::new(layer, &made.dims[..2]),
                (Some(_), 3) => made.transposed(&[0, 2, 3, 1]),
                (Some(_), _) => made,
            };
            if let Some(roles) = made.roles(self.draft.shape(layer)?, self.batch) {
                return Ok((made, roles));
            }
        }
        let sizes = view.sizes();
        site.refuse(format!("sizes {sizes:?} in a layout that is not a picture, nor a shuffle of channels or pixels"))
    }

    /// The tensor with its channels along axis `axis`.
    pub(super) fn channels_at(&mut self, site: &Call<'_>, view: &View, axis: usize) -> Result<View, FormatError> {
        let (view, roles) = self.settled(site, view)?;
        let is_there = roles.channel == Some(axis)
            || (self.shape(&view)?.c == 1 && view.dims.get(axis).is_some_and(Vec::is_empty));
        if is_there { Ok(view) } else { site.refuse(format!("axis {axis} is not the channels")) }
    }
}
