//! Pools, element-wise kernels, channels and pictures against their definitions.
#![allow(clippy::unwrap_used)]

mod common;
use autogo_engine::*;
use common::*;

fn engines_of_both() -> Vec<Engine> {
    ARITHMETICS.into_iter().flat_map(engines).collect()
}

/// Runs a kernel on all engines, demands equal bits, and returns the result.
fn same(mut kernel: impl FnMut(&Engine) -> Vec<f32>) -> Vec<f32> {
    let results: Vec<Vec<f32>> = engines_of_both().iter().map(&mut kernel).collect();
    assert!(results.iter().all(|result| bits(result) == bits(&results[0])));
    results[0].clone()
}

/// Checks that `back` is the transposed map of `ahead`, both linear: ⟨ahead(x), g⟩ = ⟨x, back(g)⟩.
fn transposed(x: &[f32], y: &[f32], g: &[f32], dx: &[f32]) {
    let (left, right) = (dot(&wide(y), &wide(g)), dot(&wide(x), &wide(dx)));
    assert!((left - right).abs() < 1e-4 * (1.0 + left.abs()), "{left} is not {right}");
}

fn random_shape(random: &mut Random) -> Shape {
    Shape::new(random.between(1, 9), random.between(1, 9), random.pick(&[1, 2, 3, 5, 8, 16, 17, 33]))
}

#[test]
fn pools() {
    let mut random = Random(1);
    let mut tried = 0;
    while tried < 200 {
        let shape = random_shape(&mut random);
        let mut pair = |low, high| (random.between(low, high), random.between(low, high));
        let (kernel, stride, dilation) = (pair(1, 4), pair(1, 3), pair(1, 2));
        let (start, end) = (pair(0, 2), pair(0, 2));
        let border = Border { top: start.0, left: start.1, bottom: end.0, right: end.1 };
        let window = Window { kernel, stride, dilation, border };
        let kind = random.pick(&[PoolKind::Max, PoolKind::Average, PoolKind::AverageCounted]);
        let Ok(pool) = Pool::new(Engine::new(Arithmetic::Fused), kind, shape, window) else { continue };
        tried += 1;
        let images = random.between(1, 3);
        // Few values, so that maxima are often equal.
        let x: Vec<f32> = random.floats(images * shape.elements()).iter().map(|x| (x * 4.0).round()).collect();
        let dy = random.floats(images * pool.output().elements());
        let start = random.floats(x.len());
        let run = |engine: &Engine| {
            let pool = Pool::new(*engine, kind, shape, window).unwrap();
            let (mut y, mut dx, mut sum) = (vec![0.0; dy.len()], vec![f32::NAN; x.len()], start.clone());
            pool.forward(&x, &mut y).unwrap();
            pool.gradient(&x, &y, &dy, &mut dx, Write::Replace).unwrap();
            pool.gradient(&x, &y, &dy, &mut sum, Write::Add).unwrap();
            [y, dx, sum].concat()
        };
        let all = same(run);
        let (y, rest) = all.split_at(dy.len());
        let (dx, sum) = rest.split_at(x.len());
        let wanted = reference::pool_gradient(kind, shape, &window, &wide(&x), &wide(&dy)).unwrap();
        close("output", y, &reference::pool(kind, shape, &window, &wide(&x)).unwrap(), 1e-6);
        close("gradient", dx, &wanted, 1e-6);
        let wanted: Vec<f64> = wanted.iter().zip(&start).map(|(dx, start)| dx + f64::from(*start)).collect();
        close("added gradient", sum, &wanted, 1e-6);
    }
    let window = Window { kernel: (1, 1), border: Border::all(1), ..Window::square(1, 1, 0) };
    let empty = Pool::new(Engine::new(Arithmetic::Fused), PoolKind::Max, Shape::new(2, 2, 1), window);
    assert_eq!(empty.map(|_| ()), Err(Error::EmptyWindow));
}

