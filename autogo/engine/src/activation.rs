//! Activations, element by element. Exponentials come from `libm`, which computes the same bits on every machine.

use crate::maps;
use crate::{Engine, Error, Write};

/// A function of one element.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `max(0, x)`.
    Relu,
    /// `min(6, max(0, x))`.
    Relu6,
    /// `min(high, max(low, x))`; bounds may be infinite.
    Clip {
        /// The lower bound.
        low: f32,
        /// The upper bound.
        high: f32,
    },
    /// `x` above 0, `slope·x` below.
    LeakyRelu {
        /// The slope below 0.
        slope: f32,
    },
    /// `gamma·x` above 0, `gamma·alpha·(exp(x) − 1)` below: ELU with a gamma of 1, SELU.
    Elu {
        /// The limit below 0, without its sign and without gamma.
        alpha: f32,
        /// The slope above 0.
        gamma: f32,
    },
    /// `x` above 0, `alpha·(exp(x/alpha) − 1)` below.
    Celu {
        /// The limit below 0, without its sign.
        alpha: f32,
    },
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `x·sigmoid(x)`, also called SiLU.
    Swish,
    /// `min(1, max(0, slope·x + offset))`.
    HardSigmoid {
        /// The slope between the bounds.
        slope: f32,
        /// The value at 0.
        offset: f32,
    },
    /// `x·min(1, max(0, x/6 + 1/2))`.
    HardSwish,
    /// `x·tanh(softplus(x))`.
    Mish,
    /// `x·Φ(x)` with the normal distribution's Φ.
    Gelu,
    /// `x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2`.
    GeluTanh,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// `x / (1 + |x|)`.
    Softsign,
}

/// The tensor of the forward pass that the gradient reads; the other tensor need not be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The activation's input.
    Input,
    /// The activation's output.
    Output,
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x))
}

