//! Super-resolution: pictures twice as high and wide.

use super::any_size::{AnySize, Tiles};
use super::crop::{Crop, check_input};
use super::metrics::{Plane, psnr, ssim};
use super::task::{DenseLoss, DenseTask, Example, Metric, Sample, missing, no_set, no_shifts, no_smoothing};
use crate::data::{Picture, PictureSet};
use crate::error::Error;
use crate::goal::Goal;
use crate::graph::Shape;
use crate::rng::Draw;
use crate::train::recipe::Recipe;
use autogo_engine::loss::Regression;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// The test sets.
const SETS: [&str; 3] = ["set5", "set14", "bsd100"];
/// Pixels at the border of a picture that are not measured: as many as the factor.
const BORDER: usize = 2;
/// The tiles into which pictures are cut for a network.
const TILES: Tiles = Tiles { side: 96, margin: 12 };
/// Side of a small picture to learn from, at most: half a photograph of 321×481.
const LARGEST: (u32, u32) = (160, 160);
/// Side of the part of a picture that is shown.
const SHOWN: u32 = 120;
const METRICS: [Metric; 2] = [
    Metric { name: "psnr", unit: "dB", goal: Goal::Maximise },
    Metric { name: "ssim", unit: "", goal: Goal::Maximise },
];

/// Super-resolution ×2: a network learns from crops of 400 photographs of BSDS500 and is measured with Set5, Set14 and
/// BSD100, none of whose pictures are among them. The loss is L1, as of EDSR (Lim et al., CVPR Workshops 2017).
///
/// The small picture is half of the large one by MATLAB's bicubic rule ([`Picture::bicubic`]). PSNR and SSIM are those
/// of the brightness Y of BT.601 ([`Plane::luma`]), of bytes, without a border of 2 pixels, and the mean over the
/// pictures of a set. The baseline is the bicubic enlargement of the small picture.
///
/// A network may read and make pictures in colour, or, as FSRCNN does, Y alone. What makes neither gets a stem, where
/// it reads other channels, and a tail that is the same for all networks: channels become pixels (depth to space), a
/// 3×3 convolution makes colours of them, and the small picture is added, enlarged bilinearly. A classification network
/// keeps its layers up to the last features with a height and a width, without strides.
///
/// Test pictures are computed in tiles of 96×96 that overlap by 24 pixels.
#[derive(Clone, Debug)]
pub struct SuperResolution {
    data: Arc<Data>,
    name: String,
    input: Shape,
    count: usize,
}

#[derive(Debug)]
struct Data {
    train: Pairs,
    sets: [Pairs; 3],
}

/// Large pictures in colour, of even height and width, and their halves.
#[derive(Debug)]
struct Pairs {
    name: String,
    digest: String,
    pairs: Vec<(Picture, Picture)>,
}

impl Pairs {
    fn open(folder: &Path, name: &str) -> Result<Pairs, Error> {
        let PictureSet { name, pictures, digest } = PictureSet::open(folder, name)?;
        let pair = |picture: Picture| {
            let Shape { h, w, .. } = picture.shape;
            let large = picture.part((0, 0), (h - h % 2, w - w % 2))?.in_channels(3);
            let small = large.bicubic((h / 2, w / 2))?;
            Ok((large, small))
        };
        Ok(Pairs { name, digest, pairs: pictures.into_par_iter().map(pair).collect::<Result<_, Error>>()? })
    }
}

/// A byte as networks read it: −1 to 1.
fn float(value: f64) -> f32 {
    (value / 127.5 - 1.0) as f32
}

/// The level that a float means, rounded and within 0 to 255.
fn level(float: f32) -> f64 {
    ((f64::from(float) + 1.0) * 127.5).round().clamp(0.0, 255.0)
}

impl SuperResolution {
    /// Reads the photographs and the test sets from a data folder; pictures to learn from have 32×32 pixels in colour
    /// and become 64×64.
    ///
    /// # Errors
    /// As [`PictureSet::open`]. O(pixels).
    pub fn open(folder: impl AsRef<Path>) -> Result<SuperResolution, Error> {
        let folder = folder.as_ref();
        let train = Pairs::open(folder, "bsds400")?;
        let [a, b, c] = SETS.map(|name| Pairs::open(folder, name));
        let data = Arc::new(Data { train, sets: [a?, b?, c?] });
        let input = Shape::new(32, 32, 3);
        Ok(SuperResolution { data, name: String::new(), input, count: usize::MAX }.with(input))
    }