#[test]
fn average_pools_have_the_gradients_of_finite_differences() {
    let mut random = Random(2);
    let shape = Shape::new(5, 6, 3);
    let window = Window::square(3, 2, 1);
    let x = wide(&random.floats(shape.elements()));
    let dy = wide(&random.floats(3 * 3 * 3));
    for kind in [PoolKind::Max, PoolKind::Average, PoolKind::AverageCounted] {
        let dx = reference::pool_gradient(kind, shape, &window, &x, &dy).unwrap();
        differences("pool", &x, &dx, &mut random, |x| dot(&reference::pool(kind, shape, &window, x).unwrap(), &dy));
    }
}

const ACTIVATIONS: [Activation; 19] = [
    Activation::Relu,
    Activation::Relu6,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::LeakyRelu { slope: -0.5 },
    Activation::Elu { alpha: 1.5, gamma: 1.0 },
    Activation::Elu { alpha: 1.67, gamma: 1.05 },
    Activation::Celu { alpha: 0.7 },
    Activation::Clip { low: -1.0, high: 2.5 },
    Activation::Clip { low: f32::NEG_INFINITY, high: 3.0 },
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Swish,
    Activation::HardSigmoid { slope: 0.3, offset: 0.4 },
    Activation::HardSwish,
    Activation::Mish,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Softplus,
    Activation::Softsign,
];

#[test]
fn activations() {
    let mut random = Random(3);
    let x: Vec<f32> = random.floats(333).iter().map(|x| x * 8.0).collect();
    let dy = random.floats(x.len());
    for activation in ACTIVATIONS {
        let what = format!("{activation:?}");
        let run = |engine: &Engine| {
            let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            activation.forward(engine, &x, &mut y).unwrap();
            let tensor = if activation.reads() == Reads::Input { &x } else { &y };
            activation.gradient(engine, tensor, &dy, &mut dx, Write::Replace).unwrap();
            let mut twice = dx.clone();
            activation.gradient(engine, tensor, &dy, &mut twice, Write::Add).unwrap();
            assert!(dx.iter().zip(&twice).all(|(once, twice)| 2.0 * once == *twice));
            [y, dx].concat()
        };
        let all = same(run);
        let (y, dx) = all.split_at(x.len());
        let wanted: Vec<f64> = x.iter().map(|&x| reference::activation(activation, f64::from(x))).collect();
        close(&what, y, &wanted, 1e-6);
        let slope = |x: f32| reference::derivative(activation, f64::from(x));
        let wanted: Vec<f64> = x.iter().zip(&dy).map(|(&x, &dy)| slope(x) * f64::from(dy)).collect();
        close(&format!("gradient of {what}"), dx, &wanted, 1e-5);
        let wide = wide(&x);
        let slopes: Vec<f64> = wide.iter().map(|&x| reference::derivative(activation, x)).collect();
        differences(&what, &wide, &slopes, &mut random, |x| {
            x.iter().map(|&x| reference::activation(activation, x)).sum()
        });
    }
    let engine = Engine::new(Arithmetic::Fused);
    let mut y = [0.0; 2];
    Activation::Clip { low: 2.0, high: 1.0 }.forward(&engine, &[-9.0, 9.0], &mut y).unwrap();
    assert_eq!(y, [1.0; 2]); // bounds the wrong way round: the upper one holds, as in ONNX
}

#[test]
fn prelus() {
    let mut random = Random(4);
    for channels in [1, 3, 16, 21] {
        let x = random.floats(channels * 50);
        let (slopes, dy) = (random.floats(channels), random.floats(x.len()));
        let all = same(|engine| {
            let (mut y, mut dx, mut ds) = (vec![0.0; x.len()], vec![0.0; x.len()], vec![0.0; channels]);
            prelu(engine, &x, &slopes, &mut y).unwrap();
            prelu_gradient(engine, &x, &slopes, &dy, &mut dx, Write::Replace, &mut ds).unwrap();
            [y, dx, ds].concat()
        });
        let (x, slopes, dy) = (wide(&x), wide(&slopes), wide(&dy));
        let (dx, ds) = reference::prelu_gradient(&x, &slopes, &dy);
        close("prelu", &all, &[reference::prelu(&x, &slopes), dx.clone(), ds.clone()].concat(), 1e-5);
        differences("input", &x, &dx, &mut random, |x| dot(&reference::prelu(x, &slopes), &dy));
        differences("slopes", &slopes, &ds, &mut random, |slopes| dot(&reference::prelu(&x, slopes), &dy));
    }
}

