//! The parts that the compact strings of all families share.

use crate::error::Error;

/// A compact string without its family's prefix and the blanks around it. The prefix ends in a colon, in the string's
/// end, or in digits (`resnet50`).
pub(crate) fn body<'a>(spec: &'a str, family: &str) -> &'a str {
    let spec = spec.trim();
    match spec.strip_prefix(family).map(str::trim_start) {
        Some(rest) if rest.starts_with(':') => rest[1..].trim(),
        Some(rest) if rest.is_empty() || rest.starts_with(|first: char| first.is_ascii_digit()) => rest,
        _ => spec,
    }
}

/// Height and width behind a family's prefix, `HxW`; the default when there is none.
pub(super) fn pixels(spec: &str, family: &str, default: (u32, u32)) -> Result<(u32, u32), Error> {
    let body = body(spec, family);
    if body.is_empty() {
        return Ok(default);
    }
    let wrong = |part: &str| {
        Error::spec(spec, part, format!("`{part}` is no size in pixels"), &format!("{family} or {family}:HEIGHTxWIDTH"))
    };
    let (height, width) = body.split_once(['x', '×']).ok_or_else(|| wrong(body))?;
    let number = |part: &str| part.trim().parse::<u32>().ok().filter(|size| *size > 0).ok_or_else(|| wrong(part));
    Ok((number(height)?, number(width)?))
}
