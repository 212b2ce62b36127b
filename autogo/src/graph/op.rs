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

    /// Pixels after the window has passed over `h` × `w` pixels, or what is wrong.
    fn slide(self, h: u32, w: u32) -> Result<(u32, u32), String> {
        let along = |size: u32, kernel: u32, stride: u32| {
            if kernel == 0 || stride == 0 {
                return Err(format!("kernel {kernel} and stride {stride} must be at least 1"));
            }
            match self.padding {
                Padding::Same => Ok(size.div_ceil(stride)),
                Padding::Valid if size >= kernel => Ok((size - kernel + 1).div_ceil(stride)),
                Padding::Valid => Err(format!("a VALID window of {kernel} does not fit into {size} pixels")),
            }
        };
        Ok((along(h, self.kernel.0, self.stride.0)?, along(w, self.kernel.1, self.stride.1)?))
    }
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

/// A primitive operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Op {
    /// The network's input, of this shape.
    Input(Shape),
    /// The network's output.
    Output,
    /// Convolution.
    Conv(Conv),
    /// Dense layer on the channels of every pixel, with a bias.
    Dense {
        /// Output features.
        features: u32,
    },
    /// Batch normalisation.
    BatchNorm,
    /// max(0, x).
    Relu,
    /// min(6, max(0, x)).
    Relu6,
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
}

impl Op {
    /// The op's name in tokens, drawings and messages: the label stem of the computation-graph format
    /// (specification §1.7). ReLU6 has a name of its own here.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input(_) => "input",
            Op::Output => "output",
            Op::Conv(conv) if conv.groups > 1 => "depthwise",
            Op::Conv(_) => "conv2d",
            Op::Dense { .. } => "matmul",
            Op::BatchNorm => "fusedbatchnorm",
            Op::Relu => "relu",
            Op::Relu6 => "relu6",
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
        }
    }

    /// Whether the op owns weights that its input multiplies (convolution, dense).
    pub fn is_weighted(&self) -> bool {
        matches!(self, Op::Conv(_) | Op::Dense { .. })
    }

    /// The window of a convolution or pool.
    pub fn window(&self) -> Option<Window> {
        match self {
            Op::Conv(conv) => Some(conv.window),
            Op::Pool(_, window) => Some(*window),
            _ => None,
        }
    }

    /// How many operands the op takes: the least and the most.
    fn arity(&self) -> (usize, usize) {
        match self {
            Op::Input(_) => (0, 0),
            Op::Add | Op::Mul | Op::Concat => (2, usize::MAX),
            _ => (1, 1),
        }
    }

    /// The shape the op makes of its operands, or one sentence that says why it cannot.
    ///
    /// Exact integer arithmetic; TensorFlow's SAME and VALID rules (specification §1.1, §8).
    ///
    /// ```
    /// use autogo::graph::{Op, Shape, Window, Pool};
    /// let pool = Op::Pool(Pool::Max, Window::same(3, 2));
    /// assert_eq!(pool.infer(&[Shape::new(15, 32, 8)]), Ok(Shape::new(8, 16, 8)));
    /// assert!(Op::Add.infer(&[Shape::new(8, 8, 4), Shape::new(8, 8, 5)]).is_err());
    /// ```
    pub fn infer(&self, inputs: &[Shape]) -> Result<Shape, String> {
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
            Op::Dense { features } => Ok(Shape { c: *features, ..first }),
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
            _ => Ok(first),
        }
    }
}
