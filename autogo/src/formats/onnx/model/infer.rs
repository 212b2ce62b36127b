//! The shape that every operation makes.

use super::kind::Kind;
use super::window::{Conv, ConvTranspose, Pool, Window};
use crate::graph::Shape;

/// Pixels that a kernel covers along one axis.
pub(crate) fn span(kernel: u32, dilation: u32) -> u64 {
    u64::from(kernel.saturating_sub(1)) * u64::from(dilation) + 1
}

/// Pixels after a window has passed over `size` pixels and `added` more.
fn slide(size: u32, added: u64, span: u64, stride: u32) -> Result<u64, String> {
    let padded = u64::from(size) + added;
    match padded.checked_sub(span) {
        Some(over) if stride > 0 => Ok(over / u64::from(stride) + 1),
        _ => Err(format!("a window of {span} pixels does not fit into {padded}")),
    }
}

fn slid(window: &Window, overhang: (u32, u32), first: Shape, c: u32) -> Result<Shape, String> {
    let (high, wide) = window.border.sums();
    let kernel = (span(window.kernel.0, window.dilation.0), span(window.kernel.1, window.dilation.1));
    let h = slide(first.h, high + u64::from(overhang.0), kernel.0, window.stride.0)?;
    let w = slide(first.w, wide + u64::from(overhang.1), kernel.1, window.stride.1)?;
    Shape::checked(h, w, u64::from(c))
}

fn grouped(conv: &Conv, first: Shape) -> Result<(), String> {
    if conv.groups == 0 || !first.c.is_multiple_of(conv.groups) || !conv.filters.is_multiple_of(conv.groups) {
        let (c, filters) = (first.c, conv.filters);
        return Err(format!("{} groups must divide its {c} input and {filters} output channels", conv.groups));
    }
    Ok(())
}

fn spread(op: &ConvTranspose, first: Shape) -> Result<Shape, String> {
    grouped(&op.conv, first)?;
    let window = &op.conv.window;
    let (high, wide) = window.border.sums();
    let along = |size: u32, stride: u32, span: u64, extra: u32, cut: u64| {
        let whole = u64::from(size - 1) * u64::from(stride) + span + u64::from(extra);
        whole
            .checked_sub(cut)
            .filter(|&left| left > 0)
            .ok_or(format!("a border of {cut} pixels leaves nothing of {whole}"))
    };
    let kernel = (span(window.kernel.0, window.dilation.0), span(window.kernel.1, window.dilation.1));
    let h = along(first.h, window.stride.0, kernel.0, op.extra.0, high)?;
    let w = along(first.w, window.stride.1, kernel.1, op.extra.1, wide)?;
    Shape::checked(h, w, u64::from(op.conv.filters))
}

/// Sizes that operands have in common, sizes of 1 repeated.
pub(crate) fn common(inputs: &[Shape]) -> Result<Shape, String> {
    let along = |size: fn(&Shape) -> u32| {
        let most = inputs.iter().map(size).max().unwrap_or(1);
        match inputs.iter().find(|shape| size(shape) != 1 && size(shape) != most) {
            Some(shape) => Err(format!("operands must agree, has {} and {shape}", inputs[0])),
            None => Ok(u64::from(most)),
        }
    };
    Shape::checked(along(|shape| shape.h)?, along(|shape| shape.w)?, along(|shape| shape.c)?)
}

fn concatenated(inputs: &[Shape], first: Shape) -> Result<Shape, String> {
    if let Some(other) = inputs.iter().find(|shape| (shape.h, shape.w) != (first.h, first.w)) {
        return Err(format!("operands must agree in height and width, has {first} and {other}"));
    }
    let channels = inputs.iter().map(|shape| u64::from(shape.c)).sum();
    Shape::checked(first.h.into(), first.w.into(), channels)
}

/// The shape that an operation makes of its operands' shapes.
///
/// # Errors
/// One sentence that says why it cannot.
pub(crate) fn infer(kind: &Kind, inputs: &[Shape]) -> Result<Shape, String> {
    let Some(&first) = inputs.first() else { return Err("has no operand".into()) };
    let (h, w, c) = (u64::from(first.h), u64::from(first.w), u64::from(first.c));
    match kind {
        Kind::Input
        | Kind::Output
        | Kind::Identity
        | Kind::Zero
        | Kind::BatchNorm { .. }
        | Kind::ChannelAffine { .. }
        | Kind::Affine { .. }
        | Kind::Activation(_)
        | Kind::Inner(_) => Ok(first),
        Kind::Conv(conv) => {
            grouped(conv, first)?;
            slid(&conv.window, (0, 0), first, conv.filters)
        }
        Kind::ConvTranspose(op) => spread(op, first),
        Kind::Dense { features, .. } => Ok(Shape { c: *features, ..first }),
        Kind::Add | Kind::Mul => common(inputs),
        Kind::Concat => concatenated(inputs, first),
        Kind::Pool(Pool { window, overhang, .. }) => slid(window, *overhang, first, first.c),
        Kind::Mean | Kind::Max => Ok(Shape { h: 1, w: 1, ..first }),
        Kind::Channels { start, count } => match start.checked_add(*count) {
            Some(end) if end <= first.c && *count > 0 => Ok(Shape { c: *count, ..first }),
            _ => Err(format!("keeps {count} channels from {start} of {}", first.c)),
        },
        Kind::Crop(border) => {
            let (high, wide) = border.sums();
            match (h.checked_sub(high), w.checked_sub(wide)) {
                (Some(h), Some(w)) => Shape::checked(h, w, c),
                _ => Err(format!("a border of {high}×{wide} pixels leaves nothing of {first}")),
            }
        }
        Kind::Pad { border, .. } => Shape::checked(h + border.sums().0, w + border.sums().1, c),
        Kind::DepthToSpace { block, .. } => {
            let (high, wide) = (u64::from(block.0), u64::from(block.1));
            if high * wide == 0 || c % (high * wide) != 0 {
                return Err(format!("{c} channels do not fill rectangles of {high}×{wide}"));
            }
            Shape::checked(h * high, w * wide, c / (high * wide))
        }
        Kind::SpaceToDepth { block, .. } => {
            let (high, wide) = (u64::from(block.0), u64::from(block.1));
            if high * wide == 0 || h % high != 0 || w % wide != 0 {
                return Err(format!("{first} is not made of rectangles of {high}×{wide}"));
            }
            Shape::checked(h / high, w / wide, c.saturating_mul(high * wide))
        }
        Kind::ChannelShuffle { groups } if *groups == 0 || first.c % groups != 0 => {
            Err(format!("{groups} groups must divide {c} channels"))
        }
        Kind::ChannelShuffle { .. } => Ok(first),
        Kind::Resize(to) => Shape::checked(to.size.0.into(), to.size.1.into(), c),
    }
}
