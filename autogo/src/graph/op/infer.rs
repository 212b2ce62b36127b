//! The shape that every op makes.

use super::class::Class;
use super::window::pixels;
use super::{Activation, Border, Conv, Op};
use crate::graph::Shape;

impl Op {
    /// The least and the most operands that the op takes.
    fn arity(&self) -> (usize, usize) {
        match self.class() {
            Class::Input => (0, 0),
            Class::Sum | Class::Product | Class::Concat => (2, usize::MAX),
            Class::Output
            | Class::Weighted(_)
            | Class::Element
            | Class::Pool(..)
            | Class::Reduction
            | Class::Identity
            | Class::Zero
            | Class::Slice
            | Class::Moved
            | Class::Resize(_) => (1, 1),
        }
    }

    /// The shape the op makes of its operands, or one sentence that says why it cannot.
    ///
    /// Exact integer arithmetic; TensorFlow's SAME and VALID rules ([release §1.1], [release §8.3]). Sums and products
    /// repeat sizes of 1.
    ///
    /// ```
    /// use autogo::graph::{Op, Shape, Window, Pool};
    /// let pool = Op::Pool(Pool::Max, Window::same(3, 2));
    /// assert_eq!(pool.infer(&[Shape::new(15, 32, 8)]), Ok(Shape::new(8, 16, 8)));
    /// assert!(Op::Add.infer(&[Shape::new(8, 8, 4), Shape::new(8, 8, 5)]).is_err());
    /// assert_eq!(Op::Mul.infer(&[Shape::new(8, 8, 4), Shape::new(1, 1, 4)]), Ok(Shape::new(8, 8, 4)));
    /// ```
    ///
    /// # Errors
    /// A sentence without a subject: operands that are too many, too few or do not agree, a shape that is empty or too
    /// large.
    ///
    /// [release §1.1]: crate::doc::release#s1-1
    /// [release §8.3]: crate::doc::release#s8-3
    pub fn infer(&self, inputs: &[Shape]) -> Result<Shape, String> {
        if inputs.iter().any(|shape| !shape.is_valid()) {
            return Err(format!("reads an empty or too large shape; every dimension must be 1 to {}", Shape::LIMIT));
        }
        let (least, most) = self.arity();
        if inputs.len() < least || inputs.len() > most {
            let wanted = if most == usize::MAX { format!("at least {least}") } else { format!("{least}") };
            return Err(format!("takes {wanted} operands, has {}", inputs.len()));
        }
        let shape = self.infer_checked(inputs)?;
        Shape::checked(shape.h.into(), shape.w.into(), shape.c.into())
    }

    fn infer_checked(&self, inputs: &[Shape]) -> Result<Shape, String> {
        if let Op::Input(shape) = self {
            return Ok(*shape);
        }
        let Some(&first) = inputs.first() else { return Err("has no operand".into()) };
        match self {
            Op::Conv(conv) => {
                grouped(conv, first)?;
                let (h, w) = conv.window.slide(first.h, first.w)?;
                Ok(Shape::new(h, w, conv.filters))
            }
            Op::ConvTranspose(conv) => {
                grouped(conv, first)?;
                let (h, w) = conv.window.spread(first.h, first.w)?;
                Ok(Shape::new(h, w, conv.filters))
            }
            Op::Pool(_, window) => {
                let (h, w) = window.slide(first.h, first.w)?;
                Ok(Shape::new(h, w, first.c))
            }
            Op::Dense { features, .. } => Ok(Shape { c: *features, ..first }),
            Op::Slice { start, channels } => match start.checked_add(*channels) {
                Some(end) if end <= first.c => Ok(Shape { c: *channels, ..first }),
                _ if *start == 0 => Err(format!("keeps {channels} of {} channels", first.c)),
                _ => Err(format!("keeps {channels} channels from {start} of {}", first.c)),
            },
            Op::Crop(border) => cropped(*border, first),
            Op::Pad(border) => {
                let (h, w) = border.sums();
                Ok(Shape::new(pixels(u64::from(first.h) + h)?, pixels(u64::from(first.w) + w)?, first.c))
            }
            Op::DepthToSpace { block, .. } => {
                let square = u64::from(*block) * u64::from(*block);
                if square == 0 || u64::from(first.c) % square != 0 {
                    return Err(format!("{} channels do not fill squares of {block}×{block}", first.c));
                }
                let side = |size: u32| pixels(u64::from(size) * u64::from(*block));
                Ok(Shape::new(side(first.h)?, side(first.w)?, (u64::from(first.c) / square) as u32))
            }
            Op::SpaceToDepth { block, .. } => gathered(*block, first),
            Op::ChannelShuffle { groups } if *groups == 0 || first.c % groups != 0 => {
                Err(format!("{groups} groups must divide {} channels", first.c))
            }
            Op::Activation(Activation::Lrn { size: 0, .. }) => Err("a window of 0 channels".into()),
            Op::Resize { factor, .. } => {
                let side = |size: u32| pixels(u64::from(size) * u64::from(*factor));
                Ok(Shape::new(side(first.h)?, side(first.w)?, first.c))
            }
            Op::Mean | Op::Max => Ok(Shape::new(1, 1, first.c)),
            Op::Add | Op::Mul => common(inputs, first),
            Op::Concat => concatenated(inputs, first),
            Op::Output
            | Op::BatchNorm
            | Op::ChannelAffine { .. }
            | Op::Affine { .. }
            | Op::Relu
            | Op::Relu6
            | Op::PRelu
            | Op::Sigmoid
            | Op::Tanh
            | Op::Activation(_)
            | Op::ChannelShuffle { .. }
            | Op::Identity
            | Op::Zero => Ok(first),
            Op::Input(shape) => Ok(*shape),
        }
    }
}

