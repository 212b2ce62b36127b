//! Activations of a pixel's channels together: softmax, its logarithm, and local response normalisation.

use crate::error::{at_least, length, size, units};
use crate::{Error, Write, softmax, softmax_gradient};

/// A function of all channels of a pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Channelwise {
    /// `exp(x_c) / Σ exp(x)`.
    Softmax,
    /// `x_c − ln Σ exp(x)`.
    LogSoftmax,
    /// `x_c · (bias + alpha/size · Σ x²)^(−beta)` over the channels from `c − ⌊(size−1)/2⌋` to `c + ⌈(size−1)/2⌉`.
    Response {
        /// Channels in the sum.
        size: usize,
        /// Factor of the sum.
        alpha: f32,
        /// Exponent.
        beta: f32,
        /// Constant.
        bias: f32,
    },
}

impl Channelwise {
    /// Floats of the scratch that [`gradient`](Channelwise::gradient) needs.
    pub fn scratch_len(self, channels: usize) -> usize {
        match self {
            Channelwise::Softmax | Channelwise::LogSoftmax => 0,
            Channelwise::Response { .. } => channels,
        }
    }

    /// Refuses a number of channels out of range, and a response over no channel.
    fn check(self, channels: usize) -> Result<(), Error> {
        if let Channelwise::Response { size: window, .. } = self {
            size("channels of the response", window)?;
        }
        size("channels", channels)
    }

    /// Writes the function of every pixel: `x` is `[pixel][channel]`. O(elements), times the size of a response's
    /// window.
    ///
    /// ```
    /// use autogo_engine::Channelwise;
    /// let mut y = [0.0; 2];
    /// Channelwise::LogSoftmax.forward(&[1.0, 1.0], 2, &mut y)?;
    /// assert!((y[0] + 2f32.ln()).abs() < 1e-6);
    /// # Ok::<(), autogo_engine::Error>(())
    /// ```
    ///
    /// # Errors
    /// The number of channels or the size of a response is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a
    /// buffer's length does not fit.
    pub fn forward(self, x: &[f32], channels: usize, y: &mut [f32]) -> Result<(), Error> {
        self.check(channels)?;
        units("input", x.len(), channels)?;
        length("output", y.len(), x.len())?;
        let pixels = x.chunks_exact(channels).zip(y.chunks_exact_mut(channels));
        match self {
            Channelwise::Softmax => softmax(x, channels, y)?,
            Channelwise::LogSoftmax => pixels.for_each(|(x, y)| {
                let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = x.iter().map(|x| libm::expf(x - largest)).sum();
                let log = libm::logf(sum);
                y.iter_mut().zip(x).for_each(|(y, x)| *y = x - largest - log);
            }),
            Channelwise::Response { beta, .. } => pixels.for_each(|(x, y)| {
                for (channel, y) in y.iter_mut().enumerate() {
                    *y = x[channel] * libm::powf(self.spread(x, channel), -beta);
                }
            }),
        }
        Ok(())
    }

    /// Writes the input's gradient, given the forward pass's input and output. The scratch has
    /// [`scratch_len`](Channelwise::scratch_len) floats. As costly as [`forward`](Channelwise::forward), twice.
    ///
    /// # Errors
    /// The number of channels or the size of a response is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), or a
    /// buffer's length does not fit.
    #[allow(clippy::too_many_arguments)] // two tensors, two gradients, and what they are
    pub fn gradient(
        self,
        x: &[f32],
        y: &[f32],
        channels: usize,
        output_gradient: &[f32],
        input_gradient: &mut [f32],
        write: Write,
        scratch: &mut [f32],
    ) -> Result<(), Error> {
        self.check(channels)?;
        units("input", x.len(), channels)?;
        length("output", y.len(), x.len())?;
        length("output gradient", output_gradient.len(), x.len())?;
        length("input gradient", input_gradient.len(), x.len())?;
        at_least("scratch", scratch.len(), self.scratch_len(channels))?;
        if self == Channelwise::Softmax {
            return softmax_gradient(y, channels, output_gradient, input_gradient, write);
        }
        if write == Write::Replace {
            input_gradient.fill(0.0);
        }
        let given = output_gradient.chunks_exact(channels).zip(input_gradient.chunks_exact_mut(channels));
        for ((x, y), (dy, dx)) in x.chunks_exact(channels).zip(y.chunks_exact(channels)).zip(given) {
            match self {
                Channelwise::Softmax => {}
                Channelwise::LogSoftmax => {
                    let all: f32 = dy.iter().sum();
                    for (dx, (dy, y)) in dx.iter_mut().zip(dy.iter().zip(y)) {
                        *dx += dy - libm::expf(*y) * all;
                    }
                }
                Channelwise::Response { .. } => self.response_gradient(x, dy, dx, scratch),
            }
        }
        Ok(())
    }

    /// The first channel of a response's window, and the channel behind the window's last.
    fn window(before: usize, after: usize, channel: usize, channels: usize) -> (usize, usize) {
        (channel.saturating_sub(before), channel.saturating_add(after).saturating_add(1).min(channels))
    }

    /// `bias + alpha/size · Σ x²` around a channel.
    fn spread(self, x: &[f32], channel: usize) -> f32 {
        let Channelwise::Response { size, alpha, bias, .. } = self else { return 1.0 };
        let (before, after) = (size.saturating_sub(1) / 2, size / 2);
        let (from, to) = Channelwise::window(before, after, channel, x.len());
        let sum: f32 = x[from..to].iter().map(|x| x * x).sum();
        bias + alpha / size as f32 * sum
    }

    /// Adds `dy_k·D_k^(−β) − 2αβ/size·x_k·Σ dy_c·x_c·D_c^(−β−1)` over the channels whose windows hold `k`.
    fn response_gradient(self, x: &[f32], dy: &[f32], dx: &mut [f32], scratch: &mut [f32]) {
        let Channelwise::Response { size, alpha, beta, .. } = self else { return };
        for channel in 0..x.len() {
            let spread = self.spread(x, channel);
            let factor = libm::powf(spread, -beta);
            dx[channel] += dy[channel] * factor;
            scratch[channel] = dy[channel] * x[channel] * factor / spread;
        }
        let (before, after) = (size.saturating_sub(1) / 2, size / 2);
        let factor = 2.0 * alpha * beta / size as f32;
        for channel in 0..x.len() {
            // A window that reaches `after` channels ahead is reached from as many channels behind.
            let (from, to) = Channelwise::window(after, before, channel, x.len());
            let sum: f32 = scratch[from..to].iter().sum();
            dx[channel] -= factor * x[channel] * sum;
        }
    }
}
