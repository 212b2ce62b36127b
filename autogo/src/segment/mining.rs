//! A mining run as one value, and what comes out of it.

use super::pipeline::{Linearizer, SegmentModel, TokenEncoder, Trainer};
use super::{Alphabet, BpeTrainer, Keep, Limit, Model, ModelTrainer, NGramTrainer, Order, Piece, PieceId, SegmentDb};
use super::{Symbol, TokenForm, UNKNOWN, UnigramTrainer, UnknownTokens, Vocabulary};
use crate::error::{Error, toml_line};
use crate::graph::Graph;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The four stages of a mining run. An ablation changes one of them.
///
/// ```
/// use autogo::families::FamilyName;
/// use autogo::segment::{Mining, TokenForm};
/// let graphs = (0..20)
///     .map(|at| autogo::families::network(&FamilyName::Hiaml.sample(1, at)))
///     .collect::<Result<Vec<_>, _>>()?;
/// let paper = Mining::bpe(30).run(&graphs)?;
/// let ablation = Mining { tokens: TokenForm::op(), ..Mining::bpe(30) }.run(&graphs)?;
/// assert!(paper.segmenter.alphabet().len() > ablation.segmenter.alphabet().len());
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mining {
    /// The order of nodes in a line.
    pub order: Order,
    /// The parts of a token.
    pub tokens: TokenForm,
    /// The trainer that learns pieces.
    pub trainer: ModelTrainer,
    /// The segments that the database keeps.
    pub keep: Keep,
}

/// The result of a mining run.
///
/// ```
/// use autogo::prelude::*;
/// let graphs = autogo::families::corpus(&[(FamilyName::Hiaml, 10)], 0)?;
/// let mined = Mining::bpe(30).run(&graphs)?;
/// // The segmenter cuts any graph; the database holds the distinct pieces of the corpus.
/// assert!(mined.segmenter.groups(&graphs[0]).len() < graphs[0].len());
/// assert!(mined.db.len() > 10);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mined {
    /// The run's settings.
    pub mining: Mining,
    /// Cuts graphs into segments.
    pub segmenter: Segmenter,
    /// The distinct segments of the graphs that were mined.
    pub db: SegmentDb,
}

/// Cuts graphs into segments: order, tokens, and a learned model.
///
/// ```
/// use autogo::prelude::*;
/// let graphs = autogo::families::corpus(&[(FamilyName::Hiaml, 10)], 0)?;
/// let segmenter = Mining::bpe(30).segmenter(&graphs)?;
/// let groups = segmenter.groups(&graphs[0]);
/// let nodes: usize = groups.iter().map(Vec::len).sum();
/// assert_eq!(nodes, graphs[0].len()); // every node stands in one group
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segmenter {
    /// The order of nodes in a line.
    pub order: Order,
    /// The parts of a token.
    pub tokens: TokenForm,
    /// The treatment of tokens that were not seen in mining.
    pub unknown: UnknownTokens,
    model: Model,
}

impl Mining {
    /// The paper's stages, with this many merges at most: of a small corpus, as many as it allows.
    pub fn bpe(merges: usize) -> Self {
        let trainer = BpeTrainer { merges, limit: Limit::Soft, ..BpeTrainer::default() };
        Mining { trainer: ModelTrainer::Bpe(trainer), ..Mining::default() }
    }

    /// A unigram language model of at most this many longer pieces in the place of byte-pair encoding.
    pub fn unigram(pieces: usize) -> Self {
        let trainer = UnigramTrainer { pieces, limit: Limit::Soft, ..UnigramTrainer::default() };
        Mining { trainer: ModelTrainer::Unigram(trainer), ..Mining::default() }
    }

    /// Runs of `length` nodes in the place of byte-pair encoding; of length 1, single ops.
    pub fn ngrams(length: usize) -> Self {
        Mining { trainer: ModelTrainer::NGrams(NGramTrainer { length }), ..Mining::default() }
    }