#[test]
fn sums_and_products() {
    let mut random = Random(5);
    for count in 1..=4 {
        let operands: Vec<Vec<f32>> = (0..count).map(|_| random.floats(77)).collect();
        let slices: Vec<&[f32]> = operands.iter().map(Vec::as_slice).collect();
        let dy = random.floats(77);
        let (operands64, dy64) = (operands.iter().map(|x| wide(x)).collect::<Vec<_>>(), wide(&dy));
        let sum = same(|engine| {
            let mut y = vec![f32::NAN; 77];
            add_all(engine, &slices, &mut y).unwrap();
            y
        });
        close("sum", &sum, &reference::sum(&operands64), 1e-6);
        let product = same(|engine| {
            let mut y = vec![f32::NAN; 77];
            multiply_all(engine, &slices, &mut y).unwrap();
            y
        });
        close("product", &product, &reference::product(&operands64), 1e-6);
        for operand in 0..count {
            let dx = same(|engine| {
                let mut dx = vec![f32::NAN; 77];
                let mut scratch = vec![f32::NAN; 80];
                multiply_gradient(engine, &slices, operand, &dy, &mut dx, Write::Replace, &mut scratch).unwrap();
                dx
            });
            let wanted = reference::product_gradient(&operands64, operand, &dy64);
            close("product's gradient", &dx, &wanted, 1e-6);
            let mut others = operands64.clone();
            differences("product", &operands64[operand], &wanted, &mut random, |x| {
                others[operand] = x.to_vec();
                dot(&reference::product(&others), &dy64)
            });
        }
    }
    let engine = Engine::new(Arithmetic::Fused);
    assert!(multiply_gradient(&engine, &[], 0, &[], &mut [], Write::Add, &mut []).is_err());
    let mut y = [1.0, 2.0];
    scale(&engine, 3.0, &[1.0, -1.0], &mut y, Write::Add).unwrap();
    assert_eq!(y, [4.0, -1.0]);
}

#[test]
fn products_with_channels_means_and_sums() {
    let mut random = Random(6);
    for (images, pixels, channels) in [(1, 1, 1), (2, 9, 3), (3, 70, 16), (2, 200, 33)] {
        let x = random.floats(images * pixels * channels);
        let (factors, dy) = (random.floats(images * channels), random.floats(x.len()));
        let all = same(|engine| {
            let (mut y, mut dx, mut df) = (vec![0.0; x.len()], vec![0.0; x.len()], vec![0.0; factors.len()]);
            scale_channels(engine, &x, &factors, pixels, channels, &mut y, Write::Replace).unwrap();
            scale_channels(engine, &dy, &factors, pixels, channels, &mut dx, Write::Replace).unwrap();
            scale_channels_gradient(engine, &x, &dy, pixels, channels, &mut df, Write::Replace).unwrap();
            transposed(&x, &y, &dy, &dx);
            transposed(&factors, &y, &dy, &df);
            y
        });
        close("scaled", &all, &reference::scale_channels(&wide(&x), &wide(&factors), pixels, channels), 1e-6);
        let means = same(|engine| {
            let (mut y, mut dx) = (vec![0.0; factors.len()], vec![0.0; x.len()]);
            mean(engine, &x, pixels, channels, &mut y).unwrap();
            mean_gradient(engine, &factors, pixels, channels, &mut dx, Write::Replace).unwrap();
            transposed(&x, &y, &factors, &dx);
            y
        });
        close("mean", &means, &reference::mean(&wide(&x), pixels, channels), 1e-6);
        let sums = same(|engine| {
            let mut sums = vec![0.0; channels];
            channel_sums(engine, &x, &mut sums).unwrap();
            sums
        });
        let all = reference::mean(&wide(&x), images * pixels, channels);
        let wanted: Vec<f64> = all.iter().map(|mean| mean * (images * pixels) as f64).collect();
        close("sums", &sums, &wanted, 1e-5);
    }
}

