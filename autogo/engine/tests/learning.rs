//! Losses and optimisers against their definitions.
#![allow(clippy::unwrap_used)]

mod common;
use autogo_engine::loss::*;
use autogo_engine::optimiser::*;
use autogo_engine::*;
use common::*;

#[test]
fn a_nan_is_not_the_largest_value() {
    let mut found = [9; 3];
    largest(&[f32::NAN, 1.0, 2.0, 3.0, f32::NAN, 3.0, f32::NAN, f32::NAN, f32::NAN], 3, &mut found).unwrap();
    assert_eq!(found, [2, 0, 0]);
}

#[test]
fn cross_entropy() {
    let mut random = Random(1);
    for (classes, smoothing, ignored) in [(2, 0.0, None), (10, 0.1, None), (21, 0.0, Some(255)), (3, 0.2, Some(1))] {
        let samples = 40;
        let logits: Vec<f32> = random.floats(samples * classes).iter().map(|x| x * 6.0).collect();
        let labels: Vec<u32> = (0..samples)
            .map(|i| if i % 5 == 0 { ignored.unwrap_or(0) } else { random.between(0, classes - 1) as u32 })
            .collect();
        let loss = CrossEntropy { classes, smoothing, ignored };
        let mut gradient = vec![f32::NAN; logits.len()];
        let scores = loss.gradient(&logits, &labels, 0.5, &mut gradient).unwrap();
        assert_eq!(scores, loss.scores(&logits, &labels).unwrap());
        let wide = wide(&logits);
        let wanted = reference::cross_entropy(&loss, &wide, &labels);
        assert!((scores.loss - wanted).abs() < 1e-9 * wanted.abs());
        assert_eq!(scores.counted as usize, labels.iter().filter(|&&label| Some(label) != ignored).count());
        let mut best = vec![0; samples];
        largest(&logits, classes, &mut best).unwrap();
        let hits = best.iter().zip(&labels).filter(|(best, label)| best == label && Some(**label) != ignored);
        assert_eq!(scores.correct as usize, hits.count());
        let wanted = reference::cross_entropy_gradient(&loss, &wide, &labels);
        let half: Vec<f64> = wanted.iter().map(|g| g / 2.0).collect();
        close("gradient", &gradient, &half, 1e-6);
        differences("logits", &wide, &wanted, &mut random, |x| reference::cross_entropy(&loss, x, &labels));
    }
    let loss = CrossEntropy { classes: 2, smoothing: 0.0, ignored: None };
    assert_eq!(loss.scores(&[0.0; 2], &[2]), Err(Error::Label { label: 2, classes: 2 }));
    assert!(loss.scores(&[0.0; 3], &[0]).is_err());
    assert!(loss.scores(&[f32::NAN, 0.0], &[0]).unwrap().loss.is_nan());
    assert!(CrossEntropy { smoothing: 2.0, ..loss }.scores(&[], &[]).is_err());
}

#[test]
fn regressions() {
    let mut random = Random(2);
    let engine = Engine::new(Arithmetic::Fused);
    let (x, t) = (random.floats(101), random.floats(101));
    let charbonnier = Regression::Charbonnier { epsilon: 0.01 };
    for loss in [Regression::Squared, Regression::Absolute, charbonnier, Regression::Smooth { beta: 0.3 }] {
        let mut gradient = vec![f32::NAN; 101];
        let sum = loss.gradient(&engine, &x, &t, 1.0, &mut gradient).unwrap();
        let (x, t) = (wide(&x), wide(&t));
        assert!((sum - reference::regression(loss, &x, &t)).abs() < 1e-6);
        let wanted = reference::regression_gradient(loss, &x, &t);
        close("gradient", &gradient, &wanted, 1e-5);
        differences("found", &x, &wanted, &mut random, |x| reference::regression(loss, x, &t));
    }
    assert!(Regression::Charbonnier { epsilon: 0.0 }.loss(&engine, &[], &[]).is_err());
    assert!(Regression::Smooth { beta: 0.0 }.loss(&engine, &[], &[]).is_err());
    assert!(Regression::Squared.loss(&engine, &[0.0], &[]).is_err());
    // By hand: inside β the square over 2β, outside the distance less β/2.
    let smooth = Regression::Smooth { beta: 2.0 };
    assert_eq!(smooth.loss(&engine, &[1.0, -5.0], &[0.0, 0.0]), Ok(0.25 + 4.0));
}

#[test]
fn places_of_maps() {
    let mut random = Random(4);
    for (map, points, beta) in [((3, 4), 2, 0.5), ((1, 5), 3, 2.0), ((6, 6), 1, 10.0)] {
        let loss = Places { map, points, span: (9.0, 12.0), beta };
        let maps: Vec<f32> = random.floats(2 * map.0 * map.1 * points).iter().map(|x| x * 4.0).collect();
        let wanted: Vec<f32> = random.floats(4 * points).iter().map(|x| 5.0 + 5.0 * x).collect();
        let mut found = vec![f32::NAN; wanted.len()];
        loss.found(&maps, &mut found).unwrap();
        close("places", &found, &reference::places(&loss, &wide(&maps)), 1e-6);
        let mut gradient = vec![f32::NAN; maps.len()];
        let sum = loss.gradient(&maps, &wanted, 0.5, &mut gradient).unwrap();
        let (maps, wanted) = (wide(&maps), wide(&wanted));
        let smooth =
            |maps: &[f64]| reference::regression(Regression::Smooth { beta }, &reference::places(&loss, maps), &wanted);
        assert!((sum - smooth(&maps)).abs() < 1e-9 * sum);
        let whole: Vec<f64> = gradient.iter().map(|&g| 2.0 * f64::from(g)).collect();
        differences("maps", &maps, &whole, &mut random, smooth);
    }
    let loss = Places { map: (1, 2), points: 1, span: (1.0, 1.0), beta: 1.0 };
    assert!(loss.gradient(&[0.0; 3], &[0.0; 2], 1.0, &mut [0.0; 3]).is_err());
    assert!(loss.found(&[0.0; 2], &mut [0.0; 3]).is_err());
    assert!(Places { beta: 0.0, ..loss }.found(&[0.0; 2], &mut [0.0; 2]).is_err());
    assert!(Places { map: (0, 2), ..loss }.found(&[], &mut []).is_err());
}

