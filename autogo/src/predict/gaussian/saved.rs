//! Gaussian processes as files: the networks that they learned from, as compact strings or as numbers.

use super::columns::WeightedColumns;
use super::evidence::Weights;
use super::settings::GaussianSettings;
use super::structure::{Entry, Structure, groups, structure};
use crate::error::Error;
use crate::families::networks;
use crate::files::{Tensors, read_tensors, take, write_tensors};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The name and the version of the format. Another way to read a network's structure is another version.
pub(in crate::predict) const FORMAT: &str = "autogo gaussian process 1";

/// Everything of a process but its networks' numbers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    format: String,
    settings: GaussianSettings,
    /// Labels, weights and noise as text, which comes back exactly.
    labels: Vec<String>,
    weights: Vec<String>,
    noise: String,
    /// The networks as compact strings; then there are no numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    networks: Option<Vec<String>>,
    /// Group and name of every number that a network has.
    numbers: Vec<(usize, String)>,
}

/// A process as it was saved.
pub(super) struct Saved {
    pub settings: GaussianSettings,
    pub labels: Vec<f64>,
    pub weights: Weights,
    pub structures: Vec<Structure>,
    /// The compact strings of the networks, where they were saved as such.
    pub names: Vec<String>,
}

/// The tag alone: it tells a file of another version from one that is no process.
#[derive(Deserialize)]
struct Tag {
    format: String,
}

/// Writes a process; the file appears whole or not at all. Where there are no compact strings, a tensor has a row for each number of a network: the place of
/// the network, the place of the number's name, the number.
pub(super) fn save(
    path: &Path,
    settings: &GaussianSettings,
    labels: &[f64],
    noise: f64,
    columns: &WeightedColumns,
    specs: Option<&[String]>,
) -> Result<(), Error> {
    let texts = |numbers: &[f64]| numbers.iter().map(f64::to_string).collect();
    let (mut numbers, mut rows) = (Vec::new(), Vec::new());
    let named = columns.columns.named().enumerate().filter(|_| specs.is_none());
    for (number, column) in named {
        let (group, name, values) = column;
        numbers.push((group, format!("{name:016x}")));
        rows.extend(values.into_iter().flat_map(|(network, value)| [network as f32, number as f32, value as f32]));
    }
    let about = About {
        format: FORMAT.into(),
        settings: *settings,
        labels: texts(labels),
        weights: texts(&columns.weights),
        noise: noise.to_string(),
        networks: specs.map(<[String]>::to_vec),
        numbers,
    };
    let about = serde_json::to_string(&about).map_err(|error| Error::file(path, error))?;
    write_tensors(path, vec![("numbers".into(), (rows.len() / 3, 3), rows)], about)
}

/// Reads a process that [`save`] wrote.
pub(super) fn load(path: &Path) -> Result<Saved, Error> {
    parse(read_tensors(path)?, path)
}

/// As [`load`], of a file's content; `path` is the file's name in errors.
pub(super) fn parse((about, tensors): (String, Tensors), path: &Path) -> Result<Saved, Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let broken = |error: serde_json::Error| failed(format!("is no Gaussian process: {error}; accepted: `{FORMAT}`"));
    let Tag { format } = serde_json::from_str(&about).map_err(broken)?;
    if format != FORMAT {
        return Err(failed(format!("is `{format}`; accepted: `{FORMAT}`")));
    }
    let about: About = serde_json::from_str(&about).map_err(broken)?;
    about.settings.check()?;
    let number = |text: &String| match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(failed(format!("`{text}` is no finite number"))),
    };
    let all = |texts: &[String]| texts.iter().map(number).collect::<Result<Vec<f64>, Error>>();
    let (labels, weights) =
        (all(&about.labels)?, Weights { groups: all(&about.weights)?, noise: number(&about.noise)? });
    let wanted = groups(&about.settings);
    let is_whole = labels.len() > 1
        && weights.groups.len() == wanted
        && about.numbers.iter().all(|(group, _)| *group < wanted)
        && weights.groups.iter().all(|weight| *weight >= 0.0);
    if !is_whole {
        return Err(failed("is of a process whose groups, weights and labels do not fit together".into()));
    }
    if let Some(names) = about.networks {
        if names.len() != labels.len() {
            return Err(failed(format!("has {} networks for {} labels", names.len(), labels.len())));
        }
        let structures = networks(&names)?.par_iter().map(|graph| structure(graph, &about.settings)).collect();
        return Ok(Saved { settings: about.settings, labels, weights, structures, names });
    }
    let named = |(group, name): &(usize, String)| {
        let name = u64::from_str_radix(name, 16).map_err(|_| failed(format!("`{name}` is no name of a number")))?;
        Ok((*group, name))
    };
    let names = about.numbers.iter().map(named).collect::<Result<Vec<(usize, u64)>, Error>>()?;
    let count = tensors.get("numbers").and_then(|(sizes, _)| sizes.first()).copied().unwrap_or(0);
    let rows = take(&tensors, "numbers", (count, 3)).map_err(failed)?;
    let mut structures = vec![Structure::new(); labels.len()];
    for row in rows.chunks_exact(3) {
        let place = |number: f32| (number >= 0.0 && number.fract() == 0.0).then_some(number as usize);
        let structure = place(row[0]).and_then(|network| structures.get_mut(network));
        match (structure, place(row[1]).and_then(|name| names.get(name))) {
            // Distances count on numbers that are not negative.
            (Some(structure), Some(&(group, name))) if row[2] >= 0.0 => {
                structure.push(Entry { group, name, value: f64::from(row[2]) });
            }
            _ => return Err(failed(format!("has the number {} of network {} under name {}", row[2], row[0], row[1]))),
        }
    }
    structures.iter_mut().for_each(|structure| structure.sort_by_key(|entry| (entry.group, entry.name)));
    Ok(Saved { settings: about.settings, labels, weights, structures, names: Vec::new() })
}
