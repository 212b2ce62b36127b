//! Activations beyond the first few, with their parameters.

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A number in single precision that is compared and hashed by its bits. JSON has it as a number, and infinities as
/// text.
///
/// ```
/// use autogo::graph::Float;
/// assert_eq!(Float::new(0.1), Float::new(0.1));
/// assert_eq!(Float::new(-0.0), Float::new(0.0));
/// assert_eq!(Float::new(0.1).to_string(), "0.1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Float(u32);

impl Float {
    /// The number `value`; zero has no sign.
    pub fn new(value: f32) -> Self {
        Float((value + 0.0).to_bits())
    }

    /// The number.
    pub fn get(self) -> f32 {
        f32::from_bits(self.0)
    }

    /// Its bits, for ids.
    pub(crate) fn bits(self) -> u64 {
        self.0.into()
    }
}

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl fmt::Debug for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.get().is_finite() { to.serialize_f32(self.get()) } else { to.serialize_str(&self.to_string()) }
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Float;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, \"inf\" or \"-inf\"")
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Float, E> {
                Ok(Float::new(value as f32))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Float, E> {
                Ok(Float::new(value as f32))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Float, E> {
                Ok(Float::new(value as f32))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Float, E> {
                match value {
                    "inf" => Ok(Float::new(f32::INFINITY)),
                    "-inf" => Ok(Float::new(f32::NEG_INFINITY)),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }
        }
        from.deserialize_any(Number)
    }
}

/// A function of every element alone, or of every pixel's channels. ReLU, ReLU6, PReLU, sigmoid and tanh are ops of
/// their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Activation {
    /// min(max, max(min, x)); infinite where there is no bound.
    Clip {
        /// Lower bound.
        min: Float,
        /// Upper bound.
        max: Float,
    },
    /// max(0, x) + alpha·min(0, x).
    LeakyRelu {
        /// The slope.
        alpha: Float,
    },
    /// x, or alpha·(exp(x) - 1) below 0.
    Elu {
        /// The factor.
        alpha: Float,
    },
    /// gamma·x, or gamma·alpha·(exp(x) - 1) below 0.
    Selu {
        /// The inner factor.
        alpha: Float,
        /// The outer factor.
        gamma: Float,
    },
    /// x, or alpha·(exp(x / alpha) - 1) below 0.
    Celu {
        /// The factor.
        alpha: Float,
    },
    /// min(1, max(0, alpha·x + beta)).
    HardSigmoid {
        /// The slope.
        alpha: Float,
        /// The value at 0.
        beta: Float,
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
        alpha: Float,
        /// Exponent.
        beta: Float,
        /// Constant.
        bias: Float,
    },
}

impl Activation {
    /// The name in tokens, drawings and messages.
    pub fn name(&self) -> &'static str {
        match self {
            Activation::Clip { .. } => "clip",
            Activation::LeakyRelu { .. } => "leakyrelu",
            Activation::Elu { .. } => "elu",
            Activation::Selu { .. } => "selu",
            Activation::Celu { .. } => "celu",
            Activation::HardSigmoid { .. } => "hardsigmoid",
            Activation::HardSwish => "hardswish",
            Activation::Swish => "swish",
            Activation::Mish => "mish",
            Activation::Gelu | Activation::GeluTanh => "gelu",
            Activation::Softplus => "softplus",
            Activation::Softsign => "softsign",
            Activation::Softmax => "softmax",
            Activation::LogSoftmax => "logsoftmax",
            Activation::Lrn { .. } => "lrn",
        }
    }

    /// Whether an element of the result depends on that element of the operand alone.
    pub fn is_elementwise(&self) -> bool {
        !matches!(self, Activation::Softmax | Activation::LogSoftmax | Activation::Lrn { .. })
    }

    /// A number for the kind, and the parameters' bits, for ids. The numbers are part of every stored id.
    pub(crate) fn words(&self) -> (u64, [u64; 4]) {
        let words = |numbers: &[Float]| {
            let mut words = [0; 4];
            words.iter_mut().zip(numbers).for_each(|(word, number)| *word = number.bits());
            words
        };
        match *self {
            Activation::Clip { min, max } => (0, words(&[min, max])),
            Activation::LeakyRelu { alpha } => (1, words(&[alpha])),
            Activation::Elu { alpha } => (2, words(&[alpha])),
            Activation::Selu { alpha, gamma } => (3, words(&[alpha, gamma])),
            Activation::Celu { alpha } => (4, words(&[alpha])),
            Activation::HardSigmoid { alpha, beta } => (5, words(&[alpha, beta])),
            Activation::HardSwish => (6, [0; 4]),
            Activation::Swish => (7, [0; 4]),
            Activation::Mish => (8, [0; 4]),
            Activation::Gelu => (9, [0; 4]),
            Activation::GeluTanh => (10, [0; 4]),
            Activation::Softplus => (11, [0; 4]),
            Activation::Softsign => (12, [0; 4]),
            Activation::Softmax => (13, [0; 4]),
            Activation::LogSoftmax => (14, [0; 4]),
            Activation::Lrn { size, alpha, beta, bias } => {
                let [alpha, beta, bias, _] = words(&[alpha, beta, bias]);
                (15, [u64::from(size), alpha, beta, bias])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_json_to_the_bit() {
        for value in [0.1, 1.0 / 3.0, 0.2, 1e-30, 16_777_217.0, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, 6.0] {
            let text = serde_json::to_string(&Float::new(value)).unwrap();
            assert_eq!(serde_json::from_str::<Float>(&text).unwrap().get().to_bits(), value.to_bits(), "{text}");
        }
        assert_eq!(serde_json::to_string(&Float::new(0.1)).unwrap(), "0.1");
        assert!(serde_json::from_str::<Float>("\"NaN\"").is_err());
    }
}