    /// The stages in a TOML file; what it leaves out is as in the paper.
    ///
    /// # Errors
    /// The file cannot be read, or a line of the file is no setting; the error names the line.
    ///
    /// ```toml
    /// order = "topological"       # or "depth_first"
    /// [tokens]
    /// kernel = true
    /// neighbours = true
    /// channels = false
    /// resolution_ratio = false
    /// [trainer]
    /// model = "bpe"               # or "unigram" (pieces = 813), "n_grams" (length = 1)
    /// merges = 813
    /// limit = "soft"              # fewer if the corpus allows no more; "hard" is an error
    /// [keep]
    /// movable = true
    /// connected = false
    /// ```
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| Error::file(path, error))?;
        toml::from_str(&text).map_err(|error| Error::Line {
            path: path.into(),
            line: toml_line(&text, &error),
            reason: error.message().to_string(),
            accepted: "order, tokens, trainer and keep as in the documentation of Mining::from_file".into(),
        })
    }

    /// Learns a segmenter and mines the distinct segments. Deterministic, on any number of threads. O(tokens · log
    /// pairs).
    ///
    /// # Errors
    /// An empty corpus, settings of the trainer that are out of range, or, under [`Limit::Hard`], fewer pieces than
    /// were asked for.
    pub fn run(&self, graphs: &[Graph]) -> Result<Mined, Error> {
        self.run_labelled(graphs, &[])
    }

    /// [`Mining::run`] where every graph has a label, such as its accuracy: the database then knows the mean label of
    /// the graphs that hold a segment. An empty list of labels is accepted.
    ///
    /// # Errors
    /// As for [`Mining::run`], and a number of labels that is neither 0 nor the number of graphs.
    pub fn run_labelled(&self, graphs: &[Graph], labels: &[f64]) -> Result<Mined, Error> {
        let segmenter = self.segmenter(graphs)?;
        let db = SegmentDb::mine(graphs, labels, &self.keep, |graph| segmenter.groups(graph))?;
        Ok(Mined { mining: *self, segmenter, db })
    }

    /// The first three stages: learns a segmenter without mining a database.
    ///
    /// # Errors
    /// As for [`Mining::run`].
    pub fn segmenter(&self, graphs: &[Graph]) -> Result<Segmenter, Error> {
        // Every chunk has an alphabet of its own; joined in order they are the one of a single pass.
        let chunks: Vec<(Alphabet, Vec<Vec<Symbol>>)> = graphs
            .par_chunks(64)
            .map(|chunk| {
                let mut alphabet = Alphabet::default();
                let lines = chunk.iter().map(|graph| self.line(graph, |token| alphabet.insert(token))).collect();
                (alphabet, lines)
            })
            .collect();
        let mut alphabet = Alphabet::default();
        let mut lines = Vec::with_capacity(graphs.len());
        for (own, mut own_lines) in chunks {
            let number: Vec<Symbol> = own.tokens().iter().map(|token| alphabet.insert(token)).collect();
            own_lines.iter_mut().flatten().for_each(|symbol| *symbol = number[*symbol as usize]);
            lines.append(&mut own_lines);
        }
        let model = self.trainer.train(alphabet, lines)?;
        Ok(Segmenter { order: self.order, tokens: self.tokens, unknown: UnknownTokens::default(), model })
    }

    /// The tokens of a graph's nodes, in line.
    pub fn tokens(&self, graph: &Graph) -> Vec<String> {
        self.tokens.tokens(graph, &self.order.order(graph))
    }

    fn line(&self, graph: &Graph, mut symbol: impl FnMut(&str) -> Symbol) -> Vec<Symbol> {
        let order = self.order.order(graph);
        let mut line = Vec::with_capacity(order.len());
        self.tokens.encode(graph, &order, &mut |token| line.push(symbol(token)));
        line
    }
}

impl Segmenter {
    /// A segmenter of the paper's order and tokens with this vocabulary.
    pub fn of_vocabulary(vocabulary: Vocabulary, unknown: UnknownTokens) -> Self {
        let Mining { order, tokens, .. } = Mining::default();
        Segmenter { order, tokens, unknown, model: Model::Bpe(vocabulary) }
    }

    /// The tokens it knows.
    pub fn alphabet(&self) -> &Alphabet {
        self.model.alphabet()
    }

