//! From a parent to its children: choose places, choose donors, make them fit, splice (paper §3.2, [release
//! §4](crate::doc::release#s4)).

use super::children::{Child, Children};
use super::derivation::Derivation;
use super::donors::{Donor, Donors};
use super::places::{MutationPlace, places};
use super::score_order::{Preference, ScoreOrder};
use super::settings::{MutationSettings, OnFailure};
use super::splice::splice;
use crate::error::Error;
use crate::evolve::objectives::{Figures, OwnColumn};
use crate::goal::Goal;
use crate::graph::Graph;
use crate::predict::Predictor;
use crate::profile::{CycleCounter, EnergyTable, Npu};
use crate::repair::{RepairError, Repairer};
use crate::rng::Stream;
use crate::segment::{Mined, SegmentDb, Segmenter};
use rayon::prelude::*;
use std::sync::Arc;

/// The maker of children: segments, the segmenter that cuts networks into segments, a predictor, a machine.
///
/// ```
/// use autogo::{evolve::MutationSettings, prelude::*};
/// let graphs = (0..12).map(|at| Nb201::sample(0, at).build()).collect::<Result<Vec<_>, _>>()?;
/// let mutator = Mutator::new(Mining::bpe(40).run(&graphs)?, |graph: &Graph| graph.len() as f64, Npu::n256())?;
/// let children = mutator.children(&graphs[0], &MutationSettings::default(), 7)?;
/// assert!(children.len() > 10);
/// assert!(children.iter().all(|(child, derivation)| {
///     derivation.replay(&graphs[0], mutator.db()).is_ok_and(|again| again.content_id() == child.content_id())
/// }));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone)]
pub struct Mutator {
    donors: Arc<Donors>,
    segmenter: Segmenter,
    predictor: Arc<dyn Predictor>,
    counter: CycleCounter,
    energy: Option<EnergyTable>,
}

/// The parts that the children of all parents of a round share.
#[derive(Clone, Copy)]
pub(in crate::evolve) struct Round<'a> {
    pub(in crate::evolve) settings: &'a MutationSettings,
    /// Columns of the search's own, which a child's figures hold.
    pub(in crate::evolve) columns: &'a [OwnColumn],
    pub(in crate::evolve) preference: Preference,
    pub(in crate::evolve) repairer: &'a Repairer,
    pub(in crate::evolve) stream: Stream,
}

impl Mutator {
    /// A mutator that puts the segments of a mining run into networks. A predictor that scores segments in place ranks
    /// donors; for that the database is encoded once, here. O(segments).
    ///
    /// # Errors
    /// An empty database, a machine that cannot exist, and a segment that the predictor cannot read.
    pub fn new(mined: Mined, predictor: impl Predictor + 'static, npu: Npu) -> Result<Self, Error> {
        if mined.db.is_empty() {
            return Err(Error::setting("segment database", "is empty", "one mined from at least one graph"));
        }
        let predictor: Arc<dyn Predictor> = Arc::new(predictor);
        let donors = Arc::new(Donors::new(mined.db, predictor.as_ref())?);
        Ok(Mutator { donors, segmenter: mined.segmenter, predictor, counter: CycleCounter::new(npu)?, energy: None })
    }

    /// The segments.
    pub fn db(&self) -> &SegmentDb {
        self.donors.db()
    }

    /// The segmenter that cuts networks into segments.
    pub fn segmenter(&self) -> &Segmenter {
        &self.segmenter
    }

    /// The predictor that scores networks.
    pub fn predictor(&self) -> &dyn Predictor {
        self.predictor.as_ref()
    }

    /// The machine that times them.
    pub fn npu(&self) -> &Npu {
        self.counter.npu()
    }

    /// The mutator with energy counted by a table.
    pub fn with_energy(self, table: EnergyTable) -> Self {
        Mutator { energy: Some(table), ..self }
    }

    /// The table by which energy is counted.
    pub fn energy(&self) -> Option<&EnergyTable> {
        self.energy.as_ref()
    }

    /// The figures of a network that need no predictor. O(nodes).
    ///
    /// # Errors
    /// A network that the machine cannot run, and a table of energies with a constant that is negative or no number.
    pub fn figures(&self, graph: &Graph) -> Result<Figures, Error> {
        Figures::of(graph, &self.counter, self.energy())
    }

