//! Resize and Upsample, by factors or by sizes.

use super::view::{Axis, View, whole};
use super::{Reader, Site};
use crate::formats::FormatError;
use crate::formats::onnx::constant::{Constant, axes_of};
use crate::formats::onnx::model::{Kind, Resize};
use crate::graph::Interpolation;

/// Attributes of Resize in any operator set. Those of cubic and cropping modes are not read by the others.
const ATTRIBUTES: [&str; 11] = [
    "antialias",
    "axes",
    "coordinate_transformation_mode",
    "cubic_coeff_a",
    "exclude_outside",
    "extrapolation_value",
    "keep_aspect_ratio_policy",
    "mode",
    "nearest_mode",
    "scales",
    "width_scale",
];

/// One axis: its size, its factor, and its size afterwards.
#[derive(Clone, Copy, Debug)]
struct Side {
    size: u32,
    scale: f32,
    made: u32,
}

/// The place that output pixel `x` reads, in the arithmetic of single precision.
fn place(x: u32, side: Side, mode: &str) -> Option<f32> {
    let (x, made, size) = (x as f32, side.made as f32, side.size as f32);
    let half = (x + 0.5) / side.scale - 0.5;
    Some(match mode {
        "half_pixel" => half,
        "pytorch_half_pixel" if side.made > 1 => half,
        "pytorch_half_pixel" => 0.0,
        "asymmetric" => x / side.scale,
        "align_corners" if side.made == 1 => 0.0,
        "align_corners" => x * (size - 1.0) / (made - 1.0),
        "tf_half_pixel_for_nn" => (x + 0.5) / side.scale,
        _ => return None,
    })
}

/// The pixel that output pixel `x` repeats.
fn nearest(x: u32, side: Side, mode: &str, rounding: &str) -> Option<u32> {
    let place = if side.size == side.made && side.scale == 1.0 { x as f32 } else { place(x, side, mode)? };
    let rounded = match rounding {
        "floor" => place.floor(),
        "ceil" => place.ceil(),
        "round_prefer_floor" => (place - 0.5).ceil(),
        "round_prefer_ceil" => (place + 0.5).floor(),
        _ => return None,
    };
    Some((rounded.max(0.0) as u32).min(side.size - 1))
}

