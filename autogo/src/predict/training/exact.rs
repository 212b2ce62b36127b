//! Numbers that come back from JSON as they were: written as text, which Rust reads back exactly.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that is written as text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact(pub(super) f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Exact).map_err(|_| serde::de::Error::custom(format!("`{text}` is no number")))
    }
}

/// For fields that are a number: `#[serde(with = "exact::number")]`.
pub(super) mod number {
    use super::Exact;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::predict::training) fn serialize<S: Serializer>(
        number: &f64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Exact(*number).serialize(serializer)
    }

    pub(in crate::predict::training) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<f64, D::Error> {
        Ok(Exact::deserialize(deserializer)?.0)
    }
}

/// For fields that are a list of numbers: `#[serde(with = "exact::list")]`.
pub(super) mod list {
    use super::Exact;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::predict::training) fn serialize<S: Serializer>(
        numbers: &[f64],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        numbers.iter().copied().map(Exact).collect::<Vec<_>>().serialize(serializer)
    }

    pub(in crate::predict::training) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<Exact>::deserialize(deserializer)?.into_iter().map(|number| number.0).collect())
    }
}
