//! The contenders of a table beside the one that they are tested against.

use super::{Few, Table};
use autogo::predict::Ranking;
use autogo::stats::{PairedTest, Verdict, holm, paired_t_test};
use std::fmt::Write;

/// A section of Markdown: for each number of labels what every contender gains in Kendall's tau over the table's base, the
/// largest gain first. Pairs are seeds; p-values are corrected by Holm for the contenders of one number of labels.
/// Nothing for a table without a base.
pub fn gains(table: &Table, few: &Few, own: &[&Ranking], text: &mut String) {
    let Some(base) = &table.base else { return };
    for &labels in &few.labels {
        let others = table.contenders.iter().filter(|contender| contender.name != *base);
        let tested = others.filter_map(|other| Some((other.name.as_str(), test(own, labels, &other.name, base)?)));
        let tested: Vec<(&str, PairedTest)> = tested.collect();
        let corrected = holm(&tested.iter().map(|(_, test)| test.p).collect::<Vec<f64>>());
        let mut rows: Vec<_> = tested.into_iter().zip(corrected).collect();
        rows.sort_by(|a, b| b.0.1.difference.total_cmp(&a.0.1.difference));
        // A `String` takes whatever is written.
        let _ =
            writeln!(text, "Gain in τ over *{base}* from {labels} labels, paired by seed, with its 95 % interval\n");
        let _ = writeln!(text, "| | gain | p (Holm, {} tests) | |\n|---|---|---|---|", rows.len());
        for ((name, PairedTest { difference, low, high, .. }), p) in rows {
            let verdict = Verdict::of(difference, p);
            let _ = writeln!(text, "| {name} | {difference:+.3} ({low:+.3} to {high:+.3}) | {p:.3} | {verdict} |");
        }
        let _ = writeln!(text);
    }
}

/// The test of a contender against the base, over the seeds under which both have a correlation.
fn test(own: &[&Ranking], labels: usize, contender: &str, base: &str) -> Option<PairedTest> {
    let tau = |name: &str, seed: u64| {
        let mut runs = own.iter().filter(|one| one.contender == name && one.labels == labels && one.seed == seed);
        runs.find_map(|one| one.kendall_tau)
    };
    let runs = own.iter().filter(|one| one.contender == contender && one.labels == labels);
    let pairs = runs.filter_map(|one| Some((one.kendall_tau?, tau(base, one.seed)?)));
    let (of_contender, of_base): (Vec<f64>, Vec<f64>) = pairs.unzip();
    paired_t_test(&of_contender, &of_base)
}
