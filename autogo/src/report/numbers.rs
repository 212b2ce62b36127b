//! Numbers as people write them.

/// Digits in groups of three, from 10 000 on.
pub(in crate::report) fn grouped(number: i128) -> String {
    let digits = number.unsigned_abs().to_string();
    let sign = if number < 0 { "−" } else { "" };
    if digits.len() < 5 {
        return format!("{sign}{digits}");
    }
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Four significant digits.
pub(in crate::report) fn fraction(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let magnitude = number.abs().log10().floor() as i32;
    match magnitude {
        5..=14 => grouped(number.round() as i128),
        -3..=4 => format!("{number:.*}", (3 - magnitude).max(0) as usize),
        _ => format!("{number:.3e}"),
    }
    .replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped(9999), "9999");
        assert_eq!(grouped(-1_234_567), "−1\u{202f}234\u{202f}567");
        assert_eq!(fraction(0.90904), "0.9090");
        assert_eq!(fraction(94.37333), "94.37");
        assert_eq!(fraction(-1_234_567.8), "−1\u{202f}234\u{202f}568");
        assert_eq!(fraction(0.0), "0");
        assert_eq!(fraction(-2.5e300), "−2.500e300");
    }
}
