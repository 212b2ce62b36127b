//! The weights of the kernel's groups: those under which the labels are likeliest (Rasmussen and Williams, Gaussian
//! Processes for Machine Learning, 2006, §5.4).

use super::cholesky::Cholesky;
use super::linear::{add_scaled, decay, dot};
use rayon::prelude::*;

/// The sum of all groups' weights before the first step, where a group's distances are measured in their mean.
const START: f64 = 0.33;
/// The share of noise before the first step.
const START_NOISE: f64 = 0.05;
/// The prior's deviation of a weight's logarithm around its start.
const DEVIATION: f64 = 1.5;
/// The prior's deviation of the noise's logarithm.
const NOISE_DEVIATION: f64 = 2.0;
/// The least noise: two networks of one structure may have two labels.
pub(super) const LEAST_NOISE: f64 = 1e-6;
/// The first and the last rate of Adam's steps.
const RATES: (f64, f64) = (0.25, 0.02);
/// The shares that Adam keeps of its two means.
const MEANS: (f64, f64) = (0.8, 0.95);

/// The weights of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    /// The factor of every group's distance.
    pub groups: Vec<f64>,
    /// The variance of the labels' noise, in units of the kernel's.
    pub noise: f64,
}

/// The most probable weights of groups of distances between pairs of networks, given the networks' targets. `distances`
/// has for every group the distance of every pair, as [`Columns::pair_distances`](super::columns::Columns) writes them.
/// O(steps · (networks³ + groups · networks²)), on all cores.
pub(super) fn fit(distances: &[Vec<f64>], targets: &[f64], steps: usize) -> Weights {
    let spreads: Vec<f64> =
        distances.iter().map(|group| group.iter().sum::<f64>() / group.len().max(1) as f64).collect();
    // A group in which all networks agree says nothing of them, and nothing is known of its scale.
    let telling: Vec<usize> = (0..spreads.len()).filter(|&group| spreads[group] > 0.0).collect();
    let start = START / telling.len().max(1) as f64;
    let mut logs: Vec<f64> = telling.iter().map(|&group| libm::log(start / spreads[group])).collect();
    logs.push(libm::log(START_NOISE));
    let prior = Prior { means: logs.clone() };
    let groups: Vec<&[f64]> = telling.iter().map(|&group| distances[group].as_slice()).collect();
    let best = climb(logs, steps, |logs| {
        let (value, gradient) = evidence(&groups, targets, logs)?;
        Some((value + prior.value(logs), gradient.iter().zip(prior.gradient(logs)).map(|(a, b)| a + b).collect()))
    });
    let mut weights = Weights { groups: vec![0.0; distances.len()], noise: noise(&best) };
    telling.iter().zip(&best).for_each(|(&group, log)| weights.groups[group] = libm::exp(*log));
    weights
}

/// The noise of some logarithms of weights, of which the noise's is the last.
fn noise(logs: &[f64]) -> f64 {
    LEAST_NOISE + logs.last().map_or(0.0, |log| libm::exp(*log))
}

/// A normal prior of the logarithms.
struct Prior {
    means: Vec<f64>,
}

impl Prior {
    /// (logarithm less its mean, deviation) of each.
    fn parts<'a>(&'a self, logs: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
        let last = self.means.len() - 1;
        let deviation = move |at: usize| if at == last { NOISE_DEVIATION } else { DEVIATION };
        logs.iter().zip(&self.means).enumerate().map(move |(at, (log, mean))| (log - mean, deviation(at)))
    }

    fn value(&self, logs: &[f64]) -> f64 {
        self.parts(logs).map(|(off, deviation)| -0.5 * (off / deviation).powi(2)).sum()
    }

    fn gradient(&self, logs: &[f64]) -> Vec<f64> {
        self.parts(logs).map(|(off, deviation)| -off / deviation.powi(2)).collect()
    }
}

