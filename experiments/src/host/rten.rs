//! A network in rten, an engine that is all Rust.

use super::{Input, Loaded};
use rten::{Model, ModelOptions, RunOptions, ThreadPool, Value};
use rten_tensor::prelude::*;
use std::fmt::Display;
use std::sync::Arc;

/// A network in rten.
pub struct Rten {
    model: Model,
    input: Value,
    options: RunOptions,
}

impl Rten {
    /// Reads a model in ONNX; the model computes on `threads` threads. Weights are laid out for products here, once, as
    /// ONNX Runtime does.
    pub fn open(model: Vec<u8>, input: Input, threads: usize) -> Result<Rten, String> {
        let pool = Arc::new(ThreadPool::with_num_threads(threads));
        Ok(Rten {
            model: ModelOptions::with_all_ops().prepack_weights(true).load(model).map_err(describe)?,
            input: Value::from_shape(input.sizes, input.values).map_err(describe)?,
            options: RunOptions::default().with_thread_pool(Some(pool)),
        })
    }

    fn compute(&self) -> Result<Value, String> {
        self.model.run_one((&self.input).into(), Some(self.options.clone())).map_err(describe)
    }
}

impl Loaded for Rten {
    fn run(&mut self) -> Result<(), String> {
        self.compute().map(|_| ())
    }

    fn output(&mut self) -> Result<(Vec<usize>, Vec<f32>), String> {
        let output = self.compute()?.into_tensor::<f32>().ok_or("rten: the output is not of 32-bit floats")?;
        Ok((output.shape().to_vec(), output.to_vec()))
    }
}

fn describe(error: impl Display) -> String {
    format!("rten: {error}")
}

#[cfg(test)]
mod tests {
    use crate::host::{Engine, Input, load_runtime};
    use autogo::families::{FamilyName, network};
    use autogo::formats::onnx::{Pooling, Weights, export};

    /// Largest deviation of a value, relative to the largest value.
    const TOLERANCE: f32 = 1e-5;

    #[test]
    fn both_engines_compute_the_same() {
        if let Err(reason) = load_runtime(None) {
            println!("skipped: {reason}");
            return;
        }
        let best = |family: FamilyName| family.best().unwrap();
        let small = [best(FamilyName::Nb201), best(FamilyName::Hiaml), "edsr:32x32", "unet:64x64", "fsrcnn"];
        for spec in small.into_iter().chain(["resnet50"]) {
            let network = network(spec).unwrap();
            let model = export(&network, Weights::Seeded(0), Pooling::default()).unwrap();
            let output = |engine: Engine| {
                engine.open(model.clone(), Input::noise(network.input_shape()), 2, None).unwrap().output().unwrap()
            };
            let ((shape, wanted), (other, values)) = (output(Engine::Ort), output(Engine::Rten));
            assert_eq!(shape, other, "{spec}");
            let scale = wanted.iter().fold(0.0f32, |scale, value| scale.max(value.abs()));
            let worst = wanted.iter().zip(&values).fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(scale > 0.0 && worst <= TOLERANCE * scale, "{spec}: {worst:e} of {scale:e}");
        }
    }
}
