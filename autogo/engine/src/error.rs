//! Errors of geometries and buffers.

use std::fmt;

/// The reason for which a plan cannot be made or a kernel cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A buffer has another length than the plan needs.
    Length {
        /// The name of the argument.
        buffer: &'static str,
        /// Floats that the plan needs.
        wanted: usize,
        /// Floats that the buffer has.
        found: usize,
    },
    /// A buffer does not hold whole images, pixels or samples.
    Ragged {
        /// The name of the argument.
        buffer: &'static str,
        /// Floats of one image, pixel or sample.
        unit: usize,
        /// Floats that the buffer has.
        found: usize,
    },
    /// A size is zero or beyond the limit of 2²⁰.
    Size {
        /// The name of the size.
        size: &'static str,
        /// Its value.
        found: usize,
    },
    /// A tensor or a scratch would have more than 2⁴⁰ elements.
    TooLarge {
        /// The name of the tensor.
        tensor: &'static str,
    },
    /// The number of groups does not divide the channels.
    Groups {
        /// Groups.
        groups: usize,
        /// Input channels.
        inputs: usize,
        /// Output channels.
        filters: usize,
    },
    /// A tensor cannot be repeated: one of its sizes is neither 1 nor that of the result.
    Repeat {
        /// `height`, `width` or `channels`.
        size: &'static str,
        /// The tensor's size.
        small: usize,
        /// The result's size.
        large: usize,
    },
    /// A window does not fit into the padded picture.
    Window {
        /// Pixels that the window spans.
        window: usize,
        /// Pixels of the padded picture.
        padded: usize,
    },
    /// A window of a pool covers padding alone.
    EmptyWindow,
    /// The border of a transposed convolution or of a crop leaves no pixel.
    Border {
        /// Pixels that the border takes.
        border: usize,
        /// Pixels that there are.
        pixels: usize,
    },
    /// More pixels are added to a transposed convolution than its stride allows.
    Extra {
        /// Pixels added below or to the right.
        extra: usize,
        /// Stride along that side.
        stride: usize,
    },
    /// Channels cannot be cut as asked: a slice beyond the end, or a block that does not divide them.
    Channels {
        /// The number that was asked for.
        asked: usize,
        /// Channels that there are.
        found: usize,
    },
    /// A label is no class.
    Label {
        /// The label.
        label: u32,
        /// Number of classes.
        classes: usize,
    },
    /// The processor cannot compute with vectors of this width.
    Width,
    /// A setting is not finite or lies outside its range.
    Setting {
        /// The name of the setting.
        setting: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Length { buffer, wanted, found } => {
                write!(f, "buffer `{buffer}` has {found} floats, needs {wanted}")
            }
            Error::Ragged { buffer, unit, found } => {
                write!(f, "buffer `{buffer}` has {found} floats, which are not whole units of {unit}")
            }
            Error::Size { size, found } => write!(f, "{size} is {found}, must be 1 to {}", crate::Shape::LIMIT),
            Error::TooLarge { tensor } => write!(f, "tensor `{tensor}` has more than 2^40 elements"),
            Error::Groups { groups, inputs, filters } => {
                write!(f, "{groups} groups must divide {inputs} input and {filters} output channels")
            }
            Error::Window { window, padded } => write!(f, "a window of {window} pixels does not fit into {padded}"),
            Error::EmptyWindow => write!(f, "a window of the pool covers padding alone"),
            Error::Border { border, pixels } => write!(f, "a border of {border} pixels leaves nothing of {pixels}"),
            Error::Extra { extra, stride } => write!(f, "{extra} added pixels must be fewer than the stride {stride}"),
            Error::Repeat { size, small, large } => write!(f, "{size} {small} is neither 1 nor {large}"),
            Error::Channels { asked, found } => write!(f, "{asked} does not fit {found} channels"),
            Error::Label { label, classes } => write!(f, "label {label} is none of {classes} classes"),
            Error::Width => write!(f, "the processor has no vectors of this width"),
            Error::Setting { setting } => write!(f, "setting `{setting}` is out of range"),
        }
    }
}

impl std::error::Error for Error {}

/// Checks that a buffer has exactly this many floats.
pub(crate) fn length(buffer: &'static str, found: usize, wanted: usize) -> Result<(), Error> {
    if found == wanted { Ok(()) } else { Err(Error::Length { buffer, wanted, found }) }
}

/// Checks that a buffer has at least this many floats.
pub(crate) fn at_least(buffer: &'static str, found: usize, wanted: usize) -> Result<(), Error> {
    if found >= wanted { Ok(()) } else { Err(Error::Length { buffer, wanted, found }) }
}

/// The number of whole units that a buffer holds.
pub(crate) fn units(buffer: &'static str, found: usize, unit: usize) -> Result<usize, Error> {
    if unit > 0 && found.is_multiple_of(unit) { Ok(found / unit) } else { Err(Error::Ragged { buffer, unit, found }) }
}

/// Checks that a size is between 1 and the limit.
pub(crate) fn size(size: &'static str, found: usize) -> Result<(), Error> {
    if (1..=crate::Shape::LIMIT).contains(&found) { Ok(()) } else { Err(Error::Size { size, found }) }
}

/// The product of sizes, if it is at most 2⁴⁰.
pub(crate) fn product(tensor: &'static str, sizes: &[usize]) -> Result<usize, Error> {
    let whole = sizes.iter().try_fold(1usize, |whole, &size| whole.checked_mul(size).filter(|&n| n <= 1 << 40));
    whole.ok_or(Error::TooLarge { tensor })
}

/// Floats of a picture of `pixels` pixels and `channels` channels; neither number is zero.
pub(crate) fn picture(pixels: usize, channels: usize) -> Result<usize, Error> {
    size("channels", channels)?;
    if pixels == 0 {
        return Err(Error::Size { size: "pixels", found: 0 });
    }
    product("picture", &[pixels, channels])
}
