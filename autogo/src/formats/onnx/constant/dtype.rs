//! The element types of tensors, and how their bits are read.

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// IEEE half precision.
    F16,
    /// The upper half of a single.
    Bf16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// Truth values.
    Bool,
}

impl DataType {
    /// The type of this number in `onnx.proto`; `None` for text, complex numbers and types below one byte.
    pub(crate) fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            1 => DataType::F32,
            2 => DataType::U8,
            3 => DataType::I8,
            4 => DataType::U16,
            5 => DataType::I16,
            6 => DataType::I32,
            7 => DataType::I64,
            9 => DataType::Bool,
            10 => DataType::F16,
            11 => DataType::F64,
            12 => DataType::U32,
            13 => DataType::U64,
            16 => DataType::Bf16,
            _ => return None,
        })
    }

    /// Bytes of one element.
    pub(crate) fn width(self) -> usize {
        match self {
            DataType::I8 | DataType::U8 | DataType::Bool => 1,
            DataType::F16 | DataType::Bf16 | DataType::I16 | DataType::U16 => 2,
            DataType::F32 | DataType::I32 | DataType::U32 => 4,
            DataType::F64 | DataType::I64 | DataType::U64 => 8,
        }
    }

    /// Whether elements are floating-point numbers.
    pub fn is_float(self) -> bool {
        matches!(self, DataType::F16 | DataType::Bf16 | DataType::F32 | DataType::F64)
    }

    /// The number of this type next to `value`.
    pub(crate) fn round(self, value: f64) -> f64 {
        match self {
            DataType::F32 => f64::from(value as f32),
            DataType::F16 => to_half(value),
            DataType::Bf16 => {
                // Round to even at the upper 16 bits of the single.
                let bits = (value as f32).to_bits();
                let up = 0x7fff + (bits >> 16 & 1);
                let rounded = if value.is_nan() { bits } else { bits.wrapping_add(up) };
                f64::from(f32::from_bits(rounded & 0xffff_0000))
            }
            DataType::F64
            | DataType::I8
            | DataType::I16
            | DataType::I32
            | DataType::I64
            | DataType::U8
            | DataType::U16
            | DataType::U32
            | DataType::U64
            | DataType::Bool => value,
        }
    }

    /// Whether a whole number is one of this type.
    pub(crate) fn holds(self, value: i64) -> bool {
        match self {
            DataType::I8 => i8::try_from(value).is_ok(),
            DataType::I16 => i16::try_from(value).is_ok(),
            DataType::I32 => i32::try_from(value).is_ok(),
            DataType::U8 => u8::try_from(value).is_ok(),
            DataType::U16 => u16::try_from(value).is_ok(),
            DataType::U32 => u32::try_from(value).is_ok(),
            DataType::U64 => value >= 0,
            DataType::Bool => value == 0 || value == 1,
            DataType::I64 | DataType::F16 | DataType::Bf16 | DataType::F32 | DataType::F64 => true,
        }
    }
}

/// The number that 16 bits of half precision stand for.
pub(crate) fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 0 { size } else { -size }
}

/// The number that 16 bits of BF16 stand for.
pub(crate) fn bfloat(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

fn to_half(value: f64) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    let exponent = value.abs().log2().floor().max(-14.0) as i32;
    let quantum = 2f64.powi(exponent - 10);
    let rounded = (value / quantum).round_ties_even() * quantum;
    if rounded.abs() > 65504.0 { f64::INFINITY.copysign(value) } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_and_rounded() {
        for (bits, value) in [(0x3c00, 1.0), (0xc600, -6.0), (0x7bff, 65504.0), (1, 2f64.powi(-24)), (0, 0.0)] {
            assert_eq!(half(bits), value);
            assert_eq!(DataType::F16.round(value), value);
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(DataType::F16.round(65600.0), f64::INFINITY);
        assert_eq!(DataType::F16.round(1.0 + 2f64.powi(-11)), 1.0);
        assert_eq!(bfloat(0x40c0), 6.0);
        assert_eq!(DataType::Bf16.round(6.01), 6.0);
        assert_eq!(DataType::F32.round(0.1), f64::from(0.1f32));
    }
}
