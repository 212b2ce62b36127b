//! The merges by which byte-pair encoding made a piece.

use crate::display;
use crate::error::Error;
use crate::segment::{PieceId, Segmenter, Vocabulary};
use std::fmt::Write;

/// The merges that made a piece, as a tree: its tokens below, the order of learning in every joint. A small number was
/// learned early, from a pair that is frequent everywhere.
///
/// ```
/// use autogo::report::MergeTree;
/// let graphs = [autogo::families::network("nb201:nor_conv_3x3,none,none,nor_conv_1x1,none,none")?];
/// let segmenter = autogo::segment::Mining::bpe(20).segmenter(&graphs)?;
/// let tree = MergeTree::longest(&segmenter, 8)?;
/// assert!(tree.svg().starts_with("<svg"));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MergeTree {
    /// Parents before children; tokens have no children.
    joints: Vec<Joint>,
    tokens: usize,
}

#[derive(Clone, Debug)]
struct Joint {
    label: String,
    children: Option<(usize, usize)>,
    /// Place among the tokens, in the middle of what stands below.
    x: f64,
    /// Merges between here and the lowest token below.
    height: usize,
}

const COLUMN: f64 = 108.0;
const LEVEL: f64 = 44.0;
const INK: &str = "#26323f";

impl MergeTree {
    /// The tree of a piece of a byte-pair model.
    ///
    /// # Errors
    /// The vocabulary has no such piece.
    pub fn new(vocabulary: &Vocabulary, piece: PieceId) -> Result<Self, Error> {
        if piece as usize >= vocabulary.len() {
            let reason = format!("piece {piece}");
            return Err(Error::setting("merge tree", reason, &format!("pieces 0 to {}", vocabulary.len() as i64 - 1)));
        }
        let mut tree = MergeTree { joints: Vec::new(), tokens: 0 };
        tree.grow(vocabulary, piece);
        Ok(tree)
    }

    /// The tree of the longest piece of at most this many tokens; of several, the one learned first.
    ///
    /// # Errors
    /// The segmenter is no byte-pair model, or no piece has so few tokens.
    pub fn longest(segmenter: &Segmenter, tokens: usize) -> Result<Self, Error> {
        let none = || Error::setting("merge tree", "the segment model has no merges", "a byte-pair model");
        let vocabulary = segmenter.vocabulary().ok_or_else(none)?;
        let pieces = 0..vocabulary.len() as PieceId;
        let fits = pieces.rev().filter(|&piece| vocabulary.spell(piece).len() <= tokens);
        let longest = fits.max_by_key(|&piece| vocabulary.spell(piece).len());
        MergeTree::new(vocabulary, longest.ok_or_else(none)?)
    }

    /// Adds the subtree of a piece and returns its root. A piece is at most some tens of tokens, and so is the depth.
    fn grow(&mut self, vocabulary: &Vocabulary, piece: PieceId) -> usize {
        let at = self.joints.len();
        let singles = vocabulary.alphabet().len();
        let Some(&(left, right)) = (piece as usize).checked_sub(singles).and_then(|rank| vocabulary.merges().get(rank))
        else {
            let label = vocabulary.spell(piece).concat();
            self.joints.push(Joint { label, children: None, x: self.tokens as f64, height: 0 });
            self.tokens += 1;
            return at;
        };
        let label = (piece as usize - singles + 1).to_string();
        self.joints.push(Joint { label, children: None, x: 0.0, height: 0 });
        let children = (self.grow(vocabulary, left), self.grow(vocabulary, right));
        let (a, b) = (&self.joints[children.0], &self.joints[children.1]);
        let (x, height) = ((a.x + b.x) / 2.0, 1 + a.height.max(b.height));
        self.joints[at] = Joint { children: Some(children), x, height, ..self.joints[at].clone() };
        at
    }

    /// Number of tokens below.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// The tree as SVG.
    pub fn svg(&self) -> String {
        let levels = self.joints.iter().map(|joint| joint.height).max().unwrap_or(0) as f64;
        let (width, height) = (20.0 + COLUMN * self.tokens as f64, 30.0 + LEVEL * levels + 44.0);
        let place = |at: usize| {
            let joint = &self.joints[at];
            (10.0 + (joint.x + 0.5) * COLUMN, 22.0 + (levels - joint.height as f64) * LEVEL)
        };
        let (mut lines, mut marks) = (String::new(), String::new());
        for (at, joint) in self.joints.iter().enumerate() {
            let (x, y) = place(at);
            match joint.children {
                Some((left, right)) => {
                    for child in [left, right] {
                        let (to_x, to_y) = place(child);
                        let _ = write!(lines, "<path d=\"M{x:.1} {y:.1}H{to_x:.1}V{to_y:.1}\"/>");
                    }
                    let half = 9.0 + 3.6 * joint.label.len() as f64;
                    let _ = write!(
                        marks,
                        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"20\" rx=\"10\" fill=\"#8fc7e8\"/>\
                         <text x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
                        x - half,
                        y - 10.0,
                        2.0 * half,
                        y + 4.0,
                        joint.label
                    );
                }
                None => {
                    // The op, then what the token says of it.
                    let (op, rest) = joint.label.split_once(",in,").unwrap_or((&joint.label, ""));
                    let (read, readers) = rest.split_once(",out,").unwrap_or((rest, ""));
                    let short = |names: &str| names.trim_matches(',').replace("fusedbatchnorm", "bn").replace(',', " ");
                    let around =
                        if rest.is_empty() { String::new() } else { format!("{} → {}", short(read), short(readers)) };
                    let op = op.replace("fusedbatchnorm", "batchnorm").replace(',', " ");
                    let _ = write!(
                        marks,
                        "<g><title>{}</title><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"36\" rx=\"5\" fill=\"#eef1f4\"/>\
                         <text x=\"{x:.1}\" y=\"{:.1}\" font-weight=\"600\">{}</text>\
                         <text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"10\">{}</text></g>",
                        display::escape(&joint.label),
                        x - COLUMN / 2.0 + 4.0,
                        y - 6.0,
                        COLUMN - 8.0,
                        y + 9.0,
                        display::escape(&op),
                        y + 23.0,
                        display::escape(&around),
                    );
                }
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" style=\"max-width:100%;height:auto\" font-family=\"system-ui,sans-serif\" \
             font-size=\"12\" fill=\"{INK}\" text-anchor=\"middle\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>\
             <g fill=\"none\" stroke=\"{INK}\" stroke-opacity=\"0.5\">{lines}</g>{marks}</svg>"
        )
    }

    /// Shows the tree in a notebook.
    pub fn evcxr_display(&self) {
        display::show_html(&self.svg());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Alphabet;

    #[test]
    fn a_tree_has_a_joint_for_every_merge_and_a_leaf_for_every_token() {
        let alphabet = Alphabet::from(["a<", "b", "c"].map(String::from).to_vec());
        let vocabulary = Vocabulary::new(alphabet, vec![(0, 1), (3, 2), (4, 3)]).unwrap();
        let tree = MergeTree::new(&vocabulary, 5).unwrap();
        assert_eq!((tree.tokens(), tree.joints.len()), (5, 9));
        assert_eq!(tree.joints[0].height, 3);
        let svg = tree.svg();
        assert!(svg.contains("a&lt;") && !svg.contains("a<"));
        let error = MergeTree::new(&vocabulary, 6).unwrap_err().to_string();
        assert_eq!(error, "merge tree: piece 6; accepted: pieces 0 to 5");
    }
}
