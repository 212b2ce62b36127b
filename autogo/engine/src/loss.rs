//! Losses. Each returns the sum over samples in `f64` and writes the gradient times a factor, so that pieces of a batch
//! add up: the mean's gradient has the factor 1/n, whatever the pieces are.

use crate::error::{length, size, units};
use crate::lanes::Plain;
use crate::maps;
pub use crate::places::Places;
use crate::{Engine, Error, Write};

/// The loss and the correct answers of a classification of some samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Sum of the samples' losses.
    pub loss: f64,
    /// Samples whose largest logit is that of their label.
    pub correct: u64,
    /// Samples that count: all but the ignored.
    pub counted: u64,
}

impl Scores {
    /// Adds the scores of other samples.
    pub fn merge(&mut self, other: Scores) {
        self.loss += other.loss;
        self.correct += other.correct;
        self.counted += other.counted;
    }
}

/// Softmax cross-entropy, for one label an image or one a pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossEntropy {
    /// Number of classes.
    pub classes: usize,
    /// Label smoothing: this part of a target is spread evenly over all classes; 0 is none.
    pub smoothing: f32,
    /// A label whose samples have neither loss nor gradient.
    pub ignored: Option<u32>,
}

impl CrossEntropy {
    /// Scores samples and writes the gradient of `factor` × the sum of their losses.
    ///
    /// `logits` and `gradient` are `[sample][class]`. A sample's loss is `−Σ t_c · ln softmax(logits)_c` with
    /// `t_c = smoothing/classes`, plus `1 − smoothing` for the label. O(samples · classes).
    ///
    /// ```
    /// use autogo_engine::loss::CrossEntropy;
    /// let loss = CrossEntropy { classes: 2, smoothing: 0.0, ignored: None };
    /// let mut gradient = [0.0; 2];
    /// let scores = loss.gradient(&[0.0, 0.0], &[1], 1.0, &mut gradient)?;
    /// assert!((scores.loss - 2f64.ln()).abs() < 1e-12);
    /// assert_eq!(gradient, [0.5, -0.5]);
    /// # Ok::<(), autogo_engine::Error>(())
    /// ```
    ///
    /// # Errors
    /// The number of classes is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), a buffer's length does not fit, a
    /// label is no class, or the smoothing is not between 0 and 1.
    pub fn gradient(&self, logits: &[f32], labels: &[u32], factor: f32, gradient: &mut [f32]) -> Result<Scores, Error> {
        length("gradient", gradient.len(), logits.len())?;
        let mut rows = gradient.chunks_exact_mut(self.classes.max(1));
        self.each(logits, labels, |target, total, largest, row, label| {
            let Some(gradient) = rows.next() else { return };
            let Some(label) = label else { return gradient.fill(0.0) };
            for (class, (g, &x)) in gradient.iter_mut().zip(row).enumerate() {
                let p = libm::exp(f64::from(x) - largest) / total;
                let t = if class == label { target.0 + target.1 } else { target.1 };
                *g = (f64::from(factor) * (p - t)) as f32;
            }
        })
    }

    /// Scores samples, as [`gradient`](CrossEntropy::gradient) without the gradient.
    ///
    /// # Errors
    /// The number of classes is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), a buffer's length does not fit, a
    /// label is no class, or the smoothing is not between 0 and 1.
    pub fn scores(&self, logits: &[f32], labels: &[u32]) -> Result<Scores, Error> {
        self.each(logits, labels, |_, _, _, _, _| {})
    }

    /// Scores every sample and shows `visit` the target (of the label, of every class), Σ exp(x − largest), the largest
    /// logit, the logits and the label.
    fn each(
        &self,
        logits: &[f32],
        labels: &[u32],
        mut visit: impl FnMut((f64, f64), f64, f64, &[f32], Option<usize>),
    ) -> Result<Scores, Error> {
        size("classes", self.classes)?;
        length("logits", logits.len(), labels.len() * self.classes)?;
        if !(0.0..=1.0).contains(&self.smoothing) {
            return Err(Error::Setting { setting: "smoothing" });
        }
        let smoothing = f64::from(self.smoothing);
        let target = (1.0 - smoothing, smoothing / self.classes as f64);
        let mut scores = Scores::default();
        for (row, &label) in logits.chunks_exact(self.classes).zip(labels) {
            if self.ignored == Some(label) {
                visit(target, 1.0, 0.0, row, None);
                continue;
            }
            let class = label as usize;
            let Some(&own) = row.get(class) else { return Err(Error::Label { label, classes: self.classes }) };
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let wide = f64::from(largest);
            let total: f64 = row.iter().map(|&x| libm::exp(f64::from(x) - wide)).sum();
            let level = wide + libm::log(total);
            let even: f64 = row.iter().map(|&x| level - f64::from(x)).sum();
            scores.loss += target.0 * (level - f64::from(own)) + target.1 * even;
            // The first of several largest logits is the prediction.
            scores.correct += u64::from(row.iter().position(|&x| x == largest) == Some(class));
            scores.counted += 1;
            visit(target, total, wide, row, Some(class));
        }
        Ok(scores)
    }
}

