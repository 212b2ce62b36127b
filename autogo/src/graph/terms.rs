//! The formula of a graph, without the way in which it is written down: sums and products are multisets of their terms.

use super::ids::{combine, mix, scramble};
use super::{Class, ContentId, Op};

/// The role of a node for the nodes that read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A value of its own. With `ordered` the order of its operands counts.
    Term { ordered: bool },
    /// Its operand under another name.
    Alias,
    /// A multiset of terms that are added.
    Sum,
    /// A multiset of terms that are multiplied.
    Product,
    /// Zeros in the shape of its operand. Zeros of one operand are one value, however many nodes make them.
    Zero,
}

impl Op {
    /// Whether the order of the operands changes the result.
    pub(super) fn is_ordered(&self) -> bool {
        self.role() == Role::Term { ordered: true }
    }

    /// The role of a node of this op.
    pub(crate) fn role(&self) -> Role {
        match self.class() {
            Class::Sum => Role::Sum,
            Class::Product => Role::Product,
            Class::Identity => Role::Alias,
            Class::Zero => Role::Zero,
            Class::Concat => Role::Term { ordered: true },
            Class::Input
            | Class::Output
            | Class::Weighted(_)
            | Class::Element
            | Class::Pool(..)
            | Class::Reduction
            | Class::Slice
            | Class::Moved
            | Class::Resize(_) => Role::Term { ordered: false },
        }
    }
}

/// Whether zeros count as summands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zeros {
    /// `x + zero(y)` is another formula than `x`.
    Kept,
    /// A sum loses its summands of zero, and a product with a factor of zero is zero. The tensor that the zeros are
    /// made of does not count.
    Dropped,
}

/// The largest prime below 2⁶⁴. Totals of multisets are taken modulo this prime: modulo 2⁶⁴ the sum of 2⁶⁴ equal terms,
/// which 64 doublings make, would vanish.
const PRIME: u64 = 0xffff_ffff_ffff_ffc5;
/// The factor by which a total is multiplied on its way from a sum back to an operand. With a factor, a term that is
/// read along several paths collects the same total however the sums are nested.
const FROM_SUM: u64 = 0x9e37_79b9_7f4a_7c15;
/// The factor by which a total is multiplied on its way from a product back to an operand.
const FROM_PRODUCT: u64 = 0xbf58_476d_1ce4_e5b9;
/// The factor by which a total is multiplied on its way from a zero back to an operand.
const FROM_ZERO: u64 = 0x94d0_49bb_1331_11eb;

/// The colour of a zero whose tensor does not count.
const ZERO: u64 = 0x5a;

/// 2⁶⁴ modulo [`PRIME`].
const FOLD: u64 = 59;

fn reduced(value: u64) -> u64 {
    if value >= PRIME { value - PRIME } else { value }
}

/// a + b modulo [`PRIME`], of reduced numbers.
fn plus(a: u64, b: u64) -> u64 {
    match a.overflowing_add(b) {
        (sum, true) => sum + FOLD,
        (sum, false) => reduced(sum),
    }
}

/// a · b modulo [`PRIME`].
fn times(a: u64, b: u64) -> u64 {
    let fold = |value: u128| (value >> 64) * u128::from(FOLD) + u128::from(value as u64);
    // The first fold leaves 70 bits, the second 65.
    let folded = fold(fold(u128::from(a) * u128::from(b)));
    if folded >> 64 == 0 { reduced(folded as u64) } else { plus(FOLD, reduced(folded as u64)) }
}

/// A directed acyclic graph of coloured nodes in execution order, read as terms.
pub(crate) struct Terms<'a> {
    operands: &'a [Vec<usize>],
    roles: Vec<Role>,
    /// The node whose value a node passes on; of all but aliases the node itself.
    roots: Vec<usize>,
    colours: Vec<u64>,
    /// The colour of every node as its readers see it.
    seen: Vec<u64>,
    /// Of sums and products the total over their terms.
    totals: Vec<u64>,
}

