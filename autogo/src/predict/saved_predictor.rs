//! A predictor of a file, whatever kind it is of.

use super::gaussian::{GAUSSIAN_FORMAT, GaussianProcess};
use super::scoring::{EncodedSegments, Predictor, Trained};
use crate::error::Error;
use crate::files::read_tensors;
use crate::graph::Graph;
use crate::partition::Partition;
use crate::segment::Segment;
use serde::Deserialize;
use std::path::Path;

/// A predictor that is kept in a file: a trained graph network (GNN or PSC), or a Gaussian process.
///
/// ```
/// use autogo::predict::{GaussianProcess, GaussianSettings, SavedPredictor};
/// use autogo::prelude::*;
/// let split = LabelledFamily::nb201_computed(30)?.split(20, 5, 0)?;
/// let process = GaussianProcess::train(&split.train, &GaussianSettings::default(), 0)?;
/// let path = std::env::temp_dir().join(format!("autogo-{}.safetensors", std::process::id()));
/// SavedPredictor::from(process).save(&path)?;
/// let again = SavedPredictor::load(&path)?;
/// assert_eq!(again.score(&split.test_graphs())?.len(), 5);
/// # std::fs::remove_file(path).ok();
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Debug)]
pub enum SavedPredictor {
    /// A graph network.
    Network(Box<Trained>),
    /// A Gaussian process.
    Gaussian(Box<GaussianProcess>),
}

/// The tag of a predictor's file.
#[derive(Deserialize)]
struct Tag {
    format: String,
}

impl SavedPredictor {
    /// Reads a predictor of any kind.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or is no predictor of this version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let (about, _) = read_tensors(path)?;
        match serde_json::from_str::<Tag>(&about) {
            Ok(Tag { format }) if format == GAUSSIAN_FORMAT => Ok(GaussianProcess::load(path)?.into()),
            // Whatever else it is, the error says what a predictor's file looks like.
            Ok(_) | Err(_) => Ok(Trained::load(path)?.into()),
        }
    }

    /// Writes the predictor; read again, it scores the same. The file appears whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        match self {
            SavedPredictor::Network(trained) => trained.save(path),
            SavedPredictor::Gaussian(process) => process.save(path),
        }
    }

    /// The same predictor with scores averaged over `cuts` partitions of a network ([`Trained::with_cuts`]). One that
    /// reads whole networks stays as it is.
    #[must_use]
    pub fn with_cuts(self, cuts: usize) -> Self {
        match self {
            SavedPredictor::Network(trained) => trained.with_cuts(cuts).into(),
            gaussian @ SavedPredictor::Gaussian(_) => gaussian,
        }
    }

    fn inner(&self) -> &dyn Predictor {
        match self {
            SavedPredictor::Network(trained) => trained.as_ref(),
            SavedPredictor::Gaussian(process) => process.as_ref(),
        }
    }
}

impl From<Trained> for SavedPredictor {
    fn from(trained: Trained) -> Self {
        SavedPredictor::Network(Box::new(trained))
    }
}

impl From<GaussianProcess> for SavedPredictor {
    fn from(process: GaussianProcess) -> Self {
        SavedPredictor::Gaussian(Box::new(process))
    }
}

impl Predictor for SavedPredictor {
    fn score(&self, graphs: &[Graph]) -> Result<Vec<f64>, Error> {
        self.inner().score(graphs)
    }

    fn fingerprint(&self) -> String {
        self.inner().fingerprint()
    }

    fn encode(&self, segments: &[Segment]) -> Result<Option<EncodedSegments>, Error> {
        self.inner().encode(segments)
    }

    fn score_in_place(
        &self,
        graph: &Graph,
        partition: &Partition,
        segments: &EncodedSegments,
    ) -> Result<Vec<f64>, Error> {
        self.inner().score_in_place(graph, partition, segments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::fixtures::examples;
    use crate::predict::{GaussianSettings, TrainSettings};
    use crate::progress::Progress;

    #[test]
    fn either_kind_comes_back_from_its_file_and_another_file_is_refused() {
        let (examples, segmenter) = examples(12);
        let path = std::env::temp_dir().join(format!("autogo-either-{}.safetensors", std::process::id()));
        let graphs: Vec<Graph> = examples.iter().map(|example| example.graph.clone()).collect();
        let settings = TrainSettings { epochs: 1, ..TrainSettings::default() };
        let (psc, _) = Trained::train(&examples, Some(&segmenter), &settings, Progress::Silent).unwrap();
        let process = GaussianProcess::train(&examples, &GaussianSettings::default(), 0).unwrap();
        for predictor in [SavedPredictor::from(psc).with_cuts(1), SavedPredictor::from(process).with_cuts(1)] {
            predictor.save(&path).unwrap();
            let again = SavedPredictor::load(&path).unwrap();
            assert_eq!(again.fingerprint(), predictor.fingerprint());
            assert_eq!(again.score(&graphs).unwrap(), predictor.score(&graphs).unwrap());
        }
        crate::files::write_tensors(&path, vec![("x".into(), (1, 1), vec![1.0])], "{\"format\":\"other\"}".into())
            .unwrap();
        let error = SavedPredictor::load(&path).unwrap_err().to_string();
        assert!(error.ends_with("is `other`; accepted: `autogo predictor 2`"), "{error}");
        std::fs::remove_file(path).unwrap();
    }
}
