//! The cheapest choice at every node of a segment, found exactly by one sweep in execution order.
//!
//! A state is the sizes of the tensors that are still to be read; of the ways that lead to the same state only the
//! cheapest is kept. Segments are narrow and sizes few, so there are seldom more than some dozen states: O(nodes ·
//! states · choices).

use crate::segment::Source;
use foldhash::{HashMap, HashMapExt};

/// Height, width and channels of a tensor, as far as they matter.
pub(super) type Sizes = [i64; 3];

/// States after which the sweep gives up and leaves the matter to a solver.
const MOST_STATES: usize = 1 << 14;

/// The nodes of a sweep: the operands of each, and the sizes that come from outside.
pub(super) struct Plan<'a> {
    /// Operands of every node, which stand before it.
    pub(super) operands: &'a [Vec<Source>],
    /// Sizes of what is read from outside.
    pub(super) inputs: &'a [Sizes],
}

impl Plan<'_> {
    /// The last node that reads each node; 0 where none does.
    fn last_readers(&self) -> Vec<usize> {
        let mut last = vec![0; self.operands.len()];
        for (at, sources) in self.operands.iter().enumerate() {
            for source in sources {
                if let Source::Inner(inner) = *source {
                    last[inner] = at;
                }
            }
        }
        last
    }
}

/// A way to go on from a node's operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice<C> {
    /// Sizes of the tensor that the node makes.
    pub(super) made: Sizes,
    /// The cost of the choice, 0 or more.
    pub(super) cost: i64,
    /// The choice itself.
    pub(super) choice: C,
}

/// The result of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Swept<C> {
    /// The least cost, and every node's choice.
    Best(i64, Vec<C>),
    /// There is no way through.
    Nothing,
    /// There were too many states.
    TooMany,
}

/// One state of the sweep: the cost so far, and how it came about.
struct State<C> {
    cost: i64,
    before: usize,
    choice: C,
}

/// Finds the cheapest way through all nodes. `ways(node, operands, found)` pushes what a node can make of its operands;
/// it also refuses what an output must not be. Among equals the way found first wins.
pub(super) fn sweep<C: Copy>(plan: &Plan<'_>, mut ways: impl FnMut(usize, &[Sizes], &mut Vec<Choice<C>>)) -> Swept<C> {
    let count = plan.operands.len();
    let last_reader = plan.last_readers();
    let mut history: Vec<Vec<State<C>>> = Vec::with_capacity(count);
    let mut live: Vec<usize> = Vec::new();
    // Sizes of the live tensors, and the least cost so far.
    let mut states: Vec<(Vec<Sizes>, i64)> = vec![(Vec::new(), 0)];
    let mut operands: Vec<Sizes> = Vec::new();
    let mut found: Vec<Choice<C>> = Vec::new();
    for at in 0..count {
        let places: Vec<Option<usize>> = plan.operands[at]
            .iter()
            .map(|source| match *source {
                Source::Inner(inner) => live.iter().position(|&node| node == inner),
                Source::Input(_) => None,
            })
            .collect();
        let stays: Vec<bool> = live.iter().map(|&node| last_reader[node] > at).collect();
        let mut next: Vec<(Vec<Sizes>, i64)> = Vec::new();
        let mut index: HashMap<Vec<Sizes>, usize> = HashMap::new();
        let mut steps: Vec<State<C>> = Vec::new();
        for (before, (sizes, cost)) in states.iter().enumerate() {
            operands.clear();
            for (source, place) in plan.operands[at].iter().zip(&places) {
                match (source, place) {
                    (Source::Input(input), _) => operands.push(plan.inputs[*input]),
                    (Source::Inner(_), Some(place)) => operands.push(sizes[*place]),
                    (Source::Inner(_), None) => return Swept::Nothing,
                }
            }
            found.clear();
            ways(at, &operands, &mut found);
            for way in &found {
                let mut key: Vec<Sizes> = Vec::with_capacity(sizes.len() + 1);
                key.extend(sizes.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(size, _)| *size));
                if last_reader[at] > at {
                    key.push(way.made);
                }
                let cost = cost + way.cost;
                let state = State { cost, before, choice: way.choice };
                match index.get(&key) {
                    Some(&known) if steps[known].cost <= cost => {}
                    Some(&known) => {
                        steps[known] = state;
                        next[known].1 = cost;
                    }
                    None => {
                        index.insert(key.clone(), next.len());
                        next.push((key, cost));
                        steps.push(state);
                    }
                }
            }
            if next.len() > MOST_STATES {
                return Swept::TooMany;
            }
        }
        if next.is_empty() {
            return Swept::Nothing;
        }
        let mut kept = stays.iter();
        live.retain(|_| kept.next().copied().unwrap_or(false));
        if last_reader[at] > at {
            live.push(at);
        }
        states = next;
        history.push(steps);
    }
    // Nothing is live behind the last node, so one state is left.
    let cost = states.first().map_or(0, |(_, cost)| *cost);
    Swept::Best(cost, choices(&history))
}

/// The choices on the way to the one state behind the last node.
fn choices<C: Copy>(history: &[Vec<State<C>>]) -> Vec<C> {
    let mut choices = Vec::with_capacity(history.len());
    let mut state = 0;
    for steps in history.iter().rev() {
        choices.push(steps[state].choice);
        state = steps[state].before;
    }
    choices.reverse();
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_of_ways_that_meet_is_kept() {
        // Two nodes halve or keep, at prices 3 and 1 for halving; their results must agree and be 4.
        let operands = [vec![Source::Input(0)], vec![Source::Inner(0)], vec![Source::Inner(0), Source::Inner(1)]];
        let plan = Plan { operands: &operands, inputs: &[[8, 0, 0]] };
        let swept = sweep(&plan, |at, read, found| {
            let size = read[0][0];
            match at {
                2 if read[0] == read[1] && size == 4 => found.push(Choice { made: read[0], cost: 0, choice: 'x' }),
                2 => {}
                _ => {
                    found.push(Choice { made: [size, 0, 0], cost: 0, choice: 'k' });
                    found.push(Choice { made: [size / 2, 0, 0], cost: [3, 1][at], choice: 'h' });
                }
            }
        });
        assert_eq!(swept, Swept::Best(3, vec!['h', 'k', 'x']));
    }

    #[test]
    fn no_way_is_no_way_and_too_many_are_too_many() {
        let operands: Vec<Vec<Source>> =
            (0..24).map(|_| vec![Source::Input(0)]).chain([(0..24).map(Source::Inner).collect()]).collect();
        let plan = Plan { operands: &operands, inputs: &[[8, 0, 0]] };
        let many = sweep(&plan, |at, _, found| {
            found.extend((0..2).map(|choice| Choice { made: [choice, at as i64, 0], cost: 0, choice }));
        });
        assert_eq!(many, Swept::TooMany);
        assert_eq!(sweep(&plan, |_, _, _: &mut Vec<Choice<u8>>| {}), Swept::Nothing);
    }
}
