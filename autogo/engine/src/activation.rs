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
    /// `x` above 0, `slope·x` below; the slope is not negative.
    LeakyRelu {
        /// The slope below 0.
        slope: f32,
    },
    /// `x` above 0, `alpha·(exp(x) − 1)` below; alpha is not negative.
    Elu {
        /// The limit below 0, without its sign.
        alpha: f32,
    },
    /// `1 / (1 + exp(−x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `x·sigmoid(x)`, also called SiLU.
    Swish,
    /// `min(1, max(0, x/6 + 1/2))`.
    HardSigmoid,
    /// `x·hard-sigmoid(x)`.
    HardSwish,
    /// `x·Φ(x)` with the normal distribution's Φ.
    Gelu,
}

/// Which tensor of the forward pass the gradient reads: the other one need not be kept.
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

fn hard_sigmoid(x: f32) -> f32 {
    (x / 6.0 + 0.5).clamp(0.0, 1.0)
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
    /// Which tensor [`gradient`](Activation::gradient) reads.
    pub fn reads(self) -> Reads {
        match self {
            Activation::Relu
            | Activation::Relu6
            | Activation::LeakyRelu { .. }
            | Activation::Elu { .. }
            | Activation::Sigmoid
            | Activation::Tanh => Reads::Output,
            Activation::Swish | Activation::HardSigmoid | Activation::HardSwish | Activation::Gelu => Reads::Input,
        }
    }

    fn check(self) -> Result<(), Error> {
        match self {
            Activation::LeakyRelu { slope } if slope.is_nan() || slope < 0.0 => {
                Err(Error::Setting { setting: "slope" })
            }
            Activation::Elu { alpha } if alpha.is_nan() || alpha < 0.0 => Err(Error::Setting { setting: "alpha" }),
            _ => Ok(()),
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
    /// The lengths differ, or a slope is negative.
    pub fn forward(self, engine: &Engine, x: &[f32], y: &mut [f32]) -> Result<(), Error> {
        self.check()?;
        let write = Write::Replace;
        match self {
            Activation::Relu => maps::one(engine, x, y, write, |x| if x < 0.0 { 0.0 } else { x }),
            Activation::Relu6 => maps::one(engine, x, y, write, |x| {
                let x = if x < 0.0 { 0.0 } else { x };
                if x > 6.0 { 6.0 } else { x }
            }),
            Activation::LeakyRelu { slope } => maps::one(engine, x, y, write, |x| if x < 0.0 { slope * x } else { x }),
            Activation::Elu { alpha } => {
                maps::one(engine, x, y, write, |x| if x < 0.0 { alpha * libm::expm1f(x) } else { x })
            }
            Activation::Sigmoid => maps::one(engine, x, y, write, sigmoid),
            Activation::Tanh => maps::one(engine, x, y, write, libm::tanhf),
            Activation::Swish => maps::one(engine, x, y, write, |x| x * sigmoid(x)),
            Activation::HardSigmoid => maps::one(engine, x, y, write, hard_sigmoid),
            Activation::HardSwish => maps::one(engine, x, y, write, |x| x * hard_sigmoid(x)),
            Activation::Gelu => maps::one(engine, x, y, write, |x| x * normal(x)),
        }
    }

    /// Writes the input's gradient, given the output's gradient and the tensor that [`reads`](Activation::reads) names.
    /// O(elements).
    ///
    /// # Errors
    /// The lengths differ, or a slope is negative.
    pub fn gradient(
        self,
        engine: &Engine,
        tensor: &[f32],
        output_gradient: &[f32],
        input_gradient: &mut [f32],
        write: Write,
    ) -> Result<(), Error> {
        self.check()?;
        let (t, dy, dx) = (tensor, output_gradient, input_gradient);
        match self {
            Activation::Relu => maps::two(engine, t, dy, dx, write, |y, g| if y > 0.0 { g } else { 0.0 }),
            Activation::Relu6 => maps::two(engine, t, dy, dx, write, |y, g| if y > 0.0 && y < 6.0 { g } else { 0.0 }),
            Activation::LeakyRelu { slope } => {
                maps::two(engine, t, dy, dx, write, |y, g| if y > 0.0 { g } else { slope * g })
            }
            Activation::Elu { alpha } => {
                maps::two(engine, t, dy, dx, write, |y, g| if y > 0.0 { g } else { (y + alpha) * g })
            }
            Activation::Sigmoid => maps::two(engine, t, dy, dx, write, |y, g| g * y * (1.0 - y)),
            Activation::Tanh => maps::two(engine, t, dy, dx, write, |y, g| g * (1.0 - y * y)),
            Activation::Swish => maps::two(engine, t, dy, dx, write, |x, g| {
                let s = sigmoid(x);
                g * s * (1.0 + x * (1.0 - s))
            }),
            Activation::HardSigmoid => {
                maps::two(engine, t, dy, dx, write, |x, g| if x > -3.0 && x < 3.0 { g / 6.0 } else { 0.0 })
            }
            Activation::HardSwish => maps::two(engine, t, dy, dx, write, |x, g| {
                if x <= -3.0 {
                    0.0
                } else if x < 3.0 {
                    g * (x / 3.0 + 0.5)
                } else {
                    g
                }
            }),
            Activation::Gelu => maps::two(engine, t, dy, dx, write, |x, g| g * (normal(x) + x * density(x))),
        }
    }
}
