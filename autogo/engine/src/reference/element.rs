//! Functions of single elements, sums and products.

use crate::Activation;

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// √(2/π)·(x + 0.044715·x³).
fn cubic(x: f64) -> f64 {
    (2.0 / std::f64::consts::PI).sqrt() * (x + f64::from(0.044_715f32) * x.powi(3))
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `min(high, max(low, x))`, also where the bounds are the wrong way round; a NaN stays a NaN.
fn clip(x: f64, low: f64, high: f64) -> f64 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// An activation of one element.
pub fn activation(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => clip(x, 0.0, f64::INFINITY),
        Activation::Relu6 => x.clamp(0.0, 6.0),
        Activation::Clip { low, high } => clip(x, low.into(), high.into()),
        Activation::LeakyRelu { slope } if x < 0.0 => f64::from(slope) * x,
        Activation::Elu { alpha, gamma } if x < 0.0 => f64::from(gamma) * f64::from(alpha) * x.exp_m1(),
        Activation::Celu { alpha } if x < 0.0 => f64::from(alpha) * (x / f64::from(alpha)).exp_m1(),
        Activation::LeakyRelu { .. } | Activation::Celu { .. } => x,
        Activation::Elu { gamma, .. } => f64::from(gamma) * x,
        Activation::Sigmoid => sigmoid(x),
        Activation::Tanh => x.tanh(),
        Activation::Swish => x * sigmoid(x),
        Activation::HardSigmoid { slope, offset } => (f64::from(slope) * x + f64::from(offset)).clamp(0.0, 1.0),
        Activation::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Activation::Mish => x * softplus(x).tanh(),
        Activation::Gelu => x * 0.5 * (1.0 + libm::erf(x / std::f64::consts::SQRT_2)),
        Activation::GeluTanh => x * 0.5 * (1.0 + cubic(x).tanh()),
        Activation::Softplus => softplus(x),
        Activation::Softsign => x / (1.0 + x.abs()),
    }
}

/// The derivative of an activation at `x`; at a corner, that of one side.
pub fn derivative(activation: Activation, x: f64) -> f64 {
    let step = |on: bool, slope: f64| if on { slope } else { 0.0 };
    match activation {
        Activation::Relu => step(x > 0.0, 1.0),
        Activation::Relu6 => step(x > 0.0 && x < 6.0, 1.0),
        Activation::Clip { low, high } => step(x > low.into() && x < high.into(), 1.0),
        Activation::LeakyRelu { slope } => step(x > 0.0, 1.0) + step(x <= 0.0, f64::from(slope)),
        Activation::Elu { alpha, gamma } => {
            f64::from(gamma) * (step(x > 0.0, 1.0) + step(x <= 0.0, f64::from(alpha) * x.exp()))
        }
        Activation::Celu { alpha } => step(x > 0.0, 1.0) + step(x <= 0.0, (x / f64::from(alpha)).exp()),
        Activation::Sigmoid => sigmoid(x) * (1.0 - sigmoid(x)),
        Activation::Tanh => 1.0 - x.tanh().powi(2),
        Activation::Swish => sigmoid(x) + x * sigmoid(x) * (1.0 - sigmoid(x)),
        Activation::HardSigmoid { slope, offset } => {
            let z = f64::from(slope) * x + f64::from(offset);
            step(z > 0.0 && z < 1.0, f64::from(slope))
        }
        Activation::HardSwish => step(x.abs() < 3.0, x / 3.0 + 0.5) + step(x >= 3.0, 1.0),
        Activation::Mish => {
            let gate = softplus(x).tanh();
            gate + x * (1.0 - gate.powi(2)) * sigmoid(x)
        }
        Activation::Gelu => {
            let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            0.5 * (1.0 + libm::erf(x / std::f64::consts::SQRT_2)) + x * density
        }
        Activation::GeluTanh => {
            let gate = cubic(x).tanh();
            let slope = (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 3.0 * f64::from(0.044_715f32) * x * x);
            0.5 * (1.0 + gate) + 0.5 * x * (1.0 - gate.powi(2)) * slope
        }
        Activation::Softplus => sigmoid(x),
        Activation::Softsign => (1.0 + x.abs()).powi(-2),
    }
}

/// `max(0, x) + slope·min(0, x)`, a slope for every channel.
pub fn prelu(x: &[f64], slopes: &[f64]) -> Vec<f64> {
    x.iter().enumerate().map(|(i, x)| if *x < 0.0 { slopes[i % slopes.len()] * x } else { *x }).collect()
}

/// The gradients of a PReLU's input and slopes.
pub fn prelu_gradient(x: &[f64], slopes: &[f64], dy: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut slope_gradient = vec![0.0; slopes.len()];
    let mut dx = Vec::new();
    for (i, (x, dy)) in x.iter().zip(dy).enumerate() {
        let channel = i % slopes.len();
        dx.push(if *x < 0.0 { slopes[channel] * dy } else { *dy });
        slope_gradient[channel] += x.min(0.0) * dy;
    }
    (dx, slope_gradient)
}

/// The sum of tensors.
pub fn sum(operands: &[Vec<f64>]) -> Vec<f64> {
    (0..operands[0].len()).map(|i| operands.iter().map(|x| x[i]).sum()).collect()
}

/// The product of tensors.
pub fn product(operands: &[Vec<f64>]) -> Vec<f64> {
    (0..operands[0].len()).map(|i| operands.iter().map(|x| x[i]).product()).collect()
}

/// The gradient of one operand of a product.
pub fn product_gradient(operands: &[Vec<f64>], operand: usize, dy: &[f64]) -> Vec<f64> {
    let others =
        |i: usize| operands.iter().enumerate().filter(|(k, _)| *k != operand).map(|(_, x)| x[i]).product::<f64>();
    dy.iter().enumerate().map(|(i, dy)| dy * others(i)).collect()
}

/// Every pixel of an image times that image's factors.
pub fn scale_channels(x: &[f64], factors: &[f64], pixels: usize, channels: usize) -> Vec<f64> {
    let factor = |i: usize| factors[i / (pixels * channels) * channels + i % channels];
    x.iter().enumerate().map(|(i, x)| x * factor(i)).collect()
}
