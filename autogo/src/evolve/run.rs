//! What a search has found: everybody, round by round, and the front.

use super::objectives::{Stored, TABLE};
use super::{Derivation, Evolution, Figures, Objective, ParetoArchive, RunColumn};
use crate::data::Goal;
use crate::error::Error;
use crate::graph::{ContentId, Graph};
use crate::interrupt;
use crate::progress::{Bar, Progress};
use crate::repair::Repairer;
use crate::segment::SegmentDb;
use polars::prelude::{Column, DataFrame, PolarsResult, df};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// A network of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Individual {
    /// Number in the run; the input network is 0.
    pub id: usize,
    /// The individual it was made from.
    pub parent: Option<usize>,
    /// How it was made from its parent.
    pub derivation: Option<Derivation>,
    /// The round it was made in; the input network is of round 0.
    pub generation: usize,
    /// Its content id.
    pub content_id: ContentId,
    /// Whether it may stand on the front: inside every window and, if that is asked for, better than the input.
    pub is_eligible: bool,
    /// The predictor's score.
    pub score: f64,
    /// What is known without a predictor.
    pub figures: Figures,
}

impl Individual {
    /// The figure of a column.
    pub fn value(&self, column: RunColumn) -> f64 {
        self.figures.value(column).unwrap_or(self.score)
    }

    /// By how many percent a figure differs from another individual's.
    pub fn change(&self, column: RunColumn, from: &Individual) -> f64 {
        100.0 * (self.value(column) / from.value(column) - 1.0)
    }

    /// Its value in each objective.
    pub fn point(&self, objectives: &[Objective]) -> Vec<f64> {
        objectives.iter().map(|objective| objective.formula().value(&|column| self.value(column))).collect()
    }
}

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iteration {
    /// Number of the round, from 1.
    pub generation: usize,
    /// Parents that had children.
    pub parents: usize,
    /// Places in them where something could stand.
    pub places: usize,
    /// Donors that were tried in these places.
    pub donors: usize,
    /// Donors that no repair makes fit.
    pub refused: usize,
    /// Children that were made; all are valid networks.
    pub children: usize,
    /// Children that had been made before.
    pub known: usize,
    /// New children outside a window.
    pub outside: usize,
    /// New children inside, which were scored.
    pub scored: usize,
    /// Size of the front afterwards.
    pub front: usize,
}

/// Why a run ended. As text it is a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All generations were made.
    Finished,
    /// As many networks were scored as the budget allows.
    BudgetSpent {
        /// How many.
        scored: usize,
    },
    /// No parent has a segment that may be replaced.
    NothingMovable {
        /// The generation.
        generation: usize,
    },
    /// No segment of the database may stand in any place.
    NoDonors {
        /// The generation.
        generation: usize,
    },
    /// Every child had been made before, or none could be made.
    NoNewChildren {
        /// The generation.
        generation: usize,
    },
    /// No new child was inside the windows.
    NothingInside {
        /// The generation.
        generation: usize,
    },
    /// Somebody asked the search to end; see [`interrupt`]. In a run folder it can be taken up again.
    Interrupted {
        /// The last generation that is complete.
        generation: usize,
    },
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopReason::Finished => write!(f, "all generations were made"),
            StopReason::BudgetSpent { scored } => {
                write!(f, "{scored} networks were scored, as many as the budget allows")
            }
            StopReason::NothingMovable { generation } => {
                write!(f, "no parent of generation {generation} has a segment that may be replaced")
            }
            StopReason::NoDonors { generation } => {
                write!(f, "no segment of the database may stand in any place of generation {generation}")
            }
            StopReason::NoNewChildren { generation } => {
                write!(f, "generation {generation} made no network that was not known before")
            }
            StopReason::NothingInside { generation } => {
                write!(f, "no child of generation {generation} is inside the windows; the front is what it was")
            }
            StopReason::Interrupted { generation } => write!(f, "interrupted after generation {generation}"),
        }
    }
}

/// A run, finished or not.
#[derive(Clone, Debug)]
pub struct EvolutionRun {
    /// The settings.
    pub settings: Evolution,
    /// Everybody, by id.
    pub individuals: Vec<Individual>,
    /// One record a generation.
    pub iterations: Vec<Iteration>,
    /// The front.
    pub archive: ParetoArchive,
    /// Why it ended; nothing if it was interrupted.
    pub stop: Option<StopReason>,
    /// The networks of the input and of the front. The others are made again when they are asked for.
    pub(super) graphs: BTreeMap<usize, Graph>,
    /// Makes donors fit, and remembers.
    pub(super) repairer: Repairer,
}

