//! Claims that hold of every run, as questions that a notebook can ask.

use super::archive::ParetoArchive;
use super::individual::Individual;
use super::run::EvolutionRun;
use crate::error::Error;
use crate::evolve::mutate::Mutator;
use crate::evolve::objectives::RunColumn;
use crate::goal::Goal;
use crate::graph::Graph;
use crate::predict::Predictor;
use crate::segment::SegmentDb;

impl EvolutionRun {
    /// Whether every individual comes out again, under its content id and valid when it is built from plain data.
    /// O(individuals · nodes).
    pub fn replays(&self, db: &SegmentDb) -> bool {
        self.individuals.iter().all(|one| {
            let again = self.graph(one.id, db).and_then(|graph| Ok(graph.to_parts().build()?));
            again.is_ok_and(|graph| graph.content_id() == one.content_id) && self.replay(one.id, db).unwrap_or(false)
        })
    }

    /// Whether no individual beats a member of the front. O(individuals · front).
    pub fn front_is_unbeaten(&self) -> bool {
        let point = |one: &Individual| one.point(&self.settings.objectives);
        let everybody: Vec<Vec<f64>> = self.individuals.iter().map(point).collect();
        let is_beaten = |one: &Individual| everybody.iter().any(|other| self.archive.dominates(other, &point(one)));
        !self.front().iter().any(is_beaten)
    }

    /// Whether every individual is inside every window of the search.
    pub fn is_inside_windows(&self) -> bool {
        let inside = |one: &Individual| {
            let mut windows = self.settings.windows.iter();
            windows.all(|window| window.admits(self.input().value(window.column), one.value(window.column)))
        };
        self.individuals.iter().all(inside)
    }

    /// The member of the front that has the least of a column; the input where the front is empty.
    pub fn cheapest(&self, column: RunColumn) -> Individual {
        let front = self.front().into_iter();
        front.min_by(|a, b| a.value(column).total_cmp(&b.value(column))).unwrap_or_else(|| self.input().clone())
    }

    /// The networks of all individuals, by id. O(individuals · nodes).
    ///
    /// # Errors
    /// Those of [`EvolutionRun::graph`].
    pub fn graphs(&self, db: &SegmentDb) -> Result<Vec<Graph>, Error> {
        self.individuals.iter().map(|one| self.graph(one.id, db)).collect()
    }

    /// The hypervolume of the run's front as another predictor, the judge, sees it, over score and `cost`, both in
    /// percent of the input. The reference point is one percent worse than the input in both. A judge that the search
    /// did not ask cannot be flattered by it.
    ///
    /// # Errors
    /// Those of [`EvolutionRun::graph`], and a network that the judge cannot read or the machine cannot run.
    pub fn hypervolume(
        &self,
        judge: &dyn Predictor,
        goal: Goal,
        cost: RunColumn,
        mutator: &Mutator,
    ) -> Result<f64, Error> {
        let mut graphs = vec![self.graph(0, mutator.db())?];
        for one in self.front() {
            graphs.push(self.graph(one.id, mutator.db())?);
        }
        let scores = judge.score(&graphs)?;
        let mut front = ParetoArchive::new(vec![goal, Goal::Minimise]);
        let mut base = f64::NAN;
        // Of a negative base, a larger value is more than 100 %.
        let percent = |value: f64, base: f64| {
            let percent = 100.0 * value / base;
            if base < 0.0 { 200.0 - percent } else { percent }
        };
        for (at, graph) in graphs.iter().enumerate() {
            let value = mutator.figures(graph)?.value(cost).unwrap_or(f64::NAN);
            if at == 0 {
                base = value;
            }
            front.insert(at, vec![percent(scores[at], scores[0]), percent(value, base)]);
        }
        let worse = if goal == Goal::Maximise { 99.0 } else { 101.0 };
        Ok(front.hypervolume(&[worse, 101.0]))
    }
}
