//! Convolutions against their definition, against finite differences, and against themselves on other machines.
#![allow(clippy::unwrap_used)]

mod common;
use autogo_engine::*;
use common::*;

/// A 3×3 convolution of many channels on a small picture: what is computed by tiles.
fn many_channels(random: &mut Random) -> (ConvGeometry, usize) {
    loop {
        let small = random.between(0, 3) == 0;
        let (channels, filters) = if small { (256, 258) } else { (random.pick(&[128, 130]), random.pick(&[128, 150])) };
        let mut pair = |low, high| (random.between(low, high), random.between(low, high));
        let (start, end) = (pair(0, 3), pair(0, 2));
        let size = if small { pair(1, 4) } else { pair(7, 9) };
        let border = Border { top: start.0, left: start.1, bottom: end.0, right: end.1 };
        let window = Window { kernel: (3, 3), stride: (1, 1), dilation: (1, 1), border };
        let geometry = ConvGeometry { input: Shape::new(size.0, size.1, channels), filters, window, groups: 1 };
        if geometry.output().is_ok() {
            return (geometry, random.between(1, 2));
        }
    }
}

fn random_geometry(random: &mut Random) -> (ConvGeometry, usize) {
    if random.between(0, 11) == 0 {
        return many_channels(random);
    }
    loop {
        let groups = random.pick(&[1, 1, 1, 2, 3]);
        let depthwise = random.between(0, 4) == 0;
        let channels = random.pick(&[1, 2, 3, 4, 5, 7, 15, 16, 17, 20, 32, 40]);
        let filters = random.pick(&[1, 2, 3, 6, 10, 16, 19, 32, 35, 48, 64]);
        let (channels, filters, groups) =
            if depthwise { (channels, channels, channels) } else { (channels * groups, filters * groups, groups) };
        let mut pair = |low, high| (random.between(low, high), random.between(low, high));
        let (kernel, stride, dilation) = (pair(1, 4), pair(1, 3), pair(1, 2));
        let size = pair(1, 12);
        let (start, end) = (pair(0, 3), pair(0, 3));
        let border = Border { top: start.0, left: start.1, bottom: end.0, right: end.1 };
        let window = Window { kernel, stride, dilation, border };
        let geometry = ConvGeometry { input: Shape::new(size.0, size.1, channels), filters, window, groups };
        if geometry.output().is_ok() {
            let images = random.between(1, 4) + if random.between(0, 9) == 0 { 300 / (size.0 * size.1) } else { 0 };
            return (geometry, images);
        }
    }
}

/// Forward, data gradient and weight gradient with dirty scratch.
fn all(engine: Engine, geometry: ConvGeometry, images: usize, seed: u64) -> [Vec<f32>; 3] {
    let conv = Conv::new(engine, geometry).unwrap();
    let mut random = Random(seed);
    let x = random.floats(images * geometry.input.elements());
    let w = random.floats(geometry.weights());
    let dy = random.floats(images * conv.output().elements());
    let mut packed = vec![f32::NAN; conv.packed_len()];
    conv.pack(&w, &mut packed).unwrap();
    let mut scratch = vec![f32::NAN; conv.scratch_len()];
    let mut y = vec![f32::NAN; dy.len()];
    let job = Forward {
        input: Input::plain(&x),
        packed: &packed,
        bias: None,
        output: &mut y,
        moments: None,
        scratch: &mut scratch,
    };
    conv.forward(job).unwrap();
    let mut dx = vec![f32::NAN; x.len()];
    scratch.fill(f32::NAN);
    conv.data_gradient(&packed, &dy, &mut dx, Write::Replace, &mut scratch).unwrap();
    let mut dw = vec![0.0; w.len()];
    scratch.fill(f32::NAN);
    conv.weight_gradient(Input::plain(&x), &dy, &mut dw, &mut scratch).unwrap();
    [y, dx, dw]
}

#[test]
fn agree_with_the_definition() {
    let mut random = Random(1);
    for case in 0..400 {
        let (geometry, images) = random_geometry(&mut random);
        let seed = random.next();
        let engine = any_engine(&mut random);
        let what = format!("case {case}, {engine}, {images} images of {geometry:?}");
        let [y, dx, dw] = all(engine, geometry, images, seed);
        let mut random = Random(seed);
        let x = wide(&random.floats(images * geometry.input.elements()));
        let w = wide(&random.floats(geometry.weights()));
        let dy = wide(&random.floats(y.len()));
        close(&format!("{what}: output"), &y, &reference::conv(&geometry, images, &x, &w).unwrap(), 1e-5);
        let wanted = reference::conv_data_gradient(&geometry, images, &w, &dy).unwrap();
        close(&format!("{what}: data"), &dx, &wanted, 1e-5);
        let wanted = reference::conv_weight_gradient(&geometry, images, &x, &dy).unwrap();
        close(&format!("{what}: weights"), &dw, &wanted, 1e-5);
    }
}