impl<'a> Terms<'a> {
    /// Nodes with a colour for their op, its role and their operands in slot order. O(nodes + edges).
    pub(crate) fn new(colours: Vec<u64>, mut roles: Vec<Role>, operands: &'a [Vec<usize>], zeros: Zeros) -> Self {
        let mut roots: Vec<usize> = (0..roles.len()).collect();
        for v in 0..roles.len() {
            let is_zero = |u: &usize| roles[roots[*u]] == Role::Zero;
            match roles[v] {
                Role::Alias => roots[v] = operands[v].first().map_or(v, |&u| roots[u]),
                Role::Sum if zeros == Zeros::Dropped => {
                    let mut rest = operands[v].iter().filter(|u| !is_zero(u));
                    match (rest.next(), rest.next()) {
                        (None, _) => roles[v] = Role::Zero,
                        (Some(&only), None) => roots[v] = roots[only],
                        (Some(_), Some(_)) => {}
                    }
                }
                Role::Product if zeros == Zeros::Dropped && operands[v].iter().any(is_zero) => {
                    roles[v] = Role::Zero;
                }
                Role::Sum | Role::Product | Role::Term { .. } | Role::Zero => {}
            }
        }
        let empty = vec![0; colours.len()];
        let mut terms = Terms { operands, roles, roots, colours, seen: empty.clone(), totals: empty };
        terms.forward(zeros);
        terms
    }

    fn slot(&self, v: usize, slot: usize) -> u64 {
        if self.roles[v] == (Role::Term { ordered: true }) { slot as u64 + 1 } else { 0 }
    }

    /// Every node sees what it is computed from.
    fn forward(&mut self, zeros: Zeros) {
        for v in 0..self.roles.len() {
            if self.roots[v] != v {
                continue;
            }
            let below = self.operands[v].iter().map(|&u| self.roots[u]);
            self.seen[v] = match self.roles[v] {
                Role::Term { .. } => {
                    let slots = below.enumerate().map(|(slot, u)| scramble(mix(self.seen[u], self.slot(v, slot))));
                    let sum = slots.fold(self.operands[v].len() as u64, u64::wrapping_add);
                    self.colours[v] = mix(self.colours[v], sum);
                    self.colours[v]
                }
                role @ (Role::Sum | Role::Product) => {
                    let part = |u: usize| match self.roles[u] {
                        Role::Zero if zeros == Zeros::Dropped => 0,
                        inner if inner == role => self.totals[u],
                        _ => reduced(scramble(self.seen[u])),
                    };
                    self.totals[v] = below.map(part).fold(0, plus);
                    mix(self.colours[v], self.totals[v])
                }
                Role::Zero if zeros == Zeros::Dropped => ZERO,
                Role::Zero => mix(self.colours[v], below.fold(ZERO, |state, u| mix(state, self.seen[u]))),
                // An alias has another root.
                Role::Alias => self.seen[v],
            };
        }
    }

    /// Every term sees what is computed from it, so that one convolution that is read twice is not two convolutions
    /// that are read once.
    fn backward(&mut self) {
        let mut above = vec![0u64; self.roles.len()];
        for v in (0..self.roles.len()).rev().filter(|&v| self.roots[v] == v) {
            if matches!(self.roles[v], Role::Term { .. }) {
                self.colours[v] = mix(self.colours[v], above[v]);
            }
            for (slot, u) in self.operands[v].iter().enumerate() {
                let u = self.roots[*u];
                let passed = match self.roles[v] {
                    Role::Term { .. } => reduced(scramble(mix(self.colours[v], self.slot(v, slot)))),
                    role if role == self.roles[u] && role != Role::Zero => above[v],
                    Role::Sum => times(above[v], FROM_SUM),
                    Role::Product => times(above[v], FROM_PRODUCT),
                    Role::Zero | Role::Alias => times(above[v], FROM_ZERO),
                };
                above[u] = plus(above[u], passed);
            }
        }
    }

    /// The id of the whole: colours are refined along the edges from the input to the output and back, twice.
    pub(crate) fn content_id(mut self) -> ContentId {
        self.backward();
        self.forward(Zeros::Kept);
        self.backward();
        let is_term = |v: &usize| matches!(self.roles[*v], Role::Term { .. });
        combine((0..self.roles.len()).filter(is_term).map(|v| self.colours[v]))
    }

    /// The colour of the last node as a reader would see it.
    pub(super) fn last(&self) -> u64 {
        self.roots.last().map_or(0, |&root| self.seen[root])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn arithmetic_is_modulo_the_prime(a in any::<u64>(), b in any::<u64>(), near in 0u64..200) {
            let prime = u128::from(PRIME);
            for (a, b) in [(a, b), (!near, b), (!near, !(near / 3)), (PRIME - 1, PRIME - 1), (PRIME - 1 - near, near)] {
                let wide = u128::from(a) * u128::from(b) % prime;
                prop_assert_eq!(u128::from(times(a, b)), wide);
                let (a, b) = (reduced(a), reduced(b));
                prop_assert_eq!(u128::from(plus(a, b)), (u128::from(a) + u128::from(b)) % prime);
            }
        }
    }
}
