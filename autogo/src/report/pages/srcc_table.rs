//! Comparisons on several families as one table.

use super::table::Table;
use crate::error::Error;
use crate::stats::{mean, mean_interval};
use polars::prelude::*;

/// The names in a column, each once, in the order in which they come.
fn names(runs: &DataFrame, column: &str) -> Result<Vec<String>, Error> {
    Ok(runs.column(column)?.unique_stable()?.str()?.iter().flatten().map(String::from).collect())
}

/// Mean SRCC over seeds of every contender on every family, a row a contender and a column a family, with 95 %
/// intervals by Student's t where there are several seeds. Splits of one family share networks, so runs under several seeds
/// are not independent, and the intervals too narrow for other networks of the family.
///
/// ```
/// use autogo::{polars::prelude::df, report::srcc_table};
/// let runs = df!("family" => ["nb201", "nb201"], "contender" => ["PSC", "PSC"], "srcc" => [0.80, 0.82])?;
/// assert!(srcc_table(&runs)?.html().contains("0.810 [0.683, 0.937]"));
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// A column of [`Comparison::run`](crate::predict::Comparison::run) is missing, or has another type. O(rows · families).
pub fn srcc_table(runs: &DataFrame) -> Result<Table, Error> {
    let (families, contenders) = (names(runs, "family")?, names(runs, "contender")?);
    let (of_family, of_contender) = (runs.column("family")?.str()?, runs.column("contender")?.str()?);
    let srcc = runs.column("srcc")?.f64()?;
    let cell = |family: &str, contender: &str| {
        let is_meant = |row: usize| (of_family.get(row), of_contender.get(row)) == (Some(family), Some(contender));
        let own: Vec<f64> = (0..runs.height()).filter(|&row| is_meant(row)).filter_map(|row| srcc.get(row)).collect();
        let interval = mean_interval(&own).map_or(String::new(), |(low, high)| format!(" [{low:.3}, {high:.3}]"));
        mean(&own).map(|mean| format!("{mean:.3}{interval}"))
    };
    let mut columns = vec![Column::new("SRCC".into(), &contenders)];
    for family in &families {
        let cells: Vec<Option<String>> = contenders.iter().map(|contender| cell(family, contender)).collect();
        columns.push(Column::new(family.as_str().into(), cells));
    }
    Ok(Table::of(&DataFrame::new(contenders.len(), columns)?).rows(contenders.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contender_that_a_family_lacks_has_a_dash_there() {
        let runs = df!(
            "family" => ["a", "a", "b"], "contender" => ["x", "y", "y"], "srcc" => [Some(0.5), None, Some(0.25)],
        );
        let html = srcc_table(&runs.unwrap()).unwrap().html();
        assert!(html.contains("0.500") && html.contains("0.250") && html.matches("–").count() == 2, "{html}");
        assert!(srcc_table(&DataFrame::empty()).is_err());
    }
}
