//! Windows that slide over pictures, and the layers that have one.

use super::PoolKind;
use crate::graph::Border;

/// A sliding window: kernel, stride and dilation as (height, width), and the border it starts and ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: (u32, u32),
    /// Stride along height and width.
    pub stride: (u32, u32),
    /// Distance between a kernel's neighbouring taps; 1 is the ordinary kernel.
    pub dilation: (u32, u32),
    /// Pixels around the picture.
    pub border: Border,
}

/// A convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    /// Output channels.
    pub filters: u32,
    /// Kernel, stride, dilation, border.
    pub window: Window,
    /// Channel groups.
    pub groups: u32,
    /// Whether a bias is added.
    pub bias: bool,
}

/// A transposed convolution: `(size - 1) · stride + (kernel - 1) · dilation + 1 + extra` pixels a side, less the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvTranspose {
    /// Kernel, stride and dilation; the border is cut off the result.
    pub conv: Conv,
    /// Pixels added below and to the right (ONNX's `output_padding`).
    pub extra: (u32, u32),
}

/// A pool. The border is never the largest element, and the overhang is part of no mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pool {
    /// The number that a window becomes.
    pub kind: PoolKind,
    /// Kernel, stride, dilation, border.
    pub window: Window,
    /// Pixels by which the last window may hang over the border below and to the right: rounding up (`ceil_mode`).
    pub overhang: (u32, u32),
}
