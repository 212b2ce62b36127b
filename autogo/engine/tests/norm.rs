//! Batch norm against its definition and finite differences.
#![allow(clippy::unwrap_used)]

mod common;
use autogo_engine::norm::*;
use autogo_engine::*;
use common::*;

const EPSILON: f32 = 1e-3;

struct Case {
    x: Vec<f32>,
    gamma: Vec<f32>,
    beta: Vec<f32>,
    dy: Vec<f32>,
    clip: Clip,
}

fn random_case(random: &mut Random) -> Case {
    let channels = random.pick(&[1, 2, 3, 7, 8, 16, 17, 30, 64]);
    let pixels = random.pick(&[2, 3, 5, 64, 255, 256, 257, 600]);
    let mut x = random.floats(pixels * channels);
    x.iter_mut().enumerate().for_each(|(i, x)| *x = *x * 2.0 + (i % channels % 4) as f32);
    let gamma = random.floats(channels).iter().map(|x| x * 3.0).collect();
    let clip = random.pick(&[Clip::None, Clip::Relu, Clip::Relu6]);
    Case { gamma, beta: random.floats(channels), dy: random.floats(x.len()), x, clip }
}

/// Output, and the gradients of input, γ and β.
fn run(engine: &Engine, case: &Case) -> [Vec<f32>; 4] {
    let channels = case.gamma.len();
    let mut moments = Moments::new(channels);
    moments.add(engine, &case.x).unwrap();
    let mut folded = Folded::new(channels);
    folded.batch(&moments, &case.gamma, &case.beta, EPSILON).unwrap();
    let mut y = vec![0.0; case.x.len()];
    apply(engine, &case.x, folded.map(case.clip), &mut y).unwrap();
    let mut sums = GradientSums::new(channels);
    sums.add(engine, &case.x, &case.dy, &folded, case.clip).unwrap();
    let (mut gamma, mut beta) = (vec![0.0; channels], vec![0.0; channels]);
    sums.parameters(&folded, &mut gamma, &mut beta).unwrap();
    let mut gradient = NormGradient::new(channels);
    gradient.batch(&sums, &folded).unwrap();
    let mut dx = case.dy.clone();
    backward(engine, &case.x, &folded, case.clip, &gradient, &mut dx).unwrap();
    [y, dx, gamma, beta]
}

#[test]
fn agrees_with_the_definition_on_all_widths() {
    let mut random = Random(1);
    for _ in 0..200 {
        let case = random_case(&mut random);
        let (x, gamma, beta) = (wide(&case.x), wide(&case.gamma), wide(&case.beta));
        let (epsilon, dy) = (f64::from(EPSILON), wide(&case.dy));
        let y = reference::norm(&x, &gamma, &beta, epsilon, case.clip);
        let (dx, dgamma, dbeta) = reference::norm_gradient(&x, &gamma, &beta, epsilon, case.clip, &dy);
        for arithmetic in ARITHMETICS {
            let results: Vec<_> = engines(arithmetic).iter().map(|engine| run(engine, &case)).collect();
            for result in &results {
                assert!(result.iter().zip(&results[0]).all(|(a, b)| bits(a) == bits(b)), "{arithmetic}");
            }
            close("output", &results[0][0], &y, 1e-4);
            close("input gradient", &results[0][1], &dx, 2e-4);
            close("gamma gradient", &results[0][2], &dgamma, 1e-4);
            close("beta gradient", &results[0][3], &dbeta, 1e-4);
        }
    }
}

#[test]
fn definition_has_the_gradients_of_finite_differences() {
    let mut random = Random(2);
    for _ in 0..40 {
        let case = random_case(&mut random);
        let (x, gamma, beta, dy) = (wide(&case.x), wide(&case.gamma), wide(&case.beta), wide(&case.dy));
        // Without a clip: its corners have no derivative.
        let loss = |x: &[f64], g: &[f64], b: &[f64]| dot(&reference::norm(x, g, b, 1e-3, Clip::None), &dy);
        let (dx, dgamma, dbeta) = reference::norm_gradient(&x, &gamma, &beta, 1e-3, Clip::None, &dy);
        differences("input", &x, &dx, &mut random, |x| loss(x, &gamma, &beta));
        differences("gamma", &gamma, &dgamma, &mut random, |g| loss(&x, g, &beta));
        differences("beta", &beta, &dbeta, &mut random, |b| loss(&x, &gamma, b));
    }
}

