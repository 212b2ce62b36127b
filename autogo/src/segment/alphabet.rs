//! The distinct tokens of a corpus, numbered.

use foldhash::HashMap;
use serde::{Deserialize, Serialize};

/// A token's number in an [`Alphabet`], or [`UNKNOWN`].
pub type Symbol = u32;

/// The symbol of a token that an alphabet does not hold. It never merges with a neighbour.
pub const UNKNOWN: Symbol = Symbol::MAX;

/// Distinct tokens, numbered in the order in which they were first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Alphabet {
    tokens: Vec<String>,
    numbers: HashMap<String, Symbol>,
}

impl Alphabet {
    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no token yet.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The tokens by number.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// The symbol of a token; [`UNKNOWN`] when it is not here.
    pub fn symbol(&self, token: &str) -> Symbol {
        self.numbers.get(token).copied().unwrap_or(UNKNOWN)
    }

    /// The symbol of a token, which is added when it is new.
    pub fn insert(&mut self, token: &str) -> Symbol {
        if let Some(&known) = self.numbers.get(token) {
            return known;
        }
        let next = self.tokens.len() as Symbol;
        self.tokens.push(token.into());
        self.numbers.insert(token.into(), next);
        next
    }
}

impl From<Vec<String>> for Alphabet {
    fn from(tokens: Vec<String>) -> Self {
        let mut alphabet = Alphabet::default();
        for token in tokens {
            alphabet.insert(&token);
        }
        alphabet
    }
}

impl From<Alphabet> for Vec<String> {
    fn from(alphabet: Alphabet) -> Self {
        alphabet.tokens
    }
}
