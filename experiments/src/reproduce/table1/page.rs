//! Table 1 as Markdown.

use super::Size;
use autogo::data::LabelledFamily;
use autogo::families::FamilyName;
use autogo::polars::prelude::{DataFrame, IntoLazy, PolarsError, col, lit};
use autogo::release::paper_srcc;
use autogo::stats::{mean, mean_interval};
use std::fmt::Write;

/// The table, a section a family.
pub fn markdown(
    name: &str,
    seeds: usize,
    families: &[(Size, LabelledFamily)],
    runs: &DataFrame,
) -> Result<String, PolarsError> {
    let mut text = format!(
        "# {name}\n\nRank correlation (SRCC) with the labels of networks that were not learned from, disjoint by formula, hence by content \
         id. Means over {seeds} seeds, each with a split of its own, with 95 % intervals by Student's t over the seeds; splits share networks, so these are too narrow \
         for other networks of a family. `folds` is the \
         paper's way of counting: each fold asks one partition of every network. `top 20` is the share of the truly best twenty among the \
         predicted best twenty; `s` are the seconds of learning. *All families*: learned from all families of this table together, by rank \
         within the family.\n"
    );
    for (size, family) in families {
        let own = runs.clone().lazy().filter(col("family").eq(lit(family.family()))).collect()?;
        section(&mut text, size, family, &own)?;
    }
    Ok(text)
}

fn section(text: &mut String, size: &Size, family: &LabelledFamily, runs: &DataFrame) -> Result<(), PolarsError> {
    let noise = match (family.reliability(), family.label().measured) {
        (Some(again), _) => {
            format!("Two trainings of one network agree with {again}; the ceiling is about {:.3}.", again.ceiling())
        }
        (None, true) => "Too few networks were trained twice to know how far two trainings agree.".into(),
        (None, false) => "Such labels have no noise.".into(),
    };
    // Writing into a string cannot fail.
    let _ = write!(
        text,
        "\n## {}\n\n{} networks to learn from, {} to be ranked. {} {noise}\n\n| contender | SRCC | folds | the paper | τ | top 20 | s \
         |\n|{}\n",
        size.family,
        size.train,
        size.test,
        family.banner(),
        "---|".repeat(7)
    );
    let names = runs.column("contender")?.unique_stable()?;
    for contender in names.str()?.iter().flatten() {
        let own = runs.clone().lazy().filter(col("contender").eq(lit(contender))).collect()?;
        let values = |name: &str| Ok::<Vec<f64>, PolarsError>(own.column(name)?.f64()?.iter().flatten().collect());
        let srcc = values("srcc")?;
        let interval = mean_interval(&srcc).map_or(String::new(), |(low, high)| format!(" [{low:.3}, {high:.3}]"));
        // The paper's numbers are of published accuracies.
        let paper = FamilyName::named(family.family()).ok().filter(|_| family.label().published);
        let paper = paper.and_then(|family| paper_srcc(family, contender));
        let _ = writeln!(
            text,
            "| {contender} | {}{interval} | {} | {} | {} | {} | {} |",
            number(mean(&srcc), 3),
            number(mean(&values("fold_srcc")?), 3),
            number(paper, 3),
            number(mean(&values("kendall_tau")?), 3),
            number(mean(&values("top_20_overlap")?), 2),
            number(mean(&values("seconds")?), 0)
        );
    }
    Ok(())
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("–".into(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use autogo::polars::prelude::df;

    #[test]
    fn every_family_has_its_contenders_in_their_order() {
        let runs = df!(
            "family" => ["hiaml", "hiaml", "hiaml", "nb101"], "contender" => ["PSC", "FLOPs", "PSC", "PSC"],
            "srcc" => [0.8, 0.5, 0.9, 0.1], "fold_srcc" => [Some(0.7), None, Some(0.8), Some(0.0)],
            "kendall_tau" => [0.6, 0.3, 0.7, 0.1], "top_20_overlap" => [0.5; 4], "seconds" => [1.0; 4],
        );
        let family = LabelledFamily::mini(FamilyName::Hiaml).unwrap();
        let size = Size { family: FamilyName::Hiaml, train: 8, test: 4 };
        let text = markdown("table1", 2, &[(size, family)], &runs.unwrap()).unwrap();
        assert!(text.contains("8 networks to learn from, 4 to be ranked. Labels: likelihood"), "{text}");
        let (psc, flops) =
            ("| PSC | 0.850 [0.215, 1.485] | 0.750 | – | 0.650 | 0.50 | 1 |", "| FLOPs | 0.500 | – | – |");
        assert!(text.contains(psc) && text.find(psc) < text.find(flops), "{text}");
        assert!(!text.contains("0.100"), "another family's runs: {text}");
    }
}
