//! Every operation of the evaluator on a few numbers.

use super::*;
use crate::formats::onnx::attributes::Call;
use crate::formats::onnx::proto::{Attribute, NodeProto, TensorProto, kind};

/// Elements that a test gives or wants.
#[derive(Clone, Debug, PartialEq)]
enum Numbers {
    Ints(Vec<i64>),
    Floats(Vec<f64>),
}
use Numbers::{Floats, Ints};

/// The results of an operation: sizes and elements.
fn run(op: &str, inputs: &[(&[i64], Numbers)], attribute: Vec<Attribute>) -> Result<Vec<(Vec<u64>, Values)>, String> {
    let output = vec!["y".into(); if op == "Split" { 2 } else { 1 }];
    let proto = NodeProto { op_type: op.into(), output, attribute, ..NodeProto::default() };
    let call = Call::new(&proto, 13);
    let mut evaluator = Evaluator::new(Store::default());
    let mut constants = Vec::new();
    for (dims, numbers) in inputs {
        let mut tensor = TensorProto { dims: dims.to_vec(), name: "x".into(), ..TensorProto::default() };
        match numbers.clone() {
            Ints(values) => (tensor.data_type, tensor.int64_data) = (7, values),
            Floats(values) => (tensor.data_type, tensor.double_data) = (11, values),
        }
        constants.push(Some(Arc::new(evaluator.stored("x", tensor).map_err(|error| error.to_string())?)));
    }
    let made = evaluator.run(&call, &constants).map_err(|error| error.to_string())?.ok_or("unknown")?;
    let mut found = Vec::new();
    for constant in made {
        let values = evaluator.needed(&call, &constant).map_err(|error| error.to_string())?;
        assert_eq!(values.len() as u64, constant.len());
        found.push((constant.dims, values.as_ref().clone()));
    }
    Ok(found)
}

fn int(name: &str, i: i64) -> Attribute {
    Attribute { name: name.into(), i, kind: kind::INT, ..Attribute::default() }
}

fn list(values: &[i64]) -> (&'static [i64], Numbers) {
    let dims: &'static [i64] = match values.len() {
        1 => &[1],
        2 => &[2],
        3 => &[3],
        4 => &[4],
        _ => &[6],
    };
    (dims, Ints(values.to_vec()))
}

/// The elements of the only result.
fn ints(op: &str, inputs: &[(&[i64], Numbers)], attribute: Vec<Attribute>) -> Vec<i64> {
    match run(op, inputs, attribute).unwrap().remove(0).1 {
        Values::Int(values) => values,
        Values::Float(values) => panic!("{values:?}"),
    }
}

fn floats(op: &str, inputs: &[(&[i64], Numbers)], attribute: Vec<Attribute>) -> Vec<f64> {
    run(op, inputs, attribute).unwrap().remove(0).1.floats()
}

