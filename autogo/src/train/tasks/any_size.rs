//! A trained network on pictures of any size.

use crate::error::{Error, TrainError};
use crate::files::Tensors;
use crate::graph::{Border, Graph, GraphBuilder, Op, Shape};
use crate::train::network::Network;
use crate::train::plan::NetworkSettings;

/// The name of the node that cuts a head's result to the size of the picture.
pub(super) const CROP: &str = "head/crop";

/// A graph with trained weights that is planned anew for every size of picture. One plan is kept: that of the last
/// size.
///
/// Large pictures are computed in tiles that overlap, so memory depends on the tile and not on the
/// picture.
#[derive(Clone, Debug)]
pub struct AnySize {
    graph: Graph,
    weights: Tensors,
    settings: NetworkSettings,
    planned: Option<((u32, u32), Network)>,
}

/// The tiles into which a large picture is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tiles {
    /// Height and width of a tile, at most.
    pub side: usize,
    /// Pixels at an inner border of a tile whose answers are not used: what lies beyond them has an effect there.
    pub margin: usize,
}

impl AnySize {
    /// The network of a graph. O(weights).
    pub fn new(graph: &Graph, network: &Network) -> AnySize {
        let (graph, settings) = (graph.clone(), network.plan().settings_for(1));
        AnySize { graph, settings, weights: network.tensors(), planned: None }
    }

    /// The graph, for pictures to learn from.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The answer to one picture of height and width `size`, and its shape.
    ///
    /// # Errors
    /// A graph that does not take pictures of this size, floats that are no picture. O(multiply-adds).
    pub fn forward(&mut self, image: &[f32], size: (u32, u32)) -> Result<(&[f32], Shape), Error> {
        if self.planned.as_ref().is_none_or(|(planned, _)| *planned != size) {
            let mut network = Network::with(&at_size(&self.graph, size)?, 0, self.settings)?;
            network.set_tensors(&self.weights)?;
            self.planned = Some((size, network));
        }
        let Some((_, network)) = &mut self.planned else { return Err(lost(&self.graph)) };
        let shape = network.plan().output;
        Ok((network.forward(image)?, shape))
    }

    /// The answer to one picture, computed in tiles; the answer is `factor` times as high and wide as the picture.
    ///
    /// Along each axis, tiles begin where the one before has `2 · margin` pixels left, the last one ends with the
    /// picture. Of a tile, the pixels that are nearer than `margin` to an inner border are taken from its neighbour.
    /// Where an output depends on no more than `margin` pixels around it, that is the answer to the whole picture.
    /// O(multiply-adds).
    pub(super) fn tiled(
        &mut self,
        image: &[f32],
        shape: Shape,
        factor: usize,
        tiles: Tiles,
    ) -> Result<Vec<f32>, Error> {
        let (h, w, c) = (shape.h as usize, shape.w as usize, shape.c as usize);
        let (high, wide) = (tiles.side.min(h), tiles.side.min(w));
        let mut answer: Vec<f32> = Vec::new();
        let mut tile = vec![0.0; high * wide * c];
        for rows in tiles.along(h) {
            for columns in tiles.along(w) {
                for (row, line) in tile.chunks_exact_mut(wide * c).enumerate() {
                    let from = ((rows.begin + row) * w + columns.begin) * c;
                    line.copy_from_slice(&image[from..from + wide * c]);
                }
                let (found, made) = self.forward(&tile, (high as u32, wide as u32))?;
                let channels = made.c as usize;
                if (made.h as usize, made.w as usize) != (high * factor, wide * factor) {
                    let (found, wanted) = (made.to_string(), format!("{}×{}", high * factor, wide * factor));
                    let (graph, task) = (self.graph.name().into(), "a tile".into());
                    return Err(TrainError::Answer { graph, found, task, wanted }.into());
                }
                answer.resize(h * w * factor * factor * channels, 0.0);
                let used = (columns.until - columns.from) * factor * channels;
                for row in rows.from * factor..rows.until * factor {
                    let line = row - rows.begin * factor;
                    let own = (line * wide + columns.from - columns.begin) * factor * channels;
                    let to = (row * w + columns.from) * factor * channels;
                    answer[to..to + used].copy_from_slice(&found[own..own + used]);
                }
            }
        }
        Ok(answer)
    }
}

/// Part of an axis: where a tile begins, and which of its pixels are used.
struct Span {
    begin: usize,
    from: usize,
    until: usize,
}