/// The logarithm of the targets' likelihood under the best variance of the kernel, up to a constant, and its gradient by
/// the logarithms of the groups' weights and of the noise. Nothing where the kernel's matrix has no factor.
fn evidence(groups: &[&[f64]], targets: &[f64], logs: &[f64]) -> Option<(f64, Vec<f64>)> {
    let size = targets.len();
    let weights: Vec<f64> = logs[..groups.len()].iter().map(|log| libm::exp(*log)).collect();
    let mut kernel = vec![0.0; size * (size - 1) / 2];
    groups.iter().zip(&weights).for_each(|(group, weight)| add_scaled(&mut kernel, *weight, group));
    kernel.par_iter_mut().for_each(|distance| *distance = decay(*distance));
    let pair = |i: usize, j: usize| i * (i.max(1) - 1) / 2 + j;
    let mut matrix = vec![0.0; size * size];
    for i in 0..size {
        matrix[i * size..][..i].copy_from_slice(&kernel[pair(i, 0)..][..i]);
        matrix[i * size + i] = 1.0 + noise(logs);
    }
    let factor = Cholesky::of(matrix, size)?;
    let pulls = factor.solve(targets);
    let variance = dot(&pulls, targets) / size as f64;
    let value = -0.5 * size as f64 * libm::log(variance) - factor.log_diagonal();
    let inverse = factor.inverse();
    // The gradient by the entries of the kernel's matrix, both of a pair together, times the entries.
    let by_entry = |i: usize, j: usize| pulls[i] * pulls[j] / variance - inverse[i * size + j];
    let mut by_distance = kernel;
    for i in 1..size {
        for (j, entry) in by_distance[pair(i, 0)..][..i].iter_mut().enumerate() {
            *entry *= by_entry(i, j);
        }
    }
    let by_weight = |(group, weight): (&&[f64], &f64)| -weight * dot(group, &by_distance);
    let mut gradient: Vec<f64> = groups.par_iter().zip(&weights).map(by_weight).collect();
    let own = logs.last().map_or(0.0, |log| libm::exp(*log));
    gradient.push(0.5 * own * (0..size).map(|i| by_entry(i, i)).sum::<f64>());
    (value.is_finite() && gradient.iter().all(|one| one.is_finite())).then_some((value, gradient))
}

/// Climbs from `start` by Adam's steps and returns the highest place seen. Ends early where there is no height.
fn climb(start: Vec<f64>, steps: usize, height: impl Fn(&[f64]) -> Option<(f64, Vec<f64>)>) -> Vec<f64> {
    let mut place = start.clone();
    let (mut best, mut highest) = (start, f64::NEG_INFINITY);
    let (mut mean, mut square) = (vec![0.0; place.len()], vec![0.0; place.len()]);
    for step in 0..steps {
        let Some((value, gradient)) = height(&place) else { break };
        if value > highest {
            (best, highest) = (place.clone(), value);
        }
        let done = step as f64 / steps as f64;
        let rate = RATES.0 * (1.0 - done) + RATES.1;
        let unbiased = |kept: f64| 1.0 - libm::pow(kept, step as f64 + 1.0);
        for (at, slope) in gradient.into_iter().enumerate() {
            mean[at] = MEANS.0 * mean[at] + (1.0 - MEANS.0) * slope;
            square[at] = MEANS.1 * square[at] + (1.0 - MEANS.1) * slope * slope;
            place[at] += rate * mean[at] / unbiased(MEANS.0) / ((square[at] / unbiased(MEANS.1)).sqrt() + 1e-8);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use rand::Rng;

    /// Networks with three numbers each, of which the target follows the first, as pairs' distances in three groups.
    fn problem(size: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut draw = Stream::new(5, "numbers").at(0);
        let numbers: Vec<[f64; 3]> = (0..size).map(|_| [0; 3].map(|_| draw.random_range(0.0..4.0))).collect();
        let distance = |group: usize| {
            (1..size)
                .flat_map(|i| (0..i).map(move |j| (i, j)))
                .map(|(i, j)| (numbers[i][group] - numbers[j][group]).abs())
                .collect()
        };
        let targets = numbers.iter().map(|number| libm::sin(number[0])).collect();
        ((0..3).map(distance).collect(), targets)
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let (distances, targets) = problem(20);
        let groups: Vec<&[f64]> = distances.iter().map(Vec::as_slice).collect();
        let logs = [-1.0, -2.0, -1.5, -3.0];
        let (_, gradient) = evidence(&groups, &targets, &logs).unwrap();
        for (at, slope) in gradient.iter().enumerate() {
            let at_shift = |shift: f64| {
                let mut logs = logs;
                logs[at] += shift;
                evidence(&groups, &targets, &logs).unwrap().0
            };
            let numeric = (at_shift(1e-5) - at_shift(-1e-5)) / 2e-5;
            assert!((numeric - slope).abs() < 1e-5 * slope.abs().max(1.0), "{at}: {numeric} {slope}");
        }
    }

    #[test]
    fn the_group_that_labels_follow_weighs_most() {
        let (distances, targets) = problem(60);
        let weights = fit(&distances, &targets, 60);
        assert!(weights.groups[0] > 5.0 * weights.groups[1].max(weights.groups[2]), "{weights:?}");
        assert!(weights.noise < 0.05, "{weights:?}");
    }

    #[test]
    fn a_group_without_differences_has_no_weight() {
        let (mut distances, targets) = problem(12);
        distances.push(vec![0.0; 66]);
        assert_eq!(fit(&distances, &targets, 3).groups[3], 0.0);
    }
}
