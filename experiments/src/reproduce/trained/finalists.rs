//! The members of a front that are trained.

use autogo::Goal;
use autogo::evolve::{EvolutionRun, Individual, Objective};
use serde::{Deserialize, Serialize};

/// Which members of a front are trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finalists {
    /// Those that are predicted best. They may be near twins.
    #[default]
    Best,
    /// The one that is predicted best, and others evenly along the front, as far as they are predicted above the input.
    Spread,
}

impl Finalists {
    /// Whether this is the choice where a table names none.
    pub fn is_best(&self) -> bool {
        *self == Finalists::Best
    }

    /// Numbers in the order in which members are asked for, given how many there are and how many of the first of them
    /// are predicted above the input. All are named: one whose form is known already leaves its turn to the next.
    fn order(self, members: usize, above: usize, wanted: usize) -> Vec<usize> {
        let mut order: Vec<usize> = match self {
            Finalists::Spread if wanted > 1 && above > wanted => {
                (0..wanted).map(|at| at * (above - 1) / (wanted - 1)).collect()
            }
            _ => Vec::new(),
        };
        let others: Vec<usize> = (0..members).filter(|number| !order.contains(number)).collect();
        order.extend(others);
        order
    }

    /// The members of the run's front but the input, those first that are to be trained.
    pub fn of(self, run: &EvolutionRun, wanted: usize) -> Vec<Individual> {
        let objectives = &run.settings.objectives;
        let goal = objectives.first().map_or(Goal::Maximise, Objective::goal);
        let value = |one: &Individual| one.point(objectives).first().copied().unwrap_or(f64::NAN);
        let input = value(run.input());
        let front: Vec<Individual> = run.front().into_iter().filter(|one| one.id != 0).collect();
        let is_above = |one: &&Individual| match goal {
            Goal::Maximise => value(one) > input,
            Goal::Minimise => value(one) < input,
        };
        // The front stands best first.
        let above = front.iter().take_while(is_above).count();
        self.order(front.len(), above, wanted).into_iter().map(|number| front[number].clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_or_the_front_is_spanned() {
        assert_eq!(Finalists::Best.order(5, 4, 2), [0, 1, 2, 3, 4]);
        assert_eq!(Finalists::Spread.order(7, 5, 3), [0, 2, 4, 1, 3, 5, 6]);
        // No more are above the input than are wanted, or one is wanted: the best.
        assert_eq!(Finalists::Spread.order(4, 2, 2), [0, 1, 2, 3]);
        assert_eq!(Finalists::Spread.order(4, 4, 1), [0, 1, 2, 3]);
        assert_eq!(Finalists::Spread.order(0, 0, 2), [0usize; 0]);
    }
}