/// `min(high, max(low, x))`, also where the bounds are the wrong way round.
fn clip(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

fn gate(x: f32) -> f32 {
    clip(x / 6.0 + 0.5, 0.0, 1.0)
}

fn softplus(x: f32) -> f32 {
    clip(x, 0.0, f32::INFINITY) + libm::log1pf(libm::expf(-x.abs()))
}

/// `√(2/π)·(x + 0.044715·x³)` and its slope.
fn cubic(x: f32) -> (f32, f32) {
    const ROOT: f32 = 0.797_884_6; // √(2/π)
    (ROOT * (x + 0.044_715 * x * x * x), ROOT * (1.0 + 3.0 * 0.044_715 * x * x))
}

/// Φ(x).
fn normal(x: f32) -> f32 {
    0.5 * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The density of the normal distribution.
fn density(x: f32) -> f32 {
    const ROOT: f32 = 0.398_942_3; // 1 / √(2π)
    ROOT * libm::expf(-0.5 * x * x)
}

impl Activation {
    /// The tensor that [`gradient`](Activation::gradient) reads.
    pub fn reads(self) -> Reads {
        match self {
            Activation::Relu | Activation::Relu6 | Activation::Sigmoid | Activation::Tanh => Reads::Output,
            Activation::Clip { .. }
            | Activation::LeakyRelu { .. }
            | Activation::Elu { .. }
            | Activation::Celu { .. }
            | Activation::Swish
            | Activation::HardSigmoid { .. }
            | Activation::HardSwish
            | Activation::Mish
            | Activation::Gelu
            | Activation::GeluTanh
            | Activation::Softplus
            | Activation::Softsign => Reads::Input,
        }
    }

    /// Writes the activation of every element. O(elements).
    ///
    /// ```
    /// use autogo_engine::{Activation, Arithmetic, Engine};
    /// let mut y = [0.0; 3];
    /// Activation::Relu6.forward(&Engine::new(Arithmetic::Fused), &[-1.0, 2.0, 9.0], &mut y)?;
    /// assert_eq!(y, [0.0, 2.0, 6.0]);
    /// # Ok::<(), autogo_engine::Error>(())
    /// ```
    ///
    /// # Errors
    /// The lengths differ.
    pub fn forward(self, engine: &Engine, x: &[f32], y: &mut [f32]) -> Result<(), Error> {
        let write = Write::Replace;
        match self {
            Activation::Relu => maps::one(engine, x, y, write, |x| if x < 0.0 { 0.0 } else { x }),
            Activation::Relu6 => maps::one(engine, x, y, write, |x| clip(x, 0.0, 6.0)),
            Activation::Clip { low, high } => maps::one(engine, x, y, write, |x| clip(x, low, high)),
            Activation::LeakyRelu { slope } => maps::one(engine, x, y, write, |x| if x < 0.0 { slope * x } else { x }),
            Activation::Elu { alpha, gamma } => {
                maps::one(engine, x, y, write, |x| gamma * if x < 0.0 { alpha * libm::expm1f(x) } else { x })
            }
            Activation::Celu { alpha } => {
                maps::one(engine, x, y, write, |x| if x < 0.0 { alpha * libm::expm1f(x / alpha) } else { x })
            }
            Activation::Sigmoid => maps::one(engine, x, y, write, sigmoid),
            Activation::Tanh => maps::one(engine, x, y, write, libm::tanhf),
            Activation::Swish => maps::one(engine, x, y, write, |x| x * sigmoid(x)),
            Activation::HardSigmoid { slope, offset } => {
                maps::one(engine, x, y, write, |x| clip(slope * x + offset, 0.0, 1.0))
            }
            Activation::HardSwish => maps::one(engine, x, y, write, |x| x * gate(x)),
            Activation::Mish => maps::one(engine, x, y, write, |x| x * libm::tanhf(softplus(x))),
            Activation::Gelu => maps::one(engine, x, y, write, |x| x * normal(x)),
            Activation::GeluTanh => maps::one(engine, x, y, write, |x| 0.5 * x * (1.0 + libm::tanhf(cubic(x).0))),
            Activation::Softplus => maps::one(engine, x, y, write, softplus),
            Activation::Softsign => maps::one(engine, x, y, write, |x| x / (1.0 + x.abs())),
        }
    }

    /// Writes the input's gradient, given the output's gradient and the tensor that [`reads`](Activation::reads) names.
    /// O(elements).
    ///
    /// # Errors
    /// The lengths differ.
    pub fn gradient(
        self,
        engine: &Engine,
        tensor: &[f32],
        output_gradient: &[f32],
        input_gradient: &mut [f32],
        write: Write,
    ) -> Result<(), Error> {
        let (t, dy, dx) = (tensor, output_gradient, input_gradient);
        let pass = |on: bool, g: f32| if on { g } else { 0.0 };
        match self {
            Activation::Relu => maps::two(engine, t, dy, dx, write, |y, g| pass(y > 0.0, g)),
            Activation::Relu6 => maps::two(engine, t, dy, dx, write, |y, g| pass(y > 0.0 && y < 6.0, g)),
            Activation::Sigmoid => maps::two(engine, t, dy, dx, write, |y, g| g * y * (1.0 - y)),
            Activation::Tanh => maps::two(engine, t, dy, dx, write, |y, g| g * (1.0 - y * y)),
            Activation::Clip { .. }
            | Activation::LeakyRelu { .. }
            | Activation::Elu { .. }
            | Activation::Celu { .. }
            | Activation::Swish
            | Activation::HardSigmoid { .. }
            | Activation::HardSwish
            | Activation::Mish
            | Activation::Gelu
            | Activation::GeluTanh
            | Activation::Softplus
            | Activation::Softsign => maps::two(engine, t, dy, dx, write, |x, g| g * self.slope(x)),
        }
    }

    /// The derivative at `x`; at a corner, that of one side.
    #[inline(always)]
    fn slope(self, x: f32) -> f32 {
        let step = |on: bool| if on { 1.0 } else { 0.0 };
        match self {
            Activation::Relu => step(x > 0.0),
            Activation::Relu6 => step(x > 0.0 && x < 6.0),
            Activation::Clip { low, high } => step(x > low && x < high),
            Activation::LeakyRelu { slope } => {
                if x > 0.0 {
                    1.0
                } else {
                    slope
                }
            }
            Activation::Elu { alpha, gamma } => gamma * if x > 0.0 { 1.0 } else { alpha * libm::expf(x) },
            Activation::Celu { alpha } => {
                if x > 0.0 {
                    1.0
                } else {
                    libm::expf(x / alpha)
                }
            }
            Activation::Sigmoid => sigmoid(x) * (1.0 - sigmoid(x)),
            Activation::Tanh => 1.0 - libm::tanhf(x) * libm::tanhf(x),
            Activation::Swish => {
                let s = sigmoid(x);
                s * (1.0 + x * (1.0 - s))
            }
            Activation::HardSigmoid { slope, offset } => {
                let z = slope * x + offset;
                slope * step(z > 0.0 && z < 1.0)
            }
            Activation::HardSwish if x <= -3.0 => 0.0,
            Activation::HardSwish => {
                if x < 3.0 {
                    x / 3.0 + 0.5
                } else {
                    1.0
                }
            }
            Activation::Mish => {
                let t = libm::tanhf(softplus(x));
                t + x * (1.0 - t * t) * sigmoid(x)
            }
            Activation::Gelu => normal(x) + x * density(x),
            Activation::GeluTanh => {
                let (z, slope) = cubic(x);
                let t = libm::tanhf(z);
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * slope
            }
            Activation::Softplus => sigmoid(x),
            Activation::Softsign => {
                let whole = 1.0 + x.abs();
                1.0 / (whole * whole)
            }
        }
    }
}
