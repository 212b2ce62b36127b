//! The contenders of a table beside the one that they are tested against.

use super::{Few, Table};
use crate::reproduce::p_value;
use autogo::predict::Ranking;
use autogo::stats::{PairedTest, Verdict, holm, paired_t_test};
use std::fmt::Write;

/// A figure in which contenders are tested.
struct Figure {
    title: &'static str,
    of: fn(&Ranking) -> Option<f64>,
    /// Turns the figure so that more is better.
    sign: f64,
    digits: usize,
}

const FIGURES: [Figure; 2] = [
    Figure { title: "Gain in τ over", of: |one| one.kendall_tau, sign: 1.0, digits: 3 },
    Figure { title: "Regret of a search's front, less than with", of: |one| one.front_regret, sign: -1.0, digits: 2 },
];

/// A section of Markdown: for each number of labels what every contender gains over the table's base, in Kendall's tau and
/// in the regret of a search's front, the largest gain first. Pairs are seeds; p-values are corrected by Holm for the
/// contenders of one number of labels and figure. Nothing for a table without a base.
pub fn gains(table: &Table, few: &Few, own: &[&Ranking], text: &mut String) {
    let Some(base) = &table.base else { return };
    for (&labels, figure) in few.labels.iter().flat_map(|labels| FIGURES.iter().map(move |figure| (labels, figure))) {
        let others = table.contenders.iter().filter(|contender| contender.name != *base);
        let tested =
            others.filter_map(|other| Some((other.name.as_str(), figure.test(own, labels, &other.name, base)?)));
        let tested: Vec<(&str, PairedTest)> = tested.collect();
        let corrected = holm(&tested.iter().map(|(_, test)| test.p).collect::<Vec<f64>>());
        let mut rows: Vec<_> = tested.into_iter().zip(corrected).collect();
        rows.sort_by(|a, b| b.0.1.difference.total_cmp(&a.0.1.difference));
        // A `String` takes whatever is written.
        let title = figure.title;
        let _ = writeln!(text, "{title} *{base}* from {labels} labels, paired by seed, with its 95 % interval\n");
        let _ = writeln!(text, "| | gain | p (Holm, {} tests) | |\n|---|---|---|---|", rows.len());
        for ((name, PairedTest { difference, low, high, .. }), p) in rows {
            let (digits, verdict) = (figure.digits, Verdict::of(difference, p));
            let interval = format!("{difference:+.digits$} ({low:+.digits$} to {high:+.digits$})");
            let _ = writeln!(text, "| {name} | {interval} | {} | {verdict} |", p_value(p));
        }
        let _ = writeln!(text);
    }
}

impl Figure {
    /// The test of a contender against the base, over the seeds under which both have the figure.
    fn test(&self, own: &[&Ranking], labels: usize, contender: &str, base: &str) -> Option<PairedTest> {
        let of = |one: &Ranking| Some(self.sign * (self.of)(one)?);
        let based = |seed: u64| {
            let mut runs = own.iter().filter(|one| one.contender == base && one.labels == labels && one.seed == seed);
            runs.find_map(|one| of(one))
        };
        let runs = own.iter().filter(|one| one.contender == contender && one.labels == labels);
        let pairs = runs.filter_map(|one| Some((of(one)?, based(one.seed)?)));
        let (of_contender, of_base): (Vec<f64>, Vec<f64>) = pairs.unzip();
        paired_t_test(&of_contender, &of_base)
    }
}