fn grouped(conv: &Conv, first: Shape) -> Result<(), String> {
    if conv.groups == 0 || !first.c.is_multiple_of(conv.groups) || !conv.filters.is_multiple_of(conv.groups) {
        let (c, filters) = (first.c, conv.filters);
        return Err(format!("{} groups must divide its {c} input and {filters} output channels", conv.groups));
    }
    Ok(())
}

fn cropped(border: Border, first: Shape) -> Result<Shape, String> {
    let (high, wide) = border.sums();
    let left = |size: u32, cut: u64| u64::from(size).checked_sub(cut).filter(|&left| left > 0);
    match (left(first.h, high), left(first.w, wide)) {
        (Some(h), Some(w)) => Ok(Shape::new(pixels(h)?, pixels(w)?, first.c)),
        _ => Err(format!("a border of {high}×{wide} pixels leaves nothing of {first}")),
    }
}

fn gathered((high, wide): (u32, u32), first: Shape) -> Result<Shape, String> {
    if high == 0 || wide == 0 || !first.h.is_multiple_of(high) || !first.w.is_multiple_of(wide) {
        return Err(format!("{first} is not made of rectangles of {high}×{wide}"));
    }
    let channels = u64::from(high).saturating_mul(u64::from(wide)).saturating_mul(u64::from(first.c));
    let c = u32::try_from(channels).map_err(|_| format!("makes {channels} channels"))?;
    Ok(Shape::new(first.h / high, first.w / wide, c))
}

/// The sizes that all operands have, sizes of 1 repeated.
fn common(inputs: &[Shape], first: Shape) -> Result<Shape, String> {
    if inputs.iter().all(|shape| *shape == first) {
        return Ok(first);
    }
    let most = inputs
        .iter()
        .fold(first, |most, shape| Shape::new(most.h.max(shape.h), most.w.max(shape.w), most.c.max(shape.c)));
    let fits = |size: u32, most: u32| size == 1 || size == most;
    let disagrees = |shape: &&Shape| !(fits(shape.h, most.h) && fits(shape.w, most.w) && fits(shape.c, most.c));
    match inputs.iter().find(disagrees) {
        None => Ok(most),
        Some(_) => {
            let other = inputs.iter().find(|shape| **shape != first).unwrap_or(&first);
            Err(format!("operands must agree, has {first} and {other}"))
        }
    }
}

fn concatenated(inputs: &[Shape], first: Shape) -> Result<Shape, String> {
    let mut channels = 0u64;
    for shape in inputs {
        if (shape.h, shape.w) != (first.h, first.w) {
            return Err(format!("operands must agree in height and width, has {first} and {shape}"));
        }
        channels += u64::from(shape.c);
    }
    let c = u32::try_from(channels).map_err(|_| format!("makes {channels} channels"))?;
    Ok(Shape { c, ..first })
}
