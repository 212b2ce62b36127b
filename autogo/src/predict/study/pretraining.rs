//! Learning something that costs little first, and then the labels.

use super::counts::{Counts, counts, single_ops};
use super::form::Form;
use super::outcome::learned;
use super::principal::principal;
use super::unlabelled::fresh;
use crate::data::{Example, LabelledFamily, MINI_FAMILIES};
use crate::error::Error;
use crate::families::FamilyName;
use crate::graph::{FormulaId, Graph, Zeros};
use crate::predict::network::depths;
use crate::predict::scoring::Trained;
use crate::predict::training::TrainSettings;
use crate::profile::Npu;
use crate::progress::Progress;
use crate::rng::Stream;
use crate::segment::{Mining, Segmenter};
use crate::stats::rank_percents;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Merges of the segments that a pretext counts.
const MERGES: usize = 200;

/// A first training on something that costs little. The weights then go on with the labelled networks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pretraining {
    /// What is learned.
    pub on: Pretext,
    /// The number of networks.
    pub networks: usize,
    /// Passes over these networks.
    pub epochs: usize,
}

/// What a predictor learns before it sees labels. The first seven are counted on the graphs of freshly sampled networks;
/// the others belong to the networks of [`LabelledFamily::mini`] of all five families, each number as a rank within its
/// family. Of a histogram one number is learned: the first principal component of the histograms of these networks
/// (Jolliffe, Principal Component Analysis, 2002).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pretext {
    /// FLOPs.
    Flops,
    /// Parameters.
    Params,
    /// Number of nodes.
    Nodes,
    /// Nodes of the longest path, without the first.
    Depth,
    /// Cycles on [`Npu::n256`].
    Cycles,
    /// How often each op with its kernel occurs.
    OpCounts,
    /// How often each segment occurs, of those that byte-pair encoding finds in the same networks.
    SegmentCounts,
    /// How well a mini form learned CIFAR-10. No published label, although of the same networks some may be ranked.
    Mini,
    /// A zero-cost score, the logarithm of the synaptic flow.
    Synflow,
    /// A zero-cost score: how little the gradients of pictures correlate.
    JacobCov,
    /// A zero-cost score: how well ReLUs tell pictures apart.
    Nwot,
    /// A zero-cost score: norms of the gradients.
    GradientNorm,
}

/// Where the numbers of a pretext come from.
enum Source {
    /// They are counted on a graph.
    Graph(fn(&Graph) -> Result<f64, Error>),
    /// Pieces are mined from all graphs; a graph's number is the first principal component of the pieces' counts.
    Histogram(Mining),
    /// They stand in a column of our own labels.
    Column(&'static str),
}

impl Pretext {
    fn source(self) -> Source {
        match self {
            Pretext::Flops => Source::Graph(|graph| Ok(graph.cost().flops as f64)),
            Pretext::Params => Source::Graph(|graph| Ok(graph.cost().params as f64)),
            Pretext::Nodes => Source::Graph(|graph| Ok(graph.len() as f64)),
            Pretext::Depth => Source::Graph(|graph| Ok(depth(graph) as f64)),
            Pretext::Cycles => Source::Graph(|graph| Ok(Npu::n256().cycles(graph)? as f64)),
            Pretext::OpCounts => Source::Histogram(single_ops()),
            Pretext::SegmentCounts => Source::Histogram(Mining::bpe(MERGES)),
            Pretext::Mini => Source::Column("likelihood"),
            Pretext::Synflow => Source::Column("synflow"),
            Pretext::JacobCov => Source::Column("jacob_cov"),
            Pretext::Nwot => Source::Column("nwot"),
            Pretext::GradientNorm => Source::Column("gradient_norm"),
        }
    }
}

fn depth(graph: &Graph) -> usize {
    depths(graph).into_iter().max().unwrap_or(0)
}

impl Pretraining {
    /// A predictor that learned these lessons, and then the labels of `train`.
    ///
    /// # Errors
    /// Those of [`Trained::train`].
    pub(super) fn then(
        self,
        settings: &TrainSettings,
        lessons: &[Example],
        train: &[Example],
        segmenter: Option<&Segmenter>,
        seed: u64,
    ) -> Result<Trained, Error> {
        let first = TrainSettings { epochs: self.epochs, ..*settings };
        let pretrained = learned(&first, lessons, segmenter, seed)?;
        Ok(pretrained.fine_tune(train, &TrainSettings { seed, ..*settings }, Progress::Silent)?.0)
    }