#[test]
fn many_channels_in_bands_of_tiles_agree_with_the_definition() {
    let window = Window::square(3, 1, 1);
    let geometry = ConvGeometry { input: Shape::new(34, 31, 128), filters: 128, window, groups: 1 };
    assert!(Conv::new(Engine::new(Arithmetic::Fused), geometry).unwrap().is_tiled());
    let [y, dx, _] = all(Engine::new(Arithmetic::Fused), geometry, 1, 7);
    let mut random = Random(7);
    let x = wide(&random.floats(geometry.input.elements()));
    let w = wide(&random.floats(geometry.weights()));
    let dy = wide(&random.floats(y.len()));
    close("output", &y, &reference::conv(&geometry, 1, &x, &w).unwrap(), 1e-5);
    close("data", &dx, &reference::conv_data_gradient(&geometry, 1, &w, &dy).unwrap(), 1e-5);
}

#[test]
fn definition_has_the_gradients_of_finite_differences() {
    let mut random = Random(2);
    for _ in 0..40 {
        let (geometry, _) = random_geometry(&mut random);
        let x = wide(&random.floats(geometry.input.elements()));
        let w = wide(&random.floats(geometry.weights()));
        let dy = wide(&random.floats(geometry.output().unwrap().elements()));
        let dx = reference::conv_data_gradient(&geometry, 1, &w, &dy).unwrap();
        let dw = reference::conv_weight_gradient(&geometry, 1, &x, &dy).unwrap();
        let loss = |x: &[f64], w: &[f64]| dot(&reference::conv(&geometry, 1, x, w).unwrap(), &dy);
        differences("data", &x, &dx, &mut random, |x| loss(x, &w));
        differences("weights", &w, &dw, &mut random, |w| loss(&x, w));
    }
}

#[test]
fn are_equal_bit_by_bit_on_all_widths() {
    let mut random = Random(3);
    for _ in 0..120 {
        let (geometry, images) = random_geometry(&mut random);
        let seed = random.next();
        for arithmetic in ARITHMETICS {
            let mut results = engines(arithmetic).into_iter().map(|engine| all(engine, geometry, images, seed));
            let first = results.next().unwrap();
            for other in results {
                for (a, b) in first.iter().zip(&other) {
                    assert_eq!(bits(a), bits(b), "{arithmetic}, {images} images of {geometry:?}");
                }
            }
        }
    }
}

#[test]
fn large_pictures_are_cut_into_bands() {
    for (stride, groups) in [(1, 1), (2, 1), (1, 2), (1, 64)] {
        let window = Window::square(3, stride, 1);
        let geometry = ConvGeometry { input: Shape::new(70, 61, 64), filters: 64, window, groups };
        let [y, dx, dw] = all(Engine::new(Arithmetic::Fused), geometry, 2, 7);
        let mut random = Random(7);
        let x = wide(&random.floats(2 * geometry.input.elements()));
        let w = wide(&random.floats(geometry.weights()));
        let dy = wide(&random.floats(y.len()));
        close("output", &y, &reference::conv(&geometry, 2, &x, &w).unwrap(), 1e-5);
        close("data", &dx, &reference::conv_data_gradient(&geometry, 2, &w, &dy).unwrap(), 1e-5);
        close("weights", &dw, &reference::conv_weight_gradient(&geometry, 2, &x, &dy).unwrap(), 1e-5);
    }
}

fn random_affine(random: &mut Random, channels: usize) -> (Vec<f32>, Vec<f32>) {
    (random.floats(channels), random.floats(channels))
}