    /// The figures of a graph with the values of a search's own columns.
    pub(in crate::evolve) fn figures_with(&self, graph: &Graph, columns: &[OwnColumn]) -> Result<Figures, Error> {
        let own = columns.iter().map(|column| (column.name(), column.value(graph))).collect();
        Ok(Figures { own, ..self.figures(graph)? })
    }

    /// The children of one network under a seed, each with its derivation. A higher score of the predictor is taken to
    /// be better. O(places · donors · nodes).
    ///
    /// # Errors
    /// A setting that makes no sense, and a predictor that cannot score segments in a place.
    pub fn children(
        &self,
        parent: &Graph,
        settings: &MutationSettings,
        seed: u64,
    ) -> Result<Vec<(Graph, Derivation)>, Error> {
        settings.check()?;
        let stream = Stream::new(seed, "children");
        let preference = Preference { goal: Goal::Maximise, order: ScoreOrder::AsAsked };
        let round = Round { settings, columns: &[], preference, repairer: &Repairer::new(settings.repair)?, stream };
        let made = self.children_of(parent, &round, 0, "g")?;
        Ok(made.children.into_iter().map(|child| (child.graph, child.derivation)).collect())
    }

    /// The children of a parent, in the order of the draws; those equal to it are left out. Names of new nodes begin
    /// with `scope`. The children are the same on any number of threads.
    pub(in crate::evolve) fn children_of(
        &self,
        parent: &Graph,
        round: &Round<'_>,
        draw: u64,
        scope: &str,
    ) -> Result<Children, Error> {
        let Round { settings, preference, stream, .. } = *round;
        let places = places(parent, &self.segmenter, settings, &mut stream.at2(draw, 0));
        let parent_id = parent.content_id();
        let order = parent.topological_order();
        let made = places.par_iter().enumerate().map(|(at, place)| {
            let mut rng = stream.at2(draw, at as u64 + 1);
            let donors = self.donors.of(parent, place, settings, preference, self.predictor(), &mut rng)?;
            let mut made = Children { places: 1, ..Children::default() };
            for (number, donor) in donors.into_iter().enumerate() {
                made.donors += 1;
                let scope = format!("{scope}.{at}.{number}");
                match self.child(parent, &order, place, donor, round, scope)? {
                    Some(child) if child.content_id != parent_id => made.children.push(child),
                    Some(_) => {}
                    None => {
                        made.refused += 1;
                        if settings.on_failure == OnFailure::GiveUp {
                            break;
                        }
                    }
                }
            }
            Ok(made)
        });
        let made = made.collect::<Result<Vec<Children>, Error>>()?;
        Ok(made.into_iter().fold(Children::default(), Children::join))
    }

    /// Repairs a donor and puts it in its place; nothing if no repair makes it fit.
    fn child(
        &self,
        parent: &Graph,
        order: &[usize],
        place: &MutationPlace,
        donor: Donor,
        round: &Round<'_>,
        scope: String,
    ) -> Result<Option<Child>, Error> {
        let row = &self.db().rows()[donor.row];
        let (reads, makes) = donor.boundary(&place.placed.segment);
        let attempt = round.repairer.attempt(&row.segment, &reads, &makes);
        let repaired = match &attempt.result {
            Ok(repaired) => repaired,
            Err(error @ RepairError::Arity { .. }) => {
                return Err(Error::setting("repair", error.to_string(), "a donor of the place's arity"));
            }
            Err(_) => return Ok(None),
        };
        let Donor { inputs, outputs, .. } = donor;
        let spliced = splice(parent, order, &place.placed, &repaired.segment, &inputs, &outputs, &scope);
        // A donor that fits can still make a network that is too large to count, or that the machine cannot run; it is
        // refused as a repair is.
        let Ok(graph) = spliced else { return Ok(None) };
        let Ok(figures) = self.figures_with(&graph, round.columns) else { return Ok(None) };
        Ok(Some(Child {
            content_id: graph.content_id(),
            figures,
            graph,
            derivation: Derivation {
                place: place.placed.nodes.clone(),
                donor: row.id,
                inputs,
                outputs,
                repair: repaired.changes.clone(),
                scope,
            },
        }))
    }
}
