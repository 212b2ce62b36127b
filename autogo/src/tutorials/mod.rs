//! Lessons: how AutoGO works, from a toy of five nodes.
//!
//! | lesson | question |
//! |---|---|
//! | [`a_network_is_a_graph`] | What is a node, a shape, a cost, an id? |
//! | [`segments`] | How does a graph become tokens, and tokens become segments? |
//! | [`cut_and_predict`] | How is a network cut into three parts, and what does a predictor make of them? |
//! | [`repair`] | How is a segment from elsewhere made to fit? |
//! | [`search`] | How does a front of networks grow? |
//! | [`cycles`] | What does a network cost on a machine? |
//! | [`train`] | How does a graph learn? |
//!
//! Every number in the lessons is checked when the library is tested. The toy is the same in all of them:
//!
//! ```text
//! in ──► conv ──► relu ──► add ──► out
//!          └────────────────▲
//! ```

pub mod a_network_is_a_graph;
pub mod cut_and_predict;
pub mod cycles;
pub mod repair;
pub mod search;
pub mod segments;
pub mod train;

use crate::graph::{Conv, Graph, GraphBuilder, GraphError, Op, Shape, Window};

/// The toy of the lessons: a 3×3 convolution, and the sum of it and its ReLU, on a picture of 8×8×3.
///
/// # Errors
/// None: the toy is valid. Building a graph returns a `Result`, and so does this function.
///
/// ```
/// let toy = autogo::tutorials::toy()?;
/// assert_eq!(toy.len(), 5);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn toy() -> Result<Graph, GraphError> {
    let mut build = GraphBuilder::new("toy");
    let input = build.add("in", Op::Input(Shape::new(8, 8, 3)), &[])?;
    let conv = Conv { filters: 4, window: Window::same(3, 1), groups: 1, bias: true };
    let conv = build.add("conv", Op::Conv(conv), &[input])?;
    let relu = build.add("relu", Op::Relu, &[conv])?;
    let add = build.add("add", Op::Add, &[conv, relu])?;
    build.add("out", Op::Output, &[add])?;
    build.finish()
}
