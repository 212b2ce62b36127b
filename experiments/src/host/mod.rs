//! Running a network on this machine's processor ([npu §F](autogo::doc::npu#sf)).

mod counters;
mod measure;
#[cfg(feature = "rten")]
mod rten;
mod runtime;
mod ticks;

pub use measure::{HostReport, measure};
pub use runtime::{OnnxRuntime, load_runtime};

use crate::failure::Failure;
use autogo::graph::Shape;
use clap::ValueEnum;
use std::path::Path;

/// A network in an engine, with its input.
pub trait Loaded {
    /// Computes the output once.
    fn run(&mut self) -> Result<(), String>;

    /// Computes the output once and copies it: its shape and its values.
    fn output(&mut self) -> Result<(Vec<usize>, Vec<f32>), String>;
}

/// The input of a network: batch 1, channels, height, width, and the values in that order.
#[derive(Clone, Debug)]
pub struct Input {
    /// The sizes.
    pub sizes: [usize; 4],
    /// As many values as the sizes multiply to.
    pub values: Vec<f32>,
}

impl Input {
    /// An input whose values are a function of their places.
    pub fn of(shape: Shape, value: impl Fn(u64) -> f32) -> Input {
        let sizes = [1, shape.c, shape.h, shape.w].map(|size| size as usize);
        Input { sizes, values: (0..shape.elements()).map(value).collect() }
    }

    /// Values spread over -0.5..0.5, the same ones every time.
    pub fn noise(shape: Shape) -> Input {
        Input::of(shape, |at| ((at.wrapping_mul(2_654_435_761) >> 8) & 0xffff) as f32 / 65536.0 - 0.5)
    }
}

/// The engine that runs networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// ONNX Runtime, a library that is loaded.
    Ort,
    /// rten, all Rust, under the cargo feature `rten`.
    Rten,
}

impl Engine {
    /// Its name in a report.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Ort => "ONNX Runtime",
            Engine::Rten => "rten",
        }
    }

    /// Reads a model in ONNX. The threads it computes on are started here or later, never before.
    pub fn open(
        self,
        model: Vec<u8>,
        input: Input,
        threads: usize,
        library: Option<&Path>,
    ) -> Result<Box<dyn Loaded>, Failure> {
        match self {
            Engine::Ort => {
                let runtime = load_runtime(library).map_err(Failure::Input)?;
                Ok(Box::new(OnnxRuntime::open(&runtime, &model, input, threads).map_err(Failure::Work)?))
            }
            #[cfg(feature = "rten")]
            Engine::Rten => Ok(Box::new(self::rten::Rten::open(model, input, threads).map_err(Failure::Work)?)),
            #[cfg(not(feature = "rten"))]
            Engine::Rten => Err(Failure::Input(
                "engine `rten` is not in this build; accepted: ort, or a build with `--features rten`".into(),
            )),
        }
    }
}