impl Tiles {
    fn along(self, size: usize) -> Vec<Span> {
        let side = self.side.min(size);
        let (mut spans, mut begin, mut from) = (Vec::new(), 0, 0);
        loop {
            let is_last = begin + side >= size;
            let until = if is_last { size } else { begin + side - self.margin };
            spans.push(Span { begin, from, until });
            if is_last {
                return spans;
            }
            from = until;
            begin = (begin + (side - 2 * self.margin).max(1)).min(size - side);
        }
    }
}

fn lost(graph: &Graph) -> Error {
    TrainError::Node { node: graph.name().into(), reason: "has no plan".into() }.into()
}

/// The graph for pictures of another size: every op stays as it is, and a head's crop cuts what is too much.
pub(super) fn at_size(graph: &Graph, (h, w): (u32, u32)) -> Result<Graph, Error> {
    let mut build = GraphBuilder::new(graph.name());
    for index in 0..graph.len() {
        let node = graph.node(index);
        let op = if let Op::Input(shape) = node.op {
            Op::Input(Shape { h, w, ..shape })
        } else if matches!(node.op, Op::Crop(_)) && node.name == CROP {
            Op::Crop(surplus(build.shape(graph.operands(index)[0]), (h, w)))
        } else {
            node.op
        };
        build.add(&node.name, op, graph.operands(index))?;
    }
    Ok(build.finish()?)
}

/// The pixels that a picture has more than height and width `size`: half of them on each side.
pub(super) fn surplus(shape: Shape, size: (u32, u32)) -> Border {
    let (rows, columns) = (shape.h.saturating_sub(size.0), shape.w.saturating_sub(size.1));
    Border { top: rows / 2, left: columns / 2, bottom: rows - rows / 2, right: columns - columns / 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, Interpolation, Window};
    use crate::rng::Stream;
    use rand::Rng;

    #[test]
    fn tiles_cover_an_axis_once() {
        for (size, side, margin) in [(5, 8, 2), (8, 8, 2), (9, 8, 2), (100, 8, 2), (31, 10, 4), (7, 3, 1)] {
            let spans = Tiles { side, margin }.along(size);
            let mut next = 0;
            for (at, span) in spans.iter().enumerate() {
                assert_eq!(span.from, next, "{size} {side}");
                assert!(span.begin + side.min(size) <= size && span.until <= span.begin + side);
                assert!(at == 0 || span.from - span.begin >= margin);
                next = span.until;
            }
            assert_eq!(next, size);
        }
    }

    #[test]
    fn the_answer_in_tiles_is_that_to_the_whole_picture() {
        let mut build = GraphBuilder::new("enlarges");
        let x = build.add("in", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
        let conv = |filters| Op::Conv(Conv { filters, window: Window::same(3, 1), groups: 1, bias: true });
        let a = build.add("a", conv(8), &[x]).unwrap();
        let a = build.add("relu", Op::Relu, &[a]).unwrap();
        let a = build.add("b", conv(4), &[a]).unwrap();
        let a = build.add("large", Op::Resize { factor: 2, interpolation: Interpolation::Nearest }, &[a]).unwrap();
        build.add("out", Op::Output, &[a]).unwrap();
        let graph = build.finish().unwrap();
        let network = Network::new(&graph, 3).unwrap();
        let mut any = AnySize::new(&graph, &network);
        let (shape, mut draw) = (Shape::new(37, 22, 3), Stream::new(0, "pixels").at(0));
        let image: Vec<f32> = (0..shape.elements()).map(|_| draw.random_range(-1.0..1.0)).collect();
        let (whole, made) = any.forward(&image, (37, 22)).unwrap();
        let whole = whole.to_vec();
        assert_eq!(made, Shape::new(74, 44, 4));
        for side in [12, 16, 64] {
            let tiled = any.tiled(&image, shape, 2, Tiles { side, margin: 2 }).unwrap();
            let apart = tiled.iter().zip(&whole).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
            assert!(tiled.len() == whole.len() && apart < 1e-5, "{side}: {apart}");
        }
        let error = any.tiled(&image, shape, 1, Tiles { side: 12, margin: 2 }).unwrap_err().to_string();
        assert!(error.contains("makes 24×24×4") && error.lines().count() == 1, "{error}");
        assert!(any.forward(&image[1..], (37, 22)).is_err());
    }
}