#[test]
fn a_mapped_input_is_the_map_and_then_the_convolution() {
    let mut random = Random(4);
    for case in 0..150 {
        let (geometry, images) = random_geometry(&mut random);
        let engine = any_engine(&mut random);
        let conv = Conv::new(engine, geometry).unwrap();
        let (scale, shift) = random_affine(&mut random, geometry.input.c);
        let map = Affine { scale: &scale, shift: &shift, clip: random.pick(&[Clip::None, Clip::Relu, Clip::Relu6]) };
        let x = random.floats(images * geometry.input.elements());
        let mut z = vec![0.0; x.len()];
        norm::apply(&engine, &x, map, &mut z).unwrap();
        let mut packed = vec![0.0; conv.packed_len()];
        conv.pack(&random.floats(geometry.weights()), &mut packed).unwrap();
        let bias = random.floats(geometry.filters);
        let mut scratch = vec![f32::NAN; conv.scratch_len()];
        let mut run = |input: Input<'_>| {
            let mut output = vec![0.0; images * conv.output().elements()];
            let bias = (case % 2 == 0).then_some(&bias[..]);
            let job =
                Forward { input, packed: &packed, bias, output: &mut output, moments: None, scratch: &mut scratch };
            conv.forward(job).unwrap();
            let mut dw = vec![0.0; geometry.weights()];
            conv.weight_gradient(input, &output, &mut dw, &mut scratch).unwrap();
            (bits(&output), bits(&dw))
        };
        assert!(run(Input::plain(&z)) == run(Input::mapped(&x, map)), "{engine}, {geometry:?}");
    }
}

#[test]
fn bias_and_moments_are_those_of_the_output() {
    let mut random = Random(5);
    for _ in 0..100 {
        let (geometry, images) = random_geometry(&mut random);
        let engine = any_engine(&mut random);
        let conv = Conv::new(engine, geometry).unwrap();
        let x = random.floats(images * geometry.input.elements());
        let mut w = random.floats(geometry.weights());
        if geometry.weights() / geometry.filters > 1_000 {
            // Sums of so many products are as large as those of a few, as in a network.
            w.iter_mut().for_each(|w| *w /= 16.0);
        }
        let bias = random.floats(geometry.filters);
        let mut packed = vec![0.0; conv.packed_len()];
        conv.pack(&w, &mut packed).unwrap();
        let mut output = vec![0.0; images * conv.output().elements()];
        let mut moments = norm::Moments::new(geometry.filters);
        conv.forward(Forward {
            input: Input::plain(&x),
            packed: &packed,
            bias: Some(&bias),
            output: &mut output,
            moments: Some(&mut moments),
            scratch: &mut vec![0.0; conv.scratch_len()],
        })
        .unwrap();
        let mut wanted = reference::conv(&geometry, images, &wide(&x), &wide(&w)).unwrap();
        wanted.iter_mut().enumerate().for_each(|(i, y)| *y += f64::from(bias[i % geometry.filters]));
        close("output", &output, &wanted, 1e-5);
        let count = wanted.len() / geometry.filters;
        assert_eq!(moments.count(), count as u64);
        for channel in 0..geometry.filters {
            let values: Vec<f64> = wanted.iter().skip(channel).step_by(geometry.filters).copied().collect();
            let mean = values.iter().sum::<f64>() / count as f64;
            let variance = values.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / count as f64;
            assert!((moments.mean()[channel] - mean).abs() < 1e-5 * (1.0 + mean.abs()));
            assert!((moments.variance(channel) - variance).abs() < 1e-4 * (variance + 0.01));
        }
    }
}

#[test]
fn the_whole_backward_pass_is_its_parts() {
    let mut random = Random(6);
    for _ in 0..100 {
        let (geometry, images) = random_geometry(&mut random);
        let engine = any_engine(&mut random);
        let conv = Conv::new(engine, geometry).unwrap();
        let x = random.floats(images * geometry.input.elements());
        let output = random.floats(images * conv.output().elements());
        let dy = random.floats(output.len());
        let mut packed = vec![0.0; conv.packed_len()];
        conv.pack(&random.floats(geometry.weights()), &mut packed).unwrap();
        let mut scratch = vec![0.0; conv.scratch_len()];
        let mut moments = norm::Moments::new(geometry.filters);
        moments.add(&engine, &output).unwrap();
        let mut folded = norm::Folded::new(geometry.filters);
        let (gamma, beta) = random_affine(&mut random, geometry.filters);
        folded.batch(&moments, &gamma, &beta, 1e-3).unwrap();
        let clip = random.pick(&[Clip::None, Clip::Relu, Clip::Relu6]);
        let mut sums = norm::GradientSums::new(geometry.filters);
        sums.add(&engine, &output, &dy, &folded, clip).unwrap();
        let mut gradient = norm::NormGradient::new(geometry.filters);
        gradient.batch(&sums, &folded).unwrap();

        let start = random.floats(x.len());
        let (mut whole, mut dx, mut dw) = (dy.clone(), start.clone(), vec![0.0; geometry.weights()]);
        conv.backward(Backward {
            input: Input::plain(&x),
            packed: &packed,
            output_gradient: &mut whole,
            norm: Some(NormBackward { output: &output, folded: &folded, clip, gradient: &gradient }),
            input_gradient: Some((&mut dx, Write::Add)),
            weight_gradient: &mut dw,
            scratch: &mut scratch,
        })
        .unwrap();
        let (mut parts, mut dx2, mut dw2) = (dy, start, vec![0.0; geometry.weights()]);
        norm::backward(&engine, &output, &folded, clip, &gradient, &mut parts).unwrap();
        conv.data_gradient(&packed, &parts, &mut dx2, Write::Add, &mut scratch).unwrap();
        conv.weight_gradient(Input::plain(&x), &parts, &mut dw2, &mut scratch).unwrap();
        assert!((bits(&whole), bits(&dx), bits(&dw)) == (bits(&parts), bits(&dx2), bits(&dw2)), "{geometry:?}");
    }
}

