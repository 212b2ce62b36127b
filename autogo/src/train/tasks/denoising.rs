//! Denoising: grey pictures without noise.

use super::any_size::{AnySize, Tiles};
use super::crop::{Crop, check_input};
use super::metrics::{Plane, psnr};
use super::super_resolution::middle;
use super::task::{DenseLoss, DenseTask, Example, Metric, Sample, missing, no_set, no_shifts, no_smoothing};
use crate::data::{Picture, PictureSet};
use crate::error::Error;
use crate::goal::Goal;
use crate::graph::Shape;
use crate::rng::{Draw, Stream};
use crate::train::recipe::Recipe;
use autogo_engine::loss::Regression;
use rand::Rng;
use std::path::Path;
use std::sync::Arc;

/// The test sets.
const SETS: [&str; 2] = ["set12", "bsd68"];
/// The tiles into which pictures are cut for a network.
const TILES: Tiles = Tiles { side: 128, margin: 16 };
/// Side of a picture to learn from, at most.
const LARGEST: (u32, u32) = (180, 180);
/// Levels of a byte to one unit of a network's numbers.
const UNIT: f64 = 127.5;
const METRICS: [Metric; 1] = [Metric { name: "psnr", unit: "dB", goal: Goal::Maximise }];

/// Removal of Gaussian noise (Zhang et al., Beyond a Gaussian Denoiser, TIP 2017): a network learns from crops of 400
/// grey pictures and is measured by the PSNR on Set12 and BSD68. The loss is the squared difference.
///
/// The noise of a picture to learn from belongs to its turn; that of a test picture to the set and the picture alone,
/// so all networks see the same. Noisy pictures are neither rounded nor cut off; what a network makes is rounded to
/// bytes. The baseline is the noisy picture itself, 20.17 dB for a spread of 25 levels.
///
/// A network that makes a grey picture of a grey picture is taken as it is. Others get a stem, where they read other
/// channels, and a tail: a 3×3 convolution makes one channel, to which the noisy picture is added. A classification
/// network keeps its layers up to the last features with a height and a width, without strides.
///
/// Test pictures are computed in tiles of 128×128 that overlap by 32 pixels.
#[derive(Clone, Debug)]
pub struct Denoising {
    data: Arc<Data>,
    sigma: u32,
    name: String,
    input: Shape,
    count: usize,
}

#[derive(Debug)]
struct Data {
    train: PictureSet,
    sets: [PictureSet; 2],
}

/// Adds normal noise of a spread to values.
fn add_noise(values: &mut [f32], spread: f64, draw: &mut Draw) {
    // Box and Muller: two uniform numbers are two normal ones.
    for pair in values.chunks_mut(2) {
        let (u, v): (f64, f64) = (1.0 - draw.random::<f64>(), draw.random());
        let (far, turn) = (spread * (-2.0 * libm::log(u)).sqrt(), std::f64::consts::TAU * v);
        for (value, part) in pair.iter_mut().zip([libm::cos(turn), libm::sin(turn)]) {
            *value += (far * part) as f32;
        }
    }
}

fn level(float: f32) -> f64 {
    (f64::from(float) + 1.0) * UNIT
}

impl Denoising {
    /// Reads the pictures from a data folder. `sigma` is the spread of the noise in levels of a byte; pictures to learn
    /// from have 40×40 pixels.
    ///
    /// # Errors
    /// As [`PictureSet::open`], or a spread that is not 1 to 100.
    pub fn open(folder: impl AsRef<Path>, sigma: u32) -> Result<Denoising, Error> {
        if !(1..=100).contains(&sigma) {
            return Err(Error::setting("spread of noise", format!("is {sigma}"), "1 to 100"));
        }
        let folder = folder.as_ref();
        let train = grey(PictureSet::open(folder, "train400")?);
        let [a, b] = SETS.map(|name| PictureSet::open(folder, name).map(grey));
        let data = Arc::new(Data { train, sets: [a?, b?] });
        let input = Shape::new(40, 40, 1);
        Ok(Denoising { data, sigma, name: String::new(), input, count: usize::MAX }.with(input))
    }

    fn with(self, input: Shape) -> Denoising {
        Denoising { name: format!("denoise{}@{}x{}", self.sigma, input.h, input.w), input, ..self }
    }

    fn spread(&self) -> f64 {
        f64::from(self.sigma) / UNIT
    }

    fn pictures<'a>(&self, set: &'a PictureSet) -> &'a [Picture] {
        &set.pictures[..self.count.min(set.pictures.len())]
    }

    fn set(&self, set: usize) -> Result<&[Picture], Error> {
        let found = self.data.sets.get(set).map(|pictures| self.pictures(pictures));
        found.ok_or_else(|| no_set(&self.name, set, SETS.len()))
    }

    /// A test picture under its noise.
    fn noisy(&self, set: usize, number: usize, picture: &Picture) -> Vec<f32> {
        let mut image: Vec<f32> = picture.bytes.iter().map(|&byte| float(byte)).collect();
        let mut draw = Stream::new(0, "noise of test pictures").at2(set as u64, number as u64);
        add_noise(&mut image, self.spread(), &mut draw);
        image
    }

    /// The picture that a network makes of a noisy picture, in bytes.
    fn cleaned(&self, network: &mut AnySize, noisy: &[f32], shape: Shape) -> Result<Picture, Error> {
        let found = network.tiled(noisy, shape, 1, TILES)?;
        Ok(Picture { shape, bytes: bytes(&found) })
    }
}

fn grey(set: PictureSet) -> PictureSet {
    let pictures = set.pictures.into_iter().map(|picture| picture.in_channels(1)).collect();
    PictureSet { pictures, ..set }
}