#[test]
fn elements_are_moved() {
    let six = (&[2, 3][..], Ints(vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(ints("Gather", &[six.clone(), list(&[2, 0])], vec![int("axis", 1)]), [3, 1, 6, 4]);
    assert_eq!(ints("Gather", &[six.clone(), (&[], Ints(vec![-1]))], vec![]), [4, 5, 6]);
    assert_eq!(
        ints("Slice", &[six.clone(), list(&[-1]), list(&[-100]), list(&[1]), list(&[-2])], vec![]),
        [3, 1, 6, 4]
    );
    assert_eq!(ints("Slice", &[six.clone(), list(&[1]), list(&[i64::MAX])], vec![]), [4, 5, 6]);
    assert_eq!(ints("Concat", &[six.clone(), six.clone()], vec![int("axis", 1)]), [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    assert_eq!(ints("Tile", &[list(&[1, 2]), list(&[2])], vec![]), [1, 2, 1, 2]);
    assert_eq!(ints("Transpose", std::slice::from_ref(&six), vec![]), [1, 4, 2, 5, 3, 6]);
    assert_eq!(ints("Expand", &[list(&[1, 2]), list(&[2, 1])], vec![]), [1, 2, 1, 2]);
    let halves = run("Split", &[six.clone(), list(&[1, 2])], vec![int("axis", 1)]).unwrap();
    assert_eq!(halves[0], (vec![2, 1], Values::Int(vec![1, 4])));
    assert_eq!(halves[1], (vec![2, 2], Values::Int(vec![2, 3, 5, 6])));
    assert_eq!(ints("Shape", std::slice::from_ref(&six), vec![int("start", -1)]), [3]);
    assert_eq!(ints("Size", std::slice::from_ref(&six), vec![]), [6]);
    assert_eq!(run("Unsqueeze", &[six.clone(), list(&[0, -1])], vec![]).unwrap()[0].0, [1, 2, 3, 1]);
    assert_eq!(run("Flatten", &[six], vec![int("axis", 0)]).unwrap()[0].0, [1, 6]);
}

#[test]
fn numbers_are_computed() {
    assert_eq!(ints("Div", &[list(&[7, -7]), list(&[2])], vec![]), [3, -3]);
    assert_eq!(ints("Mod", &[list(&[7, -7]), list(&[4])], vec![]), [3, 1]);
    assert_eq!(ints("Equal", &[list(&[1, 2]), list(&[2])], vec![]), [0, 1]);
    let where_ = [list(&[1, 2, 3]), list(&[-1])];
    let less = ints("Less", &[list(&[1, 2, 3]), list(&[3])], vec![]);
    assert_eq!(ints("Where", &[list(&less), where_[0].clone(), where_[1].clone()], vec![]), [1, 2, -1]);
    assert_eq!(floats("Div", &[(&[1], Floats(vec![1.0])), (&[2], Floats(vec![4.0, 2.0]))], vec![]), [0.25, 0.5]);
    assert_eq!(floats("Ceil", &[(&[2], Floats(vec![1.2, -1.2]))], vec![]), [2.0, -1.0]);
    assert_eq!(floats("Sqrt", &[(&[1], Floats(vec![9.0]))], vec![]), [3.0]);
    assert_eq!(ints("Range", &[(&[], Ints(vec![5])), (&[], Ints(vec![0])), (&[], Ints(vec![-2]))], vec![]), [5, 3, 1]);
    assert_eq!(floats("ConstantOfShape", &[list(&[2, 2])], vec![]), [0.0; 4]);
    assert_eq!(ints("ReduceProd", &[list(&[2, 3, 4])], vec![]), [24]);
    let square = (&[2, 2][..], Floats(vec![3.0, 4.0, 6.0, 8.0]));
    let axes = Attribute { name: "axes".into(), ints: vec![1], kind: kind::INTS, ..Attribute::default() };
    assert_eq!(floats("ReduceL2", std::slice::from_ref(&square), vec![axes.clone()]), [5.0, 10.0]);
    assert_eq!(floats("ReduceMean", &[square], vec![axes]), [3.5, 7.0]);
    assert!(run("Sin", &[list(&[1])], vec![]).is_err_and(|error| error == "unknown"));
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |op: &str, inputs: &[(&[i64], Numbers)]| run(op, inputs, vec![]).unwrap_err();
    assert!(refused("Gather", &[list(&[1, 2]), list(&[2])]).contains("an index outside 0 to 2"));
    assert!(refused("Add", &[list(&[1, 2]), list(&[1, 2, 3])]).contains("sizes [2] and [3]"));
    assert!(refused("Add", &[list(&[1]), (&[1], Floats(vec![1.0]))]).contains("operands of different types"));
    assert!(refused("Range", &[list(&[0]), list(&[1]), list(&[0])]).contains("a delta that is not 0"));
    assert!(refused("Reshape", &[list(&[1, 2]), list(&[3])]).contains("sizes [2] to [3]"));
    assert!(refused("Concat", &[]).contains("operand 0 is missing"));
}

#[test]
fn changes_wait_until_they_are_needed() {
    let mut evaluator = Evaluator::new(Store::default());
    let tensor = TensorProto { data_type: 7, dims: vec![2], int64_data: vec![1, 2], ..TensorProto::default() };
    let mut constant = evaluator.stored("x", tensor).unwrap();
    for _ in 0..100 {
        constant = constant.changed(Change::Negate);
    }
    assert!(constant.changes.len() <= MOST_CHANGES);
    assert_eq!(constant.load(&evaluator.store).unwrap(), Err("it is changed too often".into()));
}
