//! A chain of convolution, batch norm and ReLU, then the mean and a dense layer, trained by hand with the engine's kernels.

use autogo_engine::loss::CrossEntropy;
use autogo_engine::norm::{Folded, GradientSums, Moments, NormGradient};
use autogo_engine::optimiser::Sgd;
use autogo_engine::*;

/// Weights with their velocity and gradient.
pub struct Parameter {
    pub weights: Buffer,
    velocity: Buffer,
    gradient: Buffer,
}

impl Parameter {
    fn new(len: usize, mut fill: impl FnMut() -> f32) -> Self {
        let mut weights = Buffer::zeros(len);
        weights.iter_mut().for_each(|w| *w = fill());
        Parameter { weights, velocity: Buffer::zeros(len), gradient: Buffer::zeros(len) }
    }

    fn step(&mut self, engine: &Engine, sgd: Sgd) -> Result<(), Error> {
        sgd.step(engine, &mut self.weights, &mut self.velocity, &self.gradient)?;
        self.gradient.fill(0.0);
        Ok(())
    }
}

/// Convolution, batch norm, ReLU.
pub struct Layer {
    conv: Conv,
    pub weights: Parameter,
    gamma: Parameter,
    beta: Parameter,
    packed: Buffer,
    output: Buffer,
    moments: Moments,
    folded: Folded,
    sums: GradientSums,
    norm: NormGradient,
}

/// The chain and all its memory: a step allocates nothing.
pub struct Chain {
    engine: Engine,
    images: usize,
    pub layers: Vec<Layer>,
    dense: Conv,
    pub head: Parameter,
    head_packed: Buffer,
    features: Buffer,
    features_gradient: Buffer,
    logits: Buffer,
    logits_gradient: Buffer,
    activations: Buffer,
    gradients: [Buffer; 2],
    scratch: Buffer,
}

/// Filters and stride of every 3×3 convolution.
pub type Plan = &'static [(usize, usize)];
pub const MINI16: Plan = &[(16, 1), (16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1)];
#[allow(dead_code)] // the tests use one of the two
pub const MID32: Plan = &[(32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)];
pub const CLASSES: usize = 10;

/// Numbers between -1 and 1.
pub fn random(seed: &mut u64) -> f32 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

impl Chain {
    /// A chain for pictures of `side × side × 3`.
    pub fn new(engine: Engine, plan: Plan, side: usize, images: usize) -> Result<Self, Error> {
        let mut seed = 1;
        let (mut shape, mut layers) = (Shape::new(side, side, 3), Vec::new());
        let (mut scratch, mut largest) = (0, 0);
        for &(filters, stride) in plan {
            let window = Window::square(3, stride, 1);
            let conv = Conv::new(engine, ConvGeometry { input: shape, filters, window, groups: 1 })?;
            let bound = (6.0 / (9.0 * shape.c as f32)).sqrt();
            shape = conv.output();
            scratch = scratch.max(conv.scratch_len());
            largest = largest.max(images * shape.elements());
            layers.push(Layer {
                weights: Parameter::new(conv.weights_len(), || bound * random(&mut seed)),
                gamma: Parameter::new(filters, || 1.0),
                beta: Parameter::new(filters, || 0.0),
                packed: Buffer::zeros(conv.packed_len()),
                output: Buffer::zeros(images * shape.elements()),
                moments: Moments::new(filters),
                folded: Folded::new(filters),
                sums: GradientSums::new(filters),
                norm: NormGradient::new(filters),
                conv,
            });
        }
        let dense = Conv::new(engine, ConvGeometry::dense(Shape::new(1, 1, shape.c), CLASSES))?;
        Ok(Chain {
            engine,
            images,
            layers,
            head: Parameter::new(shape.c * CLASSES, || 0.125 * random(&mut seed)),
            head_packed: Buffer::zeros(dense.packed_len()),
            features: Buffer::zeros(images * shape.c),
            features_gradient: Buffer::zeros(images * shape.c),
            logits: Buffer::zeros(images * CLASSES),
            logits_gradient: Buffer::zeros(images * CLASSES),
            activations: Buffer::zeros(images * shape.elements()),
            gradients: [Buffer::zeros(largest), Buffer::zeros(largest)],
            scratch: Buffer::zeros(scratch.max(dense.scratch_len())),
            dense,
        })
    }

    /// Multiply-adds of one image.
    pub fn multiply_adds(&self) -> u64 {
        self.layers.iter().map(|layer| layer.conv.multiply_adds()).sum()
    }

