//! The time that a table takes, from a small piece of it.

use super::Table;
use super::columns::read_by;
use crate::failure::Failure;
use autogo::Progress;
use autogo::data::LabelledFamily;
use autogo::families::FamilyName;
use autogo::predict::WholeSpace;
use std::time::Instant;

/// Labels of the piece.
const LABELS: usize = 40;
/// Networks that are ranked in the piece.
const RANKED: usize = 1000;

/// Says what is to be done, and about how long it takes: every contender learns from 40 labels and ranks 1,000 networks,
/// and learning is taken to grow with the labels, ranking with the networks. A Gaussian process grows faster.
pub fn say(table: &Table, families: &[(FamilyName, LabelledFamily)], left: usize) -> Result<(), Failure> {
    let mut minutes = 0.0;
    let seeds = table.seeds.len() as f64;
    for (name, family) in families {
        let study = table.study(*name);
        let mut piece = WholeSpace { labels: vec![LABELS], ranked: Some(RANKED), ..study.clone() };
        // Other networks are ranked than those that have columns; a forest on columns costs next to nothing.
        piece.contenders.retain(|contender| read_by(&contender.method).is_empty());
        if piece.contenders.is_empty() {
            continue;
        }
        let begun = Instant::now();
        let runs = piece.rankings(family, table.seeds[0], Progress::Silent)?;
        let whole = begun.elapsed().as_secs_f64();
        let ranked = study.ranked.unwrap_or(usize::MAX).min(family.len());
        let networks = ranked as f64 / runs.first().map_or(1, |run| run.ranked) as f64;
        let labels = study.labels.iter().sum::<usize>() as f64 / LABELS as f64;
        let mut building = whole;
        let mut parts = Vec::new();
        for run in &runs {
            building -= run.train_seconds + run.score_seconds;
            let (learning, ranking) =
                (run.train_seconds * labels, run.score_seconds * networks * study.labels.len() as f64);
            minutes += seeds * (learning + ranking) / 60.0;
            parts.push((learning + ranking, run.contender.as_str()));
        }
        minutes += seeds * building.max(0.0) * networks / 60.0;
        parts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let dear: Vec<String> = parts.iter().take(3).map(|(seconds, name)| format!("{name} {seconds:.0} s")).collect();
        say!("{name}, one seed: {}", dear.join(", "));
    }
    let items = table.seeds.len() * families.len();
    say!(
        "{left} of {items} pieces are left (a family under a seed), each of which trains {} contenders; about {:.0} min \
         in one process",
        table.contenders.len(),
        (minutes * left as f64 / items as f64).ceil()
    );
    Ok(())
}
