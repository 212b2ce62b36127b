//! One repair: what fits already, the program of the form that was asked for, exact shape inference of its answer.

use super::answer::Answer;
use super::channels;
use super::corrected;
use super::error::RepairError;
use super::original;
use super::repaired::{Change, RepairStatus, Repaired};
use super::settings::{ConcatRule, RepairForm, RepairSettings};
use super::sizes::{repeats, repeats_as};
use crate::graph::{Op, Shape};
use crate::segment::Segment;

/// Makes `segment` read tensors of shapes `inputs` and make tensors of shapes `outputs`, in its own order of both,
/// under the default settings and without memory; [`Repairer`](super::Repairer) has both.
///
/// Filters of convolutions and strides of convolutions and pools may change; kernels, paddings and edges stay.
/// Minimised is
///
/// `Σ (1 + descendants) · (|filters − before| + 100 · [stride changed] + 100 · [a changed stride skips pixels])`,
///
/// so that late nodes change first and a stride above the kernel is taken only where nothing else fits. Unlike the
/// release's program it counts channels both up and down, lets filters take any whole number up to 10,000, keeps sizes
/// whole, joins channels at a concat, and allows sizes of 1 ([release §5](crate::doc::release#s5)). Depth-wise
/// convolutions follow their input and may stride; those with other groups get filters and inputs that the groups
/// divide.
///
/// A segment that fits already comes back as it is.
///
/// # Errors
/// [`RepairError::Arity`] when the place has another number of tensors, [`RepairError::Infeasible`] when no channels
/// and strides connect the shapes, [`RepairError::SolverDisagrees`] when exact shape inference refuses the answer.
///
/// ```
/// use autogo::{graph::Shape, repair::repair, segment::Segment};
/// // The toy's `conv relu add` makes 8×8×4 of 8×8×3; here 4×4×6 is wanted of 8×8×5.
/// let donor = Segment::cut(&autogo::tutorials::toy()?, &[1, 2, 3]).segment;
/// let repaired = repair(&donor, &[Shape::new(8, 8, 5)], &[Shape::new(4, 4, 6)]).expect("a repair");
/// // Two more filters and a stride of 2, in an op on which two others depend: 3 · (2 + 100).
/// assert_eq!((repaired.changes.len(), repaired.objective), (1, 306.0));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn repair(segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> Result<Repaired, RepairError> {
    attempt(segment, inputs, outputs, &RepairSettings::default()).0
}

/// One repair, and the name of the solver that found the answer.
pub(super) fn attempt(
    segment: &Segment,
    inputs: &[Shape],
    outputs: &[Shape],
    settings: &RepairSettings,
) -> (Result<Repaired, RepairError>, &'static str) {
    let has = (segment.inputs.len(), segment.outputs.len());
    let wants = (inputs.len(), outputs.len());
    if has != wants {
        return (Err(RepairError::Arity { has, wants }), NO_SOLVER);
    }
    let mut same = segment.clone();
    // A depth-wise convolution on other channels may still be valid with its old groups, but is another op.
    let stays = |same: &Segment, at: usize| !channels::is_depthwise(segment, at) || channels::is_depthwise(same, at);
    let fits = infer(&mut same, inputs).is_ok() && makes(&same, outputs);
    if fits && (0..same.nodes.len()).all(|at| stays(&same, at)) {
        let unchanged =
            Repaired { segment: same, status: RepairStatus::Unchanged, objective: 0.0, changes: Vec::new() };
        return (Ok(unchanged), NO_SOLVER);
    }
    let concat = segment.nodes.iter().find(|node| node.op == Op::Concat);
    if let (ConcatRule::Rejected, Some(node)) = (settings.concat, concat) {
        return (Err(RepairError::Concat { node: node.name.clone() }), NO_SOLVER);
    }
    let found = match settings.form {
        RepairForm::Corrected => corrected::solve(segment, inputs, outputs, settings),
        RepairForm::Original => original::solve(segment, inputs, outputs, settings),
    };
    match found {
        Ok(answer) => (accept(segment, inputs, outputs, &answer), answer.solver),
        Err((without, solver)) => (Err(without.into_error(inputs.to_vec(), outputs.to_vec())), solver),
    }
}

/// The solver's name in a record where no program was solved.
const NO_SOLVER: &str = "none";

/// The segment with its new ops, if exact shape inference agrees.
fn accept(segment: &Segment, inputs: &[Shape], outputs: &[Shape], answer: &Answer) -> Result<Repaired, RepairError> {
    let mut repaired = segment.clone();
    let mut changes = Vec::new();
    for (node, &after) in answer.ops.iter().enumerate() {
        let before = repaired.nodes[node].op;
        if before != after {
            changes.push(Change { node, before, after });
            repaired.nodes[node].op = after;
        }
    }
    infer(&mut repaired, inputs).map_err(RepairError::SolverDisagrees)?;
    if !makes(&repaired, outputs) {
        let made = repaired.output_shapes();
        return Err(RepairError::SolverDisagrees(format!("makes {made:?} instead of {outputs:?}")));
    }
    let status = if answer.is_optimal { RepairStatus::Optimal } else { RepairStatus::Feasible };
    Ok(Repaired { segment: repaired, status, objective: answer.cost as f64, changes })
}

fn makes(segment: &Segment, outputs: &[Shape]) -> bool {
    segment.outputs.iter().map(|&node| segment.nodes[node].shape).eq(outputs.iter().copied())
}

/// Infers all shapes of a segment from the shapes it reads, or says which node refuses.
pub(crate) fn infer(segment: &mut Segment, inputs: &[Shape]) -> Result<(), String> {
    let is_broadcast = |at: &usize| segment.nodes[*at].op.is_broadcast();
    let repeated: Vec<(usize, Vec<[bool; 3]>)> =
        (0..segment.nodes.len()).filter(is_broadcast).map(|at| (at, repeats(segment, at))).collect();
    let mut repeated = repeated.into_iter().peekable();
    segment.inputs = inputs.to_vec();
    for at in 0..segment.nodes.len() {
        let node = &segment.nodes[at];
        let read = segment.operand_shapes(at);
        let refused = |reason: String| format!("node `{}` ({}) {reason}", node.name, node.op.name());
        segment.nodes[at].shape = node.op.infer(&read).map_err(refused)?;
        // A sum that repeats other operands than before is another sum.
        if let Some((_, before)) = repeated.next_if(|(node, _)| *node == at)
            && !repeats_as(&before, segment, at)
        {
            let node = &segment.nodes[at];
            let first = read.first().copied().unwrap_or(node.shape);
            let other = read.iter().copied().find(|shape| *shape != first).unwrap_or(first);
            let reason = format!("operands must agree, has {first} and {other}");
            return Err(format!("node `{}` ({}) {reason}", node.name, node.op.name()));
        }
    }
    Ok(())
}
