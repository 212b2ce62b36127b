//! A network of one's own: built node by node, drawn, cut into segments, written as ONNX, and read back.
//!
//! ```text
//! cargo run --package autogo --example own_network
//! ```

// An example talks through standard output.
#![allow(clippy::print_stdout)]

use autogo::families::corpus;
use autogo::formats::onnx;
use autogo::graph::{Conv, GraphBuilder, Pool, Shape, Window};
use autogo::prelude::*;

/// Two convolutions with a shortcut, a pool, and a classifier, on pictures of 32×32.
fn residual() -> Result<Graph, Error> {
    let mut build = GraphBuilder::new("residual");
    let mut x = build.add("in", Op::Input(Shape::new(32, 32, 3)), &[])?;
    let conv = |filters: u32| Op::Conv(Conv { filters, window: Window::same(3, 1), groups: 1, bias: false });
    x = build.add("stem", conv(16), &[x])?;
    let shortcut = x;
    for at in 0..2 {
        x = build.add(&format!("conv_{at}"), conv(16), &[x])?;
        x = build.add(&format!("norm_{at}"), Op::BatchNorm, &[x])?;
        x = build.add(&format!("relu_{at}"), Op::Relu, &[x])?;
    }
    x = build.add("sum", Op::Add, &[x, shortcut])?;
    x = build.add("pool", Op::Pool(Pool::Max, Window::same(2, 2)), &[x])?;
    x = build.add("mean", Op::Mean, &[x])?;
    x = build.add("classes", Op::Dense { features: 10, bias: true }, &[x])?;
    build.add("out", Op::Output, &[x])?;
    Ok(build.finish()?)
}

fn main() -> Result<(), Error> {
    let graph = residual()?;
    let cost = graph.cost();
    println!("{} nodes, {} multiply-adds, {} parameters", graph.len(), cost.multiply_adds, cost.params);
    println!("content id {}", graph.content_id());

    let segmenter = Mining::bpe(100).segmenter(&corpus(&[(FamilyName::Hiaml, 100)], 0)?)?;
    let groups = segmenter.groups(&graph);
    println!("{} segments under a vocabulary of HiAML", groups.len());
    for machine in Npu::presets() {
        println!("{}: {} cycles", machine.name, machine.cycles(&graph)?);
    }

    let file = onnx::export(&graph, onnx::Weights::Seeded(0), onnx::Pooling::default())?;
    let back = onnx::import(&file)?;
    println!(
        "as ONNX: {} bytes; read back it is the same network: {}",
        file.len(),
        back.content_id() == graph.content_id()
    );
    Ok(())
}