#[test]
fn pieces_of_whole_groups_make_the_same_bits() {
    let mut random = Random(8);
    for _ in 0..60 {
        let (geometry, _) = random_geometry(&mut random);
        let engine = Engine::new(Arithmetic::Fused);
        let conv = Conv::new(engine, geometry).unwrap();
        let (group, images) = (conv.group(), 2 * conv.group() + 1);
        let (size, out) = (geometry.input.elements(), conv.output().elements());
        let x = random.floats(images * size);
        let dy = random.floats(images * out);
        let mut scratch = vec![0.0; conv.scratch_len()];
        let mut whole = vec![0.0; geometry.weights()];
        conv.weight_gradient(Input::plain(&x), &dy, &mut whole, &mut scratch).unwrap();
        let mut parts = vec![0.0; geometry.weights()];
        for (x, dy) in x.chunks(group * size).zip(dy.chunks(group * out)) {
            conv.weight_gradient(Input::plain(x), dy, &mut parts, &mut scratch).unwrap();
        }
        assert_eq!(bits(&whole), bits(&parts));
    }
}

#[test]
fn transposed_convolutions_agree_with_the_definition() {
    let mut random = Random(9);
    for case in 0..200 {
        let mut pair = |low, high| (random.between(low, high), random.between(low, high));
        let (kernel, stride, dilation, size) = (pair(1, 4), pair(1, 3), pair(1, 2), pair(1, 9));
        let (start, end, extra) = (pair(0, 2), pair(0, 2), pair(0, 2));
        let border = Border { top: start.0, left: start.1, bottom: end.0, right: end.1 };
        let window = Window { kernel, stride, dilation, border };
        let groups = random.pick(&[1, 1, 2, 3, 40]);
        let (channels, each) = (random.pick(&[1, 3, 8, 16, 21, 32]), random.pick(&[1, 3, 5, 16, 33]));
        // Forty groups of one channel each: depthwise.
        let (channels, each) = if groups == 40 { (1, 1) } else { (channels, each) };
        let input = Shape::new(size.0, size.1, groups * channels);
        let filters = groups * each;
        let engine = any_engine(&mut random);
        let geometry = TransposeGeometry { input, filters, window, extra, groups };
        let Ok(conv) = ConvTranspose::new(engine, geometry) else { continue };
        let what = format!("case {case}, {engine}, {geometry:?}");
        let (images, output) = (random.between(1, 3), conv.output());
        let x = random.floats(images * input.elements());
        let w = random.floats(conv.weights_len());
        let (dy, bias) = (random.floats(images * output.elements()), random.floats(filters));
        let mut packed = vec![0.0; conv.packed_len()];
        conv.pack(&w, &mut packed).unwrap();
        let mut scratch = vec![f32::NAN; conv.scratch_len()];
        let mut y = vec![f32::NAN; dy.len()];
        let (scale, shift) = random_affine(&mut random, input.c);
        let map = Affine { scale: &scale, shift: &shift, clip: Clip::Relu };
        let mapped = Input::mapped(&x, map);
        let job = Forward {
            input: mapped,
            packed: &packed,
            bias: Some(&bias),
            output: &mut y,
            moments: None,
            scratch: &mut scratch,
        };
        conv.forward(job).unwrap();
        let mut dx = vec![f32::NAN; x.len()];
        conv.data_gradient(&packed, &dy, &mut dx, Write::Replace, &mut scratch).unwrap();
        let mut dw = vec![0.0; w.len()];
        conv.weight_gradient(mapped, &dy, &mut dw, &mut scratch).unwrap();

        // The definition: y[i·stride + tap·dilation − border] += x[i] · w[tap].
        let mut z = vec![0.0; x.len()];
        norm::apply(&engine, &x, map, &mut z).unwrap();
        let (z, w64, dy64) = (wide(&z), wide(&w), wide(&dy));
        let mut y64: Vec<f64> = (0..dy.len()).map(|at| bias[at % filters].into()).collect();
        let (mut dx64, mut dw64) = (vec![0.0; x.len()], vec![0.0; w.len()]);
        for (at, z) in z.iter().enumerate() {
            let (pixel, channel) = (at / input.c, at % input.c);
            let (image, row, column) = (pixel / input.pixels(), pixel % input.pixels() / input.w, pixel % input.w);
            for tap in 0..kernel.0 * kernel.1 {
                let y = (row * stride.0 + tap / kernel.1 * dilation.0).wrapping_sub(border.top);
                let x = (column * stride.1 + tap % kernel.1 * dilation.1).wrapping_sub(border.left);
                if y < output.h && x < output.w {
                    for filter in 0..each {
                        let to = ((image * output.h + y) * output.w + x) * filters + channel / channels * each + filter;
                        let weight = (tap * each + filter) * input.c + channel;
                        y64[to] += z * w64[weight];
                        dx64[at] += dy64[to] * w64[weight];
                        dw64[weight] += dy64[to] * z;
                    }
                }
            }
        }
        close(&format!("{what}: output"), &y, &y64, 1e-5);
        close(&format!("{what}: data"), &dx, &dx64, 1e-5);
        close(&format!("{what}: weights"), &dw, &dw64, 1e-5);
    }
}

