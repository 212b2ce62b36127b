//! Pictures that change their size. All of these are linear: their gradient is the transposed map.

use crate::{Border, DepthOrder, Interpolation, Shape};

/// The mean over a picture.
pub fn mean(x: &[f64], pixels: usize, channels: usize) -> Vec<f64> {
    let mut y = vec![0.0; x.len() / pixels];
    for (i, x) in x.iter().enumerate() {
        y[i / (pixels * channels) * channels + i % channels] += x / pixels as f64;
    }
    y
}

/// Makes images of shape `output` by looking up each element: `find(row, column, channel)` is its place in the input.
fn look_up(
    x: &[f64],
    input: Shape,
    output: Shape,
    find: impl Fn(usize, usize, usize) -> Option<(usize, usize, usize)>,
) -> Vec<f64> {
    let mut y = Vec::new();
    for image in x.chunks(input.elements()) {
        for i in 0..output.elements() {
            let (pixel, channel) = (i / output.c, i % output.c);
            let place = find(pixel / output.w, pixel % output.w, channel);
            y.push(place.map_or(0.0, |(row, column, channel)| image[(row * input.w + column) * input.c + channel]));
        }
    }
    y
}

/// Images with a border of zeros.
pub fn pad(x: &[f64], shape: Shape, border: Border) -> Vec<f64> {
    let output = Shape::new(shape.h + border.top + border.bottom, shape.w + border.left + border.right, shape.c);
    look_up(x, shape, output, |row, column, channel| {
        let (row, column) = (row.checked_sub(border.top)?, column.checked_sub(border.left)?);
        (row < shape.h && column < shape.w).then_some((row, column, channel))
    })
}

/// Images without their border.
pub fn crop(x: &[f64], shape: Shape, border: Border) -> Vec<f64> {
    let output = Shape::new(shape.h - border.top - border.bottom, shape.w - border.left - border.right, shape.c);
    look_up(x, shape, output, |row, column, channel| Some((row + border.top, column + border.left, channel)))
}

/// Every `block²` channels become a square.
pub fn depth_to_space(x: &[f64], shape: Shape, block: usize, order: DepthOrder) -> Vec<f64> {
    let output = Shape::new(shape.h * block, shape.w * block, shape.c / (block * block));
    look_up(x, shape, output, |row, column, channel| {
        let square = row % block * block + column % block;
        let deep = match order {
            DepthOrder::ChannelFirst => channel * block * block + square,
            DepthOrder::BlockFirst => square * output.c + channel,
        };
        Some((row / block, column / block, deep))
    })
}

/// Images of another height and width.
pub fn resize(x: &[f64], shape: Shape, size: (usize, usize), interpolation: Interpolation) -> Vec<f64> {
    let output = Shape::new(size.0, size.1, shape.c);
    if interpolation == Interpolation::Nearest {
        return look_up(x, shape, output, |row, column, channel| {
            Some((row * shape.h / size.0, column * shape.w / size.1, channel))
        });
    }
    // A hat of width 2 around the place in the input, with the border repeated.
    let place = |i: usize, from: usize, to: usize| {
        ((i as f64 + 0.5) * from as f64 / to as f64 - 0.5).max(0.0).min((from - 1) as f64)
    };
    let hat = |place: f64, pixel: usize| (1.0 - (place - pixel as f64).abs()).max(0.0);
    let mut y = Vec::new();
    for image in x.chunks(shape.elements()) {
        for i in 0..output.elements() {
            let (pixel, channel) = (i / output.c, i % output.c);
            let (v, u) = (place(pixel / output.w, shape.h, size.0), place(pixel % output.w, shape.w, size.1));
            let mut sum = 0.0;
            for row in 0..shape.h {
                for column in 0..shape.w {
                    sum += hat(v, row) * hat(u, column) * image[(row * shape.w + column) * shape.c + channel];
                }
            }
            y.push(sum);
        }
    }
    y
}
