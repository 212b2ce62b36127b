//! Activations: one node of ONNX where operator set 17 has one, otherwise their formula.

use super::{Writer, float, int};
use crate::graph::Activation;

impl Writer<'_> {
    /// Appends an activation and returns the name of what it makes. Nodes inside of a formula have the activation's
    /// name in front of theirs.
    pub(super) fn activation(&mut self, name: &str, mut inputs: Vec<String>, activation: &Activation) -> String {
        let x = inputs.first().cloned().unwrap_or_default();
        let (op, attributes) = match *activation {
            Activation::Clip { min, max } => {
                for (part, bound) in [("min", min.get()), ("max", max.get())] {
                    let is_bound = bound.is_finite();
                    inputs.push(if is_bound { self.scalar(format!("{name}.{part}"), bound) } else { String::new() });
                }
                while inputs.last().is_some_and(String::is_empty) {
                    inputs.pop();
                }
                ("Clip", Vec::new())
            }
            Activation::LeakyRelu { alpha } => ("LeakyRelu", vec![float("alpha", alpha.get())]),
            Activation::Elu { alpha } => ("Elu", vec![float("alpha", alpha.get())]),
            Activation::Selu { alpha, gamma } => {
                ("Selu", vec![float("alpha", alpha.get()), float("gamma", gamma.get())])
            }
            Activation::Celu { alpha } => ("Celu", vec![float("alpha", alpha.get())]),
            Activation::HardSigmoid { alpha, beta } => {
                ("HardSigmoid", vec![float("alpha", alpha.get()), float("beta", beta.get())])
            }
            Activation::HardSwish => ("HardSwish", Vec::new()),
            Activation::Softplus => ("Softplus", Vec::new()),
            Activation::Softsign => ("Softsign", Vec::new()),
            Activation::Softmax => ("Softmax", vec![int("axis", 1)]),
            Activation::LogSoftmax => ("LogSoftmax", vec![int("axis", 1)]),
            Activation::Lrn { size, alpha, beta, bias } => {
                let [alpha, beta, bias] = [("alpha", alpha), ("beta", beta), ("bias", bias)];
                let numbers = [alpha, beta, bias].map(|(part, number)| float(part, number.get()));
                ("LRN", [vec![int("size", size.into())], numbers.to_vec()].concat())
            }
            Activation::Swish => {
                let gate = self.part(name, "Sigmoid", "sigmoid", inputs);
                return self.push("Mul", name, vec![x, gate], Vec::new());
            }
            Activation::Mish => {
                let soft = self.part(name, "Softplus", "softplus", inputs);
                let gate = self.part(name, "Tanh", "tanh", vec![soft]);
                return self.push("Mul", name, vec![x, gate], Vec::new());
            }
            Activation::Gelu => {
                let scaled = self.with(name, "Mul", "scaled", x.clone(), std::f32::consts::FRAC_1_SQRT_2);
                let curve = self.part(name, "Erf", "erf", vec![scaled]);
                return self.half_gate(name, x, curve);
            }
            Activation::GeluTanh => {
                let cube = self.with(name, "Pow", "cube", x.clone(), 3.0);
                let small = self.with(name, "Mul", "small", cube, 0.044_715);
                let sum = self.part(name, "Add", "sum", vec![x.clone(), small]);
                let scaled = self.with(name, "Mul", "scaled", sum, (2.0 / std::f32::consts::PI).sqrt());
                let curve = self.part(name, "Tanh", "tanh", vec![scaled]);
                return self.half_gate(name, x, curve);
            }
        };
        self.push(op, name, inputs, attributes)
    }

    /// `x · (1 + curve) / 2`.
    fn half_gate(&mut self, name: &str, x: String, curve: String) -> String {
        let shifted = self.with(name, "Add", "shifted", curve, 1.0);
        let half = self.with(name, "Mul", "half", shifted, 0.5);
        self.push("Mul", name, vec![x, half], Vec::new())
    }

    fn part(&mut self, name: &str, op: &str, part: &str, inputs: Vec<String>) -> String {
        self.push(op, &format!("{name}.{part}"), inputs, Vec::new())
    }

    /// An operation with a number.
    fn with(&mut self, name: &str, op: &str, part: &str, input: String, number: f32) -> String {
        let number = self.scalar(format!("{name}.{part}_number"), number);
        self.part(name, op, part, vec![input, number])
    }
}
