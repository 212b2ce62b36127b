//! Arithmetic of constants, element by element, with one operand repeated to the other's sizes.

use super::super::attributes::Call;
use super::evaluate::{Evaluator, Inputs, operand};
use super::make::bound;
use super::store::{MOST_ELEMENTS, count};
use super::structure::broadcast;
use super::values::{Change, Values, places, repeated};
use super::{Constant, Data, DataType};
use crate::formats::FormatError;

/// Whether `op` is arithmetic.
pub(super) fn is_known(op: &str) -> bool {
    let one = one(op).is_some();
    one || op == "Where" || is_comparison(op) || two_ints(op).is_some() || op == "Pow"
}

fn is_comparison(op: &str) -> bool {
    matches!(op, "Equal" | "Less" | "Greater" | "LessOrEqual" | "GreaterOrEqual")
}

/// A function of one real number.
fn one(op: &str) -> Option<fn(f64) -> f64> {
    Some(match op {
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        "Round" => f64::round_ties_even,
        "Sqrt" => f64::sqrt,
        "Exp" => f64::exp,
        "Log" => f64::ln,
        "Abs" => f64::abs,
        "Neg" => |x| -x,
        "Reciprocal" => |x| 1.0 / x,
        _ => return None,
    })
}

/// A function of two real numbers.
fn two_floats(op: &str) -> Option<fn(f64, f64) -> f64> {
    Some(match op {
        "Add" | "Sum" => |x, y| x + y,
        "Sub" => |x, y| x - y,
        "Mul" => |x, y| x * y,
        "Div" => |x, y| x / y,
        "Min" => f64::min,
        "Max" => f64::max,
        // `fmod=1`: the sign is the dividend's.
        "Mod" => |x, y| x % y,
        "Pow" => f64::powf,
        _ => return None,
    })
}

/// A function of two whole numbers; `None` where the result is none or does not fit.
fn two_ints(op: &str) -> Option<fn(i64, i64) -> Option<i64>> {
    Some(match op {
        "Add" | "Sum" => i64::checked_add,
        "Sub" => i64::checked_sub,
        "Mul" => i64::checked_mul,
        "Div" => i64::checked_div,
        "Min" => |x, y| Some(x.min(y)),
        "Max" => |x, y| Some(x.max(y)),
        // `fmod=0`: the sign is the divisor's.
        "Mod" => |x, y| {
            let rest = x.checked_rem(y)?;
            Some(if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest })
        },
        "And" => |x, y| Some(x & y),
        "Or" => |x, y| Some(x | y),
        _ => return None,
    })
}

pub(super) fn run(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    let op = call.op();
    if let Some(apply) = one(op) {
        return unary(evaluator, call, operand(call, inputs, 0)?, apply);
    }
    match op {
        "Where" => select(evaluator, call, inputs),
        _ => {
            let mut made = operand(call, inputs, 0)?.clone();
            for slot in 1..inputs.len() {
                made = binary(evaluator, call, &made, operand(call, inputs, slot)?)?;
            }
            Ok(made)
        }
    }
}

fn unary(
    evaluator: &mut Evaluator,
    call: &Call<'_>,
    constant: &Constant,
    apply: fn(f64) -> f64,
) -> Result<Constant, FormatError> {
    call.only(&[])?;
    match call.op() {
        // These keep the parameters behind the numbers.
        "Neg" => return Ok(constant.changed(Change::Negate)),
        "Reciprocal" => return Ok(constant.changed(Change::Reciprocal)),
        _ => {}
    }
    let (dtype, dims) = (constant.dtype, constant.dims.clone());
    match evaluator.elements(call, constant)? {
        Err(reason) => Ok(evaluator.made(call.name, dtype, dims, Data::Absent(reason.into()))),
        Ok(values) => {
            evaluator.spend(call, values.len() as u64)?;
            let made = match (values.as_ref(), call.op()) {
                (Values::Float(values), _) => Values::Float(values.iter().map(|&x| dtype.round(apply(x))).collect()),
                (Values::Int(values), "Abs") => match values.iter().map(|x| x.checked_abs()).collect() {
                    Some(values) => Values::Int(values),
                    None => return call.refuse("a number that does not fit"),
                },
                (Values::Int(_), _) => return call.refuse("of whole numbers"),
            };
            Ok(evaluator.known(call, dtype, dims, made))
        }
    }
}

/// The sizes of a result of two operands, bounded.
fn common(call: &Call<'_>, left: &[u64], right: &[u64]) -> Result<(Vec<u64>, u64), FormatError> {
    let dims = broadcast(left, right);
    match dims.and_then(|dims| count(&dims).map(|all| (dims, all))) {
        Some(found) => Ok(found),
        None => call.refuse(format!("sizes {left:?} and {right:?}")),
    }
}

