//! Repair: a segment from elsewhere is made to fit the place where it is put.
//!
//! Filters and strides are chosen by a mixed-integer linear program that changes the segment as little as possible; the
//! answer counts only after exact shape inference (paper §3.2, [release §5](crate::doc::release#s5) in the corrected
//! form described in [`repair`]). [`RepairSettings`] holds every choice, [`Repairer`] remembers what it has repaired.

mod channels;
mod classes;
mod corrected;
mod original;
mod program;
mod record;
mod release_part;
mod repairer;
mod settings;
mod sizes;
mod solve;
mod steps;
mod strides;
mod sweep;
#[cfg(test)]
mod tests;

pub use original::PartAnswer;
pub use record::{Attempt, RepairRecord, RepairStatus};
pub use release_part::{PartNode, ReleasePart};
pub use repairer::{RepairCounts, Repairer};
pub use settings::{ChannelPenalty, ConcatRule, RepairForm, RepairSettings, Solver};
pub use steps::{RepairSteps, repair_table};

use crate::graph::{Op, Shape};
use crate::segment::Segment;
use corrected::Answer;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An op that the repair changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The node's index in the segment.
    pub node: usize,
    /// The op before.
    pub before: Op,
    /// The op after.
    pub after: Op,
}

/// A segment that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// The segment with its new ops and shapes.
    pub segment: Segment,
    /// How it was found.
    pub status: RepairStatus,
    /// Value of the objective: the weighted change of channels and strides.
    pub objective: f64,
    /// What was changed.
    pub changes: Vec<Change>,
}

/// Why a segment cannot be made to fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RepairError {
    /// It reads or makes another number of tensors.
    #[error("the segment has {has:?} inputs and outputs, the place {wants:?}")]
    Arity {
        /// Inputs and outputs of the segment.
        has: (usize, usize),
        /// Inputs and outputs of the place.
        wants: (usize, usize),
    },
    /// It holds a concat, and the settings refuse those.
    #[error("node `{node}` is a concat, and the settings refuse concats")]
    Concat {
        /// Name of the first concat.
        node: String,
    },
    /// No choice of channels and strides connects these shapes.
    #[error("no channels and strides connect {inputs:?} to {outputs:?}")]
    Infeasible {
        /// Shapes it would read.
        inputs: Vec<Shape>,
        /// Shapes it would have to make.
        outputs: Vec<Shape>,
    },
    /// Time ran out before an answer was found.
    #[error("no answer within the time limit")]
    TimedOut,
    /// The program's answer does not survive exact shape inference.
    #[error("the program's answer is no network: {0}")]
    SolverDisagrees(String),
    /// A part in the release's form is no part of a network, or of none that this library knows.
    #[error("the part in the release's form: {0}")]
    Part(String),
    /// The solver gave up.
    #[error("the solver failed: {0}")]
    Solver(String),
}

impl RepairError {
    /// What a record says of it.
    pub fn status(&self) -> RepairStatus {
        match self {
            RepairError::Arity { .. } | RepairError::Concat { .. } | RepairError::Infeasible { .. } => {
                RepairStatus::Infeasible
            }
            RepairError::TimedOut => RepairStatus::TimedOut,
            RepairError::SolverDisagrees(_) | RepairError::Part(_) | RepairError::Solver(_) => {
                RepairStatus::SolverDisagrees
            }
        }
    }
}

/// Makes `segment` read tensors of shapes `inputs` and make tensors of shapes `outputs`, in its own order of both, under
/// the default settings and without memory; [`Repairer`] has both.
///
/// Filters of convolutions and strides of convolutions and pools may change; kernels, paddings and edges stay. Minimised is
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
pub fn repair(segment: &Segment, inputs: &[Shape], outputs: &[Shape]) -> Result<Repaired, RepairError> {
    attempt(segment, inputs, outputs, &RepairSettings::default()).0
}

/// One repair, and who found the answer.
fn attempt(
    segment: &Segment,
    inputs: &[Shape],
    outputs: &[Shape],
    settings: &RepairSettings,
) -> (Result<Repaired, RepairError>, &'static str) {
    let has = (segment.inputs.len(), segment.outputs.len());
    let wants = (inputs.len(), outputs.len());
    if has != wants {
        return (Err(RepairError::Arity { has, wants }), NOBODY);
    }
    let mut same = segment.clone();
    // A depth-wise convolution on other channels may still be valid with its old groups, but is another op.
    let stays = |same: &Segment, at: usize| !channels::is_depthwise(segment, at) || channels::is_depthwise(same, at);
    let fits = infer(&mut same, inputs).is_ok() && makes(&same, outputs);
    if fits && (0..same.nodes.len()).all(|at| stays(&same, at)) {
        let unchanged =
            Repaired { segment: same, status: RepairStatus::Unchanged, objective: 0.0, changes: Vec::new() };
        return (Ok(unchanged), NOBODY);
    }
    let concat = segment.nodes.iter().find(|node| node.op == Op::Concat);
    if let (ConcatRule::Rejected, Some(node)) = (settings.concat, concat) {
        return (Err(RepairError::Concat { node: node.name.clone() }), NOBODY);
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

/// Who found the answer where nothing was searched for.
const NOBODY: &str = "none";

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
    segment.inputs = inputs.to_vec();
    for at in 0..segment.nodes.len() {
        let node = &segment.nodes[at];
        segment.nodes[at].shape = node
            .op
            .infer(&segment.operand_shapes(at))
            .map_err(|reason| format!("node `{}` ({}) {reason}", node.name, node.op.name()))?;
    }
    Ok(())
}
