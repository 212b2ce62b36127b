//! Windows that slide over pictures, and the borders they meet.

use super::Shape;
use serde::{Deserialize, Serialize};

/// The rule by which a window treats the border of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Padding {
    /// TensorFlow's SAME: the output has `ceil(size / stride)` pixels.
    Same,
    /// No padding: the output has `ceil((size - kernel + 1) / stride)` pixels.
    Valid,
    /// These pixels on each side, then as [`Padding::Valid`]: the rule of ONNX and PyTorch.
    Explicit(Border),
    /// Of transposed convolutions alone: as [`Padding::Explicit`], after some pixels were added below and to the right
    /// (ONNX's `output_padding`).
    Cut {
        /// Pixels that are cut off each side.
        border: Border,
        /// Pixels that are added along height and width.
        extra: (u32, u32),
    },
}

/// Pixels around an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Border {
    /// Above.
    pub top: u32,
    /// To the left.
    pub left: u32,
    /// Below.
    pub bottom: u32,
    /// To the right.
    pub right: u32,
}

impl Border {
    /// The same width on all sides.
    pub const fn all(width: u32) -> Self {
        Border { top: width, left: width, bottom: width, right: width }
    }

    /// Pixels added along height and along width.
    pub(crate) fn sums(self) -> (u64, u64) {
        (u64::from(self.top) + u64::from(self.bottom), u64::from(self.left) + u64::from(self.right))
    }

    /// Both borders, one around the other.
    pub(crate) fn plus(self, other: Border) -> Border {
        Border {
            top: self.top.saturating_add(other.top),
            left: self.left.saturating_add(other.left),
            bottom: self.bottom.saturating_add(other.bottom),
            right: self.right.saturating_add(other.right),
        }
    }
}

/// A sliding window: kernel, stride and dilation as (height, width), and the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: (u32, u32),
    /// Stride along height and width.
    pub stride: (u32, u32),
    /// Border rule.
    pub padding: Padding,
    /// Distance between neighbouring taps of the kernel; 1 is the ordinary kernel.
    #[serde(default = "undilated", skip_serializing_if = "is_undilated")]
    pub dilation: (u32, u32),
}

const fn undilated() -> (u32, u32) {
    (1, 1)
}

fn is_undilated(dilation: &(u32, u32)) -> bool {
    *dilation == undilated()
}

impl Window {
    /// A window without dilation.
    pub const fn new(kernel: (u32, u32), stride: (u32, u32), padding: Padding) -> Self {
        Window { kernel, stride, padding, dilation: undilated() }
    }

    /// A square SAME window.
    pub const fn same(kernel: u32, stride: u32) -> Self {
        Window::new((kernel, kernel), (stride, stride), Padding::Same)
    }

    /// Pixels that the kernel covers along height and width: `(kernel - 1) · dilation + 1`.
    ///
    /// ```
    /// use autogo::graph::Window;
    /// assert_eq!(Window { dilation: (2, 1), ..Window::same(3, 1) }.span(), (5, 3));
    /// ```
    pub const fn span(&self) -> (u32, u32) {
        (span(self.kernel.0, self.dilation.0), span(self.kernel.1, self.dilation.1))
    }

    /// The pixels this window pads an image of `h` × `w` with. SAME puts the odd one below and to the right.
    ///
    /// ```
    /// use autogo::graph::{Border, Window};
    /// assert_eq!(Window::same(3, 2).border(8, 8), Border { top: 0, left: 0, bottom: 1, right: 1 });
    /// ```
    pub fn border(&self, h: u32, w: u32) -> Border {
        let along = |size: u32, kernel: u32, stride: u32| {
            let covered = u64::from(size.div_ceil(stride.max(1)).max(1) - 1) * u64::from(stride) + u64::from(kernel);
            let missing = covered.saturating_sub(u64::from(size)).min(u64::from(u32::MAX)) as u32;
            (missing / 2, missing - missing / 2)
        };
        match self.padding {
            Padding::Valid => Border::default(),
            Padding::Explicit(border) | Padding::Cut { border, .. } => border,
            Padding::Same => {
                let (high, wide) = self.span();
                let (top, bottom) = along(h, high, self.stride.0);
                let (left, right) = along(w, wide, self.stride.1);
                Border { top, left, bottom, right }
            }
        }
    }

