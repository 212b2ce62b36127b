//! PReLU: `max(0, x) + slope·min(0, x)` with a learned slope for every channel.

use crate::error::{length, size, units};
use crate::lanes::Plain;
use crate::{Engine, Error, Write};

/// Writes the PReLU of `x`, which is `[pixel][channel]`. O(elements).
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, prelu};
/// let (x, mut y) = ([-2.0, -2.0, 3.0, 4.0], [0.0; 4]); // two pixels of two channels
/// prelu(&Engine::new(Arithmetic::Fused), &x, &[0.5, 0.25], &mut y)?;
/// assert_eq!(y, [-1.0, -0.5, 3.0, 4.0]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a buffer's length does not fit.
pub fn prelu(engine: &Engine, x: &[f32], slopes: &[f32], y: &mut [f32]) -> Result<(), Error> {
    size("channels", slopes.len())?;
    units("input", x.len(), slopes.len())?;
    length("output", y.len(), x.len())?;
    engine.loops(Forward { x, slopes, y });
    Ok(())
}

/// Writes the input's gradient and adds the gradient of the slopes. O(elements).
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a buffer's length does not fit.
pub fn prelu_gradient(
    engine: &Engine,
    x: &[f32],
    slopes: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
    write: Write,
    slope_gradient: &mut [f32],
) -> Result<(), Error> {
    size("channels", slopes.len())?;
    units("input", x.len(), slopes.len())?;
    length("output gradient", output_gradient.len(), x.len())?;
    length("input gradient", input_gradient.len(), x.len())?;
    length("slope gradient", slope_gradient.len(), slopes.len())?;
    engine.loops(Backward { x, slopes, dy: output_gradient, dx: input_gradient, write, ds: slope_gradient });
    Ok(())
}

struct Forward<'a> {
    x: &'a [f32],
    slopes: &'a [f32],
    y: &'a mut [f32],
}

impl Plain for Forward<'_> {
    #[inline(always)]
    fn run(self) {
        let channels = self.slopes.len();
        for (x, y) in self.x.chunks_exact(channels).zip(self.y.chunks_exact_mut(channels)) {
            for ((y, &x), &slope) in y.iter_mut().zip(x).zip(self.slopes) {
                *y = if x < 0.0 { slope * x } else { x };
            }
        }
    }
}

struct Backward<'a> {
    x: &'a [f32],
    slopes: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    write: Write,
    ds: &'a mut [f32],
}

impl Plain for Backward<'_> {
    #[inline(always)]
    fn run(self) {
        let channels = self.slopes.len();
        let pixels = self.x.chunks_exact(channels).zip(self.dy.chunks_exact(channels));
        for ((x, dy), dx) in pixels.zip(self.dx.chunks_exact_mut(channels)) {
            let tensors = dx.iter_mut().zip(x.iter().zip(dy));
            for ((dx, (&x, &dy)), (ds, &slope)) in tensors.zip(self.ds.iter_mut().zip(self.slopes)) {
                let gradient = if x < 0.0 { slope * dy } else { dy };
                *dx = if self.write == Write::Add { *dx + gradient } else { gradient };
                *ds += if x < 0.0 { x * dy } else { 0.0 };
            }
        }
    }
}
