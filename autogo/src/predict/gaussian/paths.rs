//! Lengths of the paths from a network's input to its output.

use super::skeleton::{Skeleton, TermClass};

/// Whether a term of a class counts.
type Counts = fn(TermClass) -> bool;

/// The units in which a path's length is counted.
const STEPS: [(&str, Counts); 6] = [
    ("terms", |_| true),
    ("convolutions and pools", |class| class != TermClass::Other),
    ("convolutions", |class| matches!(class, TermClass::Spatial | TermClass::Pointwise)),
    ("spatial convolutions", |class| class == TermClass::Spatial),
    ("pointwise convolutions", |class| class == TermClass::Pointwise),
    ("pools", |class| class == TermClass::Pool),
];

/// Figures of one length: of the longest path, of the shortest, the mean and the deviation over all paths, the mean over
/// random walks against the edges, and the number of such terms in the network.
const OF_LENGTH: usize = 6;

/// The classes of terms, whose pairs along paths are counted.
const CLASSES: [TermClass; 4] = [TermClass::Spatial, TermClass::Pointwise, TermClass::Pool, TermClass::Other];

/// Figures of the paths of a skeleton.
pub(super) const PATH_FIGURES: usize = 1 + STEPS.len() * OF_LENGTH + 2 * CLASSES.len() * CLASSES.len();

/// The figures of the paths of a skeleton: the logarithm of the number of paths; for each of [`STEPS`] those of
/// [`OF_LENGTH`]; for all paths and for random walks the mean number of times that a term of one class follows a term of
/// another. A network whose output reads nothing has one path, of the output alone. O(edges).
pub(super) fn path_figures(skeleton: &Skeleton) -> Vec<f64> {
    let all = Walks::all_paths(skeleton);
    let random = Walks::random(skeleton);
    let mut figures = vec![all.log_paths];
    for (_, counts) in STEPS {
        let step = |term: usize| f64::from(u8::from(counts(skeleton.classes[term])));
        let (mean, deviation) = all.length(skeleton, step);
        figures.extend([
            extreme_length(skeleton, step, f64::MIN, f64::max),
            extreme_length(skeleton, step, f64::MAX, f64::min),
            mean,
            deviation,
            random.length(skeleton, step).0,
            (0..skeleton.len()).map(step).sum(),
        ]);
    }
    figures.extend(all.pairs(skeleton));
    figures.extend(random.pairs(skeleton));
    figures
}

/// The length at the output, where a term's length is its own step and the longest or shortest length of its operands.
fn extreme_length(skeleton: &Skeleton, step: impl Fn(usize) -> f64, worst: f64, better: fn(f64, f64) -> f64) -> f64 {
    let mut lengths: Vec<f64> = Vec::with_capacity(skeleton.len());
    for (term, operands) in skeleton.operands.iter().enumerate() {
        let below = operands.iter().map(|&operand| lengths[operand]).fold(worst, better);
        lengths.push(step(term) + if operands.is_empty() { 0.0 } else { below });
    }
    lengths.last().copied().unwrap_or(0.0)
}

/// Walks from the output to the input: for every term the chance that a walk which is there goes on to each operand.
struct Walks {
    chances: Vec<Vec<f64>>,
    /// The logarithm of the number of paths.
    log_paths: f64,
}

impl Walks {
    /// Walks that take every path with the same chance. Paths are counted as logarithms: a deep network has more of
    /// them than any number holds.
    fn all_paths(skeleton: &Skeleton) -> Walks {
        let mut logs: Vec<f64> = Vec::with_capacity(skeleton.len());
        let mut chances = Vec::with_capacity(skeleton.len());
        for operands in &skeleton.operands {
            let largest = operands.iter().map(|&operand| logs[operand]).fold(f64::MIN, f64::max);
            let parts: Vec<f64> = operands.iter().map(|&operand| libm::exp(logs[operand] - largest)).collect();
            let total: f64 = parts.iter().sum();
            logs.push(if parts.is_empty() { 0.0 } else { largest + libm::log(total) });
            chances.push(parts.iter().map(|part| part / total).collect());
        }
        Walks { chances, log_paths: logs.last().copied().unwrap_or(0.0) }
    }

    /// Walks that take every operand with the same chance.
    fn random(skeleton: &Skeleton) -> Walks {
        let chances = |operands: &Vec<usize>| vec![1.0 / operands.len() as f64; operands.len()];
        Walks { chances: skeleton.operands.iter().map(chances).collect(), log_paths: 0.0 }
    }

    /// Mean and deviation of the length of a walk.
    fn length(&self, skeleton: &Skeleton, step: impl Fn(usize) -> f64) -> (f64, f64) {
        // For every term the means of the length of a walk from it, and of the length's square.
        let mut means: Vec<(f64, f64)> = Vec::with_capacity(skeleton.len());
        for (term, (operands, chances)) in skeleton.operands.iter().zip(&self.chances).enumerate() {
            let own = step(term);
            let (mut mean, mut square) = (0.0, 0.0);
            for (&operand, chance) in operands.iter().zip(chances) {
                mean += chance * means[operand].0;
                square += chance * means[operand].1;
            }
            means.push((mean + own, square + 2.0 * own * mean + own * own));
        }
        let (mean, square) = means.last().copied().unwrap_or((0.0, 0.0));
        (mean, (square - mean * mean).max(0.0).sqrt())
    }

    /// For every pair of classes the mean number of steps of a walk from a term of the first to a term of the second.
    fn pairs(&self, skeleton: &Skeleton) -> Vec<f64> {
        let place = |term: usize| CLASSES.iter().position(|class| *class == skeleton.classes[term]).unwrap_or(0);
        let mut visits = vec![0.0; skeleton.len()];
        if let Some(last) = visits.last_mut() {
            *last = 1.0;
        }
        let mut pairs = vec![0.0; CLASSES.len() * CLASSES.len()];
        for term in (0..skeleton.len()).rev() {
            for (&operand, chance) in skeleton.operands[term].iter().zip(&self.chances[term]) {
                let steps = visits[term] * chance;
                visits[operand] += steps;
                pairs[place(operand) * CLASSES.len() + place(term)] += steps;
            }
        }
        pairs
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
                let variance = lengths.iter().map(|length| (length - mean).powi(2)).sum::<f64>() / lengths.len() as f64;
                assert!((own[3] - variance.sqrt()).abs() < 1e-6, "{name}: {} {variance}", own[3]);
            }
            let pairs = &figures[1 + STEPS.len() * OF_LENGTH..][..CLASSES.len() * CLASSES.len()];
            for (number, pair) in pairs.iter().enumerate() {
                let (from, to) = (CLASSES[number / CLASSES.len()], CLASSES[number % CLASSES.len()]);
                // A path is listed from the output to the input.
                let is_pair = |step: &&[usize]| (skeleton.classes[step[1]], skeleton.classes[step[0]]) == (from, to);
                let count: usize = paths.iter().map(|path| path.windows(2).filter(is_pair).count()).sum();
                assert!((pair - count as f64 / paths.len() as f64).abs() < 1e-9, "{from:?} {to:?}: {pair}");
            }
        }
    }
}
