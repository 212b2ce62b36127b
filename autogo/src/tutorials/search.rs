//! Lesson 5: a front of networks grows.
//!
//! # A front
//!
//! One network beats another if it is no worse in any objective and better in one. The front is the networks that no
//! network beats. Of these four, with a score to maximise and cycles to minimise, *c* is beaten by *a*, and the others
//! are the front:
//!
//! | network | score | cycles | on the front |
//! |---|---|---|---|
//! | a | 93 | 100 | yes |
//! | b | 94 | 140 | yes |
//! | c | 92 | 120 | no: a scores more and takes less |
//! | d | 90 | 60 | yes |
//!
//! # A generation
//!
//! 1. Parents are drawn from the front.
//! 2. In each parent some places are chosen: runs of one to three segments.
//! 3. For each place, segments of the database are ranked by what the predictor says of them there.
//! 4. The best are repaired and put in. The child is a network of its own, valid by construction.
//! 5. Children inside the window of the costs are scored and timed, and the front is made anew.
//!
//! A child is stored as its derivation: what was replaced, by which segment, and what the repair changed. It can be
//! made again at any time, and must come out under its content id.
//!
//! # A search
//!
//! Any function of a graph can stand in the predictor's place; here it is the number of convolutions.
//!
//! ```
//! use autogo::prelude::*;
//! use autogo::families::{corpus, network};
//! let mined = Mining::bpe(60).run(&corpus(&[(FamilyName::Nb201, 20)], 0)?)?;
//! let convolutions = |graph: &Graph| graph.nodes().filter(|node| matches!(node.op, Op::Conv(_))).count() as f64;
//! let mutator = Mutator::new(mined, convolutions, Npu::n256())?;
//! let parent = network("nb201:nor_conv_3x3,none,none,skip_connect,nor_conv_3x3,nor_conv_1x1")?;
//! let search = Evolution { generations: 2, seed: 1, ..Evolution::default() };
//! let run = search.run(&parent, &mutator, Progress::Silent)?;
//! assert!(run.front().len() > 1);
//! assert!(run.replay(run.front()[0].id, mutator.db())?);
//! # Ok::<(), Error>(())
//! ```
//!
//! **Try it**: give the search a third objective, such as the parameters. Next: [`cycles`](super::cycles).