    /// One step of SGD on a batch; returns the mean loss.
    pub fn step(&mut self, x: &[f32], labels: &[u32], sgd: Sgd) -> Result<f64, Error> {
        self.forward(x)?;
        let loss = self.head(labels)?;
        self.backward(x)?;
        for layer in &mut self.layers {
            layer.weights.step(&self.engine, sgd)?;
            layer.gamma.step(&self.engine, sgd)?;
            layer.beta.step(&self.engine, sgd)?;
        }
        self.head.step(&self.engine, sgd)?;
        Ok(loss)
    }

    fn forward(&mut self, x: &[f32]) -> Result<(), Error> {
        for i in 0..self.layers.len() {
            let (before, rest) = self.layers.split_at_mut(i);
            let layer = &mut rest[0];
            let input = match before.last() {
                Some(before) => Input::mapped(&before.output, before.folded.map(Clip::Relu)),
                None => Input::plain(x),
            };
            layer.conv.pack(&layer.weights.weights, &mut layer.packed)?;
            layer.moments.reset();
            layer.conv.forward(Forward {
                input,
                packed: &layer.packed,
                bias: None,
                output: &mut layer.output,
                moments: Some(&mut layer.moments),
                scratch: &mut self.scratch,
            })?;
            layer.folded.batch(&layer.moments, &layer.gamma.weights, &layer.beta.weights, 1e-5)?;
        }
        Ok(())
    }

    /// Mean, dense layer, loss, and the way back to the last ReLU.
    fn head(&mut self, labels: &[u32]) -> Result<f64, Error> {
        let Some(last) = self.layers.last() else { return Ok(0.0) };
        let (shape, engine) = (last.conv.output(), &self.engine);
        norm::apply(engine, &last.output, last.folded.map(Clip::Relu), &mut self.activations)?;
        mean(engine, &self.activations, shape.pixels(), shape.c, &mut self.features)?;
        self.dense.pack(&self.head.weights, &mut self.head_packed)?;
        self.dense.forward(Forward {
            input: Input::plain(&self.features),
            packed: &self.head_packed,
            bias: None,
            output: &mut self.logits,
            moments: None,
            scratch: &mut self.scratch,
        })?;
        let loss = CrossEntropy { classes: CLASSES, smoothing: 0.0, ignored: None };
        let (gradient, features) = (&mut self.logits_gradient, &mut self.features_gradient);
        let scores = loss.gradient(&self.logits, labels, 1.0 / self.images as f32, gradient)?;
        let input = Input::plain(&self.features);
        self.dense.weight_gradient(input, gradient, &mut self.head.gradient, &mut self.scratch)?;
        self.dense.data_gradient(&self.head_packed, gradient, features, Write::Replace, &mut self.scratch)?;
        let out = &mut self.gradients[0][..self.images * shape.elements()];
        mean_gradient(engine, features, shape.pixels(), shape.c, out, Write::Replace)?;
        Ok(scores.loss / self.images as f64)
    }

    fn backward(&mut self, x: &[f32]) -> Result<(), Error> {
        let [mut here, mut there] = self.gradients.each_mut();
        for i in (0..self.layers.len()).rev() {
            let (before, rest) = self.layers.split_at_mut(i);
            let layer = &mut rest[0];
            let (input, before) = match before.last() {
                Some(before) => (Input::mapped(&before.output, before.folded.map(Clip::Relu)), true),
                None => (Input::plain(x), false),
            };
            let gradient = &mut here[..layer.output.len()];
            layer.sums.reset();
            layer.sums.add(&self.engine, &layer.output, gradient, &layer.folded, Clip::Relu)?;
            layer.sums.parameters(&layer.folded, &mut layer.gamma.gradient, &mut layer.beta.gradient)?;
            layer.norm.batch(&layer.sums, &layer.folded)?;
            let norm =
                NormBackward { output: &layer.output, folded: &layer.folded, clip: Clip::Relu, gradient: &layer.norm };
            let input_gradient = before.then_some((&mut there[..input.data.len()], Write::Replace));
            layer.conv.backward(Backward {
                input,
                packed: &layer.packed,
                output_gradient: gradient,
                norm: Some(norm),
                input_gradient,
                weight_gradient: &mut layer.weights.gradient,
                scratch: &mut self.scratch,
            })?;
            std::mem::swap(&mut here, &mut there);
        }
        Ok(())
    }
}
