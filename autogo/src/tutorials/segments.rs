//! Lesson 2: a graph becomes tokens, tokens become segments.
//!
//! # Tokens
//!
//! The nodes are put in a line, operands before their readers. Each node becomes a token: its op, the width of its kernel,
//! and the ops around it ([release §3.1](crate::doc::release#s3-1)). Two nodes with one token are alike to all that
//! follows.
//!
//! ```
//! use autogo::segment::{Linearizer, Order, TokenForm};
//! let toy = autogo::tutorials::toy()?;
//! let line = Order::Topological.order(&toy);
//! assert_eq!(line, [0, 1, 2, 3, 4]);
//! let tokens = TokenForm::default().tokens(&toy, &line);
//! assert_eq!(tokens[0], "input,in,,out,conv2d,");
//! assert_eq!(tokens[1], "conv2d,3,in,input,,out,relu,add,");
//! assert_eq!(tokens[2], "relu,in,conv2d,,out,add,");
//! assert_eq!(tokens[3], "add,in,conv2d,relu,,out,output,");
//! assert_eq!(tokens[4], "output,in,add,,out,");
//! # Ok::<(), autogo::Error>(())
//! ```
//!
//! # Merges
//!
//! Byte-pair encoding numbers the tokens of a corpus, 0 to 4 for the toy. Then it looks for the pair of pieces that most
//! often stand side by side, makes it a new piece, and starts again. In a corpus of two toys every pair occurs twice. Ties
//! go to the shorter piece, then to the smaller numbers, so three merges are:
//!
//! | merge | joins | makes piece | which spells |
//! |---|---|---|---|
//! | 1 | 0, 1 | 5 | `in conv` |
//! | 2 | 2, 3 | 6 | `relu add` |
//! | 3 | 6, 4 | 7 | `relu add out` |
//!
//! ```
//! use autogo::prelude::*;
//! use autogo::segment::SegmentModel;
//! let toy = autogo::tutorials::toy()?;
//! let mined = Mining::bpe(3).run(&[toy.clone(), toy.clone()])?;
//! let model = mined.segmenter.model();
//! assert_eq!(model.symbols(5), [0, 1]);
//! assert_eq!(model.symbols(6), [2, 3]);
//! assert_eq!(model.symbols(7), [2, 3, 4]);
//! assert_eq!(mined.segmenter.groups(&toy), [vec![0, 1], vec![2, 3, 4]]);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Segments
//!
//! The nodes of a piece induce a subgraph, the segment. A segment is a function: from the tensors that it reads to the
//! tensors that others read of it. After two merges `relu add` is one: it reads one tensor of 8×8×4, twice, and makes one.
//! The input and the output of a network belong to no segment of the database, so it is the only one. It was found in both
//! toys and is stored once.
//!
//! ```
//! use autogo::prelude::*;
//! let toy = autogo::tutorials::toy()?;
//! let db = Mining::bpe(2).run(&[toy.clone(), toy])?.db;
//! let row = &db.rows()[0];
//! assert_eq!((db.len(), row.count), (1, 2));
//! assert_eq!(row.segment.content_id().to_string(), "ad4ad56152c453819f5e9e01a88c88e2");
//! assert_eq!((row.segment.inputs.len(), row.segment.output_shapes().len()), (1, 1));
//! # Ok::<(), Error>(())
//! ```
//!
//! **Try it**: which pieces do four merges make, and why is a fifth refused? Next:
//! [`cut_and_predict`](super::cut_and_predict).
