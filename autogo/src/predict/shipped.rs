//! Predictors that come with the library.

use super::SavedPredictor;
use super::gaussian::GaussianProcess;
use crate::error::Error;
use std::path::Path;

/// Name, file, and the bytes of it.
const SHIPPED: [(&str, &str, &[u8]); 3] = [
    ("mini", "datasets/predictors/mini.safetensors", include_bytes!("../../../datasets/predictors/mini.safetensors")),
    (
        "nb101",
        "datasets/predictors/nb101.safetensors",
        include_bytes!("../../../datasets/predictors/nb101.safetensors"),
    ),
    (
        "nb201",
        "datasets/predictors/nb201.safetensors",
        include_bytes!("../../../datasets/predictors/nb201.safetensors"),
    ),
];

impl SavedPredictor {
    /// The names of the predictors that come with the library.
    pub const SHIPPED: [&str; 3] = [SHIPPED[0].0, SHIPPED[1].0, SHIPPED[2].0];

    /// A predictor that comes with the library, by its name: Gaussian processes that learned from a few hundred networks of
    /// NAS-Bench-101 (`nb101`) or NAS-Bench-201 (`nb201`) by their published accuracies, or from the project's own labels
    /// of all five families (`mini`), by rank within the family. `datasets/predictors/README.md` says what each learned
    /// from, how well it ranks, and the command that made it.
    ///
    /// ```
    /// use autogo::predict::{Predictor, SavedPredictor};
    /// let predictor = SavedPredictor::shipped("mini")?;
    /// let scores = predictor.score(&autogo::families::networks(&["hiaml:z,z,z,z", "hiaml:src1,src1,r30,src3"])?)?;
    /// assert!(scores.iter().all(|rank| rank.is_finite())); // ranks within HiAML, in percent
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// A name that is none of [`SavedPredictor::SHIPPED`].
    pub fn shipped(name: &str) -> Result<Self, Error> {
        let Some((_, file, bytes)) = SHIPPED.iter().find(|(known, ..)| *known == name) else {
            let accepted = Self::SHIPPED.join(", ");
            return Err(Error::predictor("shipped predictor", format!("`{name}` is not known"), &accepted));
        };
        Ok(GaussianProcess::of_bytes(bytes, Path::new(file))?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::LabelledFamily;
    use crate::families::FamilyName;
    use crate::predict::Predictor;
    use crate::stats::srcc;

    #[test]
    fn every_shipped_predictor_is_read_and_ranks() {
        for (name, family) in [("nb101", FamilyName::Nb101), ("nb201", FamilyName::Nb201), ("mini", FamilyName::Hiaml)]
        {
            let predictor = SavedPredictor::shipped(name).unwrap();
            let examples = LabelledFamily::mini(family).unwrap().draw(60, 0).unwrap();
            let graphs: Vec<_> = examples.iter().map(|example| example.graph.clone()).collect();
            let truth: Vec<f64> = examples.iter().map(|example| example.value).collect();
            let found = srcc(&predictor.score(&graphs).unwrap(), &truth).unwrap();
            assert!(found > 0.4, "{name}: {found}");
        }
        let error = SavedPredictor::shipped("nb301").unwrap_err().to_string();
        assert!(error.ends_with("accepted: mini, nb101, nb201"), "{error}");
        let bytes: usize = SHIPPED.iter().map(|(_, _, bytes)| bytes.len()).sum();
        assert!(bytes < 1_000_000, "{bytes} bytes");
    }
}
