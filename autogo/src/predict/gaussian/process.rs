//! The Gaussian process: training, scoring, saving.

use super::cholesky::Cholesky;
use super::columns::{Columns, WeightedColumns};
use super::evidence::{LEAST_NOISE, Weights, fit};
use super::linear::{decay, weighted_decays};
use super::saved;
use super::settings::GaussianSettings;
use super::structure::{Structure, groups, structure};
use crate::data::Example;
use crate::error::Error;
use crate::families::{FamilyName, networks};
use crate::files::tensors_of;
use crate::graph::Graph;
use crate::predict::scoring::Predictor;
use crate::predict::training::Scale;
use crate::rng::Stream;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Networks that are scored with one buffer of distances.
const CHUNK: usize = 64;

/// A predictor that learns from few labels: a Gaussian process over the structure of networks (Rasmussen and Williams,
/// Gaussian Processes for Machine Learning, 2006).
///
/// The structure of a network is a list of numbers in groups: lengths of paths, sizes, and how often each neighbourhood
/// of terms occurs. The kernel of two networks is exp(-Σ w·d), where d is the distance of a group's numbers and w the
/// group's weight. The weights are those under which the labels are likeliest. The prediction is the posterior's mean.
///
/// ```
/// use autogo::predict::{GaussianProcess, GaussianSettings, srcc};
/// use autogo::prelude::*;
/// let split = LabelledFamily::nb201_computed(60)?.split(40, 20, 0)?;
/// let process = GaussianProcess::train(&split.train, &GaussianSettings::default(), 0)?;
/// let scores = process.score(&split.test_graphs())?;
/// assert!(srcc(&scores, &split.test_values()).is_some_and(|srcc| srcc > 0.9));
/// # Ok::<(), autogo::Error>(())
/// ```
pub struct GaussianProcess {
    settings: GaussianSettings,
    labels: Vec<f64>,
    /// The networks' own names, which may be compact strings; none where the networks themselves were not at hand.
    names: Vec<String>,
    noise: f64,
    columns: WeightedColumns,
    scale: Scale,
    /// For every network that was learned from, the factor of its kernel in a prediction.
    pulls: Vec<f64>,
}

impl GaussianProcess {
    /// Learns from labelled networks. `seed` decides on which of them the weights are fitted where there are more than
    /// [`GaussianSettings::fitted_on`].
    ///
    /// Same examples, settings and seed give the same predictor, on any number of threads.
    /// O(networks³ + steps · fitted on³).
    ///
    /// # Errors
    /// Settings out of range, fewer than two examples, labels that are not finite.
    pub fn train(examples: &[Example], settings: &GaussianSettings, seed: u64) -> Result<Self, Error> {
        settings.check()?;
        if examples.len() < 2 {
            return Err(Error::predictor("training examples", format!("{} given", examples.len()), "2 or more"));
        }
        if let Some((at, example)) = examples.iter().enumerate().find(|(_, example)| !example.value.is_finite()) {
            let what = format!("label {at} (`{}`)", example.graph.name());
            return Err(Error::predictor(&what, format!("is {}", example.value), "finite numbers"));
        }
        let structures: Vec<Structure> =
            examples.par_iter().map(|example| structure(&example.graph, settings)).collect();
        let labels: Vec<f64> = examples.iter().map(|example| example.value).collect();
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.shuffle(&mut Stream::new(seed, "networks of the kernel's weights").at(0));
        order.truncate(settings.fitted_on);
        let scale = Scale::of(&labels, settings.target);
        let chosen: Vec<Structure> = order.iter().map(|&at| structures[at].clone()).collect();
        let targets: Vec<f64> = order.iter().map(|&at| scale.target(labels[at])).collect();
        let weights = fit(&Columns::new(&chosen, groups(settings)).pair_distances(), &targets, settings.steps);
        let names = examples.iter().map(|example| example.graph.name().to_string()).collect();
        Ok(GaussianProcess { names, ..Self::of(*settings, labels, weights, &structures)? })
    }

