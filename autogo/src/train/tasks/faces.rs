//! Key points: 68 places in a face.

use super::any_size::AnySize;
use super::crop::check_input;
use super::metrics::PointErrors;
use super::task::{DenseLoss, DenseTask, Example, Metric, Sample, missing, no_set, no_smoothing};
use crate::data::{Picture, PointedPictures};
use crate::error::{Error, TrainError};
use crate::goal::Goal;
use crate::graph::Shape;
use crate::rng::Draw;
use crate::train::preparation::Preparation;
use crate::train::recipe::Recipe;
use autogo_engine::loss::Places;
use rand::Rng;
use std::path::Path;
use std::sync::Arc;

const POINTS: usize = PointedPictures::POINTS;
/// Row and column of every key point of a face.
type Points = Vec<[f32; 2]>;
/// The outer corners of the eyes, whose distance is a face's scale.
const EYES: (usize, usize) = (36, 45);
/// The part of the scale up to which a point counts as found.
const NEAR: f64 = 0.1;
/// Pixels from which the loss of a coordinate grows with the distance, not with its square.
const BETA: f32 = 1.0;
/// The least pixels of a map's side. One for 8 pixels of the picture makes 12, less what windows without a border take.
const SIDE: u32 = 8;
const METRICS: [Metric; 2] =
    [Metric { name: "pck", unit: "", goal: Goal::Maximise }, Metric { name: "nme", unit: "", goal: Goal::Minimise }];

/// Faces of 96×96 pixels with 68 key points (frames of YouTube Faces; Wolf et al., 2011): PCK@0.1 and NME, in units of
/// the distance between points 36 and 45.
///
/// A network makes a map for every point. The softmax of a map over its pixels is a distribution, whose mean place is
/// the answer (Sun et al., Integral Human Pose Regression, ECCV 2018); the loss is the smooth L1 loss of rows and
/// columns in pixels, with β = 1. The mean place lies between a map's pixels, so coarse maps do. A classification
/// network keeps its layers up to the last features that have a height and a width, without the strides by which a
/// feature would stand for more than 8 pixels a side, and a 1×1 convolution makes 68 maps of the features.
///
/// The recipe's flips mirror a face and exchange its left and right points; its shifts move a face, zeros move in.
#[derive(Clone, Debug)]
pub struct Faces {
    data: Arc<Data>,
    count: usize,
}

#[derive(Debug)]
struct Data {
    /// Parts `train`, `test`.
    parts: [PointedPictures; 2],
    digest: String,
    preparation: Preparation,
}

/// The point that a point becomes in a mirrored face.
fn mirrored(point: usize) -> usize {
    match point {
        0..17 => 16 - point,
        17..27 => 43 - point,
        27..31 => point,
        31..36 => 66 - point,
        36..40 | 42..46 => 81 - point,
        40..42 | 46..48 => 87 - point,
        48..55 => 102 - point,
        55..60 => 114 - point,
        60..65 => 124 - point,
        _ => 132 - point,
    }
}

impl Faces {
    /// Reads the faces from a data folder.
    ///
    /// # Errors
    /// As [`PointedPictures::faces`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Faces, Error> {
        let (parts, digest) = PointedPictures::faces(folder)?;
        let bytes: Vec<u8> = parts[0].pictures.iter().flat_map(|picture| &picture.bytes).copied().collect();
        let preparation = Preparation::of("faces", PointedPictures::SHAPE, Vec::new(), &bytes);
        Ok(Faces { data: Arc::new(Data { parts, digest, preparation }), count: usize::MAX })
    }

    fn part(&self, part: usize) -> (&[Picture], &[Points]) {
        let part = &self.data.parts[part.min(1)];
        let count = self.count.min(part.pictures.len());
        (&part.pictures[..count], &part.points[..count])
    }

    fn set(&self, set: usize) -> Result<(&[Picture], &[Points]), Error> {
        if set == 0 { Ok(self.part(1)) } else { Err(no_set(self.name(), set, 1)) }
    }

    /// The points of a picture as a network finds them.
    fn found(&self, network: &mut AnySize, picture: &Picture) -> Result<Points, Error> {
        let Shape { h, w, .. } = picture.shape;
        let mut image = vec![0.0; picture.bytes.len()];
        self.data.preparation.floats(&picture.bytes, &mut image);
        let (maps, shape) = network.forward(&image, (h, w))?;
        let mut places = vec![0.0; 2 * POINTS];
        self::places(shape)
            .found(maps, &mut places)
            .map_err(|error| TrainError::Node { node: "the answer".into(), reason: error.to_string() })?;
        Ok(places.chunks_exact(2).map(|place| [place[0], place[1]]).collect())
    }

    /// The scores of points that are found by a function of the picture.
    fn scores(&self, set: usize, mut found: impl FnMut(&Picture) -> Result<Points, Error>) -> Result<Vec<f64>, Error> {
        let (pictures, points) = self.set(set)?;
        let mut errors = PointErrors::default();
        for (picture, wanted) in pictures.iter().zip(points) {
            let ([up, left], [down, right]) = (wanted[EYES.0], wanted[EYES.1]);
            let (rows, columns) = (f64::from(down - up), f64::from(right - left));
            let scale = (rows * rows + columns * columns).sqrt();
            errors.add(&found(picture)?, wanted, scale);
        }
        Ok(vec![errors.pck(NEAR), errors.nme()])
    }
}

