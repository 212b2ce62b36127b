//! Values of a file that another tool wrote: this library's engine beside ONNX Runtime.

use autogo::formats::onnx::Imported;
use autogo::graph::Shape;
use autogo::train::{Network, NetworkSettings};
use std::path::Path;

/// Numbers that a script wrote; nothing without the file.
pub fn floats(path: &Path) -> Option<Vec<f32>> {
    let bytes = std::fs::read(path).ok()?;
    Some(bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect())
}

/// Images as they stand, and with channels last where channels came first.
fn layouts(shape: Shape, images: &[f32]) -> [Vec<f32>; 2] {
    let (pixels, c) = ((shape.h * shape.w) as usize, shape.c as usize);
    let turned = images.chunks_exact(pixels * c).flat_map(|image| {
        (0..pixels).flat_map(move |pixel| (0..c).map(move |channel| image[channel * pixels + pixel]))
    });
    [turned.collect(), images.to_vec()]
}

/// Whether the engine computes what ONNX Runtime did, to 1e-4, in one of the layouts that a file may have.
///
/// # Errors
/// When the engine has no kernel, or the graph no weights.
pub fn computes(file: &Imported, input: &[f32], wanted: &[f32]) -> Result<bool, autogo::Error> {
    let (reads, makes) = (file.graph.input_shape(), file.graph.node(file.graph.len() - 1).shape);
    let settings = NetworkSettings { batch: 1, ..NetworkSettings::default() };
    let mut network = Network::of_file(file, settings)?;
    // The first image of the batch.
    let input = input.get(..reads.elements() as usize).unwrap_or(input);
    let wanted = wanted.get(..makes.elements() as usize).unwrap_or(wanted);
    let scale = wanted.iter().filter(|value| value.is_finite()).fold(1.0f32, |most, value| most.max(value.abs()));
    let near = |ours: &[f32], theirs: &[f32]| {
        ours.len() == theirs.len()
            && ours
                .iter()
                .zip(theirs)
                .all(|(a, b)| (a - b).abs() <= 1e-4 * b.abs() + 1e-5 * scale || (a.is_nan() && b.is_nan()))
    };
    Ok(layouts(reads, input).iter().any(|images| {
        let Ok(ours) = network.forward(images) else { return false };
        layouts(makes, wanted).iter().any(|theirs| near(ours, theirs))
    }))
}