    /// The process of networks with these structures and labels, under weights that are known. O(networks³).
    pub(super) fn of(
        settings: GaussianSettings,
        labels: Vec<f64>,
        weights: Weights,
        structures: &[Structure],
    ) -> Result<Self, Error> {
        let Weights { groups, noise } = weights;
        let columns = WeightedColumns::new(Columns::new(structures, groups.len()), groups);
        let scale = Scale::of(&labels, settings.target);
        let targets: Vec<f64> = labels.iter().map(|&label| scale.target(label)).collect();
        let size = structures.len();
        let mut matrix = vec![0.0; size * size];
        matrix.par_chunks_mut(size).zip(structures).enumerate().for_each_with(
            Vec::new(),
            |distances, (at, (row, structure))| {
                columns.distances(structure, distances);
                row[..at].iter_mut().zip(distances.iter()).for_each(|(entry, distance)| *entry = decay(*distance));
                row[at] = 1.0 + noise;
            },
        );
        let factor = Cholesky::of(matrix, size).ok_or_else(|| {
            let reason = format!("have a kernel without a factor at a noise of {noise:e}");
            Error::predictor("networks", reason, &format!("noise of {LEAST_NOISE:e} or more"))
        })?;
        let pulls = factor.solve(&targets);
        Ok(GaussianProcess { settings, labels, names: Vec::new(), noise, columns, scale, pulls })
    }

    /// The number of networks that were learned from.
    pub fn networks(&self) -> usize {
        self.labels.len()
    }

    /// Writes the process as safetensors: the networks, their labels and the weights. Read again, it scores the same.
    /// Networks are written as compact strings where those make the same networks, otherwise as the numbers that are
    /// counted on them, a hundred times as long. The file appears whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        saved::save(path.as_ref(), &self.settings, &self.labels, self.noise, &self.columns, self.specs())
    }

    /// The compact strings of the networks, where these make networks of the same structure.
    fn specs(&self) -> Option<&[String]> {
        let specs = self.names.iter().all(|name| FamilyName::of(name).is_some()).then_some(self.names.as_slice())?;
        let again: Vec<Structure> =
            networks(specs).ok()?.par_iter().map(|graph| structure(graph, &self.settings)).collect();
        let again = Columns::new(&again, self.columns.weights.len());
        (!specs.is_empty() && again.structures() == self.columns.columns.structures()).then_some(specs)
    }

    /// Reads a process that [`GaussianProcess::save`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or is no Gaussian process of this version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::restored(saved::load(path.as_ref())?)
    }

    /// As [`GaussianProcess::load`], of a file's bytes; `path` is the file's name in errors.
    pub(in crate::predict) fn of_bytes(bytes: &[u8], path: &Path) -> Result<Self, Error> {
        Self::restored(saved::parse(tensors_of(bytes, path)?, path)?)
    }

    fn restored(saved: saved::Saved) -> Result<Self, Error> {
        let saved::Saved { settings, labels, weights, structures, names } = saved;
        Ok(GaussianProcess { names, ..Self::of(settings, labels, weights, &structures)? })
    }
}

