//! Every choice of a repair as one value of plain data.

use crate::error::Error;
use serde::{Deserialize, Serialize};

/// The program that is solved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairForm {
    /// Ours: any whole number of filters, exact window arithmetic, sizes from 1 (see
    /// [`repair`](crate::repair::repair)).
    #[default]
    Corrected,
    /// The release's program: a height or width is kept, halved or quartered, channels are kept, halved or doubled, no
    /// size is below 2, and strides follow from the sizes ([release §5](crate::doc::release#s5)). Its answer, too,
    /// counts only when exact shape inference agrees.
    Original,
}

/// The treatment of a segment that holds a concat and does not fit as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConcatRule {
    /// The channels of a concat are the sum of its operands'.
    #[default]
    Joined,
    /// The segment is refused, as in the release, which builds no program for a concat
    /// ([release §5.9](crate::doc::release#s5-9)).
    Rejected,
}

/// The changes of a convolution's filters that cost something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelPenalty {
    /// More filters and fewer filters cost the same.
    #[default]
    BothSides,
    /// Only fewer filters cost something; more filters are free ([release §5.6](crate::doc::release#s5-6)).
    OneSided,
}

impl ChannelPenalty {
    /// The cost of going from `before` to `after` channels.
    pub(super) fn of(self, before: i64, after: i64) -> i64 {
        match self {
            ChannelPenalty::BothSides => (before - after).abs(),
            ChannelPenalty::OneSided => (before - after).max(0),
        }
    }
}

/// The solver of the integer program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Solver {
    /// microlp: branch and bound in pure Rust.
    #[default]
    Microlp,
    /// HiGHS in C++, to cross-check: needs the crate's feature `highs`.
    Highs,
}

impl Solver {
    /// Name and version, as records keep them: the version of the crate that brings the solver.
    pub fn version(self) -> &'static str {
        match self {
            Solver::Microlp => "microlp 0.6.0",
            Solver::Highs => "highs 2.4.0",
        }
    }
}

/// The settings of repairs. Plain data: an ablation is a field.
///
/// ```
/// use autogo::repair::{ConcatRule, RepairSettings};
/// assert_eq!(RepairSettings::default().concat, ConcatRule::Joined);
/// assert_eq!(RepairSettings::original().concat, ConcatRule::Rejected);
/// assert!(RepairSettings { align: Some(0), ..RepairSettings::default() }.check().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepairSettings {
    /// The program.
    pub form: RepairForm,
    /// Segments with a concat.
    pub concat: ConcatRule,
    /// The changes of filters that cost something.
    pub penalty: ChannelPenalty,
    /// Every convolution whose filters change gets a multiple of this many (NPUs compute 8 or 16 channels at once). The
    /// release's form knows no such rule and refuses it.
    pub align: Option<u32>,
    /// The solver for the programs that the presolve leaves.
    pub solver: Solver,
    /// Whether a presolve runs before the solver: it finds strides by a sweep over the reachable sizes, and channels by
    /// substitution. The optimum has the same value with and without the presolve.
    pub presolve: bool,
    /// The most seconds of wall time for one program; none by default. With a limit the answer may depend on how busy
    /// the machine is: the solvers' interface offers no other measure.
    pub time_limit: Option<f64>,
}

impl Default for RepairSettings {
    fn default() -> Self {
        RepairSettings {
            form: RepairForm::Corrected,
            concat: ConcatRule::Joined,
            penalty: ChannelPenalty::BothSides,
            align: None,
            solver: Solver::Microlp,
            presolve: true,
            time_limit: None,
        }
    }
}

impl RepairSettings {
    /// The release's settings: its program, concats refused, more channels free.
    pub fn original() -> Self {
        RepairSettings {
            form: RepairForm::Original,
            concat: ConcatRule::Rejected,
            penalty: ChannelPenalty::OneSided,
            ..RepairSettings::default()
        }
    }

    /// Checks that every setting is in range and the solver is built in.
    ///
    /// # Errors
    /// `align` outside of 1 to 1024 or in the release's form, a `time_limit` that is not above 0, or a solver that is
    /// not built in.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(align) = self.align.filter(|align| !(1..=1024).contains(align)) {
            return Err(Error::setting("repair.align", format!("is {align}"), "1 to 1024, or nothing"));
        }
        if self.align.is_some() && self.form == RepairForm::Original {
            return Err(Error::setting("repair.align", "the release's form cannot keep it", "nothing"));
        }
        if let Some(seconds) = self.time_limit.filter(|seconds| !(seconds.is_finite() && *seconds > 0.0)) {
            return Err(Error::setting("repair.time_limit", format!("is {seconds}"), "seconds above 0, or nothing"));
        }
        if self.solver == Solver::Highs && cfg!(not(feature = "highs")) {
            return Err(Error::setting("repair.solver", "HiGHS is not built in", "microlp, or the feature `highs`"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        for solver in [Solver::Microlp, Solver::Highs] {
            let (name, version) = solver.version().split_once(' ').unwrap();
            assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"")), "{name} {version}");
        }
    }

    #[test]
    fn settings_are_read_from_few_words() {
        let settings: RepairSettings = toml::from_str("align = 8\npenalty = \"one_sided\"").unwrap();
        let expected =
            RepairSettings { align: Some(8), penalty: ChannelPenalty::OneSided, ..RepairSettings::default() };
        assert_eq!(settings, expected);
        assert!(toml::from_str::<RepairSettings>("alignment = 8").is_err());
    }
}