    /// Networks with the number that is learned first, each with a formula of its own that is none of the known ones.
    /// Sampled networks are of these families, each in turn.
    ///
    /// # Errors
    /// Fewer such networks than are asked for, networks that all have the same number, a network that no machine takes.
    pub(super) fn lessons(
        self,
        families: &[FamilyName],
        form: Form,
        mut known: HashSet<FormulaId>,
        seed: u64,
    ) -> Result<Vec<Example>, Error> {
        let sample = |known| fresh(families, self.networks, form, known, seed);
        let lessons: Vec<Example> = match self.on.source() {
            Source::Graph(count) => {
                let counted = sample(known)?.into_par_iter().map(|graph| Ok(Example { value: count(&graph)?, graph }));
                counted.collect::<Result<_, Error>>()?
            }
            Source::Histogram(mining) => {
                let graphs = sample(known)?;
                let segmenter = mining.segmenter(&graphs)?;
                let rows: Vec<Counts> = graphs.par_iter().map(|graph| counts(graph, &segmenter)).collect();
                graphs.into_iter().zip(principal(&rows)).map(|(graph, value)| Example { graph, value }).collect()
            }
            Source::Column(name) => {
                let mut own = own_numbers(name, form)?;
                own.shuffle(&mut Stream::new(seed, "pretraining").at(0));
                let is_new = |example: &Example| known.insert(example.graph.formula_id(Zeros::Dropped));
                own.into_iter().filter(is_new).take(self.networks).collect()
            }
        };
        if lessons.is_empty() || lessons.len() < self.networks {
            let accepted = format!("1 to {} that have it", lessons.len());
            return Err(Error::setting("pretraining", format!("asks for {} networks", self.networks), &accepted));
        }
        if lessons.iter().all(|lesson| lesson.value == lessons[0].value) {
            let reason = format!("no two of {} networks differ in what it learns", lessons.len());
            return Err(Error::setting("pretraining", reason, "more networks, or something in which they differ"));
        }
        Ok(lessons)
    }
}

/// A column of our own labels of all families, as ranks in percent within each.
fn own_numbers(name: &str, form: Form) -> Result<Vec<Example>, Error> {
    let mut all = Vec::new();
    for family in MINI_FAMILIES {
        let data = LabelledFamily::mini(family)?;
        let frame = data.frame();
        let column = frame.column(name)?.f64()?;
        let labelled = data.labelled_rows().into_iter();
        let (rows, numbers): (Vec<usize>, Vec<f64>) = labelled.filter_map(|row| Some((row, column.get(row)?))).unzip();
        let graphs = rows.into_par_iter().map(|row| Ok(data.example(row, form == Form::Shallow)?.graph));
        let ranked = graphs.collect::<Result<Vec<Graph>, Error>>()?.into_iter().zip(rank_percents(&numbers));
        all.extend(ranked.map(|(graph, value)| Example { graph, value }));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lessons(on: Pretext, networks: usize) -> Result<Vec<Example>, Error> {
        let first = Pretraining { on, networks, epochs: 1 };
        first.lessons(&[FamilyName::Nb201], Form::Shallow, HashSet::new(), 3)
    }

    #[test]
    fn a_pretext_is_counted_on_sampled_networks() {
        for (on, count) in [(Pretext::Nodes, Graph::len as fn(&Graph) -> usize), (Pretext::Depth, depth)] {
            for lesson in lessons(on, 20).unwrap() {
                assert_eq!(lesson.value, count(&lesson.graph) as f64);
                assert!(lesson.graph.name().starts_with("nb201:"));
            }
        }
        let chain = crate::families::network("vgg16").unwrap();
        assert_eq!(depth(&chain), chain.len() - 1);
    }

    #[test]
    fn a_histogram_is_one_number_that_tells_networks_apart() {
        for (on, mining) in [(Pretext::OpCounts, single_ops()), (Pretext::SegmentCounts, Mining::bpe(MERGES))] {
            let lessons = lessons(on, 60).unwrap();
            let graphs: Vec<Graph> = lessons.iter().map(|one| one.graph.clone()).collect();
            let segmenter = mining.segmenter(&graphs).unwrap();
            let spelled = |graph: &Graph| format!("{:?}", counts(graph, &segmenter));
            let histograms: HashSet<String> = graphs.iter().map(spelled).collect();
            let numbers: HashSet<i64> = lessons.iter().map(|one| (one.value * 1e9).round() as i64).collect();
            assert!(histograms.len() > 10 && numbers.len() == histograms.len(), "{on:?}");
        }
    }

    #[test]
    fn our_own_labels_are_ranks_of_five_families() {
        let lessons = lessons(Pretext::Mini, 300).unwrap();
        let families: HashSet<_> = lessons.iter().filter_map(|one| FamilyName::of(one.graph.name())).collect();
        assert_eq!(families.len(), MINI_FAMILIES.len());
        assert!(lessons.iter().all(|one| (0.0..=100.0).contains(&one.value)));
    }

    #[test]
    fn known_networks_are_left_out() {
        let first = Pretraining { on: Pretext::Nwot, networks: 50, epochs: 1 };
        let of = |known: HashSet<FormulaId>| {
            let lessons = first.lessons(&[], Form::Whole, known, 3).unwrap();
            lessons.iter().map(|one| one.graph.formula_id(Zeros::Dropped)).collect::<HashSet<FormulaId>>()
        };
        let some = of(HashSet::new());
        assert!(some.len() == 50 && of(some.clone()).is_disjoint(&some));
    }

    #[test]
    fn more_networks_than_there_are_is_an_error() {
        let error = lessons(Pretext::Synflow, 100_000).unwrap_err().to_string();
        assert!(error.starts_with("pretraining: asks for 100000 networks; accepted: 1 to "), "{error}");
        assert!(lessons(Pretext::Cycles, 0).is_err());
    }

    #[test]
    fn a_pretext_in_which_no_networks_differ_is_an_error() {
        for on in [Pretext::Flops, Pretext::SegmentCounts] {
            let error = lessons(on, 1).unwrap_err().to_string();
            let wanted = "pretraining: no two of 1 networks differ in what it learns; accepted: more networks";
            assert!(error.starts_with(wanted), "{error}");
        }
    }
}
