//! Segmentation: road scenes with a class for every pixel.

use super::any_size::AnySize;
use super::crop::{Crop, check_input};
use super::metrics::ClassCounts;
use super::task::{DenseLoss, DenseTask, Example, Metric, Sample, missing, no_set, no_shifts};
use crate::data::{MaskedPictures, Picture};
use crate::error::{Error, TrainError};
use crate::goal::Goal;
use crate::graph::Shape;
use crate::rng::Draw;
use crate::train::preparation::Preparation;
use crate::train::recipe::Recipe;
use std::path::Path;
use std::sync::Arc;

/// Pixels of this class have none, and count nowhere.
const VOID: u32 = 11;
const CLASSES: usize = MaskedPictures::CAMVID.len();
const METRICS: [Metric; 2] = [
    Metric { name: "miou", unit: "", goal: Goal::Maximise },
    Metric { name: "pixel_accuracy", unit: "", goal: Goal::Maximise },
];
/// The colours that classes are drawn in, those of CamVid; pixels without a class are black.
const COLOURS: [[u8; 3]; CLASSES] = [
    [128, 128, 128],
    [128, 0, 0],
    [192, 192, 128],
    [128, 64, 128],
    [0, 0, 192],
    [128, 128, 0],
    [192, 128, 128],
    [64, 64, 128],
    [64, 0, 128],
    [64, 64, 0],
    [0, 128, 192],
];

/// CamVid at 160×120 (Brostow et al., 2008): eleven classes, softmax cross-entropy of every pixel, mean intersection
/// over union.
///
/// A network learns from crops of 367 pictures, which may be mirrored, and is measured with whole pictures: 101 of part
/// `val` while it learns, these and 233 of part `test` at the end. Pixels without a class have neither loss nor score.
/// A classification network keeps its layers up to the last features that have a height and a width, without the
/// strides by which a feature would stand for more than 8 pixels a side; a 1×1 convolution makes eleven logits of the
/// features, which are resized to the picture bilinearly. That is how the paper carries classification networks over to
/// segmentation, which dilates or resizes where a stride went.
#[derive(Clone, Debug)]
pub struct CamVid {
    data: Arc<Data>,
    name: String,
    input: Shape,
    /// Pictures of a part, at most.
    count: usize,
}

#[derive(Debug)]
struct Data {
    /// Parts `train`, `val`, `test`.
    parts: [MaskedPictures; 3],
    digest: String,
    preparation: Preparation,
}

impl CamVid {
    /// Reads CamVid from a data folder; pictures to learn from have 96×96 pixels.
    ///
    /// # Errors
    /// As [`MaskedPictures::camvid`].
    pub fn open(folder: impl AsRef<Path>) -> Result<CamVid, Error> {
        let (parts, digest) = MaskedPictures::camvid(folder)?;
        let bytes: Vec<u8> = parts[0].pictures.iter().flat_map(|picture| &picture.bytes).copied().collect();
        let names = MaskedPictures::CAMVID.map(String::from).into();
        let preparation = Preparation::of("camvid", MaskedPictures::SHAPE, names, &bytes);
        let data = Arc::new(Data { parts, digest, preparation });
        Ok(CamVid { data, name: String::new(), input: MaskedPictures::SHAPE, count: usize::MAX }.with(96, 96))
    }

    fn with(mut self, h: u32, w: u32) -> CamVid {
        self.input = Shape::new(h, w, 3);
        self.name = format!("camvid@{h}x{w}");
        self
    }

    /// The pictures and masks of a part that are looked at.
    fn part(&self, part: usize) -> Option<(&[Picture], &[Vec<u8>])> {
        let part = self.data.parts.get(part)?;
        let count = self.count.min(part.pictures.len());
        Some((&part.pictures[..count], &part.masks[..count]))
    }

    /// The pictures and masks of a test set.
    fn set(&self, set: usize) -> Result<(&[Picture], &[Vec<u8>]), Error> {
        self.part(set + 1).ok_or_else(|| no_set(&self.name, set, 2))
    }

    /// The class that a network gives to every pixel of a picture.
    fn said(&self, network: &mut AnySize, picture: &Picture) -> Result<Vec<u32>, Error> {
        let Shape { h, w, .. } = picture.shape;
        let mut image = vec![0.0; picture.bytes.len()];
        self.data.preparation.floats(&picture.bytes, &mut image);
        let (logits, shape) = network.forward(&image, (h, w))?;
        let mut said = vec![0; (h * w) as usize];
        autogo_engine::loss::largest(logits, shape.c as usize, &mut said)
            .map_err(|error| TrainError::Node { node: "the answer".into(), reason: error.to_string() })?;
        Ok(said)
    }
}

