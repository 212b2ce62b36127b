//! Convolution by its definition.

use crate::{ConvGeometry, Error};

/// Calls `visit(output index, input index, weight index)` for every product of a convolution.
fn products(geometry: &ConvGeometry, images: usize, mut visit: impl FnMut(usize, usize, usize)) -> Result<(), Error> {
    let (input, output, window) = (geometry.input, geometry.output()?, geometry.window);
    let (inputs, filters) = (input.c / geometry.groups, geometry.filters / geometry.groups);
    for image in 0..images {
        for y in 0..output.h {
            for x in 0..output.w {
                for tap in 0..window.kernel.0 * window.kernel.1 {
                    let (down, right) = (tap / window.kernel.1, tap % window.kernel.1);
                    let row = (y * window.stride.0 + down * window.dilation.0).wrapping_sub(window.border.top);
                    let column = (x * window.stride.1 + right * window.dilation.1).wrapping_sub(window.border.left);
                    if row >= input.h || column >= input.w {
                        continue;
                    }
                    let from = ((image * input.h + row) * input.w + column) * input.c;
                    let to = ((image * output.h + y) * output.w + x) * output.c;
                    for filter in 0..output.c {
                        let group = filter / filters;
                        for channel in 0..inputs {
                            let weight = (tap * inputs + channel) * output.c + filter;
                            visit(to + filter, from + group * inputs + channel, weight);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// `y[n, oy, ox, o] = Σ x[n, iy, ix, i] · w[ky, kx, i, o]` over taps and the input channels of the filter's group.
///
/// # Errors
/// The geometry is impossible.
pub fn conv(geometry: &ConvGeometry, images: usize, x: &[f64], w: &[f64]) -> Result<Vec<f64>, Error> {
    let mut y = vec![0.0; images * geometry.output()?.elements()];
    products(geometry, images, |to, from, weight| y[to] += x[from] * w[weight])?;
    Ok(y)
}

/// The gradient of a convolution's input, given that of its output.
///
/// # Errors
/// The geometry is impossible.
pub fn conv_data_gradient(geometry: &ConvGeometry, images: usize, w: &[f64], dy: &[f64]) -> Result<Vec<f64>, Error> {
    let mut dx = vec![0.0; images * geometry.input.elements()];
    products(geometry, images, |to, from, weight| dx[from] += dy[to] * w[weight])?;
    Ok(dx)
}

/// The gradient of a convolution's weights, given that of its output.
///
/// # Errors
/// The geometry is impossible.
pub fn conv_weight_gradient(geometry: &ConvGeometry, images: usize, x: &[f64], dy: &[f64]) -> Result<Vec<f64>, Error> {
    let mut dw = vec![0.0; geometry.weights()];
    products(geometry, images, |to, from, weight| dw[weight] += dy[to] * x[from])?;
    Ok(dw)
}

/// A transposed convolution: the data gradient of the convolution `back` that leads from the output's shape to the
/// input's.
///
/// # Errors
/// The geometry is impossible.
pub fn conv_transpose(back: &ConvGeometry, images: usize, x: &[f64], w: &[f64]) -> Result<Vec<f64>, Error> {
    conv_data_gradient(back, images, w, x)
}
