//! The primitive operations of a graph, and the shape each of them makes.

use super::Shape;
use serde::{Deserialize, Serialize};

/// How a window treats the border of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Padding {
    /// TensorFlow's SAME: the output has `ceil(size / stride)` pixels.
    Same,
    /// No padding: the output has `ceil((size - kernel + 1) / stride)` pixels.
    Valid,
    /// So many pixels on each side, then as [`Padding::Valid`]: the rule of ONNX and PyTorch.
    Explicit(Border),
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
    fn sums(self) -> (u64, u64) {
        (u64::from(self.top) + u64::from(self.bottom), u64::from(self.left) + u64::from(self.right))
    }
}

/// A sliding window: kernel and stride as (height, width), and the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: (u32, u32),
    /// Stride along height and width.
    pub stride: (u32, u32),
    /// Border rule.
    pub padding: Padding,
}

impl Window {
    /// A square SAME window.
    pub const fn same(kernel: u32, stride: u32) -> Self {
        Window { kernel: (kernel, kernel), stride: (stride, stride), padding: Padding::Same }
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
            Padding::Explicit(border) => border,
            Padding::Same => {
                let (top, bottom) = along(h, self.kernel.0, self.stride.0);
                let (left, right) = along(w, self.kernel.1, self.stride.1);
                Border { top, left, bottom, right }
            }
        }
    }

    /// What a transposed convolution with this window cuts off around its result, and the pixels it adds below and to the
    /// right (ONNX's `output_padding`). SAME cuts `kernel - stride`, the odd pixel below and to the right.
    pub fn cut(&self) -> (Border, (u32, u32)) {
        match self.padding {
            Padding::Valid => (Border::default(), (0, 0)),
            Padding::Explicit(border) => (border, (0, 0)),
            Padding::Same => {
                let along = |kernel: u32, stride: u32| (kernel.saturating_sub(stride), stride.saturating_sub(kernel));
                let (high, more_high) = along(self.kernel.0, self.stride.0);
                let (wide, more_wide) = along(self.kernel.1, self.stride.1);
                let (top, left) = (high / 2, wide / 2);
                (Border { top, left, bottom: high - top, right: wide - left }, (more_high, more_wide))
            }
        }
    }

    fn check(&self) -> Result<(), String> {
        let (kernel, stride) = (self.kernel, self.stride);
        let limit = 1..=Shape::LIMIT;
        if [kernel.0, kernel.1, stride.0, stride.1].iter().all(|size| limit.contains(size)) {
            Ok(())
        } else {
            Err(format!(
                "kernel {}×{} and stride {}×{} must be 1 to {}",
                kernel.0,
                kernel.1,
                stride.0,
                stride.1,
                Shape::LIMIT
            ))
        }
    }

    /// Pixels after the window has passed over `h` × `w` pixels, or what is wrong.
    fn slide(&self, h: u32, w: u32) -> Result<(u32, u32), String> {
        self.check()?;
        let along = |size: u32, added: u64, kernel: u32, stride: u32| {
            let padded = u64::from(size) + added;
            match self.padding {
                Padding::Same => Ok(size.div_ceil(stride)),
                Padding::Valid | Padding::Explicit(_) if padded >= u64::from(kernel) => {
                    pixels((padded - u64::from(kernel)) / u64::from(stride) + 1)
                }
                Padding::Valid | Padding::Explicit(_) => {
                    Err(format!("a window of {kernel} does not fit into {padded} pixels"))
                }
            }
        };
        let added = match self.padding {
            Padding::Explicit(border) => border.sums(),
            Padding::Same | Padding::Valid => (0, 0),
        };
        Ok((along(h, added.0, self.kernel.0, self.stride.0)?, along(w, added.1, self.kernel.1, self.stride.1)?))
    }

    /// Pixels that a transposed convolution makes of `h` × `w` pixels: SAME `size · stride`, otherwise
    /// `(size - 1) · stride + kernel` less the border.
    fn spread(&self, h: u32, w: u32) -> Result<(u32, u32), String> {
        self.check()?;
        let along = |size: u32, cut: u64, kernel: u32, stride: u32| {
            let whole = u64::from(size - 1) * u64::from(stride) + u64::from(kernel);
            match self.padding {
                Padding::Same => pixels(u64::from(size) * u64::from(stride)),
                Padding::Valid | Padding::Explicit(_) if whole > cut => pixels(whole - cut),
                Padding::Valid | Padding::Explicit(_) => {
                    Err(format!("a border of {cut} pixels leaves nothing of {whole}"))
                }
            }
        };
        let cut = match self.padding {
            Padding::Explicit(border) => border.sums(),
            Padding::Same | Padding::Valid => (0, 0),
        };
        Ok((along(h, cut.0, self.kernel.0, self.stride.0)?, along(w, cut.1, self.kernel.1, self.stride.1)?))
    }
}

fn pixels(count: u64) -> Result<u32, String> {
    u32::try_from(count).map_err(|_| format!("makes {count} pixels a side"))
}

