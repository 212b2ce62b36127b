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

/// The input channel in which depth-to-space finds channel `channel` of the pixel at `place` (`i·w + j`) of a
/// rectangle, given the numbers of output channels and of pixels of a rectangle.
fn deep(order: DepthOrder, channel: usize, place: usize, (channels, places): (usize, usize)) -> usize {
    match order {
        DepthOrder::ChannelFirst => channel * places + place,
        DepthOrder::BlockFirst => place * channels + channel,
    }
}

/// Every `height·width` channels become a rectangle.
pub fn depth_to_space(x: &[f64], shape: Shape, (high, wide): (usize, usize), order: DepthOrder) -> Vec<f64> {
    let output = Shape::new(shape.h * high, shape.w * wide, shape.c / (high * wide));
    look_up(x, shape, output, |row, column, channel| {
        let place = row % high * wide + column % wide;
        Some((row / high, column / wide, deep(order, channel, place, (output.c, high * wide))))
    })
}

/// Every rectangle of pixels becomes one pixel.
pub fn space_to_depth(x: &[f64], shape: Shape, (high, wide): (usize, usize), order: DepthOrder) -> Vec<f64> {
    let output = Shape::new(shape.h / high, shape.w / wide, shape.c * high * wide);
    look_up(x, shape, output, |row, column, deep| {
        let (channel, place) = match order {
            DepthOrder::ChannelFirst => (deep / (high * wide), deep % (high * wide)),
            DepthOrder::BlockFirst => (deep % shape.c, deep / shape.c),
        };
        Some((row * high + place / wide, column * wide + place % wide, channel))
    })
}

/// Images that are repeated along sizes of 1.
pub fn repeat(x: &[f64], small: Shape, large: Shape) -> Vec<f64> {
    let place = |at: usize, size: usize| if size == 1 { 0 } else { at };
    look_up(x, small, large, |row, column, channel| {
        Some((place(row, small.h), place(column, small.w), place(channel, small.c)))
    })
}

/// The largest element of every channel of a picture.
pub fn maximum(x: &[f64], pixels: usize, channels: usize) -> Vec<f64> {
    let mut y = vec![f64::NEG_INFINITY; x.len() / pixels];
    for (i, x) in x.iter().enumerate() {
        let largest = &mut y[i / (pixels * channels) * channels + i % channels];
        *largest = largest.max(*x);
    }
    y
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
        let (i, from, to) = (i as f64, from as f64, to as f64);
        let place = match interpolation {
            Interpolation::Nearest | Interpolation::BilinearCorners => i / to * from,
            Interpolation::Bilinear => (i + 0.5) / to * from - 0.5,
            Interpolation::BilinearAligned if to == 1.0 => 0.0,
            Interpolation::BilinearAligned => i / (to - 1.0) * (from - 1.0),
        };
        place.max(0.0).min(from - 1.0)
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
