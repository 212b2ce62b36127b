//! Random programs of constants with hostile numbers: the evaluator answers soon, and never with a panic.

use super::store::MOST_ELEMENTS;
use super::*;
use crate::formats::onnx::attributes::Call;
use crate::formats::onnx::proto::{Attribute, NodeProto, TensorProto, kind};
use crate::rng::Stream;
use rand::Rng;
use rand::seq::IndexedRandom;
use std::time::{Duration, Instant};

const OPS: [&str; 49] = [
    "Constant",
    "ConstantOfShape",
    "Range",
    "Identity",
    "Dropout",
    "Cast",
    "Shape",
    "Size",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Expand",
    "Tile",
    "Gather",
    "Slice",
    "Concat",
    "Split",
    "ReduceProd",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
    "ReduceMean",
    "ReduceL2",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Mod",
    "Pow",
    "Min",
    "Max",
    "Equal",
    "Less",
    "Greater",
    "Not",
    "And",
    "Where",
    "Neg",
    "Abs",
    "Floor",
    "Ceil",
    "Round",
    "Sqrt",
    "Reciprocal",
    "Exp",
    "Sign",
    "Clip",
];
const WHOLE: [i64; 18] =
    [0, 1, 1, 2, 2, 3, 4, -1, -1, -2, 7, 300, 1 << 20, (1 << 20) + 1, 1 << 40, -(1 << 40), i64::MAX, i64::MIN];
const REAL: [f64; 12] =
    [0.0, -0.0, 1.0, 0.5, 3.0, -1.0, 1e-300, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1_099_511_627_776.0];
const NAMES: [&str; 13] = [
    "axis",
    "axes",
    "perm",
    "to",
    "start",
    "end",
    "value",
    "value_ints",
    "keepdims",
    "allowzero",
    "split",
    "num_outputs",
    "fmod",
];

struct Program<R> {
    rng: R,
    evaluator: Evaluator,
    known: Vec<Arc<Constant>>,
}

impl<R: Rng> Program<R> {
    fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    fn whole(&mut self, most: usize) -> Vec<i64> {
        (0..self.below(most + 1)).map(|_| *WHOLE.choose(&mut self.rng).unwrap()).collect()
    }

    /// A tensor that need not have the data that its sizes and type ask for.
    fn tensor(&mut self) -> TensorProto {
        let mut tensor = TensorProto { name: "x".into(), ..TensorProto::default() };
        let count = self.below(6);
        tensor.dims = match self.below(8) {
            0 => self.whole(4),
            1 => vec![],
            2 => vec![1, count as i64],
            _ => vec![count as i64],
        };
        if self.below(3) > 0 {
            tensor.data_type = 7;
            tensor.int64_data = (0..count).map(|_| *WHOLE.choose(&mut self.rng).unwrap()).collect();
        } else {
            tensor.data_type = 11;
            tensor.double_data = (0..count).map(|_| *REAL.choose(&mut self.rng).unwrap()).collect();
        }
        if self.below(20) == 0 {
            tensor.data_type = *WHOLE.choose(&mut self.rng).unwrap() as i32;
        }
        tensor
    }

    fn attribute(&mut self) -> Attribute {
        let mut attribute = Attribute { name: (*NAMES.choose(&mut self.rng).unwrap()).into(), ..Attribute::default() };
        match self.below(3) {
            0 => (attribute.kind, attribute.i) = (kind::INT, *WHOLE.choose(&mut self.rng).unwrap()),
            1 => (attribute.kind, attribute.ints) = (kind::INTS, self.whole(4)),
            _ => (attribute.kind, attribute.t) = (kind::TENSOR, Some(self.tensor())),
        }
        attribute
    }

    /// One operation on what is known so far. Says whether it had an answer.
    fn step(&mut self) -> bool {
        if self.known.is_empty() || self.below(3) == 0 {
            let tensor = self.tensor();
            self.known.extend(self.evaluator.stored("x", tensor).ok().map(Arc::new));
        }
        let attribute = (0..self.below(3)).map(|_| self.attribute()).collect();
        let output = (0..self.below(4)).map(|at| format!("y{at}")).collect();
        let op_type = (*OPS.choose(&mut self.rng).unwrap()).to_string();
        let inputs: Vec<Option<Arc<Constant>>> = (0..self.below(5))
            .map(|_| if self.rng.random_bool(0.1) { None } else { self.known.choose(&mut self.rng).cloned() })
            .collect();
        let proto = NodeProto { op_type, attribute, output, ..NodeProto::default() };
        let opset = [7, 9, 11, 13, 18, 21][self.below(6)];
        let call = Call::new(&proto, opset);
        let Ok(Some(made)) = self.evaluator.run(&call, &inputs) else { return false };
        for constant in made {
            if let Ok(Ok(values)) = self.evaluator.elements(&call, &constant) {
                assert_eq!(values.len() as u64, constant.len(), "{proto:?}");
                assert!(constant.len() <= MOST_ELEMENTS, "{proto:?}");
            }
            self.known.push(Arc::new(constant));
        }
        true
    }
}

#[test]
fn random_programs_are_answered() {
    let mut answered = 0;
    for case in 0..3000 {
        let rng = Stream::new(7, "programs of constants").at(case);
        let mut program = Program { rng, evaluator: Evaluator::new(Store::default()), known: Vec::new() };
        let begun = Instant::now();
        answered += (0..20).filter(|_| program.step()).count();
        // What a file may evaluate at most takes this long on a busy machine.
        assert!(begun.elapsed() < Duration::from_secs(60), "case {case}");
    }
    assert!(answered > 3000, "{answered}");
}
