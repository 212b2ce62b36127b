//! How long a training step takes, ours and PyTorch's in the same run, and what a second core brings.
//!
//! `cargo bench --profile dev -p experiments --bench training --config profile.dev.package.autogo.opt-level=3` measures every network;
//! with `-- mini16` behind, those with this name.
//! Times are the least of some rounds, in which ours and PyTorch take turns. PyTorch is that of the notebooks' environment, else
//! that of `/usr/bin/python3`; the first line says which. Without one, ours alone is measured.
#![allow(clippy::print_stdout)]

use autogo::families::FamilyName;
use autogo::graph::{Border, Conv, Graph, GraphBuilder, GraphError, Op, Padding, Shape, Window};
use autogo::prelude::Error;
use autogo::train::{Method, Network, NetworkSettings, Optimiser, mini_network};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
/// What one measurement of one network takes, at least.
const TURN: Duration = Duration::from_millis(500);
const CLASSES: u32 = 10;

/// A network and how many pictures a step sees.
struct Case {
    name: String,
    graph: Graph,
    batch: usize,
}

fn main() -> Result<(), Error> {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| name.contains(wanted));
    let cases: Vec<Case> = cases()?.into_iter().filter(|case| is_wanted(&case.name)).collect();
    let mut peer = Peer::start();
    println!("PyTorch: {}", peer.as_ref().map_or("none found", |peer| &peer.version));
    println!("milliseconds of a step (GFLOP/s: 6 × multiply-adds × pictures / time)");
    println!(
        "{:<12} {:>5} {:>17} {:>11} {:>17} {:>17} {:>6} {:>7}",
        "network", "batch", "ours, 1 thread", "2 threads", "PyTorch NCHW", "channels_last", "ratio", "threads"
    );
    for case in &cases {
        measure(case, peer.as_mut())?;
    }
    if let Some(case) = cases.iter().find(|case| case.name == "mini16").or(cases.first()) {
        println!("two networks at once, a thread each, against one ({}): {:.2} ×", case.name, labelling(case)?);
    }
    Ok(())
}

fn cases() -> Result<Vec<Case>, Error> {
    let chain = |name: &str, side, layers: &[(u32, u32)]| -> Result<Case, GraphError> {
        Ok(Case { name: name.into(), graph: chain(name, side, layers)?, batch: 64 })
    };
    let mini16 = [(16, 1), (16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1)];
    let mid32 = [(32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)];
    let mut cases = vec![
        chain("mini16", 16, &mini16)?,
        chain("mid32", 32, &mid32)?,
        Case { name: "resnet18".into(), graph: resnet18()?, batch: 32 },
    ];
    // What the labels of `datasets/mini` train: the best network of each family and three sampled ones.
    for family in [FamilyName::Nb101, FamilyName::Nb201, FamilyName::Hiaml, FamilyName::Inception, FamilyName::TwoPath]
    {
        let best = family.best().unwrap_or_default().to_string();
        let sampled = (0..3).map(|at| (format!("{family} {at}"), family.sample(0, at)));
        for (name, spec) in [(family.to_string(), best)].into_iter().chain(sampled) {
            cases.push(Case { name, graph: mini_network(&spec)?.graph, batch: 64 });
        }
    }
    Ok(cases)
}

/// A 3×3 or 1×1 convolution with a border as PyTorch writes it.
fn conv(filters: u32, kernel: u32, stride: u32) -> Op {
    let window = Window::new((kernel, kernel), (stride, stride), Padding::Explicit(Border::all(kernel / 2)));
    Op::Conv(Conv { filters, window, groups: 1, bias: false })
}

fn then(build: &mut GraphBuilder, name: &str, x: usize, ops: &[Op]) -> Result<usize, GraphError> {
    ops.iter().enumerate().try_fold(x, |x, (at, op)| build.add(&format!("{name}{at}"), *op, &[x]))
}

fn head(mut build: GraphBuilder, x: usize) -> Result<Graph, GraphError> {
    then(&mut build, "head", x, &[Op::Mean, Op::Dense { features: CLASSES, bias: true }, Op::Output])?;
    build.finish()
}

/// Convolutions, each with batch norm and ReLU.
fn chain(name: &str, side: u32, layers: &[(u32, u32)]) -> Result<Graph, GraphError> {
    let mut build = GraphBuilder::new(name);
    let mut x = build.add("in", Op::Input(Shape::new(side, side, 3)), &[])?;
    for (at, &(filters, stride)) in layers.iter().enumerate() {
        x = then(&mut build, &format!("layer{at}_"), x, &[conv(filters, 3, stride), Op::BatchNorm, Op::Relu])?;
    }
    head(build, x)
}

/// ResNet-18 for pictures of 32×32: its first convolution is 3×3 without a stride, and no pool follows.
fn resnet18() -> Result<Graph, GraphError> {
    let mut build = GraphBuilder::new("resnet18");
    let x = build.add("in", Op::Input(Shape::new(32, 32, 3)), &[])?;
    let mut x = then(&mut build, "stem", x, &[conv(64, 3, 1), Op::BatchNorm, Op::Relu])?;
    for (stage, filters) in [64, 128, 256, 512].into_iter().enumerate() {
        for block in 0..2 {
            let (name, is_wider) = (format!("stage{stage}_{block}_"), stage > 0 && block == 0);
            let first = [conv(filters, 3, 1 + u32::from(is_wider)), Op::BatchNorm, Op::Relu];
            let y = then(&mut build, &format!("{name}a"), x, &first)?;
            let y = then(&mut build, &format!("{name}b"), y, &[conv(filters, 3, 1), Op::BatchNorm])?;
            if is_wider {
                x = then(&mut build, &format!("{name}s"), x, &[conv(filters, 1, 2), Op::BatchNorm])?;
            }
            let sum = build.add(&format!("{name}sum"), Op::Add, &[y, x])?;
            x = build.add(&format!("{name}relu"), Op::Relu, &[sum])?;
        }
    }
    head(build, x)
}

