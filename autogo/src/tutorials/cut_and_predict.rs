//! Lesson 3: a network is cut in three, and a predictor reads the parts.
//!
//! # Predecessor, segment, successor
//!
//! A network whose nodes are grouped into segments can be cut at any of them: the nodes before the segment are the
//! predecessor, the nodes behind it the successor. After two merges the toy has three groups, hence three cuts. The
//! input and the output stay outside: a segment that holds one of them leaves it to its neighbour.
//!
//! | cut at | group | predecessor | segment | successor |
//! |---|---|---|---|---|
//! | 0 | 0, 1 | 0 | 1 | 2, 3, 4 |
//! | 1 | 2, 3 | 0, 1 | 2, 3 | 4 |
//! | 2 | 4 | 0, 1, 2, 3 | | 4 |
//!
//! ```
//! use autogo::prelude::*;
//! let toy = autogo::tutorials::toy()?;
//! let mined = Mining::bpe(2).run(&[toy.clone(), toy.clone()])?;
//! let groups = mined.segmenter.groups(&toy);
//! let cuts = Partition::all(&groups);
//! assert_eq!(cuts[0].parts(), [&[0][..], &[1], &[2, 3, 4]]);
//! assert_eq!(cuts[1].parts(), [&[0, 1][..], &[2, 3], &[4]]);
//! assert_eq!(cuts[2].parts(), [&[0, 1, 2, 3][..], &[], &[4]]);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Two predictors
//!
//! A predictor learns from labelled networks what an unseen one will score. Both predictors of the paper are graph
//! networks: every node starts as an embedding of its op, kernel and shapes, and in each of six rounds it adds up what
//! the nodes send that it reads.
//!
//! - The GNN takes the mean over all nodes, one row of 32 numbers, and a head makes a score of it.
//! - The PSC takes three means, over predecessor, segment and successor, and a head reads them side by side: 96
//!   numbers. To judge another segment in the same place only one of the three changes, which is what a search asks
//!   for.
//!
//! # Ranking
//!
//! What counts is the order of the scores. Spearman's rank correlation (SRCC) compares two orders: 1 for the same, 0
//! for chance, -1 for the reverse. Here two of four networks change places:
//!
//! ```
//! use autogo::stats::srcc;
//! let (truth, predicted) = ([91.0, 92.0, 93.0, 94.0], [0.1, 0.3, 0.2, 0.4]);
//! // 1 - 6 Σ d² / (n (n² - 1)) = 1 - 6 · 2 / 60
//! assert!((srcc(&truth, &predicted).unwrap_or(0.0) - 0.8).abs() < 1e-12);
//! ```
//!
//! # A small training
//!
//! Sixty networks of NAS-Bench-201, labelled with their cycles; the predictor learns from forty and ranks twenty
//! others.
//!
//! ```
//! use autogo::prelude::*;
//! use autogo::predict::TrainSettings;
//! let data = LabelledFamily::nb201_computed(60)?;
//! let split = data.split(40, 20, 0)?;
//! let segmenter = Mining::bpe(40).segmenter(&split.train_graphs())?;
//! let settings = TrainSettings { epochs: 2, ..TrainSettings::default() };
//! let (psc, _log) = Psc::train(&split.train, &segmenter, &settings, Progress::Silent)?;
//! let quality = srcc(&psc.score(&split.test_graphs())?, &split.test_values());
//! assert!(quality.is_some_and(|srcc| srcc > -1.0));
//! # Ok::<(), Error>(())
//! ```
//!
//! Two epochs are few: notebook `03_psc_predictor` trains forty. **Try it**: the same with the GNN, and with the number
//! of FLOPs in a predictor's place. Next: [`repair`](super::repair).
