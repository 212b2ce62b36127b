//! Vector units. Lanes are channels and never mix, so a result does not depend on how many lanes there are.

use pulp::{Simd, WithSimd};

/// A vector unit with its way to multiply and add.
pub(crate) trait Lanes: Copy {
    /// One vector.
    type V: Copy;
    /// Floats of a vector: 4, 8 or 16.
    const N: usize;
    /// `x` in every lane.
    fn splat(self, x: f32) -> Self::V;
    /// `a·b + c`, rounded once or twice as the arithmetic says.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// `yes` in the lanes where `a > b`, `no` in the others.
    fn where_greater(self, a: Self::V, b: Self::V, yes: Self::V, no: Self::V) -> Self::V;
    /// The whole vectors of a slice.
    fn cast(floats: &[f32]) -> &[Self::V];
    /// The whole vectors of a slice.
    fn cast_mut(floats: &mut [f32]) -> &mut [Self::V];
    /// The first floats of a slice; zeros follow where the slice ends early.
    fn load(self, floats: &[f32]) -> Self::V;
    /// Writes as many lanes as the slice has floats.
    fn store(self, floats: &mut [f32], v: Self::V);
}

/// Reads a vector at a place of a slice: whole, or the `live` first lanes.
#[inline(always)]
pub(crate) fn load<L: Lanes>(lanes: L, data: &[f32], at: usize, live: usize) -> L::V {
    let floats = &data[at..][..live];
    if live == L::N { L::cast(floats)[0] } else { lanes.load(floats) }
}

/// Writes a vector at a place of a slice: whole, or the `live` first lanes.
#[inline(always)]
pub(crate) fn store<L: Lanes>(lanes: L, data: &mut [f32], at: usize, live: usize, v: L::V) {
    let floats = &mut data[at..][..live];
    if live == L::N { L::cast_mut(floats)[0] = v } else { lanes.store(floats, v) }
}

/// Multiplies and adds with one rounding.
#[derive(Clone, Copy)]
pub(crate) struct Together<S>(pub(crate) S);

/// Multiplies and adds with two roundings.
#[derive(Clone, Copy)]
pub(crate) struct Apart<S>(pub(crate) S);

macro_rules! lanes {
    ($unit:ident, |$simd:ident, $a:ident, $b:ident, $c:ident| $mul_add:expr) => {
        impl<S: Simd> Lanes for $unit<S> {
            type V = S::f32s;
            const N: usize = S::F32_LANES;
            #[inline(always)]
            fn splat(self, x: f32) -> S::f32s {
                self.0.splat_f32s(x)
            }
            #[inline(always)]
            fn mul_add(self, $a: S::f32s, $b: S::f32s, $c: S::f32s) -> S::f32s {
                let $simd = self.0;
                $mul_add
            }
            #[inline(always)]
            fn add(self, a: S::f32s, b: S::f32s) -> S::f32s {
                self.0.add_f32s(a, b)
            }
            #[inline(always)]
            fn sub(self, a: S::f32s, b: S::f32s) -> S::f32s {
                self.0.sub_f32s(a, b)
            }
            #[inline(always)]
            fn div(self, a: S::f32s, b: S::f32s) -> S::f32s {
                self.0.div_f32s(a, b)
            }
            #[inline(always)]
            fn where_greater(self, a: S::f32s, b: S::f32s, yes: S::f32s, no: S::f32s) -> S::f32s {
                self.0.select_f32s(self.0.greater_than_f32s(a, b), yes, no)
            }
            #[inline(always)]
            fn cast(floats: &[f32]) -> &[S::f32s] {
                S::as_simd_f32s(floats).0
            }
            #[inline(always)]
            fn cast_mut(floats: &mut [f32]) -> &mut [S::f32s] {
                S::as_mut_simd_f32s(floats).0
            }
            #[inline(always)]
            fn load(self, floats: &[f32]) -> S::f32s {
                self.0.partial_load_f32s(floats)
            }
            #[inline(always)]
            fn store(self, floats: &mut [f32], v: S::f32s) {
                self.0.partial_store_f32s(floats, v);
            }
        }
    };
}

lanes!(Together, |simd, a, b, c| simd.mul_add_f32s(a, b, c));
lanes!(Apart, |simd, a, b, c| simd.add_f32s(simd.mul_f32s(a, b), c));

/// Work that is compiled once for every vector unit.
pub(crate) trait Kernel {
    /// Does the work. An implementation is `#[inline(always)]`, or the compiler forgets the unit's instructions.
    fn run<L: Lanes>(self, lanes: L);
}

/// Hands a vector unit of pulp to a kernel that asks for multiply-adds.
pub(crate) struct Dispatch<K> {
    pub(crate) kernel: K,
    pub(crate) apart: bool,
}

impl<K: Kernel> WithSimd for Dispatch<K> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.apart { self.kernel.run(Apart(simd)) } else { self.kernel.run(Together(simd)) }
    }
}

/// Hands a kernel of plain loops, which rounds after every operation, to the compiler's own vectorisation.
pub(crate) struct Loops<K>(pub(crate) K);

/// Plain loops over floats.
pub(crate) trait Plain {
    /// Does the work. An implementation is `#[inline(always)]`.
    fn run(self);
}

impl<K: Plain> WithSimd for Loops<K> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.0.run();
    }
}
