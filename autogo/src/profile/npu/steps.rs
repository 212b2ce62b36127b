//! Cycles of the array that makes micro blocks: steps of a few cycles, each over many channels or over several taps.

use super::machine::Npu;
use crate::graph::Shape;

/// Cycles of one step over all micro blocks of a shape's pixels, at least those of decoding its weights.
pub(super) fn steps(npu: &Npu, shape: Shape) -> f64 {
    let micro = npu.blocks.micro;
    let micro_blocks =
        u64::from(shape.h).div_ceil(u64::from(micro.h)) * u64::from(shape.w).div_ceil(u64::from(micro.w));
    let decoding = u64::from(micro.c) * step(npu) * dot(npu) / u64::from(npu.decoder_bytes_per_cycle);
    (step(npu) * micro_blocks).max(decoding) as f64 / f64::from(npu.cores)
}

/// Steps that a micro block takes for its sums over `taps` taps and `channels` channels.
pub(super) fn depth_steps(npu: &Npu, taps: u64, channels: u64) -> f64 {
    let dot = dot(npu);
    if is_by_taps(npu, taps, channels) {
        tap_groups(npu, taps) as f64 * channels.div_ceil(dot) as f64
    } else {
        taps as f64 * channels.div_ceil(step(npu) * dot) as f64
    }
}

/// Steps that a micro block takes to sum over `taps` taps of one group of channels: a tap a cycle.
pub(super) fn tap_groups(npu: &Npu, taps: u64) -> u64 {
    taps.div_ceil(step(npu))
}

/// Channels of the input that lie in the buffer at once.
pub(super) fn input_depth(npu: &Npu, taps: u64, channels: u64) -> u64 {
    let groups = if is_by_taps(npu, taps, channels) { u64::from(npu.blocks.tap_depth) } else { step(npu) };
    channels.min(groups * dot(npu)).next_multiple_of(u64::from(npu.blocks.input_step))
}

/// Whether several taps of few channels are summed in a step rather than many channels of one tap.
fn is_by_taps(npu: &Npu, taps: u64, channels: u64) -> bool {
    let (dot, step) = (dot(npu), step(npu));
    let filled = |useful: u64, room: u64| useful as f64 / room as f64;
    channels <= dot
        || filled(channels * taps, channels.next_multiple_of(dot) * taps.next_multiple_of(step))
            > filled(channels, channels.next_multiple_of(step * dot))
}

/// Input channels that an element of a micro block sums over in a cycle.
fn dot(npu: &Npu) -> u64 {
    (npu.units() / (u64::from(npu.cores) * npu.blocks.micro_elements())).max(1)
}

/// Cycles of a step.
fn step(npu: &Npu) -> u64 {
    u64::from(npu.step_cycles)
}
