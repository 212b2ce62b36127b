//! Channels by exact means: quantities that must be equal become one, those that are known are put in, and what is then
//! bound by no equation takes its cheapest value. Without concats nothing is left for a solver.

use super::channels::{Channels, Filters, Linear, MAX_CHANNELS};
use super::settings::RepairSettings;

/// Quantities that are one number.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// The filters that the class stands for.
    pub(super) members: Vec<Filters>,
    pub(super) low: i64,
    pub(super) high: i64,
    /// The value of the class, where it is known.
    pub(super) value: Option<i64>,
}

/// The channels after substitution.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    pub(super) classes: Vec<Class>,
    /// The class of every quantity.
    pub(super) class_of: Vec<usize>,
    /// Equations between classes that are left for a solver; each is zero.
    pub(super) equations: Vec<Linear>,
    /// Sums of classes that are left for a solver; none may be below zero.
    pub(super) floors: Vec<Linear>,
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// The least common multiple.
pub(super) fn lcm(a: i64, b: i64) -> i64 {
    (a / gcd(a, b)).saturating_mul(b)
}

impl Filters {
    /// Whether the number of filters may be `value`.
    fn allows(&self, value: i64, settings: &RepairSettings) -> bool {
        let aligned = |align: u32| value == self.before || value % i64::from(align) == 0;
        value % self.groups == 0 && settings.align.is_none_or(aligned)
    }
}

impl Class {
    fn allows(&self, value: i64, settings: &RepairSettings) -> bool {
        (self.low..=self.high).contains(&value) && self.members.iter().all(|filters| filters.allows(value, settings))
    }

    fn cost(&self, value: i64, settings: &RepairSettings) -> i64 {
        self.members.iter().map(|filters| filters.weight * settings.penalty.of(filters.before, value)).sum()
    }

    /// The cheapest value that is allowed; the smallest of equals. The cost is convex, so the best multiple lies beside
    /// the unconstrained optimum, which is one of the numbers before.
    fn best(&self, settings: &RepairSettings) -> Option<i64> {
        let groups = self.members.iter().fold(1, |all, filters| lcm(all, filters.groups));
        let step = settings.align.map_or(groups, |align| lcm(groups, i64::from(align)));
        let befores = || self.members.iter().map(|filters| filters.before);
        let clamped = befores().chain([self.low]).map(|value| value.clamp(self.low, self.high));
        let centre = clamped.min_by_key(|&value| (self.cost(value, settings), value))?;
        let down = centre.min(self.high) / step * step;
        let multiples =
            [down - step, down, down.saturating_add(step), (self.low / step * step).saturating_add(step), self.low];
        multiples
            .into_iter()
            .chain([self.high / step * step])
            .chain(befores())
            .filter(|&value| self.allows(value, settings))
            .min_by_key(|&value| (self.cost(value, settings), value))
    }
}

impl Classes {
    /// Every quantity by itself, every equation left.
    pub(super) fn plain(channels: &Channels) -> Classes {
        let class = |filters: &Option<Filters>| Class {
            members: filters.iter().copied().collect(),
            low: 1,
            high: MAX_CHANNELS,
            value: None,
        };
        Classes {
            classes: channels.quantities.iter().map(class).collect(),
            class_of: (0..channels.quantities.len()).collect(),
            equations: channels.equations.clone(),
            floors: channels.floors.clone(),
        }
    }

    /// Substitutes until nothing changes and decides what no equation binds; `None` when there is no solution.
    pub(super) fn reduced(channels: &Channels, settings: &RepairSettings) -> Option<Classes> {
        let mut classes = Classes::plain(channels);
        let mut changed = true;
        while changed {
            changed = false;
            for equation in std::mem::take(&mut classes.equations) {
                let equation = classes.in_classes(&equation);
                match equation.terms.as_slice() {
                    [] if equation.constant != 0 => return None,
                    [] => {}
                    &[(class, factor)] => {
                        if equation.constant % factor != 0 {
                            return None;
                        }
                        classes.classes[class].value = Some(-equation.constant / factor);
                        changed = true;
                    }
                    &[(a, 1), (b, -1)] | &[(a, -1), (b, 1)] if equation.constant == 0 => {
                        classes.merge(a, b);
                        changed = true;
                    }
                    _ => classes.equations.push(equation),
                }
            }
        }
        for floor in std::mem::take(&mut classes.floors) {
            let floor = classes.in_classes(&floor);
            match floor.terms.as_slice() {
                [] if floor.constant < 0 => return None,
                [] => {}
                &[(class, 1)] => {
                    let low = &mut classes.classes[class].low;
                    *low = (*low).max(-floor.constant);
                }
                _ => classes.floors.push(floor),
            }
        }
        let mut bound = vec![false; classes.classes.len()];
        for (class, _) in classes.equations.iter().chain(&classes.floors).flat_map(|linear| &linear.terms) {
            bound[*class] = true;
        }
        for (class, bound) in classes.classes.iter_mut().zip(bound) {
            match class.value {
                Some(value) if !class.allows(value, settings) => return None,
                None if !bound => class.value = Some(class.best(settings)?),
                _ => {}
            }
        }
        Some(classes)
    }

    /// Puts classes and known values in.
    pub(super) fn in_classes(&self, linear: &Linear) -> Linear {
        let mut put = Linear::number(linear.constant);
        for &(quantity, factor) in &linear.terms {
            let class = self.class_of[quantity];
            match self.classes[class].value {
                Some(value) => put.constant += factor * value,
                None => put.add_term(class, factor),
            }
        }
        put
    }

    /// Merges class `b` into `a`: `a` keeps its index, and quantities of `b` become quantities of `a`.
    fn merge(&mut self, a: usize, b: usize) {
        let gone = std::mem::take(&mut self.classes[b].members);
        self.classes[a].members.extend(gone);
        self.class_of.iter_mut().filter(|class| **class == b).for_each(|class| *class = a);
    }

    /// Whether values are missing.
    pub(super) fn is_open(&self) -> bool {
        self.class_of.iter().any(|&class| self.classes[class].value.is_none())
    }

    /// The value of every quantity, once all are known.
    pub(super) fn values(&self) -> Option<Vec<i64>> {
        self.class_of.iter().map(|&class| self.classes[class].value).collect()
    }
}
