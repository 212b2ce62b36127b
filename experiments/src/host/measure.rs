//! Timing a network that an engine runs.

use super::counters::{Counters, CpuTime, Hardware};
use super::ticks::{Cycles, Ticks};
use super::{Engine, Input, Loaded};
use crate::failure::Failure;
use autogo::Error;
use autogo::formats::onnx::{Pooling, Weights, export};
use autogo::graph::Graph;
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs before the clock counts.
const WARM_UP: usize = 3;

/// A measurement, and the engine that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct HostReport {
    /// The engine.
    pub engine: &'static str,
    /// Threads inside an operator.
    pub threads: usize,
    /// The measurement.
    #[serde(flatten)]
    pub timing: Timing,
}

/// Times and counts of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Timing {
    /// Runs that were timed.
    pub repeats: usize,
    /// Least time of a run, in ms.
    pub minimum_ms: f64,
    /// Median time of a run, in ms.
    pub median_ms: f64,
    /// Cycles that passed in the quickest run, of a clock with a constant pace; none where there is no such clock.
    pub cycles: Option<Cycles>,
    /// Time on the processor of a run, the mean; `None` where it is not counted.
    pub cpu: Option<CpuTime>,
    /// The processor's own counters over a run, the mean; none where the system refuses them, as virtual machines do.
    pub hardware: Option<Hardware>,
    /// The reason why the counters are missing, in the system's words.
    pub hardware_refusal: Option<String>,
}

/// Runs a network with He-uniform weights on an input of noise: batch 1, 32-bit floats.
///
/// # Errors
///
/// [`Failure::Input`] without threads, repeats or the engine; [`Failure::Work`] when the engine refuses the network.
pub fn measure(
    graph: &Graph,
    engine: Engine,
    library: Option<&Path>,
    threads: usize,
    repeats: usize,
) -> Result<HostReport, Failure> {
    if threads == 0 || repeats == 0 {
        return Err(Failure::Input(format!("{threads} threads, {repeats} repeats; accepted: 1 or more each")));
    }
    let model = export(graph, Weights::Seeded(0), Pooling::default()).map_err(Error::from)?;
    // Counters follow the threads that are started after them, so they come before the engine.
    let counters = Counters::open();
    let mut network = engine.open(model, Input::noise(graph.input_shape()), threads, library)?;
    let timing = time(network.as_mut(), counters, repeats).map_err(Failure::Work)?;
    Ok(HostReport { engine: engine.name(), threads, timing })
}

/// Times runs of a network, at least one.
fn time(network: &mut dyn Loaded, mut counters: Counters, repeats: usize) -> Result<Timing, String> {
    let ticks = Ticks::find();
    for _ in 0..WARM_UP {
        network.run()?;
    }
    let mut runs = Vec::with_capacity(repeats);
    let before = counters.read();
    for _ in 0..repeats {
        let (start, first) = (Instant::now(), ticks.now());
        network.run()?;
        let (last, elapsed) = (ticks.now(), start.elapsed());
        runs.push((elapsed, last.saturating_sub(first)));
    }
    let after = counters.read();
    runs.sort();
    let (quickest, passed) = runs[0];
    Ok(Timing {
        repeats,
        minimum_ms: milliseconds(quickest),
        median_ms: (milliseconds(runs[(repeats - 1) / 2].0) + milliseconds(runs[repeats / 2].0)) / 2.0,
        cycles: ticks.cycles(passed, quickest),
        cpu: after.cpu_since(&before).map(|all| all.of_each(repeats)),
        hardware: after.hardware_since(&before).map(|all| all.of_each(repeats)),
        hardware_refusal: counters.refusal().map(str::to_string),
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network whose runs last as long as they are told to, the warm-up's first.
    struct Sleeper(Vec<u64>);

    impl Loaded for Sleeper {
        fn run(&mut self) -> Result<(), String> {
            let length = self.0.pop().ok_or("no more runs")?;
            std::thread::sleep(Duration::from_millis(length));
            Ok(())
        }

        fn output(&mut self) -> Result<(Vec<usize>, Vec<f32>), String> {
            Err("it only sleeps".into())
        }
    }

    #[test]
    fn least_and_median_leave_the_warm_up_out() {
        let mut lengths = vec![40, 10, 200, 20, 1, 1, 1];
        let timing = time(&mut Sleeper(lengths.clone()), Counters::open(), 4).unwrap();
        // A sleep is never shorter than asked for, but on a busy machine longer.
        assert!((10.0..200.0).contains(&timing.minimum_ms), "{timing:?}");
        assert!((30.0..200.0).contains(&timing.median_ms), "{timing:?}");
        if let Some(cpu) = timing.cpu {
            assert!(cpu.milliseconds < 10.0, "a sleeper takes no time on the processor: {cpu:?}");
        }
        if let Some(cycles) = timing.cycles {
            let hertz = cycles.count / timing.minimum_ms * 1e3;
            assert!((2e8..1e10).contains(&hertz), "{timing:?}");
        }
        lengths.pop();
        assert_eq!(time(&mut Sleeper(lengths), Counters::open(), 4).unwrap_err(), "no more runs");
    }
}