/// A convolution. `groups` equal to the input channels makes it depth-wise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Conv {
    /// Output channels.
    pub filters: u32,
    /// Kernel, stride, padding.
    pub window: Window,
    /// Channel groups; 1 is the ordinary convolution.
    pub groups: u32,
    /// Whether a bias is added.
    pub bias: bool,
}

/// What a pooling window keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pool {
    /// The largest element.
    Max,
    /// The mean of the elements.
    Avg,
}

/// How a picture is enlarged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Interpolation {
    /// Every pixel is repeated.
    Nearest,
    /// Bilinear, with pixel centres half a pixel inside.
    Bilinear,
}

/// A primitive operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Op {
    /// The network's input, of this shape.
    Input(Shape),
    /// The network's output.
    Output,
    /// Convolution.
    Conv(Conv),
    /// Transposed convolution: the gradient of a convolution, which enlarges by its stride. One group.
    ConvTranspose(Conv),
    /// Dense layer on the channels of every pixel.
    Dense {
        /// Output features.
        features: u32,
        /// Whether a bias is added.
        bias: bool,
    },
    /// Batch normalisation.
    BatchNorm,
    /// max(0, x).
    Relu,
    /// min(6, max(0, x)).
    Relu6,
    /// max(0, x) + a·min(0, x) with a slope a for every channel.
    PRelu,
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// Sum of two or more equal shapes.
    Add,
    /// Product of two or more equal shapes.
    Mul,
    /// Concatenation along the channels, in operand order.
    Concat,
    /// Pooling.
    Pool(Pool, Window),
    /// Mean over height and width (global average pooling).
    Mean,
    /// The input itself.
    Identity,
    /// Zeros in the input's shape.
    Zero,
    /// The first channels; the others are dropped.
    Slice {
        /// Channels that stay.
        channels: u32,
    },
    /// Zeros around the picture.
    Pad(Border),
    /// Channels become pixels: every `block`² channels a square of `block` × `block` pixels (pixel shuffle).
    DepthToSpace {
        /// Side of the square.
        block: u32,
    },
    /// Enlarges height and width by a whole factor.
    Resize {
        /// The factor.
        factor: u32,
        /// How.
        interpolation: Interpolation,
    },
}

impl Op {
    /// The names of all ops.
    pub const NAMES: [&'static str; 24] = [
        "input",
        "output",
        "conv2d",
        "depthwise",
        "conv2d_transpose",
        "matmul",
        "fusedbatchnorm",
        "relu",
        "relu6",
        "prelu",
        "sigmoid",
        "tanh",
        "add",
        "mul",
        "concat",
        "maxpool",
        "avgpool",
        "mean",
        "identity",
        "zero",
        "slice",
        "paddings",
        "depthtospace",
        "resize",
    ];

