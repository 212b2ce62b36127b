//! Tokens, order and pieces of the release's graphs under its vocabularies, and merges learned from a corpus.

use super::{Outcome, golden};
use crate::failure::Failure;
use autogo::data::{DATA_VARIABLE, folder_from_env};
use autogo::release::{Quirks, ReleaseEncoder, ReleaseRow, read_encoder, read_sentencepiece, release_database};
use autogo::segment::{Alphabet, BpeTrainer, Limit, Piece, Symbol, Trainer, UNKNOWN, Vocabulary};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

/// The release's vocabulary as the reference files write it.
pub(super) struct Release {
    encoder: ReleaseEncoder,
    pieces: Vec<String>,
}

impl Release {
    pub(super) fn read(folder: &Path) -> Result<Option<Release>, Failure> {
        let encoder = golden::json(&folder.join("original/encoder_vocab.json"))?;
        let model = golden::json(&folder.join("original/bpe_model.json"))?;
        let (Some(encoder), Some(model)) = (encoder, model) else { return Ok(None) };
        let token = |row: &Value| Some((row["token"].as_str()?.to_string(), row["char"].as_str()?.chars().next()?));
        let tokens = encoder["tokens"].as_array().into_iter().flatten().filter_map(token).collect();
        let normal = |piece: &&Value| piece["type"] == 1;
        let text = |piece: &Value| piece["piece"].as_str().map(String::from);
        let pieces = model["pieces"].as_array().into_iter().flatten().filter(normal).filter_map(text).collect();
        Ok(Some(Release { encoder: ReleaseEncoder { tokens }, pieces }))
    }

    /// The vocabulary they make.
    pub(super) fn vocabulary(&self) -> Result<Vocabulary, Failure> {
        Ok(Vocabulary::from_release(&self.encoder, &self.pieces)?)
    }

    /// Whether the release's own files say the same.
    fn compare_files(&self, data: &Path) -> Result<(), String> {
        let folder = data.join("autogo/cache_sentence_piece");
        let read = |path: &str| std::fs::read(folder.join(path)).map_err(|error| format!("{path}: {error}"));
        let encoder = read_encoder(&read("h+i+n15+n2+t_encoder_shp.pkl")?).map_err(|error| error.to_string())?;
        let model = read("models/h+i+n15+n2+t_vsize2000_bpe_shp.model")?;
        let pieces = read_sentencepiece(&model).map_err(|error| error.to_string())?;
        match (encoder == self.encoder, pieces == self.pieces) {
            (true, true) => Ok(()),
            (false, _) => Err("the encoder's tokens differ".into()),
            (_, false) => Err("the model's pieces differ".into()),
        }
    }
}

