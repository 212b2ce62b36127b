//! The inputs of the verbs: networks, families, labels, machines, settings. Each is read here, once.

use crate::failure::Failure;
use autogo::Error;
use autogo::data::{LabelledFamily, MINI_FAMILIES, folder_from_env};
use autogo::families::{self, FamilyName, Nb201};
use autogo::formats::onnx::{Imported, ReadOptions, import_with};
use autogo::formats::{FormatError, from_json};
use autogo::graph::Graph;
use autogo::profile::Npu;
use autogo::release::{Quirks, read_graph};
use autogo::train::Recipe;
use clap::ValueEnum;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use toml::Table;

/// Networks that are labelled on the spot.
const COMPUTED: usize = 900;

/// The peculiarities that a verb reproduces: with `--release` all of the release's, otherwise none.
pub fn quirks(is_release: bool) -> Quirks {
    if is_release { Quirks::original() } else { Quirks::default() }
}

/// The folder that an environment variable names; an empty variable names none.
pub fn folder_in(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The graph of a compact string, or of a file by its extension: `.onnx`, `.json` of `autogo graph --save`, `.pkl` of
/// the original release.
pub fn network(text: &str) -> Result<Graph, Failure> {
    network_with(text, &Quirks::default())
}

/// The graph of a compact string or of a file, as [`network`] reads it. A compact string of NAS-Bench-201 shows its
/// `skip_connect` as the peculiarities say.
pub fn network_with(text: &str, quirks: &Quirks) -> Result<Graph, Failure> {
    let path = Path::new(text);
    let in_file = |error: FormatError| Failure::input(path, error);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("onnx") => Ok(onnx_file(path, ReadOptions::default())?.graph),
        Some("pkl") => read_graph(&file(path)?).and_then(|form| Ok(form.to_graph()?.graph)).map_err(in_file),
        Some("json") => from_json(&text_file(path)?).map_err(in_file),
        _ if FamilyName::of(text) == Some(FamilyName::Nb201) => {
            Ok(text.parse::<Nb201>()?.build_with(quirks.nb201_skip).map_err(Error::from)?)
        }
        _ => Ok(families::network(text)?),
    }
}

/// The network of an ONNX file, of which weights may lie in files beside it.
pub fn onnx_file(path: &Path, options: ReadOptions) -> Result<Imported, Failure> {
    let options = ReadOptions { folder: path.parent().map(Path::to_path_buf), ..options };
    import_with(file(path)?, &options).map_err(|error| Failure::input(path, error))
}

/// Height and width: `224x224`, or one number for both.
pub fn picture(text: &str) -> Result<(u32, u32), String> {
    let size = |text: &str| text.parse().ok().filter(|size| *size > 0);
    let (high, wide) = text.split_once('x').unwrap_or((text, text));
    size(high).zip(size(wide)).ok_or(format!("`{text}`; accepted: HEIGHTxWIDTH such as 224x224"))
}

/// The graph of a configuration in the release's JSON fields: the text itself, or a file that holds it.
pub fn configured(family: &str, config: &str, quirks: &Quirks) -> Result<Graph, Failure> {
    let family = FamilyName::named(family)?;
    let is_inline = config.trim_start().starts_with(['{', '[']);
    let graph = match is_inline {
        true => family.build_config(config)?,
        false => family.build_config(&text_file(Path::new(config))?)?,
    };
    // The name of a graph that was built is its compact string.
    if family == FamilyName::Nb201 { network_with(graph.name(), quirks) } else { Ok(graph) }
}

/// `count` sampled networks of a family: `hiaml=200` as an argument, `{ family = "hiaml", count = 200 }` in a file.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The family.
    pub family: FamilyName,
    /// The number of networks.
    pub count: usize,
}

impl FromStr for Sample {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Sample, Failure> {
        let wrong = || {
            let names = FamilyName::ALL.map(FamilyName::prefix).join(", ");
            Failure::Input(format!("`{text}` is no FAMILY=COUNT; accepted families: {names}"))
        };
        let (name, count) = text.split_once('=').ok_or_else(wrong)?;
        let family = FamilyName::named(name).map_err(|_| wrong())?;
        Ok(Sample { family, count: count.parse().map_err(|_| wrong())? })
    }
}

impl Sample {
    /// `count` networks of each of the five families that the paper's segments come from.
    pub fn of_five(count: usize) -> Vec<Sample> {
        use FamilyName::{Hiaml, Inception, Nb101, Nb201, TwoPath};
        [Nb101, Nb201, Hiaml, Inception, TwoPath].map(|family| Sample { family, count }).into()
    }
}

/// The sampled networks, sample after sample.
pub fn corpus(samples: &[Sample], seed: u64) -> Result<Vec<Graph>, Failure> {
    let samples: Vec<(FamilyName, usize)> = samples.iter().map(|sample| (sample.family, sample.count)).collect();
    Ok(families::corpus(&samples, seed)?)
}