    /// The model that was learned.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The byte-pair merges, if it is such a model.
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        match &self.model {
            Model::Bpe(vocabulary) => Some(vocabulary),
            Model::Unigram(_) | Model::NGrams(_) => None,
        }
    }

    /// Number of pieces of two and more tokens; their numbers start behind the alphabet's.
    pub fn longer_pieces(&self) -> usize {
        self.model.pieces() - self.alphabet().len()
    }

    /// A graph's nodes in line and the pieces they are cut into. O(n log n).
    pub fn pieces(&self, graph: &Graph, allowed: impl Fn(PieceId) -> bool) -> (Vec<usize>, Vec<Piece>) {
        let order = self.order.order(graph);
        let mut line: Vec<Symbol> = Vec::with_capacity(order.len());
        let alphabet = self.alphabet();
        self.tokens.encode(graph, &order, &mut |token| line.push(alphabet.symbol(token)));
        let pieces = self.unknown.apply(self.model.split(&line, &allowed));
        (order, pieces)
    }

    /// Cuts a graph into groups of consecutive nodes of the line, one for every piece. Each node stands in exactly one
    /// group. O(n log n).
    ///
    /// ```
    /// use autogo::segment::Mining;
    /// let toy = autogo::tutorials::toy()?;
    /// let segmenter = Mining::bpe(2).segmenter(&[toy.clone(), toy.clone()])?;
    /// assert_eq!(segmenter.groups(&toy), [vec![0, 1], vec![2, 3], vec![4]]);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn groups(&self, graph: &Graph) -> Vec<Vec<usize>> {
        self.groups_of(graph, |_| true)
    }

    /// [`Segmenter::groups`] with some of the pieces: longer pieces that `allowed` refuses are split.
    pub fn groups_of(&self, graph: &Graph, allowed: impl Fn(PieceId) -> bool) -> Vec<Vec<usize>> {
        let (order, pieces) = self.pieces(graph, allowed);
        let mut rest = order.as_slice();
        pieces
            .into_iter()
            .map(|piece| {
                let (group, tail) = rest.split_at(piece.len);
                rest = tail;
                group.to_vec()
            })
            .collect()
    }

    /// The coverage of some graphs: nodes, nodes in known pieces of two and more, nodes with an unknown token, pieces.
    pub fn coverage(&self, graphs: &[Graph]) -> Coverage {
        let one = |graph: &Graph| {
            let (_, pieces) = self.pieces(graph, |_| true);
            let nodes_of =
                |of: &dyn Fn(&&Piece) -> bool| pieces.iter().filter(of).map(|piece| piece.len).sum::<usize>();
            Coverage {
                nodes: graph.len(),
                covered: nodes_of(&|piece| piece.len > 1 && piece.id != UNKNOWN),
                unknown: nodes_of(&|piece| piece.id == UNKNOWN),
                pieces: pieces.len(),
            }
        };
        graphs.par_iter().map(one).reduce(Coverage::default, |a, b| Coverage {
            nodes: a.nodes + b.nodes,
            covered: a.covered + b.covered,
            unknown: a.unknown + b.unknown,
            pieces: a.pieces + b.pieces,
        })
    }
}

/// The part of some graphs that a segmenter knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Nodes of the graphs.
    pub nodes: usize,
    /// Nodes in known pieces of two and more.
    pub covered: usize,
    /// Nodes whose token is unknown.
    pub unknown: usize,
    /// Pieces the graphs are cut into.
    pub pieces: usize,
}

impl Coverage {
    /// Nodes in a piece, on average.
    pub fn nodes_a_piece(&self) -> f64 {
        self.nodes as f64 / self.pieces.max(1) as f64
    }

    /// Share of the nodes that stand in known pieces of two and more.
    pub fn share(&self) -> f64 {
        self.covered as f64 / self.nodes.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::minings;

    #[test]
    fn stages_are_saved_by_name_and_unknown_ones_are_refused() {
        for mining in minings() {
            let text = serde_json::to_string(&mining).unwrap();
            assert_eq!(serde_json::from_str::<Mining>(&text).unwrap(), mining, "{text}");
        }
        let error = serde_json::from_str::<Mining>(r#"{"trainer":{"model":"wordpiece"}}"#).unwrap_err().to_string();
        assert!(error.contains("wordpiece") && error.contains("unigram"), "{error}");
        let error = serde_json::from_str::<Mining>(r#"{"tokens":{"colour":true}}"#).unwrap_err().to_string();
        assert!(error.contains("colour") && error.contains("resolution_ratio"), "{error}");
    }

    #[test]
    fn one_label_for_every_graph_or_none() {
        let graphs = [crate::families::network("nb201:none,none,none,nor_conv_1x1,none,none").unwrap()];
        let error = Mining::bpe(3).run_labelled(&graphs, &[1.0, 2.0]).unwrap_err().to_string();
        assert_eq!(error, "labels of mined graphs: 2 for 1 graphs; accepted: one for every graph, or none");
        let error = Mining::bpe(3).run(&[]).unwrap_err().to_string();
        assert_eq!(error, "segment corpus: is empty; accepted: at least one graph");
    }
}
