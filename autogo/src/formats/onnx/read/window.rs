//! The window of a convolution or pool as a node says it.

use super::Site;
use crate::formats::FormatError;
use crate::formats::onnx::attributes::Call;
use crate::formats::onnx::model::{Border, Shape, Window, span};

/// The attributes of a window.
pub(super) const WINDOW: [&str; 5] = ["auto_pad", "dilations", "kernel_shape", "pads", "strides"];

/// Pixels around a picture: begins, then ends, as ONNX writes them.
pub(super) fn border(call: &Call<'_>, name: &str, pads: &[i64]) -> Result<Border, FormatError> {
    match *pads {
        [] => Ok(Border::default()),
        [top, left, bottom, right] => Ok(Border {
            top: call.width(name, top)?,
            left: call.width(name, left)?,
            bottom: call.width(name, bottom)?,
            right: call.width(name, right)?,
        }),
        _ => call.refuse(format!("{name} {pads:?}; accepted: top, left, bottom, right")),
    }
}

/// The shares of the two ends of an axis in a total of pixels; the odd pixel goes to the end when `is_upper`.
pub(super) fn shared(total: u64, is_upper: bool) -> (u32, u32) {
    let total = u32::try_from(total).unwrap_or(u32::MAX);
    let (less, more) = (total / 2, total - total / 2);
    if is_upper { (less, more) } else { (more, less) }
}

/// A kernel's sizes: of the weight, and of the attribute if it is there.
pub(super) fn kernel(call: &Call<'_>, weight: (u32, u32)) -> Result<(u32, u32), FormatError> {
    let said = call.pair("kernel_shape", weight)?;
    if said == weight { Ok(weight) } else { call.refuse(format!("kernel_shape {said:?} with a weight of {weight:?}")) }
}

/// The rule by which a node pads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AutoPad {
    /// As the attribute `pads` says.
    Not,
    /// Not at all.
    Valid,
    /// So that the output has `ceil(size / stride)` pixels, the odd one at the end or at the beginning.
    Same { is_upper: bool },
}

pub(super) fn auto_pad(call: &Call<'_>) -> Result<AutoPad, FormatError> {
    match call.text("auto_pad", "NOTSET")? {
        "NOTSET" | "" => Ok(AutoPad::Not),
        "VALID" => Ok(AutoPad::Valid),
        "SAME_UPPER" => Ok(AutoPad::Same { is_upper: true }),
        "SAME_LOWER" => Ok(AutoPad::Same { is_upper: false }),
        other => call.refuse(format!("auto_pad {other}; accepted: NOTSET, VALID, SAME_UPPER, SAME_LOWER")),
    }
}

/// The window over a picture of this shape.
pub(super) fn window(site: &Site<'_>, kernel: (u32, u32), shape: Shape) -> Result<Window, FormatError> {
    let (stride, dilation) = (site.pair("strides", (1, 1))?, site.pair("dilations", (1, 1))?);
    let border = match auto_pad(site)? {
        AutoPad::Not => border(site, "pads", site.ints("pads")?.unwrap_or(&[]))?,
        AutoPad::Valid => Border::default(),
        AutoPad::Same { is_upper } => {
            let along = |size: u32, kernel: u32, stride: u32, dilation: u32| {
                let covered = u64::from(size.div_ceil(stride).max(1) - 1) * u64::from(stride) + span(kernel, dilation);
                shared(covered.saturating_sub(size.into()), is_upper)
            };
            let (top, bottom) = along(shape.h, kernel.0, stride.0, dilation.0);
            let (left, right) = along(shape.w, kernel.1, stride.1, dilation.1);
            Border { top, left, bottom, right }
        }
    };
    Ok(Window { kernel, stride, dilation, border })
}
