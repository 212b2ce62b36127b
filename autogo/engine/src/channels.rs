//! Tensors whose channels are cut, joined or shuffled.

use crate::error::{length, size, units};
use crate::lanes::Plain;
use crate::{Engine, Error, Write};

/// Some neighbouring channels of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Channels {
    /// The first of them.
    pub first: usize,
    /// Channels of the whole tensor.
    pub of: usize,
}

impl Channels {
    /// All channels of a tensor.
    pub const fn all(of: usize) -> Self {
        Channels { first: 0, of }
    }
}

/// Copies `count` channels of every pixel from `x` to `y`, or adds them there; the other channels of `y` stay.
///
/// A concatenation is one copy for every operand, a slice is one copy, and the gradient of each is the same copy with
/// the two sides swapped. O(pixels · count).
///
/// ```
/// use autogo_engine::{Arithmetic, Channels, Engine, Write, copy_channels};
/// let engine = Engine::new(Arithmetic::Fused);
/// let (a, b, mut y) = ([1.0, 2.0], [3.0, 4.0, 5.0, 6.0], [0.0; 6]); // two pixels of one and of two channels
/// copy_channels(&engine, &a, Channels::all(1), &mut y, Channels { first: 0, of: 3 }, 1, Write::Replace)?;
/// copy_channels(&engine, &b, Channels::all(2), &mut y, Channels { first: 1, of: 3 }, 2, Write::Replace)?;
/// assert_eq!(y, [1.0, 3.0, 4.0, 2.0, 5.0, 6.0]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
///
/// # Errors
/// A tensor's number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), a tensor has fewer channels than
/// are asked for, or a buffer's length does not fit.
pub fn copy_channels(
    engine: &Engine,
    x: &[f32],
    from: Channels,
    y: &mut [f32],
    to: Channels,
    count: usize,
    write: Write,
) -> Result<(), Error> {
    for side in [from, to] {
        size("channels", side.of)?;
        if side.first > side.of || count > side.of - side.first {
            return Err(Error::Channels { asked: side.first.saturating_add(count), found: side.of });
        }
    }
    let pixels = units("input", x.len(), from.of)?;
    length("output", y.len(), pixels * to.of)?;
    if count > 0 {
        engine.loops(Copy { x, from, y, to, count, add: write == Write::Add });
    }
    Ok(())
}

struct Copy<'a> {
    x: &'a [f32],
    from: Channels,
    y: &'a mut [f32],
    to: Channels,
    count: usize,
    add: bool,
}

impl Plain for Copy<'_> {
    #[inline(always)]
    fn run(self) {
        let pixels = self.x.chunks_exact(self.from.of).zip(self.y.chunks_exact_mut(self.to.of));
        for (x, y) in pixels {
            let (x, y) = (&x[self.from.first..][..self.count], &mut y[self.to.first..][..self.count]);
            if self.add {
                y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
            } else {
                y.copy_from_slice(x);
            }
        }
    }
}

/// Shuffles channels: channel `g·n + i` of `groups` groups of `n` channels becomes channel `i·groups + g`.
///
/// The gradient is the shuffle with `channels / groups` groups. O(elements).
///
/// ```
/// use autogo_engine::{Arithmetic, Engine, Write, shuffle_channels};
/// let (x, mut y) = ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [0.0; 6]); // one pixel: two groups of three channels
/// shuffle_channels(&Engine::new(Arithmetic::Fused), &x, 6, 2, &mut y, Write::Replace)?;
/// assert_eq!(y, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
/// # Ok::<(), autogo_engine::Error>(())
/// ```
///
/// # Errors
/// The number of channels is 0 or above [`Shape::LIMIT`](crate::Shape::LIMIT), the groups do not divide the channels,
/// or a buffer's length does not fit.
pub fn shuffle_channels(
    engine: &Engine,
    x: &[f32],
    channels: usize,
    groups: usize,
    y: &mut [f32],
    write: Write,
) -> Result<(), Error> {
    size("channels", channels)?;
    if groups == 0 || !channels.is_multiple_of(groups) {
        return Err(Error::Channels { asked: groups, found: channels });
    }
    units("input", x.len(), channels)?;
    length("output", y.len(), x.len())?;
    engine.loops(Shuffle { x, channels, groups, y, add: write == Write::Add });
    Ok(())
}

struct Shuffle<'a> {
    x: &'a [f32],
    channels: usize,
    groups: usize,
    y: &'a mut [f32],
    add: bool,
}

impl Plain for Shuffle<'_> {
    #[inline(always)]
    fn run(self) {
        let each = self.channels / self.groups;
        for (x, y) in self.x.chunks_exact(self.channels).zip(self.y.chunks_exact_mut(self.channels)) {
            for (group, x) in x.chunks_exact(each).enumerate() {
                for (y, x) in y[group..].iter_mut().step_by(self.groups).zip(x) {
                    *y = if self.add { *y + x } else { *x };
                }
            }
        }
    }
}
