//! A new family: predictors that learn from four families of the project's own labels, from few networks of the fifth, or
//! from both.

use super::Experiment;
use crate::failure::Failure;
use crate::inputs::plain_text;
use autogo::Progress;
use autogo::data::{LabelledFamily, MINI_FAMILIES, write_parquet};
use autogo::files::write;
use autogo::polars::prelude::{DataFrame, PolarsError};
use autogo::predict::NewFamily;
use autogo::stats::{deviation, mean};
use std::fmt::Write;

/// Runs the study on all families; writes every run as Parquet and the means as Markdown.
pub fn reproduce(experiment: &Experiment) -> Result<(), Failure> {
    let Experiment { config, out } = experiment;
    let study = NewFamily::from_toml(&plain_text(config)?).map_err(|error| Failure::input(config, error))?;
    let families = MINI_FAMILIES.map(LabelledFamily::mini).into_iter().collect::<Result<Vec<_>, _>>()?;
    say!("{}", families[0].banner());
    let mut runs = study.run(&families, Progress::Live)?;
    let name = config.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (table, page) = (out.join(format!("{name}.parquet")), out.join(format!("{name}.md")));
    write_parquet(&mut runs, &table)?;
    let text = markdown(&study, &families, &runs).map_err(|error| Failure::Work(error.to_string()))?;
    write(&page, text.as_bytes())?;
    say!("{text}");
    say!("every run: {}; this table: {}", table.display(), page.display());
    Ok(())
}

/// Kendall's tau of a contender on a family, a number a seed.
fn taus(runs: &DataFrame, family: &str, contender: &str, learned: &str) -> Result<Vec<f64>, PolarsError> {
    let text = |name: &str| runs.column(name)?.str().cloned();
    let (families, contenders, lessons) = (text("family")?, text("contender")?, text("learned")?);
    let tau = runs.column("kendall_tau")?.f64()?;
    let is_wanted = |row: usize| {
        (families.get(row), contenders.get(row), lessons.get(row)) == (Some(family), Some(contender), Some(learned))
    };
    Ok((0..runs.height()).filter(|&row| is_wanted(row)).filter_map(|row| tau.get(row)).collect())
}

/// The means over seeds, a row a contender and kind of lessons, a column a family.
fn markdown(study: &NewFamily, families: &[LabelledFamily], runs: &DataFrame) -> Result<String, PolarsError> {
    let names: Vec<&str> = families.iter().map(LabelledFamily::family).collect();
    let sizes: Vec<String> = families.iter().map(|family| format!("{} {}", family.family(), family.len())).collect();
    let mut text = format!(
        "# A new family\n\nKendall's τ within each family, which contenders know from `others` (all networks of the other four, by rank within \
         their family), from a `few` ({} networks of its own), or from both; the rest of the family is ranked. Mean over {} seeds and the \
         deviation over them. Labels: {}, {}; networks: {}.\n\n| contender | learned from | {} | mean |\n|{}\n",
        study.few,
        study.seeds.len(),
        families[0].label().title,
        families[0].label().source,
        sizes.join(", "),
        names.join(" | "),
        "---|".repeat(names.len() + 3)
    );
    for contender in &study.contenders {
        for learned in ["nothing", "others", "few", "both"] {
            let each = names.iter().map(|name| taus(runs, name, &contender.name, learned));
            let each = each.collect::<Result<Vec<Vec<f64>>, PolarsError>>()?;
            let means: Vec<f64> = each.iter().filter_map(|taus| mean(taus)).collect();
            if means.is_empty() {
                continue;
            }
            let cells = each.iter().map(|taus| match (mean(taus), deviation(taus)) {
                (Some(mean), Some(deviation)) => format!("{mean:.3} ± {deviation:.3}"),
                (Some(mean), None) => format!("{mean:.3}"),
                _ => "–".into(),
            });
            let cells: Vec<String> = cells.collect();
            let all = mean(&means).filter(|_| means.len() == names.len());
            let all = all.map_or("–".into(), |mean| format!("{mean:.3}"));
            // Writing into a string cannot fail.
            let _ = writeln!(text, "| {} | {learned} | {} | {all} |", contender.name, cells.join(" | "));
        }
    }
    Ok(text)
}
