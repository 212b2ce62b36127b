//! Activations.

/// A function of every element alone, or of every pixel's channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// max(0, x).
    Relu,
    /// min(6, max(0, x)).
    Relu6,
    /// min(max, max(min, x)); infinite where there is no bound.
    Clip {
        /// Lower bound.
        min: f64,
        /// Upper bound.
        max: f64,
    },
    /// max(0, x) + a·min(0, x) with a slope a for every channel; weights: the slopes.
    PRelu,
    /// max(0, x) + alpha·min(0, x).
    LeakyRelu {
        /// The slope.
        alpha: f64,
    },
    /// x, or alpha·(exp(x) - 1) below 0.
    Elu {
        /// The factor.
        alpha: f64,
    },
    /// gamma·x, or gamma·alpha·(exp(x) - 1) below 0.
    Selu {
        /// The inner factor.
        alpha: f64,
        /// The outer factor.
        gamma: f64,
    },
    /// x, or alpha·(exp(x / alpha) - 1) below 0.
    Celu {
        /// The factor.
        alpha: f64,
    },
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// min(1, max(0, alpha·x + beta)).
    HardSigmoid {
        /// The slope.
        alpha: f64,
        /// The value at 0.
        beta: f64,
    },
    /// x·min(1, max(0, x / 6 + 1 / 2)).
    HardSwish,
    /// x·sigmoid(x).
    Swish,
    /// x·tanh(softplus(x)).
    Mish,
    /// x·Φ(x).
    Gelu,
    /// x·Φ(x), approximated by a hyperbolic tangent.
    GeluTanh,
    /// Hyperbolic tangent.
    Tanh,
    /// log(1 + exp(x)).
    Softplus,
    /// x / (1 + |x|).
    Softsign,
    /// exp(x) over its sum along the channels.
    Softmax,
    /// The logarithm of the softmax.
    LogSoftmax,
    /// x / (bias + alpha / size · Σ x²)^beta over `size` neighbouring channels.
    Lrn {
        /// Channels in the sum.
        size: u32,
        /// Factor of the sum.
        alpha: f64,
        /// Exponent.
        beta: f64,
        /// Constant.
        bias: f64,
    },
}

/// A function of every element that a network has only inside of an activation. No normalised network has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Inner {
    /// The error function.
    Erf,
    /// The exponential function.
    Exp,
    /// The natural logarithm.
    Log,
    /// A power.
    Pow(f64),
}