/// A network in training, with pictures.
struct Ours {
    network: Network,
    optimiser: Optimiser,
    images: Vec<f32>,
    labels: Vec<u32>,
}

impl Ours {
    fn new(case: &Case, threads: usize) -> Result<Ours, Error> {
        let settings = NetworkSettings { batch: case.batch, threads, ..NetworkSettings::default() };
        let network = Network::with(&case.graph, 0, settings)?;
        let optimiser = Optimiser::new(&network, Method::default(), 5e-4, 0.0);
        let floats = case.batch * case.graph.input_shape().elements() as usize;
        let images = (0..floats).map(|at| (at * 7_919 % 2_001) as f32 / 1_000.0 - 1.0).collect();
        let labels = (0..case.batch as u32).map(|at| at % CLASSES).collect();
        Ok(Ours { network, optimiser, images, labels })
    }

    fn step(&mut self) -> Result<(), Error> {
        self.network.step(&self.images, &self.labels, 0.1, &mut self.optimiser, 0.01).map(|_| ())
    }

    /// The least milliseconds of a step in a turn.
    fn turn(&mut self) -> Result<f64, Error> {
        let (start, mut least) = (Instant::now(), f64::INFINITY);
        let mut steps = 0;
        while start.elapsed() < TURN || steps < 3 {
            let begin = Instant::now();
            self.step()?;
            least = least.min(1e3 * begin.elapsed().as_secs_f64());
            steps += 1;
        }
        Ok(least)
    }

    /// Steps in a turn.
    fn steps(&mut self) -> Result<f64, Error> {
        let start = Instant::now();
        let mut steps = 0;
        while start.elapsed() < 4 * TURN {
            self.step()?;
            steps += 1;
        }
        Ok(f64::from(steps) / start.elapsed().as_secs_f64())
    }
}

fn measure(case: &Case, mut peer: Option<&mut Peer>) -> Result<(), Error> {
    let (mut one, mut two) = (Ours::new(case, 1)?, Ours::new(case, 2)?);
    let mut least = [f64::INFINITY; 4];
    for _ in 0..ROUNDS {
        let mut note = |at: usize, time: f64| least[at] = f64::min(least[at], time);
        note(0, one.turn()?);
        note(1, two.turn()?);
        if let Some(peer) = peer.as_deref_mut() {
            note(2, peer.turn(case, false).unwrap_or(f64::NAN));
            note(3, peer.turn(case, true).unwrap_or(f64::NAN));
        }
    }
    let flops = 6.0 * case.graph.cost().multiply_adds as f64 * case.batch as f64;
    let speed = |time: f64| format!("{time:.2} ({:.0})", flops / time / 1e6);
    println!(
        "{:<12} {:>5} {:>17} {:>11.2} {:>17} {:>17} {:>6.2} {:>7.2}",
        case.name,
        case.batch,
        speed(least[0]),
        least[1],
        speed(least[2]),
        speed(least[3]),
        least[2].min(least[3]) / least[0],
        least[0] / least[1],
    );
    Ok(())
}

/// Steps of two networks at once, a thread each, over the steps of one.
fn labelling(case: &Case) -> Result<f64, Error> {
    let (mut one, mut two) = (Ours::new(case, 1)?, Ours::new(case, 1)?);
    let (mut alone, mut both) = (0.0f64, 0.0f64);
    for _ in 0..ROUNDS {
        alone = alone.max(one.steps()?);
        let (a, b) = std::thread::scope(|scope| {
            let other = scope.spawn(|| two.steps());
            (one.steps(), other.join().unwrap_or(Ok(0.0)))
        });
        both = both.max(a? + b?);
    }
    Ok(both / alone)
}

/// PyTorch in a process of its own, `training.py`.
struct Peer {
    version: String,
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Option<Peer> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let own = root.join("../notebooks/.venv/bin/python");
        let has_torch = |python: &Path| {
            let check = Command::new(python).args(["-I", "-c", "import torch.nn"]).stderr(Stdio::null()).status();
            check.is_ok_and(|status| status.success())
        };
        let python = [own.as_path(), Path::new("/usr/bin/python3")].into_iter().find(|python| has_torch(python))?;
        let script = root.join("benches/training.py");
        let mut process = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (to, from) = (process.stdin.take()?, BufReader::new(process.stdout.take()?));
        let mut peer = Peer { version: String::new(), process, to, from };
        peer.version = peer.answer()?.as_str()?.into();
        Some(peer)
    }

    fn answer(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.from.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }

    /// The least milliseconds of a step in a turn.
    fn turn(&mut self, case: &Case, channels_last: bool) -> Option<f64> {
        let asked = json!({
            "graph": case.graph.to_parts(), "batch": case.batch, "channels_last": channels_last,
            "seconds": TURN.as_secs_f64(), "key": format!("{} {channels_last}", case.name),
        });
        writeln!(self.to, "{asked}").ok()?;
        self.answer()?.as_f64()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Nothing is lost with it.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
