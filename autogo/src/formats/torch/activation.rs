//! Activations as calls of `torch.nn.functional`.

use super::naming::number;
use crate::graph::{Activation, Float};

/// SELU's constants, which PyTorch has built in.
const SELU: (f32, f32) = (1.673_263_2, 1.050_701);

/// An activation of `x`, which may be a picture or a vector.
pub(super) fn activation(activation: &Activation, x: &str) -> String {
    let with = |function: &str, value: Float| format!("F.{function}({x}, {})", number(value.get()));
    let plain = |function: &str| format!("F.{function}({x})");
    match *activation {
        Activation::Clip { min, max } => clip(x, min.get(), max.get()),
        Activation::LeakyRelu { alpha } => with("leaky_relu", alpha),
        Activation::Elu { alpha } if alpha.get() == 1.0 => plain("elu"),
        Activation::Elu { alpha } => with("elu", alpha),
        Activation::Selu { alpha, gamma } if (alpha.get(), gamma.get()) == SELU => plain("selu"),
        Activation::Selu { alpha, gamma } => format!("{} * {}", number(gamma.get()), with("elu", alpha)),
        Activation::Celu { alpha } => with("celu", alpha),
        Activation::HardSigmoid { alpha, beta } if (alpha.get(), beta.get()) == (1.0 / 6.0, 0.5) => {
            plain("hardsigmoid")
        }
        Activation::HardSigmoid { alpha, beta } => {
            format!("torch.clamp({} * {x} + {}, 0.0, 1.0)", number(alpha.get()), number(beta.get()))
        }
        Activation::HardSwish => plain("hardswish"),
        Activation::Swish => plain("silu"),
        Activation::Mish => plain("mish"),
        Activation::Gelu => plain("gelu"),
        Activation::GeluTanh => format!("F.gelu({x}, approximate=\"tanh\")"),
        Activation::Softplus => plain("softplus"),
        Activation::Softsign => plain("softsign"),
        Activation::Softmax => format!("F.softmax({x}, 1)"),
        Activation::LogSoftmax => format!("F.log_softmax({x}, 1)"),
        Activation::Lrn { size, alpha, beta, bias } => {
            let [alpha, beta, bias] = [alpha, beta, bias].map(|value| number(value.get()));
            let numbers = format!("{size}, {alpha}, {beta}, {bias}");
            if size % 2 == 1 {
                format!("F.local_response_norm({x}, {numbers})")
            } else {
                // Of an even number of channels PyTorch takes the odd one before the channel, ONNX behind it.
                format!("F.local_response_norm({x}.flip(1), {numbers}).flip(1)")
            }
        }
    }
}

/// Bounds that are not finite are none.
fn clip(x: &str, min: f32, max: f32) -> String {
    let bound = |name: &str, value: f32| value.is_finite().then(|| format!("{name}={}", number(value)));
    let bounds: Vec<String> = [bound("min", min), bound("max", max)].into_iter().flatten().collect();
    if bounds.is_empty() { x.into() } else { format!("torch.clamp({x}, {})", bounds.join(", ")) }
}