fn binary(
    evaluator: &mut Evaluator,
    call: &Call<'_>,
    left: &Constant,
    right: &Constant,
) -> Result<Constant, FormatError> {
    call.only(if call.op() == "Mod" { &["fmod"] } else { &[] })?;
    let (dims, all) = common(call, &left.dims, &right.dims)?;
    let dtype = if is_comparison(call.op()) { DataType::Bool } else { left.dtype };
    if all > MOST_ELEMENTS {
        return match left.dtype.is_float() && all <= left.len().max(right.len()) {
            true => Ok(evaluator.made(call.name, dtype, dims, Data::Absent(bound(all).into()))),
            false => call.refuse(bound(all)),
        };
    }
    let (first, second) = match (evaluator.elements(call, left)?, evaluator.elements(call, right)?) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(reason), _) | (_, Err(reason)) => {
            return Ok(evaluator.made(call.name, dtype, dims, Data::Absent(reason.into())));
        }
    };
    evaluator.spend(call, all)?;
    let pairs = places(&dims, &repeated(&left.dims, &dims)).zip(places(&dims, &repeated(&right.dims, &dims)));
    let made = match (first.as_ref(), second.as_ref()) {
        (Values::Int(first), Values::Int(second)) => {
            Values::Int(whole(call, pairs.map(|(x, y)| (first[x], second[y])), dtype)?)
        }
        (Values::Float(first), Values::Float(second)) => {
            let pairs = pairs.map(|(x, y)| (first[x], second[y]));
            if is_comparison(call.op()) {
                Values::Int(pairs.map(|(x, y)| i64::from(compares(call.op(), x.partial_cmp(&y)))).collect())
            } else {
                real(call, pairs, dtype)?
            }
        }
        // Pow takes a whole exponent of a real base.
        (Values::Float(first), Values::Int(second)) if call.op() == "Pow" => {
            real(call, pairs.map(|(x, y)| (first[x], second[y] as f64)), dtype)?
        }
        _ => return call.refuse("operands of different types"),
    };
    Ok(evaluator.known(call, dtype, dims, made))
}

fn compares(op: &str, order: Option<std::cmp::Ordering>) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    match op {
        "Equal" => order == Some(Equal),
        "Less" => order == Some(Less),
        "Greater" => order == Some(Greater),
        "LessOrEqual" => matches!(order, Some(Less | Equal)),
        _ => matches!(order, Some(Greater | Equal)),
    }
}

fn whole(
    call: &Call<'_>,
    mut pairs: impl Iterator<Item = (i64, i64)>,
    dtype: DataType,
) -> Result<Vec<i64>, FormatError> {
    if is_comparison(call.op()) {
        return Ok(pairs.map(|(x, y)| i64::from(compares(call.op(), Some(x.cmp(&y))))).collect());
    }
    let apply = match two_ints(call.op()) {
        Some(apply) if !(call.op() == "Mod" && call.int("fmod", 0)? != 0) => apply,
        _ => return call.refuse("of whole numbers"),
    };
    let made = pairs.try_fold(Vec::new(), |mut made, (x, y)| {
        made.push(apply(x, y).filter(|&value| dtype.holds(value))?);
        Some(made)
    });
    match made {
        Some(made) => Ok(made),
        None => call.refuse("a division by 0, or a number that does not fit"),
    }
}

fn real(call: &Call<'_>, pairs: impl Iterator<Item = (f64, f64)>, dtype: DataType) -> Result<Values, FormatError> {
    match two_floats(call.op()) {
        Some(_) if call.op() == "Mod" && call.int("fmod", 0)? != 1 => call.refuse("of floats without fmod=1"),
        Some(apply) => Ok(Values::Float(pairs.map(|(x, y)| dtype.round(apply(x, y))).collect())),
        None => call.refuse("of floats"),
    }
}

/// Where: the second operand's elements where the first is true, elsewhere the third's.
fn select(evaluator: &mut Evaluator, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Constant, FormatError> {
    call.only(&[])?;
    let (which, yes, no) = (operand(call, inputs, 0)?, operand(call, inputs, 1)?, operand(call, inputs, 2)?);
    let (dims, _) = common(call, &yes.dims, &no.dims)?;
    let (dims, all) = common(call, &which.dims, &dims)?;
    if all > MOST_ELEMENTS {
        return call.refuse(bound(all));
    }
    evaluator.spend(call, all)?;
    let chosen = evaluator.ints(call, which)?;
    let (first, second) = (evaluator.needed(call, yes)?, evaluator.needed(call, no)?);
    let walk = |constant: &Constant| places(&dims, &repeated(&constant.dims, &dims));
    let places = walk(which).zip(walk(yes).zip(walk(no)));
    let made = match (first.as_ref(), second.as_ref()) {
        (Values::Int(first), Values::Int(second)) => {
            Values::Int(places.map(|(at, (x, y))| if chosen[at] != 0 { first[x] } else { second[y] }).collect())
        }
        (Values::Float(first), Values::Float(second)) => {
            Values::Float(places.map(|(at, (x, y))| if chosen[at] != 0 { first[x] } else { second[y] }).collect())
        }
        _ => return call.refuse("operands of different types"),
    };
    Ok(evaluator.known(call, yes.dtype, dims, made))
}
