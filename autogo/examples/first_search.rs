//! A whole search: mine segments, train a predictor, evolve a network, print the front.
//!
//! ```text
//! cargo run --package autogo --example first_search
//! ```

// An example talks through standard output.
#![allow(clippy::print_stdout)]

use autogo::families::{corpus, network};
use autogo::prelude::*;

fn main() -> Result<(), Error> {
    let data = LabelledFamily::nb201_from_env()?;
    println!("{}", data.banner());

    let mined = Mining::bpe(200).run(&corpus(&[(FamilyName::Nb201, 150), (FamilyName::Hiaml, 50)], 0)?)?;
    println!("{} distinct segments", mined.db.len());

    let (train, test) = data.shares(200, 60)?;
    let split = data.split(train, test, 0)?;
    let settings = TrainSettings { epochs: 10, ..TrainSettings::default() };
    let (psc, _) = Psc::train(&split.train, &mined.segmenter, &settings, Progress::Lines)?;
    let quality = srcc(&psc.score(&split.test_graphs())?, &split.test_values());
    println!("SRCC on {test} unseen networks: {:.3}", quality.unwrap_or(f64::NAN));

    let parent = network(FamilyName::Nb201.best().unwrap_or_default())?;
    let mutator = Mutator::new(mined, psc, Npu::n256())?;
    let search = Evolution { generations: 3, ..Evolution::for_label(data.label(), RunColumn::Cycles) };
    let run = search.run(&parent, &mutator, Progress::Lines)?;

    println!("{} networks scored; the front:", run.individuals.len() - 1);
    for member in run.front() {
        println!("  {:>4}  score {:>8.3}  {:>9} cycles", member.id, member.score, member.figures.cycles);
    }
    Ok(())
}
