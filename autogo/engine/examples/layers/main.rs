//! Speed of layers and of two small networks, on one thread: `cargo run --example layers -- [repetitions] [fused|portable]
//! [512|256|128]`.
//!
//! GFLOP/s count two operations a multiply-add of a plain sum, three passes a step (forward, data gradient, weight gradient). Times are the
//! thread's own, where the system tells them, and the shortest of the repetitions.
#![allow(clippy::print_stdout)]

mod chain;

use autogo_engine::optimiser::Sgd;
use autogo_engine::*;
use chain::{CLASSES, Chain, MID32, MINI16, random};
use std::time::Instant;

type Failure = Box<dyn std::error::Error>;

/// Seconds that this thread has computed. A thread that yields brings the kernel's account up to date.
fn computed() -> f64 {
    std::thread::yield_now();
    let account = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = account.split(' ').next().and_then(|text| text.parse::<f64>().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}

/// The shortest time of some runs in seconds, after one that does not count.
fn shortest(repetitions: usize, mut run: impl FnMut() -> Result<(), Error>) -> Result<f64, Error> {
    run()?;
    let mut best = f64::MAX;
    for _ in 0..repetitions {
        let (start, clock) = (computed(), Instant::now());
        run()?;
        let seconds = computed() - start;
        best = best.min(if seconds > 0.0 { seconds } else { clock.elapsed().as_secs_f64() });
    }
    Ok(best)
}

fn numbers(len: usize, seed: u64) -> Buffer {
    let (mut buffer, mut seed) = (Buffer::zeros(len), seed);
    buffer.iter_mut().for_each(|x| *x = random(&mut seed));
    buffer
}

/// Kernel, stride, input, filters, groups.
const LAYERS: [(&str, usize, usize, Shape, usize, usize); 18] = [
    ("16→16 3×3 @16", 3, 1, Shape::new(16, 16, 16), 16, 1),
    ("32→32 3×3 @8", 3, 1, Shape::new(8, 8, 32), 32, 1),
    ("64→64 3×3 @4", 3, 1, Shape::new(4, 4, 64), 64, 1),
    ("64→64 3×3 @32", 3, 1, Shape::new(32, 32, 64), 64, 1),
    ("128→128 3×3 @16, tiles", 3, 1, Shape::new(16, 16, 128), 128, 1),
    ("256→256 3×3 @8, tiles", 3, 1, Shape::new(8, 8, 256), 256, 1),
    ("512→512 3×3 @4, tiles", 3, 1, Shape::new(4, 4, 512), 512, 1),
    ("3→16 3×3 @16", 3, 1, Shape::new(16, 16, 3), 16, 1),
    ("3→32 3×3 @32", 3, 1, Shape::new(32, 32, 3), 32, 1),
    ("64→64 1×1 @8", 1, 1, Shape::new(8, 8, 64), 64, 1),
    ("64→64 1×1 @7", 1, 1, Shape::new(7, 7, 64), 64, 1),
    ("16→32 3×3/2 @16", 3, 2, Shape::new(16, 16, 16), 32, 1),
    ("32→64 3×3/2 @8", 3, 2, Shape::new(8, 8, 32), 64, 1),
    ("32→64 1×1/2 @16", 1, 2, Shape::new(16, 16, 32), 64, 1),
    ("20→20 3×3 @16", 3, 1, Shape::new(16, 16, 20), 20, 1),
    ("64→64 3×3 @16, 4 groups", 3, 1, Shape::new(16, 16, 64), 64, 4),
    ("depthwise 64 3×3 @16", 3, 1, Shape::new(16, 16, 64), 64, 64),
    ("dense 512→128", 1, 1, Shape::new(1, 1, 512), 128, 1),
];

fn layer(engine: Engine, repetitions: usize, geometry: ConvGeometry, images: usize) -> Result<[f64; 3], Error> {
    let conv = Conv::new(engine, geometry)?;
    let x = numbers(images * geometry.input.elements(), 1);
    let dy = numbers(images * conv.output().elements(), 2);
    let weights = numbers(conv.weights_len(), 3);
    let mut packed = Buffer::zeros(conv.packed_len());
    conv.pack(&weights, &mut packed)?;
    let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), weights.clone());
    let mut scratch = Buffer::zeros(conv.scratch_len());
    let input = Input::plain(&x);
    let forward = shortest(repetitions, || {
        let (packed, output, scratch) = (&packed, &mut y, &mut scratch);
        conv.forward(Forward { input, packed, bias: None, output, moments: None, scratch })
    })?;
    let data = shortest(repetitions, || conv.data_gradient(&packed, &dy, &mut dx, Write::Replace, &mut scratch))?;
    let sums = shortest(repetitions, || conv.weight_gradient(input, &dy, &mut dw, &mut scratch))?;
    let operations = 2.0 * (images as u64 * conv.multiply_adds()) as f64;
    Ok([forward, data, sums].map(|seconds| operations / seconds / 1e9))
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let repetitions: usize = arguments.first().map_or(Ok(15), |text| text.parse())?;
    let portable = arguments.iter().any(|text| text == "portable");
    let arithmetic = if portable { Arithmetic::Portable } else { Arithmetic::Fused };
    let width = arguments.iter().find_map(|text| match text.as_str() {
        "512" => Some(Width::Bits512),
        "256" => Some(Width::Bits256),
        "128" => Some(Width::Bits128),
        _ => None,
    });
    let engine = match width {
        Some(width) => Engine::with_width(arithmetic, width)?,
        None => Engine::new(arithmetic),
    };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{engine}; shortest of {repetitions}; load {}", load.trim());
    println!("{:<26}{:>9}{:>9}{:>9}   GFLOP/s", "layer, 64 images", "forward", "data", "weights");
    for (name, kernel, stride, input, filters, groups) in LAYERS {
        let window = Window::square(kernel, stride, kernel / 2);
        let images = if input.h == 32 { 32 } else { 64 };
        let speed = layer(engine, repetitions, ConvGeometry { input, filters, window, groups }, images)?;
        println!("{name:<26}{:>9.1}{:>9.1}{:>9.1}", speed[0], speed[1], speed[2]);
    }
    let images = 64;
    for (name, plan, side) in [("mini16", MINI16, 16), ("mid32", MID32, 32)] {
        let mut chain = Chain::new(engine, plan, side, images)?;
        let x = numbers(images * side * side * 3, 99);
        let labels: Vec<u32> = (0..images).map(|i| (i % CLASSES) as u32).collect();
        let sgd = Sgd { rate: 0.001, momentum: 0.9, nesterov: true, decay: 0.0 };
        let seconds = shortest(repetitions, || chain.step(&x, &labels, sgd).map(|_| ()))?;
        let operations = 6.0 * (images as u64 * chain.multiply_adds()) as f64;
        println!("{name}: {:.2} ms a step, {:.1} GFLOP/s", seconds * 1e3, operations / seconds / 1e9);
    }
    Ok(())
}
