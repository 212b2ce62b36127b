//! Predictors as files: everything that their scores depend on.

use super::cutting::Cutting;
use crate::error::Error;
use crate::files::{read_tensors, take, write_tensors};
use crate::predict::network::{Architecture, Model, Parameter, Reads, layout};
use crate::predict::training::Scale;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The name and the version of the format.
const FORMAT: &str = "autogo predictor 2";

/// Everything that a predictor's scores depend on besides its tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    format: String,
    architecture: Architecture,
    scale: Scale,
    /// Of a predictor that cuts networks.
    cutting: Option<Cutting>,
}

/// The tag alone: it tells a file of another version from one that is no predictor.
#[derive(Deserialize)]
struct Tag {
    format: String,
}

/// Writes a predictor; the file appears whole or not at all.
pub(super) fn save(path: &Path, model: &Model, scale: &Scale, cutting: Option<&Cutting>) -> Result<(), Error> {
    let (scale, cutting) = (scale.clone(), cutting.cloned());
    let about = About { format: FORMAT.into(), architecture: model.architecture, scale, cutting };
    let about = serde_json::to_string(&about).map_err(|error| Error::file(path, error))?;
    let named = layout(&model.architecture).into_iter().zip(model.numbers());
    let tensors = named.map(|(one, values)| (one.name, (one.rows, one.columns), values));
    write_tensors(path, tensors.collect(), about)
}

/// Reads a predictor that [`save`] wrote, if it reads the parts that are asked for; `accepted` names them.
pub(super) fn load(
    path: &Path,
    accepted: &str,
    is_right: impl Fn(Reads) -> bool,
) -> Result<(Model, Scale, Option<Cutting>), Error> {
    let failed = |reason: String| Error::File { path: path.into(), reason };
    let (about, tensors) = read_tensors(path)?;
    let broken = |error: serde_json::Error| failed(format!("is no predictor: {error}; accepted: `{FORMAT}`"));
    let Tag { format } = serde_json::from_str(&about).map_err(broken)?;
    if format != FORMAT {
        return Err(failed(format!("is `{format}`; accepted: `{FORMAT}`")));
    }
    let About { architecture, scale, cutting, .. } = serde_json::from_str(&about).map_err(broken)?;
    architecture.check()?;
    if !is_right(architecture.reads) {
        return Err(failed(format!("reads {:?}; accepted: {accepted}", architecture.reads)));
    }
    let read = |one: Parameter| take(&tensors, &one.name, (one.rows, one.columns));
    let values = layout(&architecture).into_iter().map(read).collect::<Result<Vec<_>, String>>().map_err(failed)?;
    Ok((Model::with_values(architecture, values), scale, cutting))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Example;
    use crate::families::{Family, Hiaml, Nb201};
    use crate::graph::Graph;
    use crate::predict::{
        Convolution, Gnn, Mixing, NodeKind, Predictor, Psc, Readout, Receives, Target, TrainSettings,
    };
    use crate::progress::Progress;
    use crate::segment::Mining;
    use proptest::prelude::*;
    use std::sync::OnceLock;

    fn examples() -> &'static [Example] {
        static EXAMPLES: OnceLock<Vec<Example>> = OnceLock::new();
        EXAMPLES.get_or_init(|| {
            let arch = |at: u64| Nb201::sample(5, at).build().unwrap();
            (0..6).map(|at| Example { graph: arch(at), value: 90.0 + at as f64 / 3.0 }).collect()
        })
    }

    fn settings() -> impl Strategy<Value = TrainSettings> {
        let reads = prop::sample::select(vec![
            Reads::Graph,
            Reads::Psc,
            Reads::SegmentOnly,
            Reads::WithoutPredecessor,
            Reads::WithoutSuccessor,
        ]);
        let convolution = prop::sample::select(Convolution::ALL);
        let readout = prop::sample::select(Readout::ALL);
        let nodes = prop::sample::select(vec![NodeKind::Op, NodeKind::Token]);
        let target = prop::sample::select(vec![Target::ZScore, Target::Rank]);
        let receives = prop::sample::select(vec![Receives::Operands, Receives::Neighbours]);
        let mixing = prop::sample::select(vec![Mixing::Apart, Mixing::Attention]);
        let later = (receives, any::<bool>(), mixing);
        (reads, convolution, readout, nodes, later, target, 1usize..3, any::<u64>()).prop_map(
            |(reads, convolution, readout, nodes, (receives, positions, mixing), target, layers, seed)| {
                let paper = Architecture { reads, convolution, readout, nodes, ..Architecture::default() };
                let architecture = Architecture { receives, positions, mixing, layers, hidden: 20, ..paper };
                TrainSettings { architecture, target, seed, epochs: 1, batch: 3, ..TrainSettings::default() }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn any_predictor_scores_the_same_when_it_is_saved_and_read_again(settings in settings(), cuts in 0usize..20) {
            let path = std::env::temp_dir().join(format!("autogo-saved-{}.safetensors", std::process::id()));
            let mut graphs: Vec<Graph> = (40..44).map(|at| Nb201::sample(5, at).build().unwrap()).collect();
            graphs.push(Hiaml::at(77).build().unwrap());
            let said = |predictor: &dyn Predictor| (predictor.score(&graphs).unwrap(), predictor.fingerprint());
            if settings.architecture.reads == Reads::Graph {
                let (gnn, _) = Gnn::train(examples(), &settings, Progress::Silent).unwrap();
                gnn.save(&path).unwrap();
                prop_assert_eq!(said(&gnn), said(&Gnn::load(&path).unwrap()));
            } else {
                let known: Vec<Graph> = examples().iter().map(|example| example.graph.clone()).collect();
                let segmenter = Mining::bpe(30).segmenter(&known).unwrap();
                let (psc, _) = Psc::train(examples(), &segmenter, &settings, Progress::Silent).unwrap();
                let psc = psc.with_cuts(cuts);
                psc.save(&path).unwrap();
                prop_assert_eq!(said(&psc), said(&Psc::load(&path).unwrap()));
            }
        }
    }
}
