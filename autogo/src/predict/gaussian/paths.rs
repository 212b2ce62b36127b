//! Lengths of the paths from a network's input to its output.

use super::skeleton::{Skeleton, TermClass};

/// What a path's length is counted in.
const STEPS: [(&str, fn(TermClass) -> bool); 6] = [
    ("terms", |_| true),
    ("convolutions and pools", |class| class != TermClass::Other),
    ("convolutions", |class| matches!(class, TermClass::Spatial | TermClass::Pointwise)),
    ("spatial convolutions", |class| class == TermClass::Spatial),
    ("pointwise convolutions", |class| class == TermClass::Pointwise),
    ("pools", |class| class == TermClass::Pool),
];

/// Figures of one length: of the longest path, of the shortest, the mean over all paths, the mean over random walks
/// against the edges, and the number of such terms in the network.
const OF_LENGTH: usize = 5;

/// Figures of the paths of a skeleton.
pub(super) const PATH_FIGURES: usize = STEPS.len() * OF_LENGTH + 1;

/// The figures of the paths of a skeleton: the logarithm of the number of paths, and for each of [`STEPS`] those of
/// [`OF_LENGTH`]. A network whose output reads nothing has one path, of the output alone. O(edges).
pub(super) fn path_figures(skeleton: &Skeleton) -> Vec<f64> {
    let shares = Shares::of(skeleton);
    let mut figures = vec![shares.log_paths];
    for (_, counts) in STEPS {
        let step = |term: usize| f64::from(u8::from(counts(skeleton.classes[term])));
        figures.extend([
            length(skeleton, step, |terms, lengths| terms.iter().map(|&term| lengths[term]).fold(f64::MIN, f64::max)),
            length(skeleton, step, |terms, lengths| terms.iter().map(|&term| lengths[term]).fold(f64::MAX, f64::min)),
            shares.mean_length(skeleton, step),
            length(skeleton, step, |terms, lengths| {
                terms.iter().map(|&term| lengths[term]).sum::<f64>() / terms.len() as f64
            }),
            (0..skeleton.len()).map(step).sum(),
        ]);
    }
    figures
}

/// The length at the output, where a term's length is its own step and `joined` of the lengths of its operands.
fn length(skeleton: &Skeleton, step: impl Fn(usize) -> f64, joined: impl Fn(&[usize], &[f64]) -> f64) -> f64 {
    let mut lengths: Vec<f64> = Vec::with_capacity(skeleton.len());
    for (term, operands) in skeleton.operands.iter().enumerate() {
        let below = if operands.is_empty() { 0.0 } else { joined(operands, &lengths) };
        lengths.push(below + step(term));
    }
    lengths.last().copied().unwrap_or(0.0)
}

/// For every term and each of its operands the share of the term's paths that come through the operand.
struct Shares {
    shares: Vec<Vec<f64>>,
    log_paths: f64,
}

impl Shares {
    /// Counts paths as logarithms: a deep network has more of them than any number holds.
    fn of(skeleton: &Skeleton) -> Shares {
        let mut logs: Vec<f64> = Vec::with_capacity(skeleton.len());
        let mut shares = Vec::with_capacity(skeleton.len());
        for operands in &skeleton.operands {
            let largest = operands.iter().map(|&operand| logs[operand]).fold(f64::MIN, f64::max);
            let parts: Vec<f64> = operands.iter().map(|&operand| libm::exp(logs[operand] - largest)).collect();
            let total: f64 = parts.iter().sum();
            logs.push(if parts.is_empty() { 0.0 } else { largest + libm::log(total) });
            shares.push(parts.iter().map(|part| part / total).collect());
        }
        Shares { shares, log_paths: logs.last().copied().unwrap_or(0.0) }
    }

    /// The mean length over all paths to the output.
    fn mean_length(&self, skeleton: &Skeleton, step: impl Fn(usize) -> f64) -> f64 {
        let mut lengths: Vec<f64> = Vec::with_capacity(skeleton.len());
        for (term, (operands, shares)) in skeleton.operands.iter().zip(&self.shares).enumerate() {
            let below: f64 = operands.iter().zip(shares).map(|(&operand, share)| lengths[operand] * share).sum();
            lengths.push(below + step(term));
        }
        lengths.last().copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every path from the first term to the last, as terms.
    fn paths(skeleton: &Skeleton) -> Vec<Vec<usize>> {
        let mut open = vec![vec![skeleton.len() - 1]];
        let mut whole = Vec::new();
        while let Some(path) = open.pop() {
            let operands = &skeleton.operands[path[path.len() - 1]];
            if operands.is_empty() {
                whole.push(path.clone());
            }
            open.extend(operands.iter().map(|&operand| path.iter().copied().chain([operand]).collect()));
        }
        whole
    }

    #[test]
    fn figures_are_those_of_all_paths_walked_one_by_one() {
        for at in 0..40 {
            use crate::families::{Family, Nb201};
            let skeleton = Skeleton::of(&Nb201::sample(3, at).build_shallow().unwrap());
            let paths = paths(&skeleton);
            let figures = path_figures(&skeleton);
            assert!((libm::exp(figures[0]) - paths.len() as f64).abs() < 1e-6 * paths.len() as f64);
            for (number, (name, counts)) in STEPS.iter().enumerate() {
                let length = |path: &Vec<usize>| path.iter().filter(|&&term| counts(skeleton.classes[term])).count();
                let lengths: Vec<f64> = paths.iter().map(|path| length(path) as f64).collect();
                let own = &figures[1 + number * OF_LENGTH..][..OF_LENGTH];
                assert_eq!(own[0], lengths.iter().copied().fold(0.0, f64::max), "{name}");
                assert_eq!(own[1], lengths.iter().copied().fold(f64::MAX, f64::min), "{name}");
                let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
                assert!((own[2] - mean).abs() < 1e-9, "{name}: {} {mean}", own[2]);
            }
        }
    }
}