    fn with(self, input: Shape) -> SuperResolution {
        let colours = if input.c == 1 { ", Y" } else { "" };
        SuperResolution { name: format!("sr2@{}x{}{colours}", input.h, input.w), input, ..self }
    }

    fn pairs<'a>(&self, pairs: &'a Pairs) -> &'a [(Picture, Picture)] {
        &pairs.pairs[..self.count.min(pairs.pairs.len())]
    }

    fn set(&self, set: usize) -> Result<&[(Picture, Picture)], Error> {
        let found = self.data.sets.get(set).map(|pairs| self.pairs(pairs));
        found.ok_or_else(|| no_set(&self.name, set, SETS.len()))
    }

    /// The pixels of a picture as the network reads them.
    fn floats(&self, picture: &Picture) -> Vec<f32> {
        match self.input.c {
            1 => Plane::luma(picture).values.into_iter().map(float).collect(),
            _ => picture.bytes.iter().map(|&byte| float(f64::from(byte))).collect(),
        }
    }

    /// The large picture that a network makes, and its brightness.
    fn enlarged(&self, network: &mut AnySize, small: &Picture) -> Result<(Picture, Plane), Error> {
        let shape = Shape { c: self.input.c, ..small.shape };
        let found = network.tiled(&self.floats(small), shape, 2, TILES)?;
        let (h, w) = (2 * shape.h, 2 * shape.w);
        if shape.c == 1 {
            let values: Vec<f64> = found.iter().map(|&y| level(y)).collect();
            let grey = values.iter().map(|&y| ((y - 16.0) / 219.0 * 255.0).round().clamp(0.0, 255.0) as u8).collect();
            let plane = Plane { h: h as usize, w: w as usize, values };
            return Ok((Picture { shape: Shape::new(h, w, 1), bytes: grey }, plane));
        }
        let bytes = found.iter().map(|&value| level(value) as u8).collect();
        let picture = Picture { shape: Shape::new(h, w, 3), bytes };
        let plane = Plane::luma(&picture);
        Ok((picture, plane))
    }
}

/// PSNR and SSIM of a brightness.
fn scores(found: &Plane, large: &Picture) -> [f64; 2] {
    let (found, wanted) = (found.shaved(BORDER), Plane::luma(large).shaved(BORDER));
    [psnr(&found, &wanted), ssim(&found, &wanted)]
}

fn mean(scores: &[[f64; 2]]) -> Vec<f64> {
    let sum = |metric: usize| scores.iter().map(|one| one[metric]).sum::<f64>() / scores.len().max(1) as f64;
    vec![sum(0), sum(1)]
}

impl DenseTask for SuperResolution {
    fn name(&self) -> &str {
        &self.name
    }

    fn record(&self) -> String {
        let line = |pairs: &Pairs| format!("{} of {} {}", self.pairs(pairs).len(), pairs.name, pairs.digest);
        let sets: Vec<String> = self.data.sets.iter().map(line).collect();
        format!("{}: {}, {}", self.name, line(&self.data.train), sets.join(", "))
    }

    fn input(&self) -> Shape {
        self.input
    }

    fn loss(&self, output: Shape) -> Option<DenseLoss> {
        let Shape { h, w, c } = self.input;
        (output == Shape::new(2 * h, 2 * w, c)).then_some(DenseLoss::Values(Regression::Absolute))
    }

    fn wanted(&self) -> String {
        let Shape { h, w, c } = self.input;
        Shape::new(2 * h, 2 * w, c).to_string()
    }

    fn len(&self) -> usize {
        self.pairs(&self.data.train).len()
    }

