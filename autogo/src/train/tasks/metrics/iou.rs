//! Mean intersection over union.

/// Pixels by class and by predicted class; scores of segmentations are computed from these counts.
///
/// The intersection over union of class `c` is `TP / (TP + FP + FN)` over the pixels of all pictures together: the
/// Jaccard index of the pixels of class `c` and the pixels that are predicted to be of class `c`. The mean is over the
/// classes that occur or are predicted, as `sklearn.metrics.jaccard_score(average="macro")` computes it.
///
/// ```
/// use autogo::train::tasks::ClassCounts;
/// let mut counts = ClassCounts::new(2, Some(9));
/// counts.add(&[0, 0, 1, 1, 9], &[0, 1, 1, 1, 0]); // the pixel of class 9 does not count
/// assert_eq!(counts.ious(), [Some(1.0 / 2.0), Some(2.0 / 3.0)]);
/// assert_eq!(counts.mean_iou(), (1.0 / 2.0 + 2.0 / 3.0) / 2.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ClassCounts {
    classes: usize,
    ignored: Option<u32>,
    /// `[class][predicted class]`.
    counts: Vec<u64>,
}

impl ClassCounts {
    /// No pixel yet; pixels of class `ignored` will not count.
    pub fn new(classes: usize, ignored: Option<u32>) -> ClassCounts {
        ClassCounts { classes, ignored, counts: vec![0; classes * classes] }
    }

    /// Adds pixels: `labels` are their classes, `said` their predicted classes. A pixel with a label or a prediction
    /// that is no class does not count. O(pixels).
    pub fn add(&mut self, labels: &[u32], said: &[u32]) {
        for (&label, &said) in labels.iter().zip(said) {
            if self.ignored != Some(label) && (label as usize) < self.classes && (said as usize) < self.classes {
                self.counts[label as usize * self.classes + said as usize] += 1;
            }
        }
    }

    fn count(&self, class: usize, said: usize) -> u64 {
        self.counts[class * self.classes + said]
    }

    /// The intersection over union of every class; `None` for a class that neither occurs nor is predicted.
    pub fn ious(&self) -> Vec<Option<f64>> {
        let one = |class: usize| {
            let own: u64 = (0..self.classes).map(|said| self.count(class, said)).sum();
            let said: u64 = (0..self.classes).map(|label| self.count(label, class)).sum();
            let both = self.count(class, class);
            (own + said > 0).then(|| both as f64 / (own + said - both) as f64)
        };
        (0..self.classes).map(one).collect()
    }

    /// The mean of the classes' intersections over unions; 0 without a pixel.
    pub fn mean_iou(&self) -> f64 {
        let ious: Vec<f64> = self.ious().into_iter().flatten().collect();
        ious.iter().sum::<f64>() / ious.len().max(1) as f64
    }

    /// The part of the pixels with a right prediction.
    pub fn accuracy(&self) -> f64 {
        let hits: u64 = (0..self.classes).map(|class| self.count(class, class)).sum();
        hits as f64 / self.counts.iter().sum::<u64>().max(1) as f64
    }

    /// The most frequent class; the first of several.
    pub fn most_frequent(&self) -> u32 {
        let own = |class: usize| (0..self.classes).map(|said| self.count(class, said)).sum::<u64>();
        (0..self.classes).rev().max_by_key(|&class| own(class)).unwrap_or_default() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels `i·i mod 7 mod 5`, answers `(3·i + i/4) mod 5` for `i` below 200, label 4 left out. Printed by
    /// `tests/metrics.py`, which counts sets of pixels.
    #[test]
    fn an_independent_program_counts_the_same() {
        let labels: Vec<u32> = (0..200).map(|i| i * i % 7 % 5).collect();
        let said: Vec<u32> = (0..200).map(|i| (3 * i + i / 4) % 5).collect();
        let mut counts = ClassCounts::new(5, Some(4));
        counts.add(&labels, &said);
        assert!((counts.mean_iou() - MEAN_IOU).abs() < 1e-12, "{}", counts.mean_iou());
    }
    const MEAN_IOU: f64 = 0.079_529_411_764_705_88;

    #[test]
    fn classes_that_do_not_occur_are_left_out() {
        let mut counts = ClassCounts::new(3, None);
        assert_eq!((counts.mean_iou(), counts.accuracy()), (0.0, 0.0));
        counts.add(&[0, 0, 2], &[0, 2, 2]);
        assert_eq!(counts.ious(), [Some(0.5), None, Some(0.5)]);
        assert_eq!((counts.mean_iou(), counts.accuracy(), counts.most_frequent()), (0.5, 2.0 / 3.0, 0));
        counts.add(&[7], &[1]);
        assert_eq!(counts.ious()[1], None);
    }
}
