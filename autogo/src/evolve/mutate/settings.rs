//! The settings by which places and donors are drawn: every choice is a field.

use crate::error::Error;
use crate::graph::Op;
use crate::repair::RepairSettings;
use serde::{Deserialize, Serialize};

/// The largest count that makes sense of parents, places in a parent, donors in a place, segments in a run.
pub(in crate::evolve) const MOST: usize = 100_000;

/// The unit that a mutation replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Segments: the paper's.
    #[default]
    Segment,
    /// Single ops, by single ops with the same boundary: what evolution did before segments ([release
    /// §4.3](crate::doc::release#s4-3)). Takes a database that holds single ops, as `Mining::ngrams(1)` mines it.
    Op,
}

/// The runs of segments that are tried first: half of the places are chosen so, the other half at random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sources {
    /// The runs with the most FLOPs: there is most to gain.
    #[default]
    Dearest,
    /// The runs with the fewest FLOPs: the release means the other end and sorts the wrong way ([release
    /// §4.2](crate::doc::release#s4-2)).
    Cheapest,
    /// All runs at random.
    Random,
}

/// The choice of the donors that must be repaired, among all donors of a place's arity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// The donors that the predictor scores best in the place. A predictor that reads whole networks only leaves the
    /// choice to chance, as the release does with its GNN.
    #[default]
    Predictor,
    /// At random.
    Random,
}

/// The fate of the other donors of a place when one donor cannot be made to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The other donors are tried.
    #[default]
    GoOn,
    /// They are given up: a flag that the release sets once a place and never resets ([release
    /// §4.5](crate::doc::release#s4-5)). There tensors fail to be matched; here every match is one to one, and it is
    /// the repair that may fail.
    GiveUp,
}

/// The settings by which places and donors are drawn.
///
/// ```
/// use autogo::evolve::{MutationSettings, Unit};
/// // Ten places a parent, a single op in each.
/// let settings = MutationSettings { unit: Unit::Op, places: 10, ..MutationSettings::default() };
/// assert_eq!((settings.places, settings.donors), (10, 8));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MutationSettings {
    /// The unit that a mutation replaces.
    pub unit: Unit,
    /// Places tried in one parent.
    pub places: usize,
    /// The places that come first.
    pub sources: Sources,
    /// Donors tried in one place, half of them with the very same boundary.
    pub donors: usize,
    /// The choice of the donors that must be repaired.
    pub ranking: Ranking,
    /// Rows of the database that are ranked for one place: a random sample when more have its arity.
    pub shortlist: usize,
    /// The most consecutive segments replaced at once.
    pub consecutive: usize,
    /// Share of the longer pieces that a draw of the vocabulary leaves out.
    pub sparsity: f64,
    /// Ops that a donor may hold, by name ([release §4.2](crate::doc::release#s4-2)). An empty list stands for all ops
    /// but `zero`: the nodes before zeros are cut off, which is cheap, and which a predictor that has seen little of it
    /// may like.
    pub ops: Vec<String>,
    /// The settings by which donors are made to fit.
    pub repair: RepairSettings,
    /// The fate of the other donors of a place after a donor that cannot be made to fit.
    pub on_failure: OnFailure,
}

impl Default for MutationSettings {
    fn default() -> Self {
        MutationSettings {
            unit: Unit::Segment,
            places: 8,
            sources: Sources::Dearest,
            donors: 8,
            ranking: Ranking::Predictor,
            shortlist: 1000,
            consecutive: 3,
            sparsity: 0.5,
            ops: Vec::new(),
            repair: RepairSettings::default(),
            on_failure: OnFailure::GoOn,
        }
    }
}

impl MutationSettings {
    /// Refuses settings that make no sense, and names the setting.
    pub(in crate::evolve) fn check(&self) -> Result<(), Error> {
        let counts = [("places", self.places), ("donors", self.donors), ("consecutive", self.consecutive)];
        if let Some((what, count)) = counts.iter().find(|(_, count)| !(1..=MOST).contains(count)) {
            return Err(Error::setting(what, format!("is {count}"), &format!("1 to {MOST}")));
        }
        if let Some(unknown) = self.ops.iter().find(|name| !Op::NAMES.contains(&name.as_str())) {
            return Err(Error::setting("ops", format!("`{unknown}` is no op"), &Op::NAMES.join(", ")));
        }
        if !(0.0..=1.0).contains(&self.sparsity) {
            return Err(Error::setting("sparsity", format!("is {}", self.sparsity), "0 to 1"));
        }
        self.repair.check()
    }
}
