//! Pools.

use super::view::View;
use super::window::{AutoPad, WINDOW, auto_pad, window};
use super::{Reader, Site};
use crate::formats::FormatError;
use crate::formats::onnx::model::{Border, Kind, Pool, PoolKind, Shape, Window, span};

/// Pixels by which the last window hangs over the border when sizes are rounded up. A window that would start outside
/// of the picture and its first border is none.
fn overhang(window: &Window, shape: Shape) -> (u32, u32) {
    let along = |size: u32, begin: u32, end: u32, kernel: u64, stride: u32| {
        let (padded, stride) = (u64::from(size) + u64::from(begin) + u64::from(end), u64::from(stride));
        let Some(over) = padded.checked_sub(kernel) else { return 0 };
        let steps = over.div_ceil(stride);
        let steps = if steps * stride >= u64::from(size) + u64::from(begin) { steps.saturating_sub(1) } else { steps };
        u32::try_from((steps * stride + kernel).saturating_sub(padded)).unwrap_or(u32::MAX)
    };
    let (border, kernel) = (window.border, window.kernel);
    let high = span(kernel.0, window.dilation.0);
    let wide = span(kernel.1, window.dilation.1);
    (
        along(shape.h, border.top, border.bottom, high, window.stride.0),
        along(shape.w, border.left, border.right, wide, window.stride.1),
    )
}

impl Reader<'_> {
    pub(super) fn pool(&mut self, site: &Site<'_>) -> Result<View, FormatError> {
        let is_max = site.op() == "MaxPool";
        let own = if is_max { "storage_order" } else { "count_include_pad" };
        site.only(&[&WINDOW[..], &["ceil_mode", own]].concat())?;
        let input = self.picture(site, &site.data(0)?)?;
        let shape = self.draft.shape(input)?;
        if site.ints("kernel_shape")?.unwrap_or(&[]).is_empty() {
            return site.refuse("attribute `kernel_shape` is missing");
        }
        let window = window(site, site.pair("kernel_shape", (1, 1))?, shape)?;
        let (border, kernel) = (window.border, window.kernel);
        let (high, wide) = (span(kernel.0, window.dilation.0), span(kernel.1, window.dilation.1));
        let fits = u64::from(border.top.max(border.bottom)) < high && u64::from(border.left.max(border.right)) < wide;
        if !fits {
            return site.refuse(format!("pads {border:?} as large as the kernel {kernel:?}"));
        }
        let rule = auto_pad(site)?;
        if matches!(rule, AutoPad::Same { .. }) && window.dilation != (1, 1) {
            return site.refuse("auto_pad SAME with dilations, of which runtimes make different sizes; accepted: pads");
        }
        let over = |size: u32, kernel: u32, stride: u32| size > (size.div_ceil(stride) - 1) * stride + kernel + 1;
        let leaves = over(shape.h, kernel.0, window.stride.0) || over(shape.w, kernel.1, window.stride.1);
        if matches!(rule, AutoPad::Same { .. }) && leaves {
            return site.refuse("auto_pad SAME with a stride that leaves pixels over; accepted: pads");
        }
        let rounds_up = site.flag("ceil_mode", false)? && !matches!(rule, AutoPad::Same { .. });
        let overhang = if rounds_up { overhang(&window, shape) } else { (0, 0) };
        if (kernel, window.stride, window.border) == ((1, 1), (1, 1), Border::default()) && !self.draft.keeps_all {
            return Ok(View::picture(input, shape, self.batch));
        }
        let kind = match (is_max, !is_max && site.flag("count_include_pad", false)?) {
            (true, _) => PoolKind::Max,
            (false, true) if border.sums() != (0, 0) => PoolKind::AvgWithBorder,
            (false, _) => PoolKind::Avg,
        };
        let layer = self.draft.push(site, Kind::Pool(Pool { kind, window, overhang }), &[input], Vec::new())?;
        Ok(View::picture(layer, self.draft.shape(layer)?, self.batch))
    }
}
