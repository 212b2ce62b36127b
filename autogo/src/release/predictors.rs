//! The release's two checkpoints as predictors.

use super::{Checkpoint, CompGraph};
use crate::error::Error;
use crate::partition::Partition;
use crate::predict::{Architecture, Cutting, Gnn, Model, Parameter, Psc, Scale, Trained, layout};
use crate::segment::{Segmenter, UnknownTokens, Vocabulary};
use std::collections::HashMap;

impl Gnn {
    /// The release's GNN checkpoint. It predicts accuracy as a fraction.
    ///
    /// # Errors
    /// A tensor of the predictor is missing in the checkpoint, or has another shape.
    pub fn from_release(checkpoint: &Checkpoint) -> Result<Self, Error> {
        Ok(Gnn(Trained { model: model(checkpoint, Architecture::gnn())?, scale: Scale::Plain, cutting: None }))
    }
}

impl Psc {
    /// The release's PSC checkpoint with the release's vocabulary. It predicts accuracy in deviations from a family's
    /// mean.
    ///
    /// # Errors
    /// A tensor of the predictor is missing in the checkpoint, or has another shape.
    pub fn from_release(checkpoint: &Checkpoint, vocabulary: Vocabulary) -> Result<Self, Error> {
        let segmenter = Segmenter::of_vocabulary(vocabulary, UnknownTokens::Fused);
        let model = model(checkpoint, Architecture::default())?;
        Ok(Psc(Trained { model, scale: Scale::Plain, cutting: Some(Cutting { segmenter, cuts: 0 }) }))
    }
}

/// A parameter's name in the release. Newer versions of its graph library say `lin_rel` and `lin_root`.
fn release_name(name: &str) -> String {
    let part = |rest: &str| rest.split_once('.').map(|(number, rest)| (number.to_string(), rest.to_string()));
    match name {
        "embed.regular_op" => "embed_layer.regular_embed_layer.weight".into(),
        "embed.weighted_op" => "embed_layer.weighted_embed_layer.weight".into(),
        "embed.kernel" => "embed_layer.kernel_embed_layer.weight".into(),
        _ => {
            if let Some(rest) = name.strip_prefix("embed.") {
                let (kind, rest) = part(rest).unwrap_or_default();
                format!("embed_layer.{kind}_embed_layer.{rest}")
            } else if let Some(rest) = name.strip_prefix("conv") {
                let (layer, rest) = part(rest).unwrap_or_default();
                match rest.strip_prefix("neighbours.") {
                    Some(rest) => format!("encoder.gnn_layers.{layer}.lin_l.{rest}"),
                    None => format!("encoder.gnn_layers.{layer}.lin_r.weight"),
                }
            } else {
                let (layer, rest) = part(name.trim_start_matches("head")).unwrap_or_default();
                match layer.as_str() {
                    // The ReLU is number 2 of a sequence.
                    "0" | "1" => format!("post_proj.{layer}.{rest}"),
                    "2" => format!("post_proj.3.{rest}"),
                    "3" => format!("post_proj.4.{rest}"),
                    _ => format!("regressor.{rest}"),
                }
            }
        }
    }
}

fn model(checkpoint: &Checkpoint, architecture: Architecture) -> Result<Model, Error> {
    let tensors: HashMap<&str, _> = checkpoint.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let values = layout(&architecture)
        .into_iter()
        .map(|Parameter { name, rows, columns, .. }| {
            let theirs = release_name(&name);
            let wrong = |reason: String, accepted: &str| Error::setting("release checkpoint", reason, accepted);
            let tensor = tensors.get(theirs.as_str()).copied();
            let tensor = tensor.ok_or_else(|| wrong(format!("has no tensor `{theirs}`"), "the release's tensors"))?;
            // A linear layer has a row for each output there; tables of embeddings stand as they are.
            let is_table = ["embed.regular_op", "embed.weighted_op", "embed.kernel"].contains(&name.as_str());
            let expected = match (name.ends_with(".bias"), is_table) {
                (true, _) => vec![columns],
                (_, true) => vec![rows, columns],
                _ => vec![columns, rows],
            };
            if tensor.shape != expected {
                return Err(wrong(format!("tensor `{theirs}` is {:?}", tensor.shape), &format!("{expected:?}")));
            }
            let transposed = (0..rows * columns).map(|at| tensor.values[(at % columns) * rows + at / columns]);
            Ok(if is_table { tensor.values.clone() } else { transposed.collect() })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(Model::with_values(architecture, values))
}

/// The release's training triples of a network ([release §6.4](crate::doc::release#s6-4)): for every segment of the
/// whole vocabulary the nodes before it, its own, and those behind it, as [`CompGraph::part`] leaves them. Segments
/// that are spelled alike stand together, in the order in which they are first met.
pub fn release_triples(graph: &CompGraph, vocabulary: &Vocabulary) -> Vec<[Vec<usize>; 3]> {
    let (order, tokens) = graph.tokens();
    let line: Vec<_> = tokens.iter().map(|token| vocabulary.alphabet().symbol(token)).collect();
    let mut groups = Vec::new();
    let mut first_met: HashMap<&[String], usize> = HashMap::new();
    let mut ranks = Vec::new();
    let mut at = 0;
    for piece in UnknownTokens::Fused.apply(vocabulary.encode(&line, |_| true)) {
        let next = first_met.len();
        ranks.push(*first_met.entry(&tokens[at..at + piece.len]).or_insert(next));
        groups.push(order[at..at + piece.len].to_vec());
        at += piece.len;
    }
    let mut partitions: Vec<(usize, Partition)> = ranks.into_iter().zip(Partition::all(&groups)).collect();
    partitions.sort_by_key(|(rank, _)| *rank);
    partitions.iter().map(|(_, partition)| partition.parts().map(|nodes| graph.part(nodes).1)).collect()
}
