//! The processor's vector unit and the arithmetic that a run is computed with.

use crate::Error;
use crate::lanes::{Dispatch, Kernel, Loops, Plain};
use pulp::{Scalar128b, Simd};
use std::fmt;

/// The rounding of a product that is added to a sum. Results are equal, bit for bit, on all machines that use the same
/// arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// One rounding (fused multiply-add). Fast on every processor with AVX2 or AVX-512, slow on others.
    Fused,
    /// Two roundings. Every processor computes it; up to a third slower than fused where that is available.
    Portable,
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Arithmetic::Fused => "fused",
            Arithmetic::Portable => "portable",
        })
    }
}

/// The width of the vectors. Speed depends on it, results do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Width {
    /// 128 bits: whatever the processor's baseline is.
    Bits128,
    /// 256 bits: AVX2 with FMA.
    Bits256,
    /// 512 bits: AVX-512.
    Bits512,
}

impl Width {
    /// Floats of one vector.
    pub const fn lanes(self) -> usize {
        match self {
            Width::Bits128 => 4,
            Width::Bits256 => 8,
            Width::Bits512 => 16,
        }
    }
}

impl fmt::Display for Width {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bits", self.lanes() * 32)
    }
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    #[cfg(target_arch = "x86_64")]
    Wide(pulp::x86::V4),
    #[cfg(target_arch = "x86_64")]
    Middle(pulp::x86::V3),
    Base,
}

/// A vector unit with an arithmetic: the first argument of every plan.
///
/// ```
/// use autogo_engine::{Arithmetic, Engine};
/// let engine = Engine::new(Arithmetic::Fused);
/// assert_eq!(engine.arithmetic(), Arithmetic::Fused);
/// println!("{engine}"); // for the record of a run
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    arithmetic: Arithmetic,
    unit: Unit,
}

impl Engine {
    /// The widest vectors that the processor has.
    pub fn new(arithmetic: Arithmetic) -> Self {
        let wider = [Width::Bits512, Width::Bits256].into_iter().find_map(unit);
        Engine { arithmetic, unit: wider.unwrap_or(Unit::Base) }
    }

    /// Vectors of one width, to compare machines with each other.
    ///
    /// # Errors
    /// [`Error::Width`] if the processor has no such vectors.
    pub fn with_width(arithmetic: Arithmetic, width: Width) -> Result<Self, Error> {
        unit(width).map(|unit| Engine { arithmetic, unit }).ok_or(Error::Width)
    }

    /// The arithmetic: part of the record of every result.
    pub fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    /// The width of the vectors.
    pub fn width(&self) -> Width {
        match self.unit {
            #[cfg(target_arch = "x86_64")]
            Unit::Wide(_) => Width::Bits512,
            #[cfg(target_arch = "x86_64")]
            Unit::Middle(_) => Width::Bits256,
            Unit::Base => Width::Bits128,
        }
    }

    /// Runs a kernel that multiplies and adds.
    pub(crate) fn run<K: Kernel>(&self, kernel: K) {
        let work = Dispatch { kernel, apart: self.arithmetic == Arithmetic::Portable };
        match self.unit {
            #[cfg(target_arch = "x86_64")]
            Unit::Wide(unit) => Simd::vectorize(unit, work),
            #[cfg(target_arch = "x86_64")]
            Unit::Middle(unit) => Simd::vectorize(unit, work),
            Unit::Base => Simd::vectorize(Scalar128b, work),
        }
    }

    /// Runs plain loops, which round after every operation whatever the arithmetic is.
    pub(crate) fn loops<K: Plain>(&self, kernel: K) {
        match self.unit {
            #[cfg(target_arch = "x86_64")]
            Unit::Wide(unit) => Simd::vectorize(unit, Loops(kernel)),
            #[cfg(target_arch = "x86_64")]
            Unit::Middle(unit) => Simd::vectorize(unit, Loops(kernel)),
            Unit::Base => Simd::vectorize(Scalar128b, Loops(kernel)),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} arithmetic, vectors of {}", self.arithmetic, self.width())
    }
}

fn unit(width: Width) -> Option<Unit> {
    match width {
        #[cfg(target_arch = "x86_64")]
        Width::Bits512 => pulp::x86::V4::try_new().map(Unit::Wide),
        #[cfg(target_arch = "x86_64")]
        Width::Bits256 => pulp::x86::V3::try_new().map(Unit::Middle),
        #[cfg(not(target_arch = "x86_64"))]
        Width::Bits512 | Width::Bits256 => None,
        Width::Bits128 => Some(Unit::Base),
    }
}