impl Reader<'_> {
    pub(super) fn resize(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        site.only(&[&ATTRIBUTES[..], &["height_scale"]].concat())?;
        if site.flag("antialias", false)? || site.flag("exclude_outside", false)? {
            return site.refuse("attribute `antialias` or `exclude_outside`; accepted: 0");
        }
        let policy = site.text("keep_aspect_ratio_policy", "stretch")?;
        if policy != "stretch" {
            return site.refuse(format!("attribute `keep_aspect_ratio_policy` is {policy}; accepted: stretch"));
        }
        let view = site.data(0)?;
        let (scales, made) = self.factors(site, &view)?;
        let (view, roles) = self.settled(site, &view)?;
        let shape = self.shape(&view)?;
        let mut sides =
            [Side { size: shape.h, scale: 1.0, made: shape.h }, Side { size: shape.w, scale: 1.0, made: shape.w }];
        for (axis, (&scale, &size)) in scales.iter().zip(&made).enumerate() {
            if scale == 1.0 && size == view.sizes()[axis] {
                continue;
            }
            let side = match (roles.height == Some(axis), roles.width == Some(axis)) {
                (true, _) => &mut sides[0],
                (_, true) => &mut sides[1],
                _ => return site.refuse(format!("factors {scales:?} of {:?}; accepted: height, width", view.sizes())),
            };
            *side = Side { scale, made: site.size("a size", i64::try_from(size).unwrap_or(i64::MAX))?, ..*side };
        }
        // Every pixel along the two axes is looked at.
        self.evaluator.spend(site, u64::from(sides[0].made) + u64::from(sides[1].made))?;
        let is_same = |side: &Side| side.scale == 1.0 && side.made == side.size;
        let is_nothing = sides.iter().all(is_same);
        let found = self.interpolation(site, sides)?;
        if !self.draft.keeps_all && (is_nothing || found.is_none()) {
            return Ok(view);
        }
        let interpolation = found.unwrap_or(Interpolation::Nearest);
        let size = (sides[0].made, sides[1].made);
        let kind = Kind::Resize(Resize { size, scale: (sides[0].scale, sides[1].scale), interpolation });
        let layer = self.draft.push(site, kind, &[view.layer], Vec::new())?;
        let mut dims = view.dims.to_vec();
        for (role, axis, size) in [(roles.height, Axis::Height, size.0), (roles.width, Axis::Width, size.1)] {
            if let Some(at) = role {
                dims[at] = whole(axis, size.into());
            }
        }
        Ok(View::new(layer, dims))
    }

    /// The factor and the size afterwards of every axis.
    fn factors(&mut self, site: &Site<'_>, view: &View) -> Result<(Vec<f32>, Vec<u64>), FormatError> {
        let sizes = view.sizes();
        let slot = if site.op() == "Upsample" || site.opset < 11 { 1 } else { 2 };
        let given = |constant: &Constant| !constant.is_empty();
        let scales: Option<Vec<f32>> = match site.constant(slot)?.filter(|constant| given(constant)) {
            Some(constant) => {
                let values = self.evaluator.needed(site, &constant)?;
                Some(values.floats().into_iter().map(|value| value as f32).collect())
            }
            None => site.floats("scales")?.map(<[f32]>::to_vec),
        };
        let wanted = match site.constant(3)?.filter(|constant| given(constant)) {
            Some(constant) if slot == 2 => Some(self.evaluator.ints(site, &constant)?),
            _ => None,
        };
        let axes = match site.ints("axes")? {
            Some(axes) => axes_of(site, axes, sizes.len())?,
            None => (0..sizes.len()).collect(),
        };
        let (mut factors, mut made) = (vec![1f32; sizes.len()], sizes.clone());
        match (scales, wanted) {
            (Some(scales), None) if scales.len() == axes.len() => {
                for (&axis, scale) in axes.iter().zip(scales) {
                    if !(scale > 0.0 && scale.is_finite()) {
                        return site.refuse(format!("a factor of {scale}; accepted: positive numbers"));
                    }
                    factors[axis] = scale;
                    made[axis] = (sizes[axis] as f32 * scale) as u64;
                }
            }
            (None, Some(wanted)) if wanted.len() == axes.len() => {
                for (&axis, size) in axes.iter().zip(wanted) {
                    // The batch may be named in the file and a number here.
                    made[axis] = u64::from(site.size("a size", size)?);
                    factors[axis] = made[axis] as f32 / sizes[axis] as f32;
                }
            }
            (Some(_), Some(_)) => return site.refuse("factors and sizes at once; accepted: one of them"),
            (None, None) => return site.refuse("neither factors nor sizes"),
            _ => return site.refuse(format!("factors or sizes that are not {}", axes.len())),
        }
        Ok((factors, made))
    }

    /// The rule by which pixels are made; `None` when every pixel stays as it is.
    fn interpolation(&self, site: &Site<'_>, sides: [Side; 2]) -> Result<Option<Interpolation>, FormatError> {
        let is_old = site.op() == "Upsample" || site.opset < 11;
        let shrinks = sides.iter().any(|side| side.scale < 1.0);
        let default = if is_old { "asymmetric" } else { "half_pixel" };
        let mode = site.text("coordinate_transformation_mode", default)?;
        // Before opset 11, pixels are dropped by rounding up and repeated by rounding down.
        let default = match (is_old, shrinks) {
            (true, true) => "ceil",
            (true, false) => "floor",
            (false, _) => "round_prefer_floor",
        };
        let rounding = site.text("nearest_mode", default)?;
        match site.text("mode", "nearest")? {
            "nearest" => Ok(moves(site, sides, mode, rounding)?.then_some(Interpolation::Nearest)),
            "linear" | "bilinear" => match mode {
                // The two differ only where a side of several pixels becomes one, and that is no whole factor.
                "half_pixel" | "pytorch_half_pixel" => Ok(Some(Interpolation::Bilinear)),
                "asymmetric" => Ok(Some(Interpolation::BilinearCorners)),
                "align_corners" => Ok(Some(Interpolation::BilinearAligned)),
                other => {
                    let accepted = "accepted: half_pixel, pytorch_half_pixel, asymmetric, align_corners";
                    site.refuse(format!("linear by {other}; {accepted}"))
                }
            },
            other => site.refuse(format!("attribute `mode` is {other}; accepted: nearest, linear")),
        }
    }
}

/// Whether a pixel is another one afterwards. Nearest pixels are accepted when they are those of rounding down.
fn moves(site: &Site<'_>, sides: [Side; 2], mode: &str, rounding: &str) -> Result<bool, FormatError> {
    let mut changes = false;
    for side in sides {
        for x in 0..side.made {
            let (Some(read), Some(plain)) = (nearest(x, side, mode, rounding), nearest(x, side, "asymmetric", "floor"))
            else {
                return site.refuse(format!("nearest by {mode} and {rounding}"));
            };
            if read != plain {
                return site.refuse(format!(
                    "nearest by {mode} and {rounding} from {} to {} pixels; accepted: where it reads the pixels that \
                     asymmetric and floor read",
                    side.size, side.made
                ));
            }
            changes |= read != x;
        }
        changes |= side.made != side.size;
    }
    Ok(changes)
}
