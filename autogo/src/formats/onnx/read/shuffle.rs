//! Operations that only look at a tensor differently, and those that turn channels into pixels and back.

use super::view::{Axis, Dim, View, whole};
use super::{Reader, Site};
use crate::formats::FormatError;
use crate::formats::onnx::constant::{DataType, flattened, order, reshaped, squeezed, unsqueezed};
use crate::formats::onnx::model::Kind;
use crate::graph::ChannelOrder;

impl Reader<'_> {
    /// Identity, Dropout and Cast between floats: nothing.
    pub(super) fn same(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let view = site.data(0)?;
        match site.op() {
            "Cast" => {
                site.only(&["to", "saturate"])?;
                let to = i32::try_from(site.int("to", 0)?).ok().and_then(DataType::from_code);
                if !to.is_some_and(DataType::is_float) {
                    let code = site.int("to", 0)?;
                    return site.refuse(format!("attribute `to` is {code}; accepted: floats of 16 to 64 bits"));
                }
            }
            "Dropout" => {
                site.only(&["ratio", "seed", "is_test"])?;
                if let Some(training) = site.constant(2)?
                    && self.evaluator.ints(site, &training)?.iter().any(|&value| value != 0)
                {
                    return site.refuse("operand `training_mode` is true; accepted: false");
                }
            }
            _ => site.only(&[])?,
        }
        if !self.draft.keeps_all || site.op() != "Identity" {
            return Ok(view);
        }
        Ok(view.with(self.draft.push(site, Kind::Identity, &[view.layer], Vec::new())?))
    }

    /// Transpose, Reshape, Flatten, Squeeze, Unsqueeze, Expand and Tile.
    pub(super) fn seen(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let mut view = site.data(0)?;
        let sizes = view.sizes();
        let made = match site.op() {
            "Transpose" => return Ok(view.transposed(&order(site, sizes.len())?)),
            "Flatten" => {
                site.only(&["axis"])?;
                flattened(site, &sizes)?
            }
            "Squeeze" => {
                site.only(&["axes"])?;
                let axes = self.list(site, 1, "axes")?;
                let (_, stay) = squeezed(site, &sizes, axes.as_deref())?;
                return Ok(view.transposed(&stay));
            }
            "Unsqueeze" => {
                site.only(&["axes"])?;
                let axes = self.list(site, 1, "axes")?.unwrap_or_default();
                let (made, new) = unsqueezed(site, &sizes, &axes)?;
                let mut old = view.dims.iter().cloned();
                let dim = |axis: usize| if new.contains(&axis) { None } else { old.next() };
                let dims: Vec<Dim> = (0..made.len()).map(dim).map(Option::unwrap_or_default).collect();
                return Ok(View::new(view.layer, dims));
            }
            "Reshape" => {
                site.only(&["allowzero", "shape"])?;
                let wanted = self.list(site, 1, "shape")?.unwrap_or_default();
                reshaped(site, &sizes, &wanted)?
            }
            _ => return self.repeated(site, view),
        };
        // A shuffled picture that loses its axes is shuffled first.
        let shape = self.shape(&view)?;
        if sizes.len() == 4 && (shape.h, shape.w) != (1, 1) && view.roles(shape, self.batch).is_none() {
            view = self.settled(site, &view).map_or(view, |(settled, _)| settled);
        }
        match view.reshaped(&made) {
            // Where every node is kept, so is its place: nothing is done to pixels before they have moved.
            Some(view) if self.draft.keeps_all && made.len() == 4 => {
                let layer = self.picture(site, &view)?;
                Ok(View::picture(layer, self.draft.shape(layer)?, self.batch))
            }
            Some(view) => Ok(view),
            None => site.refuse(format!("sizes {sizes:?} to {made:?}, which cut across the picture's axes")),
        }
    }

    /// Expand and Tile: of a single row or column over the picture, or of nothing.
    fn repeated(&mut self, site: &Site<'_>, view: View) -> Result<View, FormatError> {
        site.only(&[])?;
        let wanted = self.list(site, 1, "")?.unwrap_or_default();
        let sizes = view.sizes();
        let refuse = || site.refuse(format!("of {sizes:?} by {wanted:?}; accepted: a size of 1 over height or width"));
        if wanted.len() > sizes.len() || (site.op() == "Tile" && wanted.len() != sizes.len()) {
            return refuse();
        }
        let offset = sizes.len() - wanted.len();
        let mut made = sizes.clone();
        for (at, &times) in wanted.iter().enumerate() {
            let size = &mut made[at + offset];
            // Tile says how often, Expand how many.
            match u64::try_from(times) {
                Ok(1) => {}
                Ok(many) if *size == many && site.op() == "Expand" => {}
                Ok(many) if *size == 1 && many > 1 => *size = many,
                _ => return refuse(),
            }
        }
        if made == sizes {
            return Ok(view);
        }
        let (view, roles) = self.settled(site, &view)?;
        let shape = self.shape(&view)?;
        let mut size = (shape.h, shape.w);
        for (axis, (&many, _)) in made.iter().zip(&sizes).enumerate().filter(|(_, (many, size))| many != size) {
            let many = site.size("a size", i64::try_from(many).unwrap_or(i64::MAX))?;
            match (roles.height == Some(axis), roles.width == Some(axis)) {
                (true, _) => size.0 = many,
                (_, true) => size.1 = many,
                _ => return refuse(),
            }
        }
        let layer = self.draft.repeat(site, view.layer, size)?;
        let mut dims = view.dims.to_vec();
        for (role, axis, size) in [(roles.height, Axis::Height, size.0), (roles.width, Axis::Width, size.1)] {
            if let Some(at) = role {
                dims[at] = whole(axis, size.into());
            }
        }
        Ok(View::new(layer, dims))
    }

    pub(super) fn blocks(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let to_pixels = site.op() == "DepthToSpace";
        site.only(if to_pixels { &["blocksize", "mode"] } else { &["blocksize"] })?;
        let side = site.size("attribute `blocksize`", site.int("blocksize", 0)?)?;
        let order = match site.text("mode", "DCR")? {
            "DCR" => ChannelOrder::BlockFirst,
            "CRD" => ChannelOrder::ChannelFirst,
            other => return site.refuse(format!("attribute `mode` is {other}; accepted: DCR, CRD")),
        };
        let input = self.picture(site, &site.data(0)?)?;
        let block = (side, side);
        let kind = if to_pixels { Kind::DepthToSpace { block, order } } else { Kind::SpaceToDepth { block, order } };
        let layer = self.draft.push(site, kind, &[input], Vec::new())?;
        Ok(View::picture(layer, self.draft.shape(layer)?, self.batch))
    }
}
