//! Loops that compute one element from one place of some tensors.

use crate::input::Write;
use crate::lanes::Plain;
use crate::{Engine, Error, error};

struct Map<'a, F> {
    x: &'a [f32],
    y: &'a mut [f32],
    f: F,
}

impl<F: Fn(f32, f32) -> f32> Plain for Map<'_, F> {
    #[inline(always)]
    fn run(self) {
        for (y, &x) in self.y.iter_mut().zip(self.x) {
            *y = (self.f)(*y, x);
        }
    }
}

struct Map2<'a, F> {
    a: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
    f: F,
}

impl<F: Fn(f32, f32, f32) -> f32> Plain for Map2<'_, F> {
    #[inline(always)]
    fn run(self) {
        for (y, (&a, &b)) in self.y.iter_mut().zip(self.a.iter().zip(self.b)) {
            *y = (self.f)(*y, a, b);
        }
    }
}

/// `y = f(x)` or `y += f(x)`.
pub(crate) fn one(
    engine: &Engine,
    x: &[f32],
    y: &mut [f32],
    write: Write,
    f: impl Fn(f32) -> f32,
) -> Result<(), Error> {
    error::length("output", y.len(), x.len())?;
    match write {
        Write::Replace => engine.loops(Map { x, y, f: |_, x| f(x) }),
        Write::Add => engine.loops(Map { x, y, f: |y, x| y + f(x) }),
    }
    Ok(())
}

/// `y = f(a, b)` or `y += f(a, b)`.
pub(crate) fn two(
    engine: &Engine,
    a: &[f32],
    b: &[f32],
    y: &mut [f32],
    write: Write,
    f: impl Fn(f32, f32) -> f32,
) -> Result<(), Error> {
    error::length("second operand", b.len(), a.len())?;
    error::length("output", y.len(), a.len())?;
    match write {
        Write::Replace => engine.loops(Map2 { a, b, y, f: |_, a, b| f(a, b) }),
        Write::Add => engine.loops(Map2 { a, b, y, f: |y, a, b| y + f(a, b) }),
    }
    Ok(())
}

/// `y = f(y, x)`.
pub(crate) fn update(engine: &Engine, x: &[f32], y: &mut [f32], f: impl Fn(f32, f32) -> f32) -> Result<(), Error> {
    error::length("output", y.len(), x.len())?;
    engine.loops(Map { x, y, f });
    Ok(())
}
