//! Every op as an expression of a forward pass.

use super::activation::activation;
use super::layers::Place;
use super::naming::{number, pair};
use super::window::{ANY, Around, Spread, arguments, cut, sides};
use crate::formats::FormatError;
use crate::graph::{Border, ChannelOrder, Conv, Interpolation, Op, Pool, Window};

impl Place<'_> {
    /// The expression that computes the node from the variables of its operands; `layer` is its attribute.
    pub(super) fn call(&self, operands: &[String], layer: &str) -> Result<String, FormatError> {
        let x = operands.first().map_or("x", String::as_str);
        let (first, is_flat) = (self.first(), self.layout.is_flat(self.index));
        Ok(match *self.op() {
            Op::Input(_) | Op::Output | Op::Identity => x.into(),
            Op::Conv(conv) => self.conv(&conv, x, layer),
            Op::ConvTranspose(conv) => transposed(&conv, x, layer),
            Op::Dense { .. } if (first.h, first.w) != (1, 1) => {
                format!("self.{layer}({x}.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)")
            }
            Op::Dense { .. } => pixel(format!("self.{layer}({x})"), is_flat),
            Op::ChannelAffine { scale: false, shift: false } => x.into(),
            Op::BatchNorm | Op::PRelu | Op::ChannelAffine { .. } => format!("self.{layer}({x})"),
            Op::Affine { scale, shift } => affine(x, scale.get(), shift.get()),
            Op::Relu => format!("F.relu({x})"),
            Op::Relu6 => format!("F.relu6({x})"),
            Op::Sigmoid => format!("torch.sigmoid({x})"),
            Op::Tanh => format!("torch.tanh({x})"),
            Op::Activation(kind) => activation(&kind, x),
            Op::Add => operands.join(" + "),
            Op::Mul => operands.join(" * "),
            Op::Concat => format!("torch.cat(({}), 1)", operands.join(", ")),
            Op::Pool(pool, window) => self.pool(pool, &window, x)?,
            Op::Mean if is_flat => format!("{x}.mean((2, 3))"),
            Op::Mean => format!("{x}.mean((2, 3), keepdim=True)"),
            Op::Max if is_flat => format!("{x}.amax((2, 3))"),
            Op::Max => format!("{x}.amax((2, 3), keepdim=True)"),
            // A product, as in the ONNX file: with a constant, what is in front would have no gradient at all, which parallel
            // training refuses.
            Op::Zero => format!("0.0 * {x}"),
            Op::Slice { start: 0, channels } => format!("{x}[:, :{channels}]"),
            Op::Slice { start, channels } => {
                format!("{x}[:, {start}:{}]", u64::from(start) + u64::from(channels))
            }
            Op::Crop(Border { top, left, bottom, right }) => {
                format!("{x}{}", cut([top, bottom, left, right].map(u64::from)))
            }
            Op::Pad(border) => format!("F.pad({x}, {})", sides(border)),
            Op::DepthToSpace { block, order: ChannelOrder::ChannelFirst } => format!("F.pixel_shuffle({x}, {block})"),
            Op::DepthToSpace { block, order: ChannelOrder::BlockFirst } => format!("depth_to_space({x}, {block})"),
            Op::SpaceToDepth { block, order } => self.space_to_depth(block, order, x),
            Op::ChannelShuffle { groups } => format!("channel_shuffle({x}, {groups})"),
            Op::Resize { factor, interpolation } => resize(factor, interpolation, x),
        })
    }

    fn conv(&self, conv: &Conv, x: &str, layer: &str) -> String {
        match Around::of(&conv.window, self.first(), x, ANY) {
            Around::Even(..) => format!("self.{layer}({x})"),
            Around::Before(border) => format!("self.{layer}(F.pad({x}, {border}))"),
        }
    }

    fn space_to_depth(&self, block: (u32, u32), order: ChannelOrder, x: &str) -> String {
        let first = self.first();
        match order {
            ChannelOrder::ChannelFirst if block == (first.h, first.w) => {
                pixel(format!("torch.flatten({x}, 1)"), self.layout.is_flat(self.index))
            }
            ChannelOrder::ChannelFirst if block.0 == block.1 => format!("F.pixel_unshuffle({x}, {})", block.0),
            ChannelOrder::ChannelFirst | ChannelOrder::BlockFirst => {
                let is_block_first = order == ChannelOrder::BlockFirst;
                let last = if is_block_first { ", block_first=True" } else { "" };
                format!("space_to_depth({x}, ({}, {}){last})", block.0, block.1)
            }
        }
    }

    fn pool(&self, pool: Pool, window: &Window, x: &str) -> Result<String, FormatError> {
        let first = self.first();
        let border = window.border(first.h, first.w);
        let (high, wide) = window.span();
        let is_too_wide = border.top.max(border.bottom) >= high || border.left.max(border.right) >= wide;
        match pool {
            Pool::Max | Pool::Avg if is_too_wide => {
                return Err(self.unsupported("a border as wide as its window; PyTorch has no such pool"));
            }
            Pool::Avg | Pool::AvgWithBorder if window.dilation != (1, 1) => {
                return Err(self.unsupported("dilated; PyTorch has no such mean"));
            }
            Pool::Max | Pool::Avg | Pool::AvgWithBorder => {}
        }
        // PyTorch's pools add at most half a window.
        let around = Around::of(window, first, x, (window.kernel.0 / 2, window.kernel.1 / 2));
        let sizes = |padding: (u32, u32)| {
            let usual = Window { stride: (1, 1), ..*window };
            let stride = if window.stride == window.kernel { String::new() } else { stride(window) };
            format!("{}{stride}{}", pair(window.kernel), arguments(&usual, padding))
        };
        Ok(match (pool, around) {
            (Pool::Max, Around::Even(high, wide)) => format!("F.max_pool2d({x}, {})", sizes((high, wide))),
            (Pool::Max, Around::Before(border)) => {
                format!("F.max_pool2d(F.pad({x}, {border}, value=-math.inf), {})", sizes((0, 0)))
            }
            (Pool::Avg, Around::Even(0, 0)) => format!("F.avg_pool2d({x}, {})", sizes((0, 0))),
            (Pool::Avg, Around::Even(high, wide)) => {
                format!("F.avg_pool2d({x}, {}, count_include_pad=False)", sizes((high, wide)))
            }
            (Pool::Avg, Around::Before(border)) => {
                let (kernel, stride) = (pair(window.kernel), pair(window.stride));
                format!("mean_inside({x}, {border}, {kernel}, {stride})")
            }
            (Pool::AvgWithBorder, Around::Even(high, wide)) => format!("F.avg_pool2d({x}, {})", sizes((high, wide))),
            (Pool::AvgWithBorder, Around::Before(border)) => {
                format!("F.avg_pool2d(F.pad({x}, {border}), {})", sizes((0, 0)))
            }
        })
    }
}