#[test]
fn channels_are_copied_and_shuffled() {
    let mut random = Random(7);
    for _ in 0..100 {
        let (of, to) = (random.between(1, 40), random.between(1, 40));
        let count = random.between(0, of.min(to));
        let (from, at) = (random.between(0, of - count), random.between(0, to - count));
        let pixels = random.between(1, 9);
        let (x, start) = (random.floats(pixels * of), random.floats(pixels * to));
        let (from, at) = (Channels { first: from, of }, Channels { first: at, of: to });
        let y = same(|engine| {
            let mut y = start.clone();
            copy_channels(engine, &x, from, &mut y, at, count, Write::Replace).unwrap();
            y
        });
        let wanted = reference::copy_channels(&wide(&x), &wide(&start), (from.first, at.first), (of, to), count);
        close("copied", &y, &wanted, 0.0);
        let (groups, each) = (random.between(1, 5), random.between(1, 7));
        let x = random.floats(pixels * groups * each);
        let y = same(|engine| {
            let mut y = vec![0.0; x.len()];
            shuffle_channels(engine, &x, groups * each, groups, &mut y, Write::Replace).unwrap();
            let mut back = vec![0.0; x.len()];
            shuffle_channels(engine, &y, groups * each, each, &mut back, Write::Replace).unwrap();
            assert_eq!(back, x);
            y
        });
        close("shuffled", &y, &reference::shuffle_channels(&wide(&x), groups * each, groups), 0.0);
    }
    let engine = Engine::new(Arithmetic::Fused);
    let beyond =
        copy_channels(&engine, &[0.0; 2], Channels { first: 1, of: 2 }, &mut [0.0; 2], Channels::all(2), 2, Write::Add);
    assert_eq!(beyond, Err(Error::Channels { asked: 3, found: 2 }));
}

