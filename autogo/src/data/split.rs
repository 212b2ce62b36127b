//! Labelled networks to learn from, and others to be ranked.

use super::arch::Arch;
use super::labelled::{Example, LabelledFamily};
use crate::error::Error;
use crate::graph::{Graph, Zeros};
use crate::rng::Stream;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use std::collections::HashSet;

/// Labelled networks for training and for testing, disjoint by content id and by formula.
///
/// ```
/// let split = autogo::data::LabelledFamily::nb201_computed(20)?.split(12, 8, 0)?;
/// assert_eq!((split.train_graphs().len(), split.test_graphs().len(), split.test_values().len()), (12, 8, 8));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Split {
    /// Networks to train on.
    pub train: Vec<Example>,
    /// Networks the predictor has not seen, in any isomorphic form.
    pub test: Vec<Example>,
}

impl Split {
    /// The graphs to train on.
    pub fn train_graphs(&self) -> Vec<Graph> {
        graphs(&self.train)
    }

    /// The graphs that the predictor has not seen.
    pub fn test_graphs(&self) -> Vec<Graph> {
        graphs(&self.test)
    }

    /// The labels of the graphs that the predictor has not seen, in their order.
    pub fn test_values(&self) -> Vec<f64> {
        self.test.iter().map(|example| example.value).collect()
    }
}

fn graphs(examples: &[Example]) -> Vec<Graph> {
    examples.iter().map(|example| example.graph.clone()).collect()
}

impl LabelledFamily {
    /// A uniform sample of `train` + `test` labelled networks, of NB-201 those without `none`. Of the networks with one
    /// formula, zeros aside ([`Graph::formula_id`], [`Zeros::Dropped`]), one is drawn: no network of one half then has
    /// a twin in the other, be it under the same content id, with other weights shared, or with other summands of zero.
    /// Deterministic in `seed`. O(rows), and O(nodes) for each network that is built, on all cores.
    ///
    /// # Errors
    /// The family has fewer labelled networks of distinct formulas than `train + test`, or an architecture makes no
    /// valid graph.
    pub fn split(&self, train: usize, test: usize, seed: u64) -> Result<Split, Error> {
        let mut examples = self.draw(train.saturating_add(test), seed)?;
        if examples.len() < train.saturating_add(test) {
            return Err(Error::setting(
                "split",
                format!("asks for {train} + {test} networks"),
                &format!("at most {} distinct ones", examples.len()),
            ));
        }
        let test = examples.split_off(train);
        Ok(Split { train: examples, test })
    }

    /// The numbers of networks to learn from and to rank, for [`LabelledFamily::split`]: `train` and `test` where the
    /// family has as many of distinct formulas, otherwise all it has, in the same proportion. O(rows), and O(nodes) for
    /// each network that is built, on all cores.
    ///
    /// # Errors
    /// An architecture makes no valid graph.
    ///
    /// ```
    /// let data = autogo::data::LabelledFamily::nb201_computed(30)?;
    /// assert_eq!(data.shares(8, 4)?, (8, 4));
    /// assert_eq!(data.shares(400, 200)?, (20, 10));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn shares(&self, train: usize, test: usize) -> Result<(usize, usize), Error> {
        let wanted = train.saturating_add(test);
        let have = self.draw(wanted, 0)?.len();
        if have == wanted {
            return Ok((train, test));
        }
        let ranked = (have as u128 * test as u128 / wanted as u128) as usize;
        Ok((have - ranked, ranked))
    }

    /// At most `most` labelled networks, drawn as for [`LabelledFamily::split`]: where the family has fewer of distinct
    /// formulas, all of them in a random order. Deterministic in `seed`. O(rows), and O(nodes) for each network that is
    /// built, on all cores.
    ///
    /// # Errors
    /// An architecture makes no valid graph.
    ///
    /// ```
    /// let data = autogo::data::LabelledFamily::nb201_computed(20)?;
    /// assert_eq!(data.draw(12, 0)?.len(), 12);
    /// assert_eq!(data.draw(1_000, 0)?.len(), 20);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn draw(&self, most: usize, seed: u64) -> Result<Vec<Example>, Error> {
        let mut usable: Vec<(Arch, f64)> = self
            .values
            .iter()
            .filter(|(arch, _)| arch.is_usable())
            .filter_map(|(arch, value)| value.map(|value| (arch.clone(), value)))
            .collect();
        usable.shuffle(&mut Stream::new(seed, "split").at(0));
        let mut seen = HashSet::new();
        let mut examples = Vec::new();
        for chunk in usable.chunks(256) {
            if examples.len() >= most {
                break;
            }
            let built = chunk
                .par_iter()
                .map(|(arch, value)| Ok(Example { graph: arch.build()?, value: *value }))
                .collect::<Result<Vec<Example>, Error>>()?;
            examples.extend(built.into_iter().filter(|example| seen.insert(example.graph.formula_id(Zeros::Dropped))));
        }
        examples.truncate(most);
        Ok(examples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_disjoint_and_reproducible() {
        let family = LabelledFamily::nb201_computed(300).unwrap();
        let ids = |seed: u64| {
            let split = family.split(100, 60, seed).unwrap();
            let ids = |examples: &[Example]| examples.iter().map(|e| e.graph.content_id()).collect::<Vec<_>>();
            (ids(&split.train), ids(&split.test))
        };
        let (train, test) = ids(1);
        assert_eq!((train.len(), test.len()), (100, 60));
        assert_eq!(train.iter().chain(&test).collect::<HashSet<_>>().len(), 160);
        assert_eq!(ids(1), (train, test));
        assert_ne!(ids(1), ids(2));
        let error = family.split(10_000, 1, 0).unwrap_err().to_string();
        assert!(error.starts_with("split: asks for 10000 + 1 networks; accepted: at most "), "{error}");
    }
}
