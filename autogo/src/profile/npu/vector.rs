//! Cycles of the vector unit: activations, sums, pools, copies, and the results of the array.

use super::costs::VectorCosts;
use super::fusion::part;
use super::key::Key;
use super::machine::Npu;
use crate::graph::{Class, Interpolation};
use crate::profile::ProfileError;

/// Cycles that the vector unit takes for a kernel: those of the anchor, at least those of the activation behind it, and
/// those of the sum. `node` is named where an op has no cost. O(1).
pub(super) fn cycles(key: &Key, npu: &Npu, node: &str) -> Result<f64, ProfileError> {
    let of = |name: &str| {
        npu.costs.get(name).ok_or_else(|| ProfileError::NoRule {
            machine: npu.name.clone(),
            node: node.into(),
            op: name.into(),
        })
    };
    let cost = of(VectorCosts::key(&key.op))?;
    let [h, w, c] = [key.output.h, key.output.w, key.output.c].map(u64::from);
    let micro = npu.blocks.micro;
    // Pixels are made in whole micro blocks.
    let whole = (h.next_multiple_of(u64::from(micro.h)) * w.next_multiple_of(u64::from(micro.w)) * c) as f64;
    let elements = key.output.elements() as f64;
    let pooled = |taps: u64| whole * cost * taps.max(u64::from(npu.least_taps)) as f64;
    let activation = match part::ACTIVATIONS.iter().find(|(_, bit)| key.fused & bit != 0) {
        Some((activation, _)) => elements * of(VectorCosts::key(activation))?,
        None => 0.0,
    };
    let sums = f64::from(key.extent.saturating_sub(1));
    let own = match key.op.class() {
        Class::Pool(_, window) => pooled(u64::from(window.kernel.0).saturating_mul(u64::from(window.kernel.1))),
        Class::Reduction => pooled(u64::from(key.input.h) * u64::from(key.input.w)),
        Class::Sum | Class::Product => elements * cost * sums,
        Class::Concat => elements / c as f64 * f64::from(key.extent) * cost,
        Class::Resize(Interpolation::Nearest) => whole * cost,
        Class::Input
        | Class::Output
        | Class::Weighted(_)
        | Class::Element
        | Class::Identity
        | Class::Zero
        | Class::Slice
        | Class::Moved
        | Class::Resize(_) => elements * cost,
    };
    let sum = if key.fused & part::ADD != 0 { elements * of("add")? * sums } else { 0.0 };
    Ok((own.max(activation) + sum) / f64::from(npu.lanes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Op, Pool, Shape, Window};

    #[test]
    fn vector_ops_take_the_cycles_of_the_table() {
        let npu = Npu::n256();
        let vector = |op: Op, input: Shape, extent: u32| {
            cycles(&Key { extent, ..key_of_many(op, input, extent.max(1)) }, &npu, "node").unwrap()
        };
        // A sum of 32 768 elements: 0.75 cycles each. A 2 × 2 pool to 16 × 16 × 32: half a cycle each.
        assert_eq!(vector(Op::Add, Shape::new(32, 32, 32), 2), 24_576.0);
        let pool = Op::Pool(Pool::Max, Window::same(2, 2));
        assert_eq!(vector(pool, Shape::new(32, 32, 32), 0), 4096.0);
        // The mean of 7 × 7 × 2048: 49 taps over a micro block of 2 × 2.
        assert_eq!(vector(Op::Mean, Shape::new(7, 7, 2048), 0), 50_176.0);
        let key = Key { extent: 2, ..key_of_many(Op::Add, Shape::new(4, 4, 4), 2) };
        let without = Npu { costs: VectorCosts::ethos_u().without("add"), ..npu };
        let text = cycles(&key, &without, "sum").unwrap_err().to_string();
        assert!(text.starts_with("machine N256 has no cost for `add`, which node `sum` computes"), "{text}");
    }

    fn key_of_many(op: Op, input: Shape, operands: u32) -> Key {
        let output = op.infer(&vec![input; operands as usize]).unwrap();
        Key { op, input, output, fused: 0, extent: 0 }
    }
}