/// Suite `encode`.
pub fn encode(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let file = golden::json(&folder.join("original/encodings.json"))?;
    let subsets = golden::json(&folder.join("original/bpe_subvocabularies.json"))?;
    let (Some(file), Some(subsets), Some(release)) = (file, subsets, Release::read(folder)?) else { return Ok(None) };
    let vocabulary = release.vocabulary()?;
    let mut outcome = Outcome::default();
    match folder_from_env() {
        Some(data) => outcome.count("the release's own files", release.compare_files(&data)),
        None => outcome.skipped.push(format!("the release's own files: no {DATA_VARIABLE}")),
    }
    for (name, entry) in file.as_object().into_iter().flatten() {
        let Some(graph) = golden::graph(folder, name)? else {
            outcome.skipped.push(format!("{name}: the reference has no such graph"));
            continue;
        };
        outcome.count(name, compare_graph(&graph, entry, &subsets, &release, &vocabulary));
    }
    // The networks of the families come with their line and its pieces.
    for (stem, nets) in golden::files(&folder.join("original/families"))? {
        for (number, net) in
            nets.as_array().into_iter().flatten().enumerate().filter(|(_, net)| net["pieces"].is_array())
        {
            outcome.count(&format!("{stem} {number}"), compare_net(net, &release, &vocabulary));
        }
    }
    Ok(Some(outcome))
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A line's pieces as character strings, with unknown neighbours fused as in the release.
fn spelled(pieces: Vec<Piece>, characters: &[char]) -> Vec<String> {
    let mut at = 0;
    let cut = |piece: &Piece| {
        at += piece.len;
        characters[at - piece.len..at].iter().collect()
    };
    Quirks::original().unknown.apply(pieces).iter().map(cut).collect()
}

fn line(characters: &[char], encoder: &ReleaseEncoder) -> Vec<Symbol> {
    let symbols: HashMap<char, Symbol> =
        encoder.tokens.iter().enumerate().map(|(at, (_, character))| (*character, at as Symbol)).collect();
    characters.iter().map(|character| symbols.get(character).copied().unwrap_or(UNKNOWN)).collect()
}

fn first_difference(ours: &[String], theirs: &[&str]) -> Result<(), String> {
    match ours.iter().zip(theirs).position(|(a, b)| a != b) {
        Some(at) => Err(format!("piece {at} is `{}`; reference: `{}`", ours[at], theirs[at])),
        None if ours.len() != theirs.len() => Err(format!("{} pieces; reference: {}", ours.len(), theirs.len())),
        None => Ok(()),
    }
}

fn compare_graph(
    graph: &Value,
    entry: &Value,
    subsets: &Value,
    release: &Release,
    vocabulary: &Vocabulary,
) -> Result<(), String> {
    let (order, tokens) = golden::comp_graph(graph)?.tokens();
    let order: Vec<u32> = order.into_iter().map(|node| node as u32).collect();
    if Some(order) != golden::numbers(&entry["topo_order"]) {
        return Err("the topological order".into());
    }
    first_difference(&tokens, &strings(&entry["tokens"])).map_err(|difference| format!("tokens: {difference}"))?;
    let characters: Vec<char> = entry["encoded"].as_str().unwrap_or_default().chars().collect();
    // The release gives unseen tokens new characters, which its model does not know.
    let known = line(&characters, &release.encoder);
    let own: Vec<Symbol> = tokens.iter().map(|token| vocabulary.alphabet().symbol(token)).collect();
    if known != own {
        return Err("the line of symbols".into());
    }
    for (name, theirs) in entry["segments"].as_object().into_iter().flatten() {
        let allowed: Option<HashSet<&str>> =
            subsets[name].as_array().map(|_| strings(&subsets[name]).into_iter().collect());
        let text_of = |piece: u32| {
            let tokens = vocabulary.spell(piece);
            let character = |token: &&str| release.encoder.tokens[vocabulary.alphabet().symbol(token) as usize].1;
            tokens.iter().map(character).collect::<String>()
        };
        let is_allowed = |piece: u32| allowed.as_ref().is_none_or(|allowed| allowed.contains(text_of(piece).as_str()));
        let ours = spelled(vocabulary.encode(&own, is_allowed), &characters);
        first_difference(&ours, &strings(theirs)).map_err(|difference| format!("{name}: {difference}"))?;
    }
    Ok(())
}

fn compare_net(net: &Value, release: &Release, vocabulary: &Vocabulary) -> Result<(), String> {
    let (_, tokens) = golden::comp_graph(&net["cg"])?.tokens();
    let characters: Vec<char> = net["encoded"].as_str().unwrap_or_default().chars().collect();
    let own: Vec<Symbol> = tokens.iter().map(|token| vocabulary.alphabet().symbol(token)).collect();
    if line(&characters, &release.encoder) != own {
        return Err("the line of symbols".into());
    }
    first_difference(&spelled(vocabulary.encode(&own, |_| true), &characters), &strings(&net["pieces"]))
}

/// Suite `bpe_train`.
pub fn train(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let Some(file) = golden::json(&folder.join("original/bpe_training_example.json"))? else { return Ok(None) };
    let corpus: Vec<Vec<char>> = strings(&file["corpus"]).iter().map(|line| line.chars().collect()).collect();
    // Ties fall to smaller code points: symbols are numbered by them.
    let characters: Vec<char> = corpus.iter().flatten().copied().collect::<BTreeSet<char>>().into_iter().collect();
    let symbol = |character: &char| characters.binary_search(character).unwrap_or_default() as Symbol;
    let lines: Vec<Vec<Symbol>> = corpus.iter().map(|line| line.iter().map(symbol).collect()).collect();
    let mut outcome = Outcome::default();
    for (size, reference) in file["sizes"].as_object().into_iter().flatten() {
        outcome.count(&format!("{size} pieces"), compare_training(size, reference, &characters, &corpus, &lines));
    }
    Ok(Some(outcome))
}

fn compare_training(
    size: &str,
    reference: &Value,
    characters: &[char],
    corpus: &[Vec<char>],
    lines: &[Vec<Symbol>],
) -> Result<(), String> {
    let size: usize = size.parse().map_err(|_| format!("`{size}` is no size"))?;
    let merges = size.checked_sub(3 + characters.len()).ok_or("the size is smaller than the alphabet")?;
    let mut alphabet = Alphabet::default();
    characters.iter().for_each(|character| {
        alphabet.insert(&character.to_string());
    });
    let trainer = BpeTrainer { merges, min_count: 1, limit: Limit::Soft, ..BpeTrainer::default() };
    let vocabulary = trainer.train(alphabet, lines.to_vec()).map_err(|error| error.to_string())?;
    let learned = characters.len() as u32..vocabulary.len() as u32;
    let mut ours: Vec<String> = learned.map(|piece| vocabulary.spell(piece).concat()).collect();
    // Behind the merges stand the characters by how often they occur.
    let mut counts: HashMap<char, usize> = HashMap::new();
    corpus.iter().flatten().for_each(|character| *counts.entry(*character).or_default() += 1);
    let mut singles = characters.to_vec();
    singles.sort_by_key(|character| (std::cmp::Reverse(counts[character]), *character));
    ours.extend(singles.iter().map(char::to_string));
    let theirs = strings(&reference["pieces"]);
    first_difference(&ours, theirs.get(3..).unwrap_or_default())?;
    let indices = golden::numbers(&reference["encoded_indices"]).ok_or("the reference has no encoded_indices")?;
    for (index, theirs) in indices.iter().zip(reference["encodings"].as_array().into_iter().flatten()) {
        let at = *index as usize;
        let (Some(line), Some(characters)) = (lines.get(at), corpus.get(at)) else {
            return Err(format!("no line {at}"));
        };
        let ours = spelled(vocabulary.encode(line, |_| true), characters);
        first_difference(&ours, &strings(theirs)).map_err(|difference| format!("line {index}: {difference}"))?;
    }
    Ok(())
}

/// Suite `segment_db`: the release's database of a few graphs, by its own rule of what is the same.
pub fn database(folder: &Path) -> Result<Option<Outcome>, Failure> {
    let file = golden::json(&folder.join("original/segment_db_mini.json"))?;
    let (Some(file), Some(release)) = (file, Release::read(folder)?) else { return Ok(None) };
    let vocabulary = release.vocabulary()?;
    let names = strings(&file["source_order"]);
    let mut graphs = Vec::new();
    for name in &names {
        let graph = golden::graph(folder, name)?;
        let graph =
            graph.ok_or_else(|| Failure::Input(format!("graph {name} of the segment database is not there")))?;
        graphs.push(golden::comp_graph(&graph).map_err(|reason| Failure::Input(format!("graph {name}: {reason}")))?);
    }
    let mut ours = release_database(&graphs, &vocabulary);
    let mut outcome = Outcome::default();
    for (number, row) in file["rows"].as_array().into_iter().flatten().enumerate() {
        let result = match reference_row(row, &names) {
            None => Err("the reference is not readable".into()),
            Some(row) => match ours.iter().position(|other| *other == row) {
                Some(at) => {
                    ours.swap_remove(at);
                    Ok(())
                }
                None => Err(format!("{:?} of {} is missing", row.nodes, names[row.graph])),
            },
        };
        outcome.count(&format!("row {number}"), result);
    }
    let rest = ours
        .first()
        .map(|row| format!("{} rows too many, such as {:?} of {}", ours.len(), row.nodes, names[row.graph]));
    outcome.count("no row besides", rest.map_or(Ok(()), Err));
    Ok(Some(outcome))
}

fn reference_row(row: &Value, names: &[&str]) -> Option<ReleaseRow> {
    let shapes = |value: &Value| {
        let mut all = value.as_array()?.iter().map(golden::shapes).collect::<Option<Vec<_>>>()?;
        all.sort_unstable();
        Some(all)
    };
    Some(ReleaseRow {
        tokens: strings(&row["tokens"]).into_iter().map(String::from).collect(),
        inputs: shapes(&row["res_in"])?,
        outputs: shapes(&row["res_out"])?,
        graph: names.iter().position(|name| row["graph"] == *name)?,
        nodes: golden::numbers(&row["node_ids"])?.into_iter().map(|node| node as usize).collect(),
    })
}
