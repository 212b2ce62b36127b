//! Running a network on this machine's processor, in ONNX Runtime (NPU specification, F).

use crate::Failure;
use autogo::formats::onnx::{Pooling, Weights, export};
use autogo::graph::Graph;
use ort::environment::Environment;
use ort::session::Session;
use ort::value::Tensor;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Runs before the clock counts.
const WARM_UP: usize = 3;

/// What was measured. Hardware counters are not read: virtual machines refuse them, and the time-stamp counter needs
/// instructions that safe code does not have.
#[derive(Clone, Debug, Serialize)]
pub struct HostReport {
    /// The engine.
    pub engine: &'static str,
    /// Threads inside an operator.
    pub threads: usize,
    /// Runs that were timed.
    pub repeats: usize,
    /// Least time of a run, in ms.
    pub minimum_ms: f64,
    /// Median time of a run, in ms.
    pub median_ms: f64,
    /// Processor time of a run over all threads, in ms, the mean; none where the system does not count it.
    pub cpu_ms: Option<f64>,
    /// Processor time in cycles of the clock that /proc/cpuinfo names: nominal, not counted.
    pub nominal_cycles: Option<f64>,
}

/// Loads ONNX Runtime from a path, else from `ORT_DYLIB_PATH`, else from the notebooks' Python environment.
pub fn load_runtime(path: Option<&Path>) -> Result<Environment, String> {
    let missing = "no ONNX Runtime; `cargo notebooks` installs one, or set ORT_DYLIB_PATH";
    let named = path.map(Path::to_path_buf).or_else(|| std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from));
    let path = named.or_else(in_environment).ok_or(missing)?;
    let builder = ort::init_from(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    builder.build().map_err(|error| format!("{}: {error}", path.display()))
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

/// Runs a network with He-uniform weights on an input of noise: batch 1, 32-bit floats.
pub fn measure(graph: &Graph, library: Option<&Path>, threads: usize, repeats: usize) -> Result<HostReport, Failure> {
    if threads == 0 || repeats == 0 {
        return Err(Failure::Input(format!("{threads} threads, {repeats} repeats; accepted: 1 or more each")));
    }
    let runtime = load_runtime(library).map_err(Failure::Input)?;
    let model = export(graph, Weights::Seeded(0), Pooling::default()).map_err(autogo::Error::from)?;
    let failed = |error: ort::Error| Failure::Work(format!("ONNX Runtime: {error}"));
    let mut session = session(&runtime, &model, threads).map_err(failed)?;
    let shape = graph.input_shape();
    let sizes = [1, shape.c, shape.h, shape.w].map(|size| size as usize);
    let noise = |at: u64| ((at.wrapping_mul(2_654_435_761) >> 8) & 0xffff) as f32 / 65536.0 - 0.5;
    let input = Tensor::from_array((sizes, (0..shape.elements()).map(noise).collect::<Vec<f32>>())).map_err(failed)?;
    let mut run = || session.run(ort::inputs!["input" => &input]).map(|_| ());
    for _ in 0..WARM_UP {
        run().map_err(failed)?;
    }
    let mut times = Vec::with_capacity(repeats);
    let before = cpu_milliseconds();
    for _ in 0..repeats {
        let start = Instant::now();
        run().map_err(failed)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let spent = before.zip(cpu_milliseconds()).map(|(before, after)| (after - before) / repeats as f64);
    times.sort_by(f64::total_cmp);
    Ok(HostReport {
        engine: "ONNX Runtime",
        threads,
        repeats,
        minimum_ms: times[0],
        median_ms: times[times.len() / 2],
        cpu_ms: spent,
        nominal_cycles: spent.zip(nominal_megahertz()).map(|(spent, megahertz)| spent * megahertz * 1e3),
    })
}

/// Runs a network once on zeros and gives the shape of what comes out, as ONNX has it: batch, channels, height, width.
pub fn output_shape(runtime: &Environment, graph: &Graph) -> Result<Vec<i64>, String> {
    let model = export(graph, Weights::Seeded(0), Pooling::default()).map_err(|error| error.to_string())?;
    let failed = |error: ort::Error| format!("ONNX Runtime: {error}");
    let mut session = session(runtime, &model, 2).map_err(failed)?;
    let shape = graph.input_shape();
    let sizes = [1, shape.c, shape.h, shape.w].map(|size| size as usize);
    let input = Tensor::from_array((sizes, vec![0.0f32; shape.elements() as usize])).map_err(failed)?;
    let outputs = session.run(ort::inputs!["input" => &input]).map_err(failed)?;
    let (made, _) = outputs[0].try_extract_tensor::<f32>().map_err(failed)?;
    Ok(made.to_vec())
}

fn session(runtime: &Environment, model: &[u8], threads: usize) -> ort::Result<Session> {
    Session::builder(runtime)?.with_intra_threads(threads)?.commit_from_memory(model)
}

/// Processor time of all threads of this process, in ms.
fn cpu_milliseconds() -> Option<f64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let nanoseconds = |task: std::fs::DirEntry| -> Option<f64> {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    let times: Vec<f64> = tasks.filter_map(|task| nanoseconds(task.ok()?)).collect();
    (!times.is_empty()).then(|| times.iter().sum::<f64>() / 1e6)
}

/// The clock that the system names, in MHz. The time-stamp counter runs at it, whatever the core does.
fn nominal_megahertz() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("cpu MHz"))?;
    line.split(':').nth(1)?.trim().parse().ok()
}