/// PyTorch's pools have the window's size as their usual stride.
fn stride(window: &Window) -> String {
    format!(", stride={}", pair(window.stride))
}

/// A vector, or the picture of one pixel that it is.
fn pixel(vector: String, is_flat: bool) -> String {
    if is_flat { vector } else { vector + "[:, :, None, None]" }
}

fn transposed(conv: &Conv, x: &str, layer: &str) -> String {
    let spread = Spread::of(conv);
    let made = match spread.before {
        (0, 0) => format!("self.{layer}({x})"),
        (rows, columns) => format!("self.{layer}(F.pad({x}, (0, {columns}, 0, {rows})))"),
    };
    made + &cut(spread.cut)
}

fn affine(x: &str, scale: f32, shift: f32) -> String {
    match (scale == 1.0, shift == 0.0) {
        (true, true) => x.into(),
        (true, false) => format!("{x} + {}", number(shift)),
        (false, true) => format!("{} * {x}", number(scale)),
        (false, false) => format!("{} * {x} + {}", number(scale), number(shift)),
    }
}

fn resize(factor: u32, interpolation: Interpolation, x: &str) -> String {
    match interpolation {
        Interpolation::Nearest => format!("F.interpolate({x}, scale_factor={factor}, mode=\"nearest\")"),
        Interpolation::Bilinear => {
            format!("F.interpolate({x}, scale_factor={factor}, mode=\"bilinear\", align_corners=False)")
        }
        Interpolation::BilinearAligned => {
            format!("F.interpolate({x}, scale_factor={factor}, mode=\"bilinear\", align_corners=True)")
        }
        Interpolation::BilinearCorners => format!("resize_from_corners({x}, {factor})"),
    }
}
