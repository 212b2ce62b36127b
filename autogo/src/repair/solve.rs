//! An integer program as both solvers take it.

use super::answer::NoAnswer;
use super::settings::{RepairSettings, Solver};
use good_lp::{
    Constraint, Expression, IntoAffineExpression, ProblemVariables, ResolutionError, Solution, SolutionStatus,
    SolverModel, Variable, VariableDefinition, WithTimeLimit, microlp,
};

/// Minimise the objective under the constraints.
#[derive(Default)]
pub(super) struct Problem {
    pub(super) variables: ProblemVariables,
    pub(super) constraints: Vec<Constraint>,
    pub(super) objective: Expression,
    /// The number of variables that are whole numbers.
    pub(super) whole: usize,
}

impl Problem {
    pub(super) fn add(&mut self, definition: VariableDefinition) -> Variable {
        self.whole += usize::from(definition.is_integer());
        self.variables.add(definition)
    }

    /// Demands that an expression is zero. Returns whether that can be: a constant is decided here.
    pub(super) fn zero(&mut self, expression: Expression) -> bool {
        if let Some(constant) = constant(&expression) {
            return constant.abs() < 0.5;
        }
        self.constraints.push(expression.eq(0.0));
        true
    }

    /// Demands that an expression is not below zero; as above.
    pub(super) fn not_negative(&mut self, expression: Expression) -> bool {
        if let Some(constant) = constant(&expression) {
            return constant > -0.5;
        }
        self.constraints.push(expression.geq(0.0));
        true
    }

    /// Solves, and returns the values of the `wanted` variables and whether they are the best ones.
    pub(super) fn solve(self, wanted: &[Variable], settings: &RepairSettings) -> Result<(Vec<f64>, bool), NoAnswer> {
        if self.variables.is_empty() {
            return Ok((Vec::new(), true));
        }
        let Problem { variables, constraints, objective, .. } = self;
        let unsolved = variables.minimise(objective);
        match settings.solver {
            Solver::Microlp => {
                let model = unsolved.using(microlp);
                let model = match settings.time_limit {
                    Some(seconds) => model.with_time_limit(seconds),
                    None => model,
                };
                finish(model, constraints, wanted)
            }
            #[cfg(feature = "highs")]
            Solver::Highs => {
                // One thread and no gap, so that the answer is the optimum and always the same one.
                let model = unsolved.using(good_lp::solvers::highs::highs).set_threads(1);
                let model = model.set_option("mip_rel_gap", 0.0).set_option("mip_abs_gap", 0.0);
                let model = match settings.time_limit {
                    Some(seconds) => model.with_time_limit(seconds),
                    None => model,
                };
                finish(model, constraints, wanted)
            }
            #[cfg(not(feature = "highs"))]
            Solver::Highs => Err(NoAnswer::Failed("HiGHS is not built in".into())),
        }
    }
}

/// The value of an expression without variables.
fn constant(expression: &Expression) -> Option<f64> {
    expression.linear_coefficients().all(|(_, factor)| factor == 0.0).then(|| expression.constant())
}

fn finish<M>(mut model: M, constraints: Vec<Constraint>, wanted: &[Variable]) -> Result<(Vec<f64>, bool), NoAnswer>
where
    M: SolverModel<Error = ResolutionError>,
{
    for constraint in constraints {
        model.add_constraint(constraint);
    }
    match model.solve() {
        Ok(solution) => {
            let values = wanted.iter().map(|&variable| solution.value(variable)).collect();
            Ok(match solution.status() {
                SolutionStatus::Optimal | SolutionStatus::GapLimit => (values, true),
                SolutionStatus::TimeLimit => (values, false),
            })
        }
        Err(ResolutionError::Infeasible) => Err(NoAnswer::Infeasible),
        // What the two say when time runs out before the first answer.
        Err(ResolutionError::Other(reason)) if reason.starts_with("Time limit") || reason == "NoSolutionFound" => {
            Err(NoAnswer::TimedOut)
        }
        Err(error) => Err(NoAnswer::Failed(error.to_string())),
    }
}

/// A whole number that the solver gives as a fraction.
pub(super) fn whole(value: f64) -> Result<i64, String> {
    let rounded = value.round();
    if (value - rounded).abs() < 1e-4 { Ok(rounded as i64) } else { Err(format!("{value} is not whole")) }
}