    /// The border that a transposed convolution with this window cuts off around its result, and the pixels that it
    /// adds below and to the right (ONNX's `output_padding`). SAME cuts `span - stride`, the odd pixel below and to the
    /// right.
    pub fn cut(&self) -> (Border, (u32, u32)) {
        match self.padding {
            Padding::Valid => (Border::default(), (0, 0)),
            Padding::Explicit(border) => (border, (0, 0)),
            Padding::Cut { border, extra } => (border, extra),
            Padding::Same => {
                let along = |span: u32, stride: u32| (span.saturating_sub(stride), stride.saturating_sub(span));
                let (span, stride) = (self.span(), self.stride);
                let ((high, more_high), (wide, more_wide)) = (along(span.0, stride.0), along(span.1, stride.1));
                let (top, left) = (high / 2, wide / 2);
                (Border { top, left, bottom: high - top, right: wide - left }, (more_high, more_wide))
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        let (kernel, stride, dilation) = (self.kernel, self.stride, self.dilation);
        let limit = 1..=Shape::LIMIT;
        if ![kernel.0, kernel.1, stride.0, stride.1].iter().all(|size| limit.contains(size)) {
            let sizes = format!("kernel {}×{} and stride {}×{}", kernel.0, kernel.1, stride.0, stride.1);
            return Err(format!("{sizes} must be 1 to {}", Shape::LIMIT));
        }
        if ![dilation.0, dilation.1].iter().all(|size| limit.contains(size)) {
            return Err(format!("dilation {}×{} must be 1 to {}", dilation.0, dilation.1, Shape::LIMIT));
        }
        Ok(())
    }

    /// Pixels after the window has passed over `h` × `w` pixels, or what is wrong.
    pub(super) fn slide(&self, h: u32, w: u32) -> Result<(u32, u32), String> {
        self.check()?;
        let along = |size: u32, added: u64, kernel: u32, stride: u32| {
            let padded = u64::from(size) + added;
            match self.padding {
                Padding::Same => Ok(size.div_ceil(stride)),
                Padding::Valid | Padding::Explicit(_) | Padding::Cut { .. } if padded >= u64::from(kernel) => {
                    pixels((padded - u64::from(kernel)) / u64::from(stride) + 1)
                }
                Padding::Valid | Padding::Explicit(_) | Padding::Cut { .. } => {
                    Err(format!("a window of {kernel} does not fit into {padded} pixels"))
                }
            }
        };
        let added = match self.padding {
            Padding::Explicit(border) => border.sums(),
            Padding::Same | Padding::Valid => (0, 0),
            Padding::Cut { .. } => return Err("only a transposed convolution cuts a border off its result".into()),
        };
        let (high, wide) = self.span();
        Ok((along(h, added.0, high, self.stride.0)?, along(w, added.1, wide, self.stride.1)?))
    }

    /// Pixels that a transposed convolution makes of `h` × `w` pixels: SAME `size · stride`, otherwise
    /// `(size - 1) · stride + span + extra` less the border.
    pub(super) fn spread(&self, h: u32, w: u32) -> Result<(u32, u32), String> {
        self.check()?;
        let (border, extra) = self.cut();
        let along = |size: u32, cut: u64, span: u32, stride: u32, extra: u32| {
            let whole = u64::from(size - 1) * u64::from(stride) + u64::from(span) + u64::from(extra);
            match self.padding {
                Padding::Same => pixels(u64::from(size) * u64::from(stride)),
                Padding::Valid | Padding::Explicit(_) | Padding::Cut { .. } if whole > cut => pixels(whole - cut),
                Padding::Valid | Padding::Explicit(_) | Padding::Cut { .. } => {
                    Err(format!("a border of {cut} pixels leaves nothing of {whole}"))
                }
            }
        };
        let (cut, (high, wide)) = (border.sums(), self.span());
        Ok((along(h, cut.0, high, self.stride.0, extra.0)?, along(w, cut.1, wide, self.stride.1, extra.1)?))
    }
}

const fn span(kernel: u32, dilation: u32) -> u32 {
    kernel.saturating_sub(1).saturating_mul(dilation).saturating_add(1)
}

pub(super) fn pixels(count: u64) -> Result<u32, String> {
    u32::try_from(count).map_err(|_| format!("makes {count} pixels a side"))
}