/// A loss on differences `d = found − wanted`, summed over elements.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Regression {
    /// `d²`.
    Squared,
    /// `|d|`.
    Absolute,
    /// `√(d² + ε²)`: the absolute difference, smooth at 0.
    Charbonnier {
        /// ε, above 0.
        epsilon: f32,
    },
    /// `d²/2β` where `|d| < β`, and `|d| − β/2` elsewhere: the smooth L1 loss (Girshick, Fast R-CNN, ICCV 2015).
    Smooth {
        /// β, above 0.
        beta: f32,
    },
}

impl Regression {
    /// The sum of the losses of all elements; writes the gradient of `factor` × that sum. O(elements).
    ///
    /// # Errors
    /// The lengths differ, or ε or β is not above 0.
    pub fn gradient(
        self,
        engine: &Engine,
        found: &[f32],
        wanted: &[f32],
        factor: f32,
        gradient: &mut [f32],
    ) -> Result<f64, Error> {
        let loss = self.loss(engine, found, wanted)?;
        let write = Write::Replace;
        match self {
            Regression::Squared => maps::two(engine, found, wanted, gradient, write, |x, t| factor * 2.0 * (x - t))?,
            Regression::Absolute => maps::two(engine, found, wanted, gradient, write, |x, t| {
                let d = x - t;
                if d > 0.0 {
                    factor
                } else if d < 0.0 {
                    -factor
                } else {
                    0.0
                }
            })?,
            Regression::Charbonnier { epsilon } => maps::two(engine, found, wanted, gradient, write, |x, t| {
                let d = x - t;
                factor * d / (d * d + epsilon * epsilon).sqrt()
            })?,
            Regression::Smooth { beta } => {
                maps::two(engine, found, wanted, gradient, write, |x, t| factor * ((x - t) / beta).clamp(-1.0, 1.0))?
            }
        }
        Ok(loss)
    }

    /// The sum of the losses of all elements. O(elements).
    ///
    /// # Errors
    /// The lengths differ, or ε or β is not above 0.
    pub fn loss(self, engine: &Engine, found: &[f32], wanted: &[f32]) -> Result<f64, Error> {
        length("wanted", wanted.len(), found.len())?;
        let mut sum = 0.0;
        match self {
            Regression::Squared => engine.loops(Total { found, wanted, f: |d: f64| d * d, sum: &mut sum }),
            Regression::Absolute => engine.loops(Total { found, wanted, f: f64::abs, sum: &mut sum }),
            Regression::Charbonnier { epsilon } if epsilon > 0.0 => {
                let square = f64::from(epsilon) * f64::from(epsilon);
                engine.loops(Total { found, wanted, f: |d: f64| (d * d + square).sqrt(), sum: &mut sum });
            }
            Regression::Charbonnier { .. } => return Err(Error::Setting { setting: "epsilon" }),
            Regression::Smooth { beta } if beta > 0.0 => {
                let beta = f64::from(beta);
                engine.loops(Total { found, wanted, f: |d: f64| smooth(d, beta), sum: &mut sum });
            }
            Regression::Smooth { .. } => return Err(Error::Setting { setting: "beta" }),
        }
        Ok(sum)
    }
}

/// The smooth L1 loss of one difference.
#[inline(always)]
pub(crate) fn smooth(d: f64, beta: f64) -> f64 {
    let size = d.abs();
    if size < beta { d * d / (2.0 * beta) } else { size - beta / 2.0 }
}

/// The sum of `f(found − wanted)`, in eight chains.
struct Total<'a, F> {
    found: &'a [f32],
    wanted: &'a [f32],
    f: F,
    sum: &'a mut f64,
}

impl<F: Fn(f64) -> f64> Plain for Total<'_, F> {
    #[inline(always)]
    fn run(self) {
        let mut chains = [0.0; 8];
        for (found, wanted) in self.found.chunks(8).zip(self.wanted.chunks(8)) {
            for (chain, (found, wanted)) in chains.iter_mut().zip(found.iter().zip(wanted)) {
                *chain += (self.f)(f64::from(*found) - f64::from(*wanted));
            }
        }
        *self.sum = chains.iter().sum();
    }
}

/// Writes, for every row of `classes` values, the class with the largest value: the first of several. NaN values are
/// passed over; class 0 stands for a row of NaN alone. `values` is `[row][class]`, `found` is `[row]`. O(values).
///
/// # Errors
/// The number of classes is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), the values are not whole rows, or a
/// buffer's length does not fit.
pub fn largest(values: &[f32], classes: usize, found: &mut [u32]) -> Result<(), Error> {
    size("classes", classes)?;
    let rows = units("values", values.len(), classes)?;
    length("found", found.len(), rows)?;
    for (row, found) in values.chunks_exact(classes).zip(found) {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        *found = row.iter().position(|&value| value == most).unwrap_or(0) as u32;
    }
    Ok(())
}
