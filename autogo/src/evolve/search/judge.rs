//! Judgements: the children that are worth a prediction, the children that may stand on the front, and the better end
//! of the score.

use super::individual::Individual;
use super::settings::Evolution;
use crate::evolve::objectives::{Figures, RunColumn};
use crate::goal::Goal;

impl Evolution {
    /// Whether the figures that are known are inside the windows.
    pub(in crate::evolve) fn is_inside(&self, input: &Individual, figures: &Figures, score: Option<f64>) -> bool {
        self.windows.iter().all(|window| {
            let value = figures.value(window.column).or(score);
            value.is_none_or(|value| window.admits(input.value(window.column), value))
        })
    }

    /// Whether an individual is better than the input in the first objective.
    pub(in crate::evolve) fn is_above(&self, input: &Individual, individual: &Individual) -> bool {
        let Some(first) = self.objectives.first() else { return true };
        let [value, base] = [individual, input].map(|one| first.formula().value(&|column| one.value(column)));
        match first.goal() {
            Goal::Maximise => value > base,
            Goal::Minimise => value < base,
        }
    }

    /// The better end of the score, by the first objective that reads the score, around the input's own score.
    pub(in crate::evolve) fn prefers(&self, input: &Individual) -> Goal {
        let objective = self.objectives.iter().find(|objective| objective.is_expensive());
        objective.map_or(Goal::Maximise, |objective| {
            let step = 1e-3 * input.score.abs().max(1e-3);
            let at = |score: f64| {
                let figure = |column| if column == RunColumn::Score { score } else { input.value(column) };
                objective.formula().value(&figure)
            };
            match (at(input.score + step) >= at(input.score - step), objective.goal()) {
                (true, goal) => goal,
                (false, Goal::Maximise) => Goal::Minimise,
                (false, Goal::Minimise) => Goal::Maximise,
            }
        })
    }
}
