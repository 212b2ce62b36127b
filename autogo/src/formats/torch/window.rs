//! Borders of windows: an argument of PyTorch's layer where it has one, otherwise pixels that are added in front of it.

use super::naming::pair;
use crate::graph::{Border, Conv, Padding, Shape, Window};

/// A layer that adds any number of pixels itself.
pub(super) const ANY: (u32, u32) = (u32::MAX, u32::MAX);

/// The border around the input of a window.
pub(super) enum Around {
    /// Pixels on both sides along height and width, which the layer adds itself.
    Even(u32, u32),
    /// The arguments of `F.pad`.
    Before(String),
}

impl Around {
    /// The border of a window on a picture of `shape`, of which the layer itself adds at most `most` pixels on a side.
    ///
    /// A SAME window with a stride depends on the picture's size. Where it adds pixels to a picture of `shape`, the
    /// border is counted when the module runs, so that pictures of other sizes get TensorFlow's border as well.
    pub(super) fn of(window: &Window, shape: Shape, picture: &str, most: (u32, u32)) -> Around {
        let border = window.border(shape.h, shape.w);
        if border == Border::default() {
            return Around::Even(0, 0);
        }
        if window.padding == Padding::Same && window.stride != (1, 1) {
            let (span, stride) = (window.span(), window.stride);
            let sizes = format!("({}, {}), ({}, {})", span.0, span.1, stride.0, stride.1);
            return Around::Before(format!("same_border({picture}, {sizes})"));
        }
        let is_even = border.top == border.bottom && border.left == border.right;
        if is_even && border.top <= most.0 && border.left <= most.1 {
            Around::Even(border.top, border.left)
        } else {
            Around::Before(sides(border))
        }
    }
}

/// A border as `F.pad` takes it.
pub(super) fn sides(border: Border) -> String {
    format!("({}, {}, {}, {})", border.left, border.right, border.top, border.bottom)
}

/// Arguments of a window that are not the default: stride, padding, dilation.
pub(super) fn arguments(window: &Window, padding: (u32, u32)) -> String {
    let mut text = String::new();
    for (name, value, usual) in
        [("stride", window.stride, (1, 1)), ("padding", padding, (0, 0)), ("dilation", window.dilation, (1, 1))]
    {
        if value != usual {
            text += &format!(", {name}={}", pair(value));
        }
    }
    text
}

/// The arguments with which PyTorch's layer makes a transposed convolution.
pub(super) struct Spread {
    /// The pixels that the layer cuts off on both sides, along height and width.
    pub padding: (u32, u32),
    /// The pixels that the layer adds below and to the right.
    pub output_padding: (u32, u32),
    /// Rows and columns of zeros below and to the right of the input.
    pub before: (u32, u32),
    /// The pixels that are cut off the layer's result: above, below, to the left, to the right.
    pub cut: [u64; 4],
}

impl Spread {
    /// PyTorch cuts the same on both sides and adds less than a stride or a dilation. Where more is asked for, rows of
    /// zeros are added to the input, of which each makes a stride's pixels, and what is too much is cut off the result.
    pub(super) fn of(conv: &Conv) -> Spread {
        let window = &conv.window;
        let (border, extra) = window.cut();
        let along = |extra: u32, stride: u32, dilation: u32| {
            if extra < stride.max(dilation) { 0 } else { extra.div_ceil(stride) }
        };
        let before =
            (along(extra.0, window.stride.0, window.dilation.0), along(extra.1, window.stride.1, window.dilation.1));
        let is_even = border.top == border.bottom && border.left == border.right;
        if before == (0, 0) && is_even {
            return Spread { padding: (border.top, border.left), output_padding: extra, before, cut: [0; 4] };
        }
        let more = |before: u32, stride: u32, extra: u32| match before {
            0 => 0,
            rows => u64::from(rows) * u64::from(stride) - u64::from(extra),
        };
        let bottom = u64::from(border.bottom) + more(before.0, window.stride.0, extra.0);
        let right = u64::from(border.right) + more(before.1, window.stride.1, extra.1);
        let left_to_layer = |before: u32, extra: u32| if before == 0 { extra } else { 0 };
        Spread {
            padding: (0, 0),
            output_padding: (left_to_layer(before.0, extra.0), left_to_layer(before.1, extra.1)),
            before,
            cut: [border.top.into(), bottom, border.left.into(), right],
        }
    }
}

/// Subscripts that cut pixels off a picture: above, below, to the left, to the right. Nothing where nothing is cut.
pub(super) fn cut([top, bottom, left, right]: [u64; 4]) -> String {
    let range = |begin: u64, end: u64| match (begin, end) {
        (0, 0) => ":".into(),
        (0, end) => format!(":-{end}"),
        (begin, 0) => format!("{begin}:"),
        (begin, end) => format!("{begin}:-{end}"),
    };
    if [top, bottom, left, right] == [0; 4] {
        return String::new();
    }
    format!("[:, :, {}, {}]", range(top, bottom), range(left, right))
}