    /// The op's name in tokens, drawings and messages: the label stem of the computation-graph format
    /// ([release §1.7](crate::doc::release#s1-7)). ReLU6 has a name of its own here.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Output => "output",
            Op::Conv(conv) if conv.groups > 1 => "depthwise",
            Op::Conv(_) => "conv2d",
            Op::ConvTranspose(_) => "conv2d_transpose",
            Op::Dense { .. } => "matmul",
            Op::BatchNorm => "fusedbatchnorm",
            Op::Relu => "relu",
            Op::Relu6 => "relu6",
            Op::PRelu => "prelu",
            Op::Sigmoid => "sigmoid",
            Op::Tanh => "tanh",
            Op::Add => "add",
            Op::Mul => "mul",
            Op::Concat => "concat",
            Op::Pool(Pool::Max, _) => "maxpool",
            Op::Pool(Pool::Avg, _) => "avgpool",
            Op::Mean => "mean",
            Op::Identity => "identity",
            Op::Zero => "zero",
            Op::Slice { .. } => "slice",
            Op::Pad(_) => "paddings",
            Op::DepthToSpace { .. } => "depthtospace",
            Op::Resize { .. } => "resize",
        }
    }

    /// Whether the op owns weights that its input multiplies (convolution, dense).
    pub fn is_weighted(&self) -> bool {
        matches!(self, Op::Conv(_) | Op::ConvTranspose(_) | Op::Dense { .. })
    }

    /// The window of a convolution or pool.
    pub fn window(&self) -> Option<Window> {
        match self {
            Op::Conv(conv) | Op::ConvTranspose(conv) => Some(conv.window),
            Op::Pool(_, window) => Some(*window),
            Op::Input(_)
            | Op::Output
            | Op::Dense { .. }
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Add
            | Op::Mul
            | Op::Concat
            | Op::Mean
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::Resize { .. } => None,
        }
    }

    /// How many operands the op takes: the least and the most.
    fn arity(&self) -> (usize, usize) {
        match self {
            Op::Input(_) => (0, 0),
            Op::Add | Op::Mul | Op::Concat => (2, usize::MAX),
            Op::Output
            | Op::Conv(_)
            | Op::ConvTranspose(_)
            | Op::Dense { .. }
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Pool(..)
            | Op::Mean
            | Op::Identity
            | Op::Zero
            | Op::Slice { .. }
            | Op::Pad(_)
            | Op::DepthToSpace { .. }
            | Op::Resize { .. } => (1, 1),
        }
    }

    /// The shape the op makes of its operands, or one sentence that says why it cannot.
    ///
    /// Exact integer arithmetic; TensorFlow's SAME and VALID rules ([release §1.1], [release §8.3]).
    ///
    /// ```
    /// use autogo::graph::{Op, Shape, Window, Pool};
    /// let pool = Op::Pool(Pool::Max, Window::same(3, 2));
    /// assert_eq!(pool.infer(&[Shape::new(15, 32, 8)]), Ok(Shape::new(8, 16, 8)));
    /// assert!(Op::Add.infer(&[Shape::new(8, 8, 4), Shape::new(8, 8, 5)]).is_err());
    /// ```
    ///
    /// [release §1.1]: crate::doc::release#s1-1
    /// [release §8.3]: crate::doc::release#s8-3
    pub fn infer(&self, inputs: &[Shape]) -> Result<Shape, String> {
        if inputs.iter().any(|shape| !shape.is_valid()) {
            return Err(format!("reads an empty or too large shape; every dimension must be 1 to {}", Shape::LIMIT));
        }
        let (least, most) = self.arity();
        if inputs.len() < least || inputs.len() > most {
            let wanted = if most == usize::MAX { format!("at least {least}") } else { format!("{least}") };
            return Err(format!("takes {wanted} operands, has {}", inputs.len()));
        }
        let shape = self.infer_checked(inputs)?;
        if shape.is_valid() {
            Ok(shape)
        } else {
            Err(format!("makes {shape}; every dimension must be 1 to {}", Shape::LIMIT))
        }
    }

    fn infer_checked(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let first = match (self, inputs.first()) {
            (Op::Input(shape), _) => return Ok(*shape),
            (_, Some(first)) => *first,
            (_, None) => return Err("has no operand".into()),
        };
        match self {
            Op::Conv(conv) => {
                if conv.groups == 0 || first.c % conv.groups != 0 || conv.filters % conv.groups != 0 {
                    return Err(format!(
                        "{} groups must divide its {} input and {} output channels",
                        conv.groups, first.c, conv.filters
                    ));
                }
                let (h, w) = conv.window.slide(first.h, first.w)?;
                Ok(Shape::new(h, w, conv.filters))
            }
            Op::Pool(_, window) => {
                let (h, w) = window.slide(first.h, first.w)?;
                Ok(Shape::new(h, w, first.c))
            }
            Op::ConvTranspose(conv) => {
                if conv.groups != 1 {
                    return Err(format!("a transposed convolution has one group, not {}", conv.groups));
                }
                let (h, w) = conv.window.spread(first.h, first.w)?;
                Ok(Shape::new(h, w, conv.filters))
            }
            Op::Dense { features, .. } => Ok(Shape { c: *features, ..first }),
            Op::Slice { channels } if *channels > first.c => Err(format!("keeps {channels} of {} channels", first.c)),
            Op::Slice { channels } => Ok(Shape { c: *channels, ..first }),
            Op::Pad(border) => {
                let (h, w) = border.sums();
                Ok(Shape::new(pixels(u64::from(first.h) + h)?, pixels(u64::from(first.w) + w)?, first.c))
            }
            Op::DepthToSpace { block } => {
                let square = u64::from(*block) * u64::from(*block);
                if square == 0 || u64::from(first.c) % square != 0 {
                    return Err(format!("{} channels do not fill squares of {block}×{block}", first.c));
                }
                let side = |size: u32| pixels(u64::from(size) * u64::from(*block));
                Ok(Shape::new(side(first.h)?, side(first.w)?, (u64::from(first.c) / square) as u32))
            }
            Op::Resize { factor, .. } => {
                let side = |size: u32| pixels(u64::from(size) * u64::from(*factor));
                Ok(Shape::new(side(first.h)?, side(first.w)?, first.c))
            }
            Op::Mean => Ok(Shape::new(1, 1, first.c)),
            Op::Add | Op::Mul => match inputs.iter().find(|shape| **shape != first) {
                Some(other) => Err(format!("operands must agree, has {first} and {other}")),
                None => Ok(first),
            },
            Op::Concat => {
                let mut channels = 0u64;
                for shape in inputs {
                    if (shape.h, shape.w) != (first.h, first.w) {
                        return Err(format!("operands must agree in height and width, has {first} and {shape}"));
                    }
                    channels += u64::from(shape.c);
                }
                let c = u32::try_from(channels).map_err(|_| format!("makes {channels} channels"))?;
                Ok(Shape { c, ..first })
            }
            Op::Output
            | Op::BatchNorm
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Identity
            | Op::Zero => Ok(first),
            Op::Input(shape) => Ok(*shape),
        }
    }
}