    fn sample(&self, picture: usize, draw: &mut Draw, recipe: &Recipe, sample: Sample<'_>) -> Result<(), Error> {
        let pair = self.pairs(&self.data.train).get(picture);
        let (large, small) = pair.ok_or_else(|| missing(&self.name, picture, self.len()))?;
        let size = (self.input.h as usize, self.input.w as usize);
        let crop = Crop::draw(draw, small.shape, size, (recipe.flips, recipe.flips));
        for (crop, picture, floats) in [(crop, small, sample.image), (crop.times(2), large, sample.values)] {
            let channels = self.input.c as usize;
            for (pixel, floats) in crop.pixels(picture.shape.w as usize).zip(floats.chunks_exact_mut(channels)) {
                let bytes = &picture.bytes[3 * pixel..][..3];
                if let [y] = floats {
                    let one = Picture { shape: Shape::new(1, 1, 3), bytes: bytes.to_vec() };
                    *y = Plane::luma(&one).values.first().map_or(0.0, |&y| float(y));
                } else {
                    floats.iter_mut().zip(bytes).for_each(|(value, &byte)| *value = float(f64::from(byte)));
                }
            }
        }
        Ok(())
    }

    fn check(&self, recipe: &Recipe) -> Result<(), Error> {
        no_smoothing(recipe)?;
        no_shifts(recipe)
    }

    fn sets(&self) -> Vec<String> {
        SETS.map(String::from).into()
    }

    fn metrics(&self) -> &'static [Metric] {
        &METRICS
    }

    fn measure(&self, network: &mut AnySize, set: usize) -> Result<Vec<f64>, Error> {
        let one = |(large, small): &(Picture, Picture)| Ok(scores(&self.enlarged(network, small)?.1, large));
        Ok(mean(&self.set(set)?.iter().map(one).collect::<Result<Vec<_>, Error>>()?))
    }

    fn baseline(&self, set: usize) -> Result<Vec<f64>, Error> {
        let one = |(large, small): &(Picture, Picture)| {
            Ok(scores(&Plane::luma(&small.bicubic((large.shape.h, large.shape.w))?), large))
        };
        Ok(mean(&self.set(set)?.par_iter().map(one).collect::<Result<Vec<_>, Error>>()?))
    }

    fn examples(&self, network: &mut AnySize, count: usize) -> Result<Vec<Example>, Error> {
        let mut examples = Vec::new();
        for (large, small) in self.set(0)?.iter().take(count) {
            let bicubic = small.bicubic((large.shape.h, large.shape.w))?;
            let (found, plane) = self.enlarged(network, small)?;
            let caption = |name: &str, plane: &Plane| format!("{name}, {:.2} dB", scores(plane, large)[0]);
            let pictures = vec![
                (caption("bicubic", &Plane::luma(&bicubic)), middle(&bicubic)?),
                (caption("found", &plane), middle(&found)?),
                ("the large picture".into(), middle(large)?),
            ];
            examples.push(Example { pictures });
        }
        Ok(examples)
    }

    fn reading(&self, input: Shape) -> Result<Box<dyn DenseTask>, Error> {
        check_input("sr2", input, LARGEST, &[3, 1])?;
        Ok(Box::new(self.clone().with(input)))
    }

    fn first(&self, count: usize) -> Box<dyn DenseTask> {
        Box::new(SuperResolution { count, ..self.clone() })
    }
}

/// The middle of a picture.
pub(super) fn middle(picture: &Picture) -> Result<Picture, Error> {
    let Shape { h, w, .. } = picture.shape;
    let (high, wide) = (h.min(SHOWN), w.min(SHOWN));
    picture.part(((h - high) / 2, (w - wide) / 2), (high, wide))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::folder_from_env;

    /// Printed by a program of its own with numpy: bicubic by MATLAB's rule with bytes in between, Y of the colours,
    /// PSNR and SSIM. The field's figures are 33.66 dB and 0.9299, of Y that is halved and enlarged by itself.
    const BICUBIC: [f64; 2] = [33.674_147_48, 0.930_287_01];

    #[test]
    fn bicubic_has_its_known_figures() {
        let Some(folder) = folder_from_env() else {
            println!("skipped: AUTOGO_DATA is not set");
            return;
        };
        let set = Pairs::open(&folder, "set5").unwrap();
        let all: Vec<[f64; 2]> = set
            .pairs
            .iter()
            .map(|(large, small)| scores(&Plane::luma(&small.bicubic((large.shape.h, large.shape.w)).unwrap()), large))
            .collect();
        let found = mean(&all);
        assert!(found.iter().zip(BICUBIC).all(|(found, known)| (found - known).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn levels_come_back() {
        assert!((0..=255).all(|byte| level(float(f64::from(byte))) == f64::from(byte)));
        assert_eq!((level(-3.0), level(3.0)), (0.0, 255.0));
    }
}