/// The loss of maps of this shape.
fn places(output: Shape) -> Places {
    let Shape { h, w, .. } = PointedPictures::SHAPE;
    let map = (output.h as usize, output.w as usize);
    Places { map, points: POINTS, span: ((h - 1) as f32, (w - 1) as f32), beta: BETA }
}

/// A face, twice as large, with dots at places.
fn dotted(picture: &Picture, dots: &[(&[[f32; 2]], [u8; 3])]) -> Picture {
    let Shape { h, w, c } = picture.shape;
    let shape = Shape::new(2 * h, 2 * w, c);
    let byte = |at: usize| {
        let (pixel, channel) = (at / c as usize, at % c as usize);
        let (row, column) = (pixel / shape.w as usize / 2, pixel % shape.w as usize / 2);
        picture.bytes[(row * w as usize + column) * c as usize + channel]
    };
    let mut bytes: Vec<u8> = (0..shape.elements() as usize).map(byte).collect();
    for (places, colour) in dots {
        for [row, column] in places.iter() {
            let along = |place: f32, of: u32| (2.0 * place + 0.5).round().clamp(0.0, (of - 2) as f32) as usize;
            let (row, column) = (along(*row, shape.h), along(*column, shape.w));
            for pixel in [0, 1, shape.w as usize, shape.w as usize + 1] {
                let at = (row * shape.w as usize + column + pixel) * 3;
                bytes[at..at + 3].copy_from_slice(colour);
            }
        }
    }
    Picture { shape, bytes }
}

impl DenseTask for Faces {
    fn name(&self) -> &str {
        "faces@96x96"
    }

    fn record(&self) -> String {
        let (train, test, digest) = (self.part(0).0.len(), self.part(1).0.len(), &self.data.digest);
        format!("{}: {train} pictures, {test} of test, archive {digest}", self.name())
    }

    fn input(&self) -> Shape {
        PointedPictures::SHAPE
    }

    fn loss(&self, output: Shape) -> Option<DenseLoss> {
        let Shape { h, w, .. } = PointedPictures::SHAPE;
        let is_map = |own: u32, of: u32| (SIDE..=of).contains(&own);
        let fits = output.c as usize == POINTS && is_map(output.h, h) && is_map(output.w, w);
        fits.then(|| DenseLoss::Places(places(output)))
    }

    fn wanted(&self) -> String {
        format!("{SIDE}×{SIDE}×{POINTS} to 96×96×{POINTS}")
    }

    fn len(&self) -> usize {
        self.part(0).0.len()
    }

    fn sample(&self, picture: usize, draw: &mut Draw, recipe: &Recipe, sample: Sample<'_>) -> Result<(), Error> {
        let (pictures, points) = self.part(0);
        let Some((face, wanted)) = pictures.get(picture).zip(points.get(picture)) else {
            return Err(missing(self.name(), picture, self.len()));
        };
        let (h, w) = (i64::from(face.shape.h), i64::from(face.shape.w));
        let most = i64::from(recipe.shifts);
        let flip = draw.random::<bool>() && recipe.flips;
        let (down, right) = (draw.random_range(-most..=most), draw.random_range(-most..=most));
        for (at, pixel) in sample.image.chunks_exact_mut(3).enumerate() {
            let (row, column) = (at as i64 / w - down, at as i64 % w - right);
            if (0..h).contains(&row) && (0..w).contains(&column) {
                let column = if flip { w - 1 - column } else { column };
                self.data.preparation.floats(&face.bytes[3 * (row * w + column) as usize..][..3], pixel);
            } else {
                pixel.fill(0.0);
            }
        }
        for (point, place) in sample.values.chunks_exact_mut(2).enumerate() {
            let [row, column] = if flip { wanted[mirrored(point)] } else { wanted[point] };
            let column = if flip { (w - 1) as f32 - column } else { column };
            place.copy_from_slice(&[row + down as f32, column + right as f32]);
        }
        Ok(())
    }