/// The origin of a family's labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LabelOrigin {
    /// A public benchmark, which AUTOGO_DATA holds: NB-101 and NB-201.
    Public,
    /// The project's own benchmark of networks in mini form.
    Mini,
    /// Cycles, computed on the spot: NB-201.
    Cycles,
}

/// A family's labels of an origin. Without one: public labels where AUTOGO_DATA holds them, otherwise the project's
/// own.
pub fn labels(family: FamilyName, origin: Option<LabelOrigin>) -> Result<Option<LabelledFamily>, Failure> {
    use LabelOrigin::{Cycles, Mini, Public};
    let is_public = matches!(family, FamilyName::Nb101 | FamilyName::Nb201);
    let usual = match (is_public, folder_from_env()) {
        (true, Some(_)) => Public,
        _ => Mini,
    };
    Ok(match (origin.unwrap_or(usual), family, folder_from_env()) {
        (Public, FamilyName::Nb201, Some(folder)) => Some(LabelledFamily::nb201(folder)?),
        (Public, FamilyName::Nb101, Some(folder)) => Some(LabelledFamily::nb101(folder)?),
        (Cycles, FamilyName::Nb201, _) => Some(LabelledFamily::nb201_computed(COMPUTED)?),
        (Mini, _, _) if MINI_FAMILIES.contains(&family) => Some(LabelledFamily::mini(family)?),
        _ => None,
    })
}

/// The name of the project's own labels of all families together.
const TOGETHER: &str = "mini";

/// The labelled family of this name, `mini` being the project's own labels of all families together; a family without
/// labels is refused.
pub fn labelled(name: &str, origin: Option<LabelOrigin>) -> Result<LabelledFamily, Failure> {
    if name == TOGETHER && matches!(origin, None | Some(LabelOrigin::Mini)) {
        return Ok(LabelledFamily::mini_together()?);
    }
    let names = MINI_FAMILIES.map(FamilyName::prefix).join(", ") + ", " + TOGETHER;
    let refused = || {
        let of = match origin {
            Some(LabelOrigin::Public) => "public labels; accepted, with AUTOGO_DATA: nb101, nb201".into(),
            Some(LabelOrigin::Cycles) => "computed labels; accepted: nb201".into(),
            Some(LabelOrigin::Mini) | None => format!("labels; accepted: {names}"),
        };
        Failure::Input(format!("`{name}` has no {of}"))
    };
    labels(FamilyName::named(name).map_err(|_| refused())?, origin)?.ok_or_else(refused)
}

/// The machine of a preset's name, or of a TOML file.
pub fn machine(name: &str) -> Result<Npu, Failure> {
    if let Some(preset) = Npu::named(name) {
        return Ok(preset);
    }
    if !name.ends_with(".toml") {
        let names = Npu::presets().map(|preset| preset.name).join(", ");
        return Err(Failure::Input(format!("machine `{name}` is not known; accepted: {names}, or a TOML file")));
    }
    Npu::from_toml(&plain_text(Path::new(name))?).map_err(|error| Failure::input(name, error))
}

/// An experiment of this repository by its name: `experiments/NAME.toml`, unless another file was asked for.
pub fn experiment(asked: Option<&Path>, name: &str) -> PathBuf {
    asked.map_or_else(|| experiments().join(format!("{name}.toml")), Path::to_path_buf)
}

/// The folder of experiments.
pub fn experiments() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A value in a TOML file. An error names the line.
pub fn toml_file<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = plain_text(path)?;
    toml::from_str(&text).map_err(|error| {
        let line = 1 + error.span().map_or(0, |span| text[..span.start].matches('\n').count());
        Failure::Input(format!("{}:{line}: {}", path.display(), error.message()))
    })
}

/// A recipe of a TOML file; what the file leaves out is the usual recipe's. Without a file, the usual recipe.
pub fn recipe(path: Option<&Path>, usual: Recipe) -> Result<Recipe, Failure> {
    let Some(path) = path else { return Ok(usual) };
    // Read twice: an error of the first reading names the line.
    toml_file::<Recipe>(path)?;
    recipe_of(&toml_file(path)?, usual).map_err(|reason| Failure::input(path, reason))
}

/// A recipe of a TOML table; what the table leaves out is the usual recipe's. An error is a reason in words.
pub fn recipe_of(given: &Table, usual: Recipe) -> Result<Recipe, String> {
    let mut whole = Table::try_from(usual).map_err(|error| error.to_string())?;
    whole.extend(given.clone());
    let recipe: Recipe = whole.try_into().map_err(|error: toml::de::Error| error.message().to_string())?;
    recipe.check().map_err(|error| error.to_string())?;
    Ok(recipe)
}

/// The bytes of a file.
fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::input(path, error))
}

/// The text of a file.
pub fn plain_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::input(path, error))
}

/// The text of a file, without a byte-order mark.
fn text_file(path: &Path) -> Result<String, Failure> {
    let text = plain_text(path)?;
    Ok(text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text))
}
