//! A score by which ReLUs tell pictures apart (Mellor et al. 2021).

use super::Network;
use super::symmetric::log_determinant;
use crate::error::Error;
use crate::train::piece::Piece;
use crate::train::plan::Plan;
use crate::train::plan::kernel::Kernel;
use autogo_engine::Clip;

/// ln det K, where K of two pictures is the number of ReLUs that are on for both or off for both; nothing where two
/// pictures have one code, or no ReLU is there.
pub(super) fn score(network: &mut Network, images: &[f32]) -> Result<Option<f64>, Error> {
    network.forward_in_training(images)?;
    let mut codes: Vec<Vec<u64>> = Vec::new();
    let mut relus = 0;
    for piece in network.pieces.iter().filter(|piece| piece.arena.images > 0) {
        let mut own = vec![Code::default(); piece.arena.images];
        write(&mut own, piece, &network.plan);
        relus = own.first().map_or(0, |code| code.len);
        codes.extend(own.into_iter().map(|code| code.bits));
    }
    let agree = |a: &[u64], b: &[u64]| {
        let differ: u32 = a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum();
        (relus as u64 - u64::from(differ)) as f64
    };
    let kernel = codes.iter().flat_map(|a| codes.iter().map(|b| agree(a, b))).collect();
    Ok(log_determinant(kernel, codes.len()))
}

/// A picture's code: a bit for every ReLU.
#[derive(Clone, Debug, Default)]
struct Code {
    bits: Vec<u64>,
    len: usize,
}

impl Code {
    fn push(&mut self, is_on: bool) {
        if self.len.is_multiple_of(64) {
            self.bits.push(0);
        }
        if let Some(last) = self.bits.last_mut() {
            *last |= u64::from(is_on) << (self.len % 64);
        }
        self.len += 1;
    }
}

/// Writes the codes of a piece's pictures, layer after layer. What a ReLU reads is still there after a forward pass:
/// the backward pass needs it.
fn write(codes: &mut [Code], piece: &Piece, plan: &Plan) {
    for step in &plan.steps {
        let (Kernel::Map(clip), Some(map), Some(source)) = (&step.kernel, step.map, step.reads.first()) else {
            continue;
        };
        if *clip == Clip::None {
            continue;
        }
        let values = piece.arena.get(source.tensor);
        let affine = piece.folded[map].map(*clip);
        let channels = step.output.c;
        for (code, values) in codes.iter_mut().zip(values.chunks_exact(values.len() / piece.arena.images)) {
            for pixel in values.chunks_exact(channels) {
                for ((&value, &scale), &shift) in pixel.iter().zip(affine.scale).zip(affine.shift) {
                    code.push(scale * value + shift > 0.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, Op, Shape, Window};
    use crate::train::NetworkSettings;

    /// One ReLU layer on the pictures themselves: their signs are the codes.
    #[test]
    fn the_kernel_counts_signs_that_agree() {
        let mut build = GraphBuilder::new("signs");
        let x = build.add("x", Op::Input(Shape::new(2, 2, 1)), &[]).unwrap();
        let relu = build.add("relu", Op::Relu, &[x]).unwrap();
        let conv = Conv { filters: 1, window: Window::same(1, 1), groups: 1, bias: false };
        let y = build.add("y", Op::Conv(conv), &[relu]).unwrap();
        build.add("out", Op::Output, &[y]).unwrap();
        let graph = build.finish().unwrap();
        let settings = NetworkSettings { batch: 2, reaches_images: true, ..NetworkSettings::default() };
        let mut network = Network::with(&graph, 0, settings).unwrap();
        // One of four signs differs: K = [[4, 3], [3, 4]].
        let images = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, 1.0];
        let score = score(&mut network, &images).unwrap().unwrap();
        assert!((score - 7f64.ln()).abs() < 1e-12, "{score}");
    }
}