#[test]
fn pictures_change_their_size() {
    let mut random = Random(8);
    for _ in 0..100 {
        let (shape, images) = (random_shape(&mut random), random.between(1, 3));
        let mut side = || random.between(0, 3);
        let border = Border { top: side(), left: side(), bottom: side(), right: side() };
        let large = Shape::new(shape.h + border.top + border.bottom, shape.w + border.left + border.right, shape.c);
        let (x, g) = (random.floats(images * shape.elements()), random.floats(images * large.elements()));
        let y = same(|engine| {
            let (mut y, mut dx) = (vec![f32::NAN; g.len()], vec![f32::NAN; x.len()]);
            pad(engine, shape, border, &x, &mut y, Write::Replace).unwrap();
            crop(engine, large, border, &g, &mut dx, Write::Replace).unwrap();
            transposed(&x, &y, &g, &dx);
            [y, dx].concat()
        });
        let wanted = [reference::pad(&wide(&x), shape, border), reference::crop(&wide(&g), large, border)].concat();
        close("padded and cropped", &y, &wanted, 0.0);

        let size = (random.between(1, 20), random.between(1, 20));
        let interpolation = random.pick(&[
            Interpolation::Nearest,
            Interpolation::Bilinear,
            Interpolation::BilinearCorners,
            Interpolation::BilinearAligned,
        ]);
        let g = random.floats(images * size.0 * size.1 * shape.c);
        let y = same(|engine| {
            let resize = Resize::new(*engine, shape, size, interpolation).unwrap();
            let (mut y, mut dx) = (vec![f32::NAN; g.len()], vec![f32::NAN; x.len()]);
            resize.forward(&x, &mut y).unwrap();
            resize.gradient(&g, &mut dx, Write::Replace).unwrap();
            transposed(&x, &y, &g, &dx);
            y
        });
        close("resized", &y, &reference::resize(&wide(&x), shape, size, interpolation), 1e-5);

        let block = (random.between(1, 3), random.between(1, 3));
        let deep = Shape::new(shape.h, shape.w, block.0 * block.1 * random.between(1, 5));
        let order = random.pick(&[DepthOrder::ChannelFirst, DepthOrder::BlockFirst]);
        let x = random.floats(images * deep.elements());
        let y = same(|engine| {
            let plan = DepthToSpace::rectangles(*engine, deep, block, order).unwrap();
            let (mut y, mut back) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
            plan.forward(&x, &mut y, Write::Replace).unwrap();
            plan.gradient(&y, &mut back, Write::Replace).unwrap();
            assert_eq!(back, x);
            y
        });
        let wanted = reference::depth_to_space(&wide(&x), deep, block, order);
        close("rearranged", &y, &wanted, 0.0);
        let large = Shape::new(deep.h * block.0, deep.w * block.1, deep.c / (block.0 * block.1));
        assert_eq!(reference::space_to_depth(&wanted, large, block, order), wide(&x));
    }
    let engine = Engine::new(Arithmetic::Fused);
    let nothing = crop(&engine, Shape::new(2, 2, 1), Border::all(1), &[], &mut [], Write::Add);
    assert_eq!(nothing, Err(Error::Border { border: 2, pixels: 2 }));
    assert!(DepthToSpace::new(engine, Shape::new(1, 1, 6), 2, DepthOrder::BlockFirst).is_err());
}

#[test]
fn softmaxes() {
    let mut random = Random(9);
    for channels in [1, 2, 10, 100] {
        let x: Vec<f32> = random.floats(channels * 7).iter().map(|x| x * 5.0).collect();
        let dy = random.floats(x.len());
        let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        softmax(&x, channels, &mut y).unwrap();
        softmax_gradient(&y, channels, &dy, &mut dx, Write::Replace).unwrap();
        let (x, dy) = (wide(&x), wide(&dy));
        let wanted = reference::softmax_gradient(&x, channels, &dy);
        close("softmax", &y, &reference::softmax(&x, channels), 1e-5);
        close("gradient", &dx, &wanted, 1e-5);
        differences("softmax", &x, &wanted, &mut random, |x| dot(&reference::softmax(x, channels), &dy));
    }
}

#[test]
fn channelwise_activations() {
    let mut random = Random(10);
    let response = |size, beta| Channelwise::Response { size, alpha: 0.8, beta, bias: 1.5 };
    assert!(response(0, 0.75).forward(&[1.0; 4], 4, &mut [0.0; 4]).is_err());
    let functions =
        [Channelwise::Softmax, Channelwise::LogSoftmax, response(1, 0.5), response(4, 0.75), response(5, 2.0)];
    for (function, channels) in functions.into_iter().flat_map(|function| [1, 2, 7, 40].map(|c| (function, c))) {
        let x: Vec<f32> = random.floats(channels * 5).iter().map(|x| x * 3.0).collect();
        let dy = random.floats(x.len());
        let (mut y, mut dx) = (vec![0.0; x.len()], vec![f32::NAN; x.len()]);
        function.forward(&x, channels, &mut y).unwrap();
        let mut scratch = vec![f32::NAN; function.scratch_len(channels)];
        function.gradient(&x, &y, channels, &dy, &mut dx, Write::Replace, &mut scratch).unwrap();
        let mut twice = dx.clone();
        function.gradient(&x, &y, channels, &dy, &mut twice, Write::Add, &mut scratch).unwrap();
        let doubled: Vec<f64> = dx.iter().map(|dx| 2.0 * f64::from(*dx)).collect();
        close("added", &twice, &doubled, 1e-6);
        let (x, dy) = (wide(&x), wide(&dy));
        let what = format!("{function:?} of {channels}");
        close(&what, &y, &reference::channelwise(function, &x, channels), 1e-5);
        let loss = |x: &[f64]| dot(&reference::channelwise(function, x, channels), &dy);
        for i in 0..x.len() {
            let mut moved = x.clone();
            moved[i] += 1e-5;
            let up = loss(&moved);
            moved[i] -= 2e-5;
            let slope = (up - loss(&moved)) / 2e-5;
            assert!((slope - f64::from(dx[i])).abs() < 1e-4 * (1.0 + slope.abs()), "{what}[{i}]: {} {slope}", dx[i]);
        }
    }
}

