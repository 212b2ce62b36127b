//! Trial.
#![allow(clippy::all, missing_docs)]
use autogo::prelude::*;
use std::time::Instant;
fn main() {
    let data = LabelledFamily::nb201("/work/shared/datasets").unwrap();
    let split = data.split(800, 400, 0).unwrap();
    let graphs: Vec<Graph> = split.train.iter().map(|e| e.graph.clone()).collect();
    let mined = Mining::bpe(813).run(&graphs).unwrap();
    let settings = TrainSettings { epochs: 20, average: 0.98, ..TrainSettings::default() };
    let (mut psc, _) = Psc::train(&split.train, &mined.segmenter, &settings, Progress::Silent).unwrap();
    let unseen: Vec<Graph> = split.test.iter().map(|e| e.graph.clone()).collect();
    let truth: Vec<f64> = split.test.iter().map(|e| e.value).collect();
    let parent =
        autogo::families::graph("nb201:nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1")
            .unwrap();
    let mutator = Mutator::new(mined, psc.clone(), Npu::n256()).unwrap();
    let set = MutationSettings { places: 10, donors: 100, ..Default::default() };
    for _ in 0..2 {
        let t = Instant::now();
        let c = mutator.children(&parent, &set, 1).unwrap();
        println!("children {} {:.0}/s", c.len(), c.len() as f64 / t.elapsed().as_secs_f64());
    }
    let children: Vec<Graph> = mutator.children(&parent, &set, 1).unwrap().into_iter().map(|c| c.0).collect();
    for cuts in [1, 2, 4, 8, 16, 0] {
        psc.cuts = cuts;
        let s = psc.score(&unseen).unwrap();
        let t = Instant::now();
        let sc = psc.score(&children).unwrap();
        let dt = t.elapsed().as_secs_f64();
        println!(
            "cuts {cuts}: srcc {:.4}; {:.0}/s ({} children, {:.3})",
            srcc(&s, &truth).unwrap(),
            children.len() as f64 / dt,
            children.len(),
            sc[0]
        );
    }
}