fn float(byte: u8) -> f32 {
    (f64::from(byte) / UNIT - 1.0) as f32
}

fn bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().map(|&value| level(value).round().clamp(0.0, 255.0) as u8).collect()
}

fn mean(values: &[f64]) -> Vec<f64> {
    vec![values.iter().sum::<f64>() / values.len().max(1) as f64]
}

impl DenseTask for Denoising {
    fn name(&self) -> &str {
        &self.name
    }

    fn record(&self) -> String {
        let line = |set: &PictureSet| format!("{} of {} {}", self.pictures(set).len(), set.name, set.digest);
        let sets: Vec<String> = self.data.sets.iter().map(line).collect();
        format!("{}: {}, {}", self.name, line(&self.data.train), sets.join(", "))
    }

    fn input(&self) -> Shape {
        self.input
    }

    fn loss(&self, output: Shape) -> Option<DenseLoss> {
        (output == self.input).then_some(DenseLoss::Values(Regression::Squared))
    }

    fn wanted(&self) -> String {
        self.input.to_string()
    }

    fn len(&self) -> usize {
        self.pictures(&self.data.train).len()
    }

    fn sample(&self, picture: usize, draw: &mut Draw, recipe: &Recipe, sample: Sample<'_>) -> Result<(), Error> {
        let found = self.pictures(&self.data.train).get(picture);
        let picture = found.ok_or_else(|| missing(&self.name, picture, self.len()))?;
        let size = (self.input.h as usize, self.input.w as usize);
        let crop = Crop::draw(draw, picture.shape, size, (recipe.flips, recipe.flips));
        for (pixel, value) in crop.pixels(picture.shape.w as usize).zip(sample.values.iter_mut()) {
            *value = float(picture.bytes[pixel]);
        }
        sample.image.copy_from_slice(sample.values);
        add_noise(sample.image, self.spread(), draw);
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
        let one = |(number, picture): (usize, &Picture)| {
            let found = self.cleaned(network, &self.noisy(set, number, picture), picture.shape)?;
            Ok(psnr(&Plane::grey(&found), &Plane::grey(picture)))
        };
        Ok(mean(&self.set(set)?.iter().enumerate().map(one).collect::<Result<Vec<f64>, Error>>()?))
    }

    fn baseline(&self, set: usize) -> Result<Vec<f64>, Error> {
        let one = |(number, picture): (usize, &Picture)| {
            let wanted = Plane::grey(picture);
            let values = self.noisy(set, number, picture).into_iter().map(level).collect();
            psnr(&Plane { values, ..wanted.clone() }, &wanted)
        };
        Ok(mean(&self.set(set)?.iter().enumerate().map(one).collect::<Vec<f64>>()))
    }

    fn examples(&self, network: &mut AnySize, count: usize) -> Result<Vec<Example>, Error> {
        let mut examples = Vec::new();
        for (number, picture) in self.set(0)?.iter().enumerate().take(count) {
            let noisy = self.noisy(0, number, picture);
            let found = self.cleaned(network, &noisy, picture.shape)?;
            let decibels = psnr(&Plane::grey(&found), &Plane::grey(picture));
            let noisy = Picture { shape: picture.shape, bytes: bytes(&noisy) };
            let pictures = vec![
                ("noisy".into(), middle(&noisy)?),
                (format!("found, {decibels:.2} dB"), middle(&found)?),
                ("without noise".into(), middle(picture)?),
            ];
            examples.push(Example { pictures });
        }
        Ok(examples)
    }

    fn reading(&self, input: Shape) -> Result<Box<dyn DenseTask>, Error> {
        check_input("denoise", input, LARGEST, &[1])?;
        Ok(Box::new(self.clone().with(input)))
    }

    fn first(&self, count: usize) -> Box<dyn DenseTask> {
        Box::new(Denoising { count, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::folder_from_env;

    #[test]
    fn noise_is_normal_and_has_an_address() {
        let mut values = vec![0.0f32; 40_001];
        add_noise(&mut values, 2.0, &mut Stream::new(1, "noise").at(3));
        let moment = |power: i32| values.iter().map(|&v| f64::from(v).powi(power)).sum::<f64>() / values.len() as f64;
        // Moments of a normal distribution: 0, σ², 0, 3σ⁴.
        let found = [moment(1), moment(2), moment(3), moment(4)];
        let apart = found.iter().zip([0.0, 4.0, 0.0, 48.0]).map(|(found, known)| (found - known).abs());
        assert!(apart.zip([0.05, 0.1, 0.5, 2.0]).all(|(apart, most)| apart < most), "{found:?}");
        let mut again = vec![0.0f32; 10];
        add_noise(&mut again, 2.0, &mut Stream::new(1, "noise").at(3));
        assert_eq!(again, values[..10]);
    }

    #[test]
    fn the_noisy_picture_has_its_known_figure() {
        let Some(folder) = folder_from_env() else {
            println!("skipped: AUTOGO_DATA is not set");
            return;
        };
        let task = Denoising::open(&folder, 25).unwrap();
        // 20 · log10(255 / 25)
        for set in 0..2 {
            let found = task.baseline(set).unwrap()[0];
            assert!((found - 20.172).abs() < 0.01, "{found}");
        }
        assert!(task.baseline(2).unwrap_err().to_string().contains("has no test set 2; accepted: 0 to 1"));
        assert!(task.record().starts_with("denoise25@40x40: 400 of train400 4f0ac1b8d23a1525, 12 of set12 "));
        assert!(Denoising::open(&folder, 0).is_err());
    }
}
