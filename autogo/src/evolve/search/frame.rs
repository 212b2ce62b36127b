//! The individuals of a run as a frame, and back.

use super::individual::Individual;
use super::run::EvolutionRun;
use crate::evolve::objectives::{Figures, OwnColumn, RunColumn, Stored, TABLE};
use polars::prelude::*;
use std::collections::HashSet;

impl EvolutionRun {
    /// All individuals as a frame: `id`, `parent`, `generation`, `front`, every [`RunColumn`] by its name but power
    /// (which follows from energy and time), the number of ops that the repair changed (`repaired`), the content id
    /// (`network`), and the search's own columns.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let front: HashSet<usize> = self.archive.ids().into_iter().collect();
        let all = &self.individuals;
        let repaired = |i: &Individual| i.derivation.as_ref().map(|derivation| derivation.repair.len() as u32);
        let mut frame = df!(
            "id" => all.iter().map(|i| i.id as u32).collect::<Vec<_>>(),
            "parent" => all.iter().map(|i| i.parent.map(|parent| parent as u32)).collect::<Vec<_>>(),
            "generation" => all.iter().map(|i| i.generation as u32).collect::<Vec<_>>(),
            "front" => all.iter().map(|i| front.contains(&i.id)).collect::<Vec<_>>(),
        )?;
        for row in &TABLE {
            if let Some(column) = self.column(row.name, &row.value) {
                frame.with_column(column)?;
            }
        }
        let networks: Vec<String> = all.iter().map(|i| i.content_id.to_string()).collect();
        frame.with_column(Column::new("repaired".into(), all.iter().map(repaired).collect::<Vec<_>>()))?;
        frame.with_column(Column::new("network".into(), networks))?;
        for own in &self.settings.columns {
            let column = RunColumn::Own(own.name());
            let values: Vec<f64> = all.iter().map(|i| i.value(column)).collect();
            frame.with_column(Column::new(column.name().into(), values))?;
        }
        Ok(frame)
    }

    /// The frame of a run's folder: as [`EvolutionRun::frame`], with how each individual was made (`derivation`, as
    /// JSON) and whether it may stand on the front (`eligible`).
    pub(in crate::evolve) fn population(&self) -> PolarsResult<DataFrame> {
        let mut frame = self.frame()?;
        let json = |one: &Individual| one.derivation.as_ref().and_then(|made| serde_json::to_string(made).ok());
        let derivations: Vec<Option<String>> = self.individuals.iter().map(json).collect();
        frame.with_column(Column::new("derivation".into(), derivations))?;
        let eligible: Vec<bool> = self.individuals.iter().map(|one| one.is_eligible).collect();
        frame.with_column(Column::new("eligible".into(), eligible))?;
        Ok(frame)
    }

    /// The values of a column of the table; none of one that is in no frame.
    fn column(&self, name: &str, value: &Stored) -> Option<Column> {
        let figures = self.individuals.iter().map(|one| &one.figures);
        Some(match value {
            Stored::Score => {
                Column::new(name.into(), self.individuals.iter().map(|one| one.score).collect::<Vec<f64>>())
            }
            Stored::Count(value, _) => Column::new(name.into(), figures.map(value).collect::<Vec<u64>>()),
            Stored::Size(value, _) => Column::new(name.into(), figures.map(value).collect::<Vec<u32>>()),
            Stored::Real(value, _) => Column::new(name.into(), figures.map(value).collect::<Vec<f64>>()),
            Stored::Counted(value, _) => Column::new(name.into(), figures.map(value).collect::<Vec<Option<f64>>>()),
            Stored::Derived(_) => return None,
        })
    }
}

/// The individuals of a population ([`EvolutionRun::population`]) of a search with these columns of its own. A row that
/// does not read back is named, with the reason.
pub(in crate::evolve) fn read_population(frame: &DataFrame, columns: &[OwnColumn]) -> Result<Vec<Individual>, String> {
    let missing = |error: PolarsError| error.to_string();
    let whole =
        |name: &str| frame.column(name).and_then(|c| c.cast(&DataType::UInt64)?.u64().cloned()).map_err(missing);
    let real = |name: &str| frame.column(name).and_then(|c| c.f64().cloned()).map_err(missing);
    let text = |name: &str| frame.column(name).and_then(|c| c.str().cloned()).map_err(missing);
    let [ids, parents, generations] = ["id", "parent", "generation"].map(whole);
    let (ids, parents, generations, scores) = (ids?, parents?, generations?, real("score")?);
    let (networks, derivations) = (text("network")?, text("derivation")?);
    let eligible = frame.column("eligible").and_then(|c| c.bool().cloned()).map_err(missing)?;
    let mut all_figures = vec![Some(Figures::default()); frame.height()];
    for row in &TABLE {
        read_column(frame, row.name, &row.value, &mut all_figures).map_err(missing)?;
    }
    for own in columns {
        let values = real(own.name().as_str())?;
        put(&mut all_figures, values.iter(), |figures, value| figures.own.push((own.name(), value)));
    }
    let individual = |(at, figures): (usize, Option<Figures>)| -> Option<Individual> {
        Some(Individual {
            id: ids.get(at)? as usize,
            parent: parents.get(at).map(|parent| parent as usize),
            derivation: derivations.get(at).map(serde_json::from_str).transpose().ok()?,
            generation: generations.get(at)? as usize,
            content_id: networks.get(at)?.parse().ok()?,
            is_eligible: eligible.get(at)?,
            score: scores.get(at)?,
            figures: figures?,
        })
    };
    let row = |(at, figures)| individual((at, figures)).ok_or_else(|| format!("row {at} is no individual"));
    all_figures.into_iter().enumerate().map(row).collect()
}

/// Puts the values of a column of the table into the figures; an individual without a value has no figures.
fn read_column(frame: &DataFrame, name: &str, value: &Stored, all_figures: &mut [Option<Figures>]) -> PolarsResult<()> {
    match value {
        Stored::Score | Stored::Derived(_) => {}
        Stored::Count(_, set) => put(all_figures, frame.column(name)?.cast(&DataType::UInt64)?.u64()?.iter(), set),
        Stored::Size(_, set) => put(all_figures, frame.column(name)?.cast(&DataType::UInt32)?.u32()?.iter(), set),
        Stored::Real(_, set) => put(all_figures, frame.column(name)?.f64()?.iter(), set),
        Stored::Counted(_, set) => put(all_figures, frame.column(name)?.f64()?.iter().map(Some), set),
    }
    Ok(())
}

/// Puts one value into the figures of each individual; an individual without a value has no figures.
fn put<T>(all_figures: &mut [Option<Figures>], values: impl Iterator<Item = Option<T>>, set: impl Fn(&mut Figures, T)) {
    for (figures, value) in all_figures.iter_mut().zip(values) {
        *figures = figures.take().zip(value).map(|(mut figures, value)| {
            set(&mut figures, value);
            figures
        });
    }
}