    fn check(&self, recipe: &Recipe) -> Result<(), Error> {
        if recipe.shifts > PointedPictures::SHAPE.h / 4 {
            return Err(Error::setting("shifts", format!("is {}", recipe.shifts), "0 to 24"));
        }
        no_smoothing(recipe)
    }

    fn sets(&self) -> Vec<String> {
        vec!["test".into()]
    }

    fn metrics(&self) -> &'static [Metric] {
        &METRICS
    }

    fn measure(&self, network: &mut AnySize, set: usize) -> Result<Vec<f64>, Error> {
        self.scores(set, |picture| self.found(network, picture))
    }

    fn baseline(&self, set: usize) -> Result<Vec<f64>, Error> {
        let (_, points) = self.part(0);
        let mean = |point: usize, axis: usize| {
            let sum: f64 = points.iter().map(|face| f64::from(face[point][axis])).sum();
            (sum / points.len().max(1) as f64) as f32
        };
        let face: Vec<[f32; 2]> = (0..POINTS).map(|point| [mean(point, 0), mean(point, 1)]).collect();
        self.scores(set, |_| Ok(face.clone()))
    }

    fn examples(&self, network: &mut AnySize, count: usize) -> Result<Vec<Example>, Error> {
        let (pictures, points) = self.set(0)?;
        // Neighbouring frames show one person.
        let every = (pictures.len() / count.max(1)).max(1);
        let mut examples = Vec::new();
        for (picture, wanted) in pictures.iter().zip(points).step_by(every).take(count) {
            let found = self.found(network, picture)?;
            let right = dotted(picture, &[(wanted, [0, 200, 80])]);
            let found = dotted(picture, &[(wanted, [0, 200, 80]), (&found, [230, 60, 0])]);
            examples.push(Example {
                pictures: vec![("right".into(), right), ("found, above what is right".into(), found)],
            });
        }
        Ok(examples)
    }

    fn reading(&self, input: Shape) -> Result<Box<dyn DenseTask>, Error> {
        let Shape { h, w, .. } = PointedPictures::SHAPE;
        check_input("faces", input, (h, w), &[3])?;
        if (input.h, input.w) != (h, w) {
            return Err(Error::setting("faces", format!("cannot give pictures of {input}"), "96×96×3"));
        }
        Ok(Box::new(self.clone()))
    }

    fn first(&self, count: usize) -> Box<dyn DenseTask> {
        Box::new(Faces { count, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_mirrored_twice_is_itself() {
        assert!((0..POINTS).all(|point| mirrored(mirrored(point)) == point));
        // Chin, tip of the nose, and the middle of each lip stay; the eyes' outer corners change places.
        let still: Vec<usize> = (0..POINTS).filter(|&point| mirrored(point) == point).collect();
        assert_eq!(still, [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]);
        assert_eq!((mirrored(EYES.0), mirrored(39), mirrored(40), mirrored(48)), (EYES.1, 42, 47, 54));
    }

    #[test]
    fn dots_lie_where_points_are() {
        let picture = Picture { shape: Shape::new(4, 4, 3), bytes: vec![9; 48] };
        let drawn = dotted(&picture, &[(&[[1.0, 2.0], [-5.0, 50.0]], [1, 2, 3])]);
        assert_eq!(drawn.shape, Shape::new(8, 8, 3));
        let pixel = |row: usize, column: usize| &drawn.bytes[(row * 8 + column) * 3..][..3];
        assert_eq!((pixel(3, 5), pixel(0, 7), pixel(7, 0)), (&[1u8, 2, 3][..], &[1u8, 2, 3][..], &[9u8, 9, 9][..]));
    }
}