/// A mask in colours.
fn drawn(classes: impl Iterator<Item = u32>, shape: Shape) -> Picture {
    let bytes = classes.flat_map(|class| COLOURS.get(class as usize).copied().unwrap_or_default()).collect();
    Picture { shape: Shape { c: 3, ..shape }, bytes }
}

impl DenseTask for CamVid {
    fn name(&self) -> &str {
        &self.name
    }

    fn record(&self) -> String {
        let count = |part| self.part(part).map_or(0, |(pictures, _)| pictures.len());
        let (name, digest) = (&self.name, &self.data.digest);
        format!("{name}: {} pictures, {} of val, {} of test, archive {digest}", count(0), count(1), count(2))
    }

    fn input(&self) -> Shape {
        self.input
    }

    fn loss(&self, output: Shape) -> Option<DenseLoss> {
        (output == Shape { c: CLASSES as u32, ..self.input }).then_some(DenseLoss::Classes { ignored: Some(VOID) })
    }

    fn wanted(&self) -> String {
        Shape { c: CLASSES as u32, ..self.input }.to_string()
    }

    fn len(&self) -> usize {
        self.part(0).map_or(0, |(pictures, _)| pictures.len())
    }

    fn sample(&self, picture: usize, draw: &mut Draw, recipe: &Recipe, sample: Sample<'_>) -> Result<(), Error> {
        let found = self.part(0).and_then(|(pictures, masks)| Some((pictures.get(picture)?, masks.get(picture)?)));
        let (picture, mask) = found.ok_or_else(|| missing(&self.name, picture, self.len()))?;
        let size = (self.input.h as usize, self.input.w as usize);
        let crop = Crop::draw(draw, picture.shape, size, (false, recipe.flips));
        let pixels = sample.image.chunks_exact_mut(3).zip(sample.labels);
        for (pixel, (floats, label)) in crop.pixels(picture.shape.w as usize).zip(pixels) {
            self.data.preparation.floats(&picture.bytes[3 * pixel..][..3], floats);
            *label = u32::from(mask[pixel]);
        }
        Ok(())
    }

    fn check(&self, recipe: &Recipe) -> Result<(), Error> {
        no_shifts(recipe)
    }

    fn sets(&self) -> Vec<String> {
        vec!["val".into(), "test".into()]
    }

    fn metrics(&self) -> &'static [Metric] {
        &METRICS
    }

    fn measure(&self, network: &mut AnySize, set: usize) -> Result<Vec<f64>, Error> {
        let (pictures, masks) = self.set(set)?;
        let mut counts = ClassCounts::new(CLASSES, Some(VOID));
        for (picture, mask) in pictures.iter().zip(masks) {
            let labels: Vec<u32> = mask.iter().map(|&class| u32::from(class)).collect();
            counts.add(&labels, &self.said(network, picture)?);
        }
        Ok(vec![counts.mean_iou(), counts.accuracy()])
    }

    fn baseline(&self, set: usize) -> Result<Vec<f64>, Error> {
        let pixels = |masks: &[Vec<u8>]| masks.iter().flatten().map(|&class| u32::from(class)).collect::<Vec<u32>>();
        let (train, test) = (pixels(self.part(0).map_or(&[], |(_, masks)| masks)), pixels(self.set(set)?.1));
        let mut counts = ClassCounts::new(CLASSES, Some(VOID));
        counts.add(&train, &train);
        let most = counts.most_frequent();
        let mut counts = ClassCounts::new(CLASSES, Some(VOID));
        counts.add(&test, &vec![most; test.len()]);
        Ok(vec![counts.mean_iou(), counts.accuracy()])
    }

    fn examples(&self, network: &mut AnySize, count: usize) -> Result<Vec<Example>, Error> {
        let (pictures, masks) = self.set(1)?;
        // Neighbouring frames look alike.
        let every = (pictures.len() / count.max(1)).max(1);
        let mut examples = Vec::new();
        for (picture, mask) in pictures.iter().zip(masks).step_by(every).take(count) {
            let said = self.said(network, picture)?;
            let right = drawn(mask.iter().map(|&class| u32::from(class)), picture.shape);
            let pictures = vec![
                ("the picture".into(), picture.clone()),
                ("found".into(), drawn(said.into_iter(), picture.shape)),
                ("right".into(), right),
            ];
            examples.push(Example { pictures });
        }
        Ok(examples)
    }

    fn reading(&self, input: Shape) -> Result<Box<dyn DenseTask>, Error> {
        let Shape { h, w, .. } = MaskedPictures::SHAPE;
        check_input("camvid", input, (h, w), &[3])?;
        Ok(Box::new(self.clone().with(input.h, input.w)))
    }

    fn first(&self, count: usize) -> Box<dyn DenseTask> {
        Box::new(CamVid { count, ..self.clone() })
    }
}
