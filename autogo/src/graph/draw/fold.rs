//! Long drawings made short: element-wise ops stand in the box before them, a cell that repeats is drawn once.

use super::boxes::Boxed;
use std::ops::Range;

/// The fewest boxes that a repetition must save to be folded.
const LEAST: usize = 4;

/// A cell that is drawn once and stands for several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its boxes.
    pub(super) boxes: Range<usize>,
    /// How many times it stands in the network, one after the other.
    pub(super) times: usize,
}

/// Puts every element-wise op into the box of its operand, where nothing else reads the operand and both have one colour.
/// O(boxes · operands).
pub(super) fn chains(boxes: Vec<Boxed>) -> Vec<Boxed> {
    let mut readers = vec![0usize; boxes.len()];
    boxes.iter().flat_map(|one| &one.operands).for_each(|&operand| readers[operand] += 1);
    let mut place = vec![0usize; boxes.len()];
    let mut folded: Vec<Boxed> = Vec::new();
    for (at, mut one) in boxes.into_iter().enumerate() {
        let only = match one.operands[..] {
            [operand] if one.is_element && !one.enters && readers[operand] == 1 => Some(place[operand]),
            _ => None,
        };
        let host = only.and_then(|host| folded.get_mut(host)).filter(|host| !host.leaves && host.colour == one.colour);
        match host {
            Some(host) => {
                host.folded.push(short(&one.label));
                host.about.append(&mut one.about);
                host.leaves = one.leaves;
                place[at] = only.unwrap_or_default();
            }
            None => {
                one.operands.iter_mut().for_each(|operand| *operand = place[*operand]);
                place[at] = folded.len();
                folded.push(one);
            }
        }
    }
    folded
}

/// An element-wise op in as few letters as can be.
fn short(label: &str) -> &'static str {
    match label {
        "batch norm" => "bn",
        "relu" => "relu",
        "relu6" => "relu6",
        "prelu" => "prelu",
        "sigmoid" => "sigmoid",
        "tanh" => "tanh",
        "channel affine" => "affine",
        _ => "act",
    }
}

/// Draws a run of boxes that repeats several times in a row once: the copies compute the same of what stands at the same
/// distance before them. What stands behind a run may read its last copy alone, and then reads the only one. O(boxes²) for
/// each run.
pub(super) fn repeats(mut boxes: Vec<Boxed>) -> (Vec<Boxed>, Vec<Frame>) {
    let mut frames: Vec<Frame> = Vec::new();
    while let Some((start, length, times)) = longest_repeat(&boxes, &frames) {
        let (end, removed) = (start + length, length * (times - 1));
        boxes.drain(end..end + removed);
        for one in &mut boxes[end..] {
            for operand in &mut one.operands {
                *operand = match *operand {
                    before if before < end => before,
                    inside if inside < end + removed => start + (inside - start) % length,
                    behind => behind - removed,
                };
            }
        }
        for frame in frames.iter_mut().filter(|frame| frame.boxes.start >= end) {
            frame.boxes = frame.boxes.start - removed..frame.boxes.end - removed;
        }
        frames.push(Frame { boxes: start..end, times });
    }
    frames.sort_by_key(|frame| frame.boxes.start);
    (boxes, frames)
}