impl EvolutionRun {
    /// Takes an individual in and offers it to the front if it is eligible.
    pub(super) fn admit(&mut self, individual: Individual, graph: Option<Graph>) {
        let id = individual.id;
        let is_in = individual.is_eligible && self.archive.insert(id, individual.point(&self.settings.objectives));
        if let Some(graph) = graph.filter(|_| is_in || id == 0) {
            self.graphs.insert(id, graph);
        }
        self.individuals.push(individual);
    }

    /// Lets go of the networks that have left the front.
    pub(super) fn settle(&mut self) {
        let front: HashSet<usize> = self.archive.ids().into_iter().collect();
        self.graphs.retain(|id, _| *id == 0 || front.contains(id));
    }

    /// What the names of new nodes begin with: a letter, as often as it takes to be no name of the input's.
    pub(super) fn mark(&self) -> String {
        let is_taken = |mark: &str| {
            let starts =
                |name: &str| name.strip_prefix(mark).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            self.graphs.get(&0).is_some_and(|input| input.nodes().any(|node| starts(&node.name)))
        };
        let mut mark = String::from("g");
        while is_taken(&mark) {
            mark.push('g');
        }
        mark
    }

    pub(super) fn content_ids(&self) -> HashSet<ContentId> {
        self.individuals.iter().map(|one| one.content_id).collect()
    }

    /// Ends the run if somebody asked for that.
    pub(super) fn stop_if_asked(&mut self) {
        if self.stop.is_none() && interrupt::is_asked() {
            self.stop = Some(StopReason::Interrupted { generation: self.iterations.len() });
        }
    }

    /// A bar for the generations that are left.
    pub(super) fn bar(&self, progress: Progress) -> Bar {
        progress.start("generation", self.iterations.len(), self.settings.generations)
    }

    pub(super) fn report(&self, bar: &mut Bar) {
        if let Some(last) = self.iterations.last() {
            let stop = self.stop.filter(|stop| *stop != StopReason::Finished);
            let stop = stop.map_or(String::new(), |stop| format!(", stopped: {stop}"));
            bar.report(last.generation, &format!("{} scored, front of {}{stop}", last.scored, last.front));
        }
    }

    /// The input network's record.
    pub fn input(&self) -> &Individual {
        &self.individuals[0]
    }

    /// The network of an individual: at hand if it is the input or on the front, otherwise made again from its nearest
    /// ancestor that is. What comes out must have the content id that was recorded. O(nodes · ancestors).
    pub fn graph(&self, id: usize, db: &SegmentDb) -> Result<Graph, Error> {
        self.regrow(id, db, &mut BTreeMap::new())
    }

    /// As [`EvolutionRun::graph`], keeping what is made on the way.
    pub(super) fn regrow(&self, id: usize, db: &SegmentDb, grown: &mut BTreeMap<usize, Graph>) -> Result<Graph, Error> {
        let mut line = Vec::new();
        let mut at = id;
        let mut graph = loop {
            if let Some(graph) = self.graphs.get(&at).or_else(|| grown.get(&at)) {
                break graph.clone();
            }
            let individual = self.known(at)?;
            let origin = individual.parent.filter(|parent| *parent < at).zip(individual.derivation.as_ref());
            let Some((parent, derivation)) = origin else {
                return Err(Error::setting("individual", format!("{at} has no parent"), "a run with its input"));
            };
            line.push((individual, derivation));
            at = parent;
        };
        for (individual, derivation) in line.into_iter().rev() {
            graph = derivation.replay(&graph, db)?;
            if graph.content_id() != individual.content_id {
                let reason = format!("{} comes out as another network when it is made again", individual.id);
                return Err(Error::setting("individual", reason, "the run's own database"));
            }
            grown.insert(individual.id, graph.clone());
        }
        Ok(graph)
    }

    fn known(&self, id: usize) -> Result<&Individual, Error> {
        self.individuals.get(id).ok_or_else(|| {
            Error::setting("individual", format!("is {id}"), &format!("0 to {}", self.individuals.len() - 1))
        })
    }

    /// Makes individual `id` again from its parent and says whether the same network comes out; of the input network, whether
    /// it is the one that was recorded.
    ///
    /// # Errors
    /// There is no such individual, or it has no derivation, or that does not fit its parent and `db`.
    pub fn replay(&self, id: usize, db: &SegmentDb) -> Result<bool, Error> {
        let individual = self.known(id)?;
        match (individual.parent, &individual.derivation) {
            (Some(parent), Some(derivation)) => {
                let again = derivation.replay(&self.graph(parent, db)?, db)?;
                Ok(again.content_id() == individual.content_id)
            }
            _ if id == 0 => Ok(self.graph(0, db)?.content_id() == individual.content_id),
            _ => Err(Error::setting("individual", format!("{id} has no derivation"), "a run as it was written")),
        }
    }

