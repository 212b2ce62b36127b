//! Labels that are computed on the spot: cycles.

use super::{CycleCounter, Npu};
use crate::data::{Arch, Label, LabelledFamily, nb201_figures};
use crate::error::Error;
use crate::families::{Family, Nb201};
use crate::goal::Goal;
use crate::graph::Zeros;
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::HashSet;

/// Seed of the networks that are labelled on the spot.
const SEED: u64 = 201;

impl LabelledFamily {
    /// `count` networks of NB-201 without `none`, sampled uniformly, one of each formula, and labelled with their
    /// cycles on [`crate::profile::Npu::n256`].
    ///
    /// # Errors
    /// A `count` of 0, or above the number of formulas without `none` ([`Nb201::FORMULAS_WITHOUT_NONE`]).
    pub fn nb201_computed(count: usize) -> Result<Self, Error> {
        compute(count)
    }
}

/// Labels `count` networks with their cycles, in millions; no two of them write down one formula, so all of them can be
/// drawn into a split.
fn compute(count: usize) -> Result<LabelledFamily, Error> {
    let counter = CycleCounter::new(Npu::n256())?;
    let mut archs = Vec::with_capacity(count);
    let mut seen = HashSet::new();
    let all = Nb201::FORMULAS_WITHOUT_NONE;
    if count == 0 || count > all {
        return Err(Error::setting("computed labels", format!("{count} networks"), &format!("1 to {all}")));
    }
    for index in 0.. {
        if archs.len() == count {
            break;
        }
        let arch = Nb201::sample(SEED, index);
        if arch.has_no_none() && seen.insert(arch.build()?.formula_id(Zeros::Dropped)) {
            archs.push(arch);
        }
    }
    let cycles = archs
        .par_iter()
        .map(|arch| Ok(counter.cycles(&arch.build()?)? as f64 / 1e6))
        .collect::<Result<Vec<f64>, Error>>()?;
    let mut frame = nb201_figures(&archs)?;
    frame.with_column(Column::new("npu_megacycles".into(), &cycles))?;
    let label = Label {
        column: "npu_megacycles".into(),
        title: format!("NPU cycles on {} [millions]", counter.npu().name),
        goal: Goal::Minimise,
        source: "whole-graph model of a neural processing unit".into(),
        measured: false,
        published: false,
    };
    let values = archs.into_iter().map(Arch::Nb201).zip(cycles.into_iter().map(Some)).collect();
    LabelledFamily::new(Nb201::NAME, label, frame, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computed_labels_say_so_and_are_the_cycles() {
        let family = LabelledFamily::nb201_computed(40).unwrap();
        assert!(family.banner().starts_with("Labels computed on the spot: NPU cycles"), "{}", family.banner());
        assert_eq!(family.reliability(), None);
        let example = &family.split(1, 1, 0).unwrap().train[0];
        let cycles = crate::profile::Npu::n256().cycles(&example.graph).unwrap();
        assert_eq!(example.value, cycles as f64 / 1e6);
    }
}