#[test]
fn the_norm_of_a_gradient_has_the_same_bits_everywhere() {
    let mut random = Random(5);
    for count in [0, 1, 15, 16, 17, 1_000] {
        let gradient: Vec<f32> = random.floats(count).iter().map(|g| g * 1e-3).collect();
        let found = euclidean_norm(&Engine::new(Arithmetic::Portable), &gradient);
        let wanted = reference::euclidean_norm(&wide(&gradient));
        assert!((found - wanted).abs() <= 1e-14 * wanted, "{count}");
        for engine in ARITHMETICS.into_iter().flat_map(engines) {
            assert_eq!(euclidean_norm(&engine, &gradient).to_bits(), found.to_bits(), "{count}: {engine}");
        }
    }
    // Squares of the largest and the smallest numbers are numbers.
    let engine = Engine::new(Arithmetic::Fused);
    assert!(
        euclidean_norm(&engine, &[f32::MAX; 100]).is_finite() && euclidean_norm(&engine, &[f32::MIN_POSITIVE]) > 0.0
    );
    assert!(
        !euclidean_norm(&engine, &[1.0, f32::NAN]).is_finite()
            && !euclidean_norm(&engine, &[f32::INFINITY]).is_finite()
    );
}

/// Ten steps on a few weights; `step(number, weights, memories, gradient)`.
fn steps(mut step: impl FnMut(u64, &mut [f32], &mut [Vec<f32>; 2], &[f32])) -> (Vec<f32>, Vec<Vec<f32>>) {
    let mut random = Random(3);
    let mut weights = random.floats(37);
    let mut memories = [vec![0.0; 37], vec![0.0; 37]];
    let gradients: Vec<Vec<f32>> = (0..10).map(|_| random.floats(37)).collect();
    for (number, gradient) in (1..).zip(&gradients) {
        step(number, &mut weights, &mut memories, gradient);
    }
    (weights, gradients)
}

/// The same steps by the definition.
fn defined(mut step: impl FnMut(u64, f64, f64, f64, f64) -> (f64, f64, f64)) -> Vec<f64> {
    let mut random = Random(3);
    let weights = random.floats(37);
    let gradients: Vec<Vec<f32>> = (0..10).map(|_| random.floats(37)).collect();
    let one = |(i, w): (usize, &f32)| {
        let mut state = (f64::from(*w), 0.0, 0.0);
        for (number, gradient) in (1..).zip(&gradients) {
            state = step(number, state.0, state.1, state.2, f64::from(gradient[i]));
        }
        state.0
    };
    weights.iter().enumerate().map(one).collect()
}

#[test]
fn optimisers() {
    for engine in ARITHMETICS.into_iter().flat_map(engines) {
        for nesterov in [false, true] {
            let sgd = Sgd { rate: 0.1, momentum: 0.9, nesterov, decay: 0.01 };
            let (found, _) = steps(|_, w, memories, g| sgd.step(&engine, w, &mut memories[0], g).unwrap());
            let wanted = defined(|_, w, v, _, g| {
                let (w, v) = reference::sgd(&sgd, w, v, g);
                (w, v, 0.0)
            });
            close("SGD", &found, &wanted, 1e-5);
        }
        for form in [RmsForm::TensorFlow, RmsForm::PyTorch] {
            let rms = RmsProp { rate: 0.01, keep: 0.9, momentum: 0.9, epsilon: 1e-3, decay: 0.01, form };
            let (found, _) = steps(|_, w, [s, v], g| rms.step(&engine, w, s, v, g).unwrap());
            close("RMSprop", &found, &defined(|_, w, s, v, g| reference::rms_prop(&rms, w, s, v, g)), 1e-5);
        }
        let adam = AdamW { rate: 0.01, keep: (0.9, 0.999), epsilon: 1e-8, decay: 0.1 };
        let (found, _) = steps(|n, w, [m, s], g| adam.step(&engine, n, w, m, s, g).unwrap());
        close("AdamW", &found, &defined(|n, w, m, s, g| reference::adamw(&adam, n, w, m, s, g)), 1e-5);
        let (found, gradients) = steps(|_, w, _, g| average(&engine, 0.9, g, w).unwrap());
        assert_eq!(gradients.len(), 10);
        let wanted = defined(|_, w, _, _, g| (reference::average(f64::from(0.9f32), w, g), 0.0, 0.0));
        close("average", &found, &wanted, 1e-5);
    }
    let engine = Engine::new(Arithmetic::Fused);
    let adam = AdamW { rate: 0.01, keep: (0.9, 0.999), epsilon: 1e-8, decay: 0.1 };
    assert!(adam.step(&engine, 0, &mut [], &mut [], &mut [], &[]).is_err());
    assert!(average(&engine, 0.9, &[0.0], &mut []).is_err());
}