impl Predictor for GaussianProcess {
    /// The label predicted for each network. O(networks learned from · numbers of a network).
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        let score = |distances: &mut Vec<f64>, graph: &Graph| {
            self.columns.distances(&structure(graph, &self.settings), distances);
            self.scale.label(weighted_decays(distances, &self.pulls))
        };
        let chunks = graphs.par_chunks(CHUNK).map(|chunk| {
            let mut distances = Vec::new();
            chunk.iter().map(|graph| score(&mut distances, graph)).collect::<Vec<f64>>()
        });
        Ok(chunks.collect::<Vec<Vec<f64>>>().concat())
    }

    /// SHA-256 of settings, labels, weights and the networks' numbers.
    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        // Plain data with text keys: there is nothing that could fail.
        hash.update(serde_json::to_string(&self.settings).unwrap_or_default());
        let numbers = self.labels.iter().chain(&self.columns.weights).chain([&self.noise]);
        numbers.for_each(|number| hash.update(number.to_le_bytes()));
        for structure in self.columns.columns.structures() {
            hash.update(structure.len().to_le_bytes());
            for entry in structure {
                hash.update(entry.group.to_le_bytes());
                hash.update(entry.name.to_le_bytes());
                hash.update(entry.value.to_le_bytes());
            }
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for GaussianProcess {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("GaussianProcess")
            .field("settings", &self.settings)
            .field("networks", &self.networks())
            .field("weights", &self.columns.weights)
            .field("noise", &self.noise)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb101, Nb201};
    use crate::stats::srcc;

    fn examples(count: u64) -> Vec<Example> {
        let example = |at: u64| {
            let graph = Nb201::sample(5, at).build().unwrap();
            Example { value: graph.cost().multiply_adds as f64, graph }
        };
        (0..count).map(example).collect()
    }

    #[test]
    fn it_learns_and_does_not_depend_on_the_threads() {
        let examples = examples(60);
        let graphs: Vec<Graph> = examples[40..].iter().map(|example| example.graph.clone()).collect();
        let truth: Vec<f64> = examples[40..].iter().map(|example| example.value).collect();
        // Without the figures multiply-adds have to be learned from neighbourhoods.
        let settings = GaussianSettings { figures: false, ..GaussianSettings::default() };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let process = GaussianProcess::train(&examples[..40], &settings, 0).unwrap();
                (process.score(&graphs).unwrap(), process.fingerprint())
            })
        };
        let (one, two) = (run(1), run(2));
        assert_eq!(one, two);
        assert!(srcc(&one.0, &truth).unwrap() > 0.8, "{:?}", srcc(&one.0, &truth));
    }

    #[test]
    fn saved_and_read_again_it_scores_the_same() {
        let examples = examples(20);
        let path = std::env::temp_dir().join(format!("autogo-gaussian-{}.safetensors", std::process::id()));
        let graphs: Vec<Graph> = (0..6).map(|at| Nb101::sample(2, at).build().unwrap()).collect();
        for figures in [false, true] {
            let settings = GaussianSettings { figures, fitted_on: 12, steps: 4, ..GaussianSettings::default() };
            let process = GaussianProcess::train(&examples, &settings, 0).unwrap();
            process.save(&path).unwrap();
            let again = GaussianProcess::load(&path).unwrap();
            assert_eq!(again.score(&graphs).unwrap(), process.score(&graphs).unwrap());
            assert_eq!(again.fingerprint(), process.fingerprint());
        }
        // Networks of a family are written down by their names: a file of a few kilobytes, and so when it is read again.
        let short = std::fs::metadata(&path).unwrap().len();
        assert!(short < 5_000, "{short} bytes");
        let again = GaussianProcess::load(&path).unwrap();
        again.save(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), short);
        // Shallow forms have the names of whole networks, which they are not.
        let shallow = examples.iter().map(|example| Example {
            graph: crate::families::FamilyName::Nb201.build_shallow(example.graph.name()).unwrap(),
            value: example.value,
        });
        let shallow: Vec<Example> = shallow.collect();
        let process = GaussianProcess::train(&shallow, &GaussianSettings::default(), 0).unwrap();
        process.save(&path).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() > short);
        assert_eq!(GaussianProcess::load(&path).unwrap().fingerprint(), process.fingerprint());
        std::fs::write(&path, b"nothing").unwrap();
        assert!(GaussianProcess::load(&path).unwrap_err().to_string().contains("is no file of tensors"));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn one_network_with_two_labels_is_learned_with_noise() {
        let mut examples = examples(10);
        examples.push(Example { value: -1.0, graph: examples[3].graph.clone() });
        let process = GaussianProcess::train(&examples, &GaussianSettings::default(), 0).unwrap();
        assert!(process.score(&[examples[3].graph.clone()]).unwrap()[0].is_finite());
    }

    #[test]
    fn wrong_input_is_refused() {
        let mut examples = examples(4);
        let settings = GaussianSettings::default();
        let said = |examples: &[Example], settings: &GaussianSettings| {
            GaussianProcess::train(examples, settings, 0).unwrap_err().to_string()
        };
        assert_eq!(said(&examples[..1], &settings), "training examples: 1 given; accepted: 2 or more");
        assert_eq!(said(&examples, &GaussianSettings { rounds: 9, ..settings }), "rounds: is 9; accepted: 0 to 8");
        examples[2].value = f64::INFINITY;
        assert!(said(&examples, &settings).starts_with("label 2 (`nb201:"), "{}", said(&examples, &settings));
    }
}