    /// Ids from an individual back to the input.
    pub fn lineage(&self, id: usize) -> Vec<usize> {
        std::iter::successors(Some(id), |&at| self.individuals.get(at)?.parent.filter(|parent| *parent < at)).collect()
    }

    /// Nodes of an individual's network that none of its ancestors had, by index.
    pub fn new_nodes(&self, id: usize, db: &SegmentDb) -> Result<Vec<usize>, Error> {
        let graph = self.graph(id, db)?;
        let Some(derivation) = &self.known(id)?.derivation else { return Ok(Vec::new()) };
        let start = format!("{}/", derivation.scope);
        Ok((0..graph.len()).filter(|&node| graph.node(node).name.starts_with(&start)).collect())
    }

    /// The members of the front, sorted by the first objective, best first.
    pub fn front(&self) -> Vec<Individual> {
        let objectives = &self.settings.objectives;
        let goal = objectives.first().map_or(Goal::Maximise, Objective::goal);
        let mut front: Vec<(f64, Individual)> = self
            .archive
            .members()
            .iter()
            .filter_map(|(id, point)| Some((*point.first()?, self.individuals.get(*id)?.clone())))
            .collect();
        front.sort_by(|(a, _), (b, _)| match goal {
            Goal::Maximise => b.total_cmp(a),
            Goal::Minimise => a.total_cmp(b),
        });
        front.into_iter().map(|(_, individual)| individual).collect()
    }

    /// The front as it stood after a generation. O(individuals · front).
    pub fn front_after(&self, generation: usize) -> ParetoArchive {
        let mut archive = ParetoArchive::new(self.archive.goals().to_vec());
        let until = self.individuals.iter().filter(|one| one.is_eligible && one.generation <= generation);
        for one in until {
            archive.insert(one.id, one.point(&self.settings.objectives));
        }
        archive
    }

    /// Everybody as a frame: `id`, `parent`, `generation`, `front`, every [`RunColumn`] by its name but power (which
    /// follows from energy and time), how many ops the repair changed (`repaired`), the content id (`network`), and the
    /// search's own columns.
    ///
    /// # Errors
    /// None that a run of this library meets; polars checks that all columns have one length.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let front: HashSet<usize> = self.archive.ids().into_iter().collect();
        let all = &self.individuals;
        let repaired = |i: &Individual| i.derivation.as_ref().map(|derivation| derivation.repair.len() as u32);
        let mut frame = df!(
            "id" => all.iter().map(|i| i.id as u32).collect::<Vec<_>>(),
            "parent" => all.iter().map(|i| i.parent.map(|parent| parent as u32)).collect::<Vec<_>>(),
            "generation" => all.iter().map(|i| i.generation as u32).collect::<Vec<_>>(),
            "front" => all.iter().map(|i| front.contains(&i.id)).collect::<Vec<_>>(),
        )?;
        for row in &TABLE {
            if let Some(column) = self.column(row.name, &row.value) {
                frame.with_column(column)?;
            }
        }
        let networks: Vec<String> = all.iter().map(|i| i.content_id.to_string()).collect();
        frame.with_column(Column::new("repaired".into(), all.iter().map(repaired).collect::<Vec<_>>()))?;
        frame.with_column(Column::new("network".into(), networks))?;
        for own in &self.settings.columns {
            let column = RunColumn::Own(own.name());
            let values: Vec<f64> = all.iter().map(|i| i.value(column)).collect();
            frame.with_column(Column::new(column.name().into(), values))?;
        }
        Ok(frame)
    }

    /// The values of a column of the table; none of one that is in no frame.
    fn column(&self, name: &str, value: &Stored) -> Option<Column> {
        let figures = self.individuals.iter().map(|one| &one.figures);
        Some(match value {
            Stored::Score => {
                Column::new(name.into(), self.individuals.iter().map(|one| one.score).collect::<Vec<f64>>())
            }
            Stored::Count(value, _) => Column::new(name.into(), figures.map(value).collect::<Vec<u64>>()),
            Stored::Size(value, _) => Column::new(name.into(), figures.map(value).collect::<Vec<u32>>()),
            Stored::Real(value, _) => Column::new(name.into(), figures.map(value).collect::<Vec<f64>>()),
            Stored::Counted(value, _) => Column::new(name.into(), figures.map(value).collect::<Vec<Option<f64>>>()),
            Stored::Derived(_) => return None,
        })
    }
}