/// The repetition that saves most boxes outside of the frames so far: its start, its length, how often it stands there.
fn longest_repeat(boxes: &[Boxed], frames: &[Frame]) -> Option<(usize, usize, usize)> {
    let is_framed = |at: usize| frames.iter().any(|frame| frame.boxes.contains(&at));
    let is_same = |a: usize, b: usize| {
        let (one, other) = (&boxes[a], &boxes[b]);
        let distances = |at: usize| boxes[at].operands.iter().map(move |operand| at - operand);
        let looks = |one: &Boxed| (one.label.clone(), one.folded.clone(), one.colour, one.enters, one.leaves);
        !is_framed(a) && !is_framed(b) && looks(one) == looks(other) && distances(a).eq(distances(b))
    };
    let mut best: Option<(usize, usize, usize)> = None;
    for length in 1..=boxes.len() / 2 {
        let mut equal = 0;
        for at in 0..boxes.len() - length {
            equal = if is_same(at, at + length) { equal + 1 } else { 0 };
            let times = equal / length + 1;
            let saved = length * (times - 1);
            let is_whole = times > 1 && equal.is_multiple_of(length) && saved >= LEAST;
            if is_whole && best.is_none_or(|(_, length, times)| saved > length * (times - 1)) {
                let start = at + 1 - equal;
                // Nothing behind the run reads a copy that would not be drawn.
                let hidden = start..start + saved;
                let mut behind = boxes[start + length * times..].iter().flat_map(|one| &one.operands);
                if !behind.any(|operand| hidden.contains(operand)) {
                    best = Some((start, length, times));
                }
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(label: &str, operands: &[usize]) -> Boxed {
        Boxed {
            label: label.into(),
            folded: Vec::new(),
            about: vec![label.into()],
            stripe: "",
            colour: None,
            operands: operands.to_vec(),
            enters: false,
            leaves: false,
            is_element: matches!(label, "relu" | "batch norm"),
        }
    }

    #[test]
    fn a_convolution_takes_in_what_only_it_feeds() {
        let boxes = vec![
            plain("input", &[]),
            plain("conv", &[0]),
            plain("batch norm", &[1]),
            plain("relu", &[2]),
            plain("conv", &[3]),
            plain("add", &[3, 4]),
            plain("relu", &[5]),
        ];
        let folded = chains(boxes);
        let labels: Vec<(&str, usize)> = folded.iter().map(|one| (one.label.as_str(), one.folded.len())).collect();
        assert_eq!(labels, [("input", 0), ("conv", 2), ("conv", 0), ("add", 1)]);
        assert_eq!((&folded[1].folded[..], &folded[3].operands[..]), (&["bn", "relu"][..], &[1, 2][..]));
    }

    #[test]
    fn a_cell_that_repeats_is_drawn_once() {
        // Three cells of a convolution, a pool and a sum with the cell's input.
        let mut boxes = vec![plain("input", &[])];
        for cell in 0..3 {
            let last = 3 * cell;
            boxes.extend([plain("conv", &[last]), plain("pool", &[last + 1]), plain("add", &[last, last + 2])]);
        }
        boxes.push(plain("output", &[9]));
        let (folded, frames) = repeats(boxes);
        let labels: Vec<&str> = folded.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["input", "conv", "pool", "add", "output"]);
        assert_eq!(frames, [Frame { boxes: 1..4, times: 3 }]);
        assert_eq!(folded[4].operands, [3]);
    }

    #[test]
    fn a_copy_that_something_else_reads_is_drawn() {
        let mut boxes: Vec<Boxed> =
            (0..9).map(|at: usize| plain("conv", &[at.saturating_sub(1)][..at.min(1)])).collect();
        boxes.push(plain("concat", &[4, 8]));
        let (folded, frames) = repeats(boxes.clone());
        assert_eq!((folded.len(), frames), (boxes.len(), Vec::new()));
        boxes[9] = plain("concat", &[8]);
        assert_eq!(repeats(boxes).1, [Frame { boxes: 1..2, times: 8 }]);
    }

    #[test]
    fn colours_keep_copies_apart() {
        let mut boxes: Vec<Boxed> =
            (0..14).map(|at: usize| plain("conv", &[at.saturating_sub(1)][..at.min(1)])).collect();
        boxes[7].colour = Some("#fff");
        let (folded, frames) = repeats(boxes);
        assert_eq!(folded.iter().position(|one| one.colour.is_some()), Some(2), "{folded:?}");
        assert_eq!(frames, [Frame { boxes: 1..2, times: 6 }, Frame { boxes: 3..4, times: 6 }]);
    }
}
