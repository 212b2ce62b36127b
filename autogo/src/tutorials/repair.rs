//! Lesson 4: a segment from elsewhere is made to fit.
//!
//! The nodes `conv relu add` of the toy are a segment from 8×8×3 to 8×8×4. Put it where 8×8×5 comes in and 4×4×6 is wanted,
//! and it does not fit: the convolution makes four channels, and the size stays.
//!
//! Two things may change: filters and strides. Kernels, paddings and edges stay. Every change has a price, and the repair is
//! the cheapest change that fits:
//!
//! `Σ (1 + descendants) · (|filters after − filters before| + 100 · [stride changed] + 100 · [a changed stride skips pixels])`
//!
//! Late nodes have few descendants, so they change first. Here only the convolution can change. Two nodes of the segment
//! depend on it, so its weight is 3. It needs two more filters, and a stride of 2: 3 · (2 + 100) = 306.
//!
//! ```
//! use autogo::prelude::*;
//! use autogo::graph::Shape;
//! let toy = autogo::tutorials::toy()?;
//! let donor = Segment::cut(&toy, &[1, 2, 3]).segment;
//! let repaired = repair(&donor, &[Shape::new(8, 8, 5)], &[Shape::new(4, 4, 6)]).expect("a repair");
//! assert_eq!(repaired.objective, 306.0);
//! let Op::Conv(conv) = repaired.segment.nodes[0].op else { unreachable!("the first node is the convolution") };
//! assert_eq!((conv.filters, conv.window.stride), (6, (2, 2)));
//! assert_eq!(repaired.segment.output_shapes(), [Shape::new(4, 4, 6)]);
//! # Ok::<(), Error>(())
//! ```
//!
//! The sum reads the convolution and its ReLU, and both get the new shape: equations between channels and sizes tie them
//! together. An answer counts only after exact shape inference has made the wanted shapes. Where nothing fits, that is said:
//! no stride makes 8 pixels into 16.
//!
//! ```
//! use autogo::{graph::Shape, repair::{RepairError, repair}, segment::Segment};
//! let toy = autogo::tutorials::toy()?;
//! let donor = Segment::cut(&toy, &[1, 2, 3]).segment;
//! let refused = repair(&donor, &[Shape::new(8, 8, 5)], &[Shape::new(16, 16, 6)]);
//! assert!(matches!(refused, Err(RepairError::Infeasible { .. })));
//! # Ok::<(), autogo::Error>(())
//! ```
//!
//! **Try it**: which wanted height makes the repair skip pixels, and what does it cost then? Next:
//! [`search`](super::search).