#[test]
fn pieces_have_the_statistics_of_the_whole() {
    let mut random = Random(3);
    let engine = Engine::new(Arithmetic::Fused);
    let x: Vec<f32> = random.floats(5 * 1000).iter().map(|x| x + 100.0).collect();
    let mut whole = Moments::new(5);
    whole.add(&engine, &x).unwrap();
    let mut joined = Moments::new(5);
    for piece in x.chunks(5 * 330) {
        let mut part = Moments::new(5);
        part.add(&engine, piece).unwrap();
        joined.merge(&part).unwrap();
    }
    assert_eq!(whole.count(), joined.count());
    for channel in 0..5 {
        assert!((whole.mean()[channel] - joined.mean()[channel]).abs() < 1e-5);
        assert!((whole.variance(channel) - joined.variance(channel)).abs() < 1e-5);
        assert!((whole.variance(channel) - 1.0 / 3.0).abs() < 0.05);
    }
}

#[test]
fn running_statistics_follow_and_are_used_in_evaluation() {
    let engine = Engine::new(Arithmetic::Portable);
    let mut moments = Moments::new(1);
    moments.add(&engine, &[1.0, 3.0]).unwrap();
    let (mut mean, mut variance) = ([0.0], [1.0]);
    moments.follow(0.1, &mut mean, &mut variance).unwrap();
    assert_eq!((mean, variance), ([0.2], [1.1])); // the variance of 1 and 3 is 2 with divisor 1
    let mut folded = Folded::new(1);
    folded.running(&[1.0], &[4.0], &[2.0], &[0.5], 0.0).unwrap();
    let mut y = [0.0; 2];
    apply(&engine, &[1.0, 5.0], folded.map(Clip::None), &mut y).unwrap();
    assert_eq!(y, [0.5, 4.5]);
    let mut gradient = [1.0, 1.0];
    backward(&engine, &[1.0, 5.0], &folded, Clip::Relu, &NormGradient::new(1), &mut gradient).unwrap();
    assert_eq!(gradient, [1.0, 1.0]);
}

#[test]
fn the_plain_forms_keep_a_nan_too() {
    use autogo_engine::{Activation, reference};
    assert!(reference::norm(&[f64::NAN, 1.0], &[1.0], &[0.0], 1e-3, Clip::Relu)[0].is_nan());
    let clip = Activation::Clip { low: -1.0, high: 1.0 };
    let linear = [Activation::LeakyRelu { slope: 0.1 }, Activation::Celu { alpha: 1.0 }];
    for activation in [Activation::Relu, clip].into_iter().chain(linear) {
        assert!(reference::activation(activation, f64::NAN).is_nan(), "{activation:?}");
    }
    assert!(reference::prelu(&[f64::NAN], &[0.5])[0].is_nan());
}

#[test]
fn nan_passes_through_a_clip() {
    let engine = Engine::new(Arithmetic::Fused);
    let folded = Folded::new(1);
    let mut y = [0.0];
    apply(&engine, &[f32::NAN], folded.map(Clip::Relu6), &mut y).unwrap();
    assert!(y[0].is_nan());
}

#[test]
fn wrong_lengths_are_errors() {
    let engine = Engine::new(Arithmetic::Fused);
    assert!(Moments::new(0).add(&engine, &[1.0]).is_err());
    assert!(Moments::new(2).add(&engine, &[1.0]).is_err());
    assert!(Folded::new(2).batch(&Moments::new(1), &[1.0; 2], &[0.0; 2], 0.0).is_err());
    assert!(Folded::new(1).batch(&Moments::new(1), &[1.0], &[0.0], -1.0).is_err());
    assert!(Moments::new(1).follow(1.5, &mut [0.0], &mut [0.0]).is_err());
}