#[test]
fn sizes_of_one_are_repeated() {
    let mut random = Random(11);
    for _ in 0..100 {
        let (large, images) = (random_shape(&mut random), random.between(1, 3));
        let mut size = |all: usize| random.pick(&[1, all]);
        let small = Shape::new(size(large.h), size(large.w), size(large.c));
        let x = random.floats(images * small.elements());
        let (start, g) = (random.floats(images * large.elements()), random.floats(images * large.elements()));
        let wanted = reference::repeat(&wide(&x), small, large);
        for combine in [Combine::Replace, Combine::Add, Combine::Multiply] {
            let y = same(|engine| {
                let mut y = start.clone();
                repeat(engine, small, large, &x, &mut y, combine).unwrap();
                y
            });
            let pairs = wanted.iter().zip(&start).map(|(&x, &y)| (x, f64::from(y)));
            let wanted: Vec<f64> = match combine {
                Combine::Replace => pairs.map(|(x, _)| x).collect(),
                Combine::Add => pairs.map(|(x, y)| y + x).collect(),
                Combine::Multiply => pairs.map(|(x, y)| y * x).collect(),
            };
            close("repeated", &y, &wanted, 1e-6);
        }
        let dx = same(|engine| {
            let mut dx = vec![f32::NAN; x.len()];
            repeat_gradient(engine, small, large, &g, &mut dx, Write::Replace).unwrap();
            dx
        });
        let y: Vec<f32> = wanted.iter().map(|&y| y as f32).collect();
        transposed(&x, &y, &g, &dx);
    }
    let engine = Engine::new(Arithmetic::Fused);
    let (two, three) = (Shape::new(1, 1, 2), Shape::new(1, 1, 3));
    let error = repeat(&engine, two, three, &[0.0; 2], &mut [0.0; 3], Combine::Add).unwrap_err();
    assert_eq!(error.to_string(), "channels 2 is neither 1 nor 3");
}

#[test]
fn a_global_maximum_is_a_pool_of_the_picture() {
    let mut random = Random(12);
    for _ in 0..20 {
        let shape = random_shape(&mut random);
        let window = Window { kernel: (shape.h, shape.w), stride: (1, 1), dilation: (1, 1), border: Border::default() };
        let pool = Pool::new(Engine::new(Arithmetic::Fused), PoolKind::Max, shape, window).unwrap();
        let x = random.floats(2 * shape.elements());
        let mut y = vec![0.0; 2 * shape.c];
        pool.forward(&x, &mut y).unwrap();
        close("maximum", &y, &reference::maximum(&wide(&x), shape.pixels(), shape.c), 0.0);
    }
}

#[test]
fn a_number_scales_and_shifts() {
    let y = same(|engine| {
        let mut y = vec![0.0; 3];
        affine(engine, 2.0, -1.0, &[0.0, 1.0, 0.25], &mut y).unwrap();
        y
    });
    assert_eq!(y, [-1.0, 1.0, -0.5]);
    let mut y = [0.0, 1.0, 2.0, 3.0];
    add_channels(&Engine::new(Arithmetic::Fused), &[10.0, 20.0], &mut y).unwrap();
    assert_eq!(y, [10.0, 21.0, 12.0, 23.0]);
}
