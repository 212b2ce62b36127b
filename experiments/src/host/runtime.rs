//! ONNX Runtime: finding its library, and a network in it.

use super::{Input, Loaded};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::Tensor;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A process may set ONNX Runtime up once, so what was set up is kept.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads ONNX Runtime from a path, else from `ORT_DYLIB_PATH`, else from the notebooks' Python environment. A process
/// stays with the library that it loaded first.
pub fn load_runtime(path: Option<&Path>) -> Result<Environment, String> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = &*loaded {
        return Ok(runtime.clone());
    }
    let missing = "no ONNX Runtime; `cargo notebooks` installs one, or set ORT_DYLIB_PATH";
    let named = path.map(Path::to_path_buf).or_else(|| std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from));
    let path = named.or_else(in_environment).ok_or(missing)?;
    let builder = ort::init_from(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let runtime = builder.build().map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(loaded.insert(runtime).clone())
}

/// The library inside the wheel that `notebooks/requirements.txt` names.
fn in_environment() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let venv = here.ancestors().map(|folder| folder.join("notebooks/.venv/lib")).find(|folder| folder.is_dir())?;
    let packages = std::fs::read_dir(venv).ok()?.filter_map(|entry| Some(entry.ok()?.path().join("site-packages")));
    let folders = packages.map(|packages| packages.join("onnxruntime/capi"));
    let mut found: Vec<PathBuf> = folders
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libonnxruntime.so.")))
        .collect();
    found.sort();
    found.pop()
}

/// A network in ONNX Runtime.
pub struct OnnxRuntime {
    session: Session,
    input: Tensor<f32>,
}

impl OnnxRuntime {
    /// Reads a model in ONNX with one input named `input`; an operator computes on `threads` threads.
    pub fn open(runtime: &Environment, model: &[u8], input: Input, threads: usize) -> Result<OnnxRuntime, String> {
        let open = || -> ort::Result<OnnxRuntime> {
            let session = Session::builder(runtime)?.with_intra_threads(threads)?.commit_from_memory(model)?;
            Ok(OnnxRuntime { session, input: Tensor::from_array((input.sizes, input.values))? })
        };
        open().map_err(describe)
    }
}

impl Loaded for OnnxRuntime {
    fn run(&mut self) -> Result<(), String> {
        self.session.run(ort::inputs!["input" => &self.input]).map(|_| ()).map_err(describe)
    }

    fn output(&mut self) -> Result<(Vec<usize>, Vec<f32>), String> {
        let outputs = self.session.run(ort::inputs!["input" => &self.input]).map_err(describe)?;
        let (shape, values) = outputs[0].try_extract_tensor::<f32>().map_err(describe)?;
        Ok((shape.iter().map(|size| *size as usize).collect(), values.to_vec()))
    }
}

fn describe(error: ort::Error) -> String {
    format!("ONNX Runtime: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use autogo::families::{FamilyName, network};
    use autogo::formats::onnx::{Pooling, Weights, export};
    use autogo::graph::Shape;
    use autogo::train::{Method, Network, NetworkSettings, Optimiser};

    /// Largest deviation of a value, relative to the largest value.
    const TOLERANCE: f32 = 1e-4;

    /// A picture `[row][column][channel]` with the channels first.
    fn planes(image: &[f32], shape: Shape) -> Vec<f32> {
        let (pixels, c) = ((shape.h * shape.w) as usize, shape.c as usize);
        (0..pixels * c).map(|at| image[at % pixels * c + at / pixels]).collect()
    }

    #[test]
    fn a_network_computes_what_its_onnx_file_computes() {
        let runtime = match load_runtime(None) {
            Ok(runtime) => runtime,
            Err(reason) => {
                println!("skipped: {reason}");
                return;
            }
        };
        use FamilyName::{Hiaml, Inception, Nb101, Nb201, TwoPath};
        let best = [Nb101, Nb201, Hiaml, Inception, TwoPath].map(|family| family.best().unwrap());
        for spec in best.into_iter().chain(["edsr:32x32", "unet:64x64", "fsrcnn:24x24", "resnet50", "vgg16"]) {
            let graph = network(spec).unwrap();
            let (reads, makes) = (graph.input_shape(), graph.node(graph.len() - 1).shape);
            let mut network = Network::with(&graph, 5, NetworkSettings { batch: 2, ..Default::default() }).unwrap();
            let image: Vec<f32> =
                (0..reads.elements()).map(|at| ((at * 7_919 % 2_001) as f32 - 1_000.0) / 1_000.0).collect();
            if (makes.h, makes.w) == (1, 1) {
                // Running statistics and biases that are not those of the start.
                let two: Vec<f32> = image.iter().chain(image.iter().rev()).copied().collect();
                let mut optimiser = Optimiser::new(&network, Method::default(), 0.0, 0.0);
                network.step(&two, &[0, 1], 0.0, &mut optimiser, 1e-3).unwrap();
            }
            let model = export(&graph, Weights::Named(&network.tensors()), Pooling::default()).unwrap();
            let values = planes(&image, reads);
            let input = Input::of(reads, |at| values[at as usize]);
            let (_, found) = OnnxRuntime::open(&runtime, &model, input, 1).unwrap().output().unwrap();
            let wanted = planes(network.forward(&image).unwrap(), makes);
            assert_eq!(found.len(), wanted.len(), "{spec}");
            let scale = wanted.iter().fold(0.0f32, |scale, value| scale.max(value.abs()));
            let worst = wanted.iter().zip(&found).fold(0.0f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(scale > 0.0 && worst <= TOLERANCE * scale, "{spec}: {worst:e} of {scale:e}");
        }
    }
}