#[test]
fn impossible_geometries_and_buffers_are_errors() {
    let engine = Engine::new(Arithmetic::Fused);
    let good = ConvGeometry { input: Shape::new(4, 4, 6), filters: 4, window: Window::square(3, 1, 1), groups: 2 };
    let conv = Conv::new(engine, good).unwrap();
    let made = |geometry| Conv::new(engine, geometry).map(|_| ());
    assert_eq!(made(ConvGeometry { groups: 4, ..good }), Err(Error::Groups { groups: 4, inputs: 6, filters: 4 }));
    assert!(made(ConvGeometry { groups: 0, ..good }).is_err());
    assert!(made(ConvGeometry { input: Shape::new(0, 4, 6), ..good }).is_err());
    assert!(made(ConvGeometry { input: Shape::new(1 << 20, 1 << 20, 2), ..good }).is_err());
    let window = Window::square(9, 1, 1);
    assert_eq!(made(ConvGeometry { window, ..good }), Err(Error::Window { window: 9, padded: 6 }));
    let window = Window { stride: (0, 1), ..good.window };
    assert_eq!(made(ConvGeometry { window, ..good }), Err(Error::Size { size: "stride", found: 0 }));
    let wrong = conv.pack(&[0.0; 5], &mut []);
    assert_eq!(wrong, Err(Error::Length { buffer: "weights", wanted: conv.weights_len(), found: 5 }));
    let ragged = conv.weight_gradient(Input::plain(&[0.0; 5]), &[], &mut [], &mut []);
    assert_eq!(ragged, Err(Error::Ragged { buffer: "input", unit: 96, found: 5 }));
    let window = Window { stride: (1 << 20, 1 << 20), ..good.window };
    let geometry = ConvGeometry { window, ..good };
    let [y, _, _] = all(engine, geometry, 1, 1);
    assert_eq!(y.len(), 4); // one pixel, and no memory that grows with the stride
    assert!(Conv::new(engine, geometry).unwrap().scratch_len() < 1 << 20);
    let geometry =
        TransposeGeometry { input: good.input, filters: 1, window: Window::square(2, 2, 0), extra: (2, 0), groups: 1 };
    assert!(matches!(ConvTranspose::new(engine, geometry), Err(Error::Extra { extra: 2, stride: 2 })));
}

#[test]
fn plans_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Conv>();
    shared::<ConvTranspose>();
    shared::<Pool>();
    shared::<Resize>();
}
