//! The last steps: constants behind a layer become its bias, borders become part of the window they stand in front of,
//! and layers that nothing reads vanish.

use super::draft::{Draft, is_part};
use crate::formats::FormatError;
use crate::formats::onnx::constant::Change;
use crate::formats::onnx::model::{Border, Kind, Layer, PoolKind};

/// Joins and prunes the layers of a draft of which the last is the output.
///
/// # Errors
/// When a layer is left that only an activation has inside, or a border that is not zero.
pub(crate) fn finish(draft: &mut Draft) -> Result<(), FormatError> {
    prune(draft);
    join(draft);
    prune(draft);
    for layer in &draft.layers {
        match &layer.kind {
            Kind::Inner(_) => {
                let reason = "outside of an activation that this library knows";
                return Err(FormatError::unsupported(&layer.name, layer.kind.name(), reason));
            }
            Kind::Pad { value, .. } if *value != 0.0 => {
                let reason = format!("with {value}; accepted: 0, and -infinity in front of a max pool");
                return Err(FormatError::unsupported(&layer.name, "Pad", reason));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Drops the layers that do not lead to the last one. The input stays.
fn prune(draft: &mut Draft) {
    let mut is_live = vec![false; draft.layers.len()];
    if let Some(last) = is_live.last_mut() {
        *last = true;
    }
    if let Some(first) = is_live.first_mut() {
        *first = true;
    }
    for at in (0..draft.layers.len()).rev() {
        if is_live[at] {
            for &operand in &draft.layers[at].operands {
                is_live[operand] = true;
            }
        }
    }
    let mut place = vec![0; draft.layers.len()];
    let mut kept: Vec<Layer> = Vec::with_capacity(draft.layers.len());
    let mut weights = Vec::with_capacity(draft.weights.len());
    for (at, mut layer) in std::mem::take(&mut draft.layers).into_iter().enumerate().filter(|(at, _)| is_live[*at]) {
        place[at] = kept.len();
        for operand in &mut layer.operands {
            *operand = place[*operand];
        }
        for weight in &mut layer.weights {
            weights.push(draft.weights[*weight].clone());
            *weight = weights.len() - 1;
        }
        kept.push(layer);
    }
    draft.layers = kept;
    draft.weights = weights;
}

/// Joins layers with the one in front of them.
fn join(draft: &mut Draft) {
    let mut readers = vec![0usize; draft.layers.len()];
    for operand in draft.layers.iter().flat_map(|layer| &layer.operands) {
        readers[*operand] += 1;
    }
    // Where a layer's result is found after joining.
    let mut moved: Vec<usize> = (0..draft.layers.len()).collect();
    for at in 0..draft.layers.len() {
        for slot in 0..draft.layers[at].operands.len() {
            draft.layers[at].operands[slot] = moved[draft.layers[at].operands[slot]];
        }
        let Some(&before) = draft.layers[at].operands.first() else { continue };
        let is_free = !draft.keeps_all || is_part(&draft.layers[before].name, &draft.layers[at].name);
        let is_joined = is_free && readers[before] == 1 && (bias(draft, before, at) || norm(draft, before, at));
        if is_joined {
            moved[at] = before;
            readers[before] = readers[at];
            if draft.keeps_all {
                draft.layers[before].name = draft.layers[at].name.clone();
            }
        } else if !draft.keeps_all {
            border(draft, before, at);
        }
    }
}

/// A summand behind a layer with weights is its bias.
fn bias(draft: &mut Draft, before: usize, at: usize) -> bool {
    let summand = match draft.layers[at].kind {
        Kind::ChannelAffine { scale: false, shift: true } => true,
        Kind::Affine { scale, .. } => scale == 1.0,
        _ => false,
    };
    let (true, &[weight]) = (summand, draft.layers[at].weights.as_slice()) else { return false };
    let channels = u64::from(draft.layers[before].shape.c);
    let has_bias = match &mut draft.layers[before].kind {
        Kind::Conv(conv) => &mut conv.bias,
        Kind::ConvTranspose(op) => &mut op.conv.bias,
        Kind::Dense { bias, .. } => bias,
        _ => return false,
    };
    if *has_bias {
        return false;
    }
    *has_bias = true;
    if draft.weights[weight].dims != [channels] {
        draft.weights[weight] =
            draft.weights[weight].changed(Change::Reshape(vec![1])).changed(Change::Expand(vec![channels])).into();
    }
    draft.layers[before].weights.push(weight);
    true
}

/// A summand behind a factor, both a channel.
fn norm(draft: &mut Draft, before: usize, at: usize) -> bool {
    let (factor, summand) =
        (Kind::ChannelAffine { scale: true, shift: false }, Kind::ChannelAffine { scale: false, shift: true });
    if draft.layers[before].kind != factor || draft.layers[at].kind != summand {
        return false;
    }
    draft.layers[before].kind = Kind::ChannelAffine { scale: true, shift: true };
    let weights = draft.layers[at].weights.clone();
    draft.layers[before].weights.extend(weights);
    true
}

/// A border in front of a window is the window's own. The border stays for its other readers.
fn border(draft: &mut Draft, before: usize, at: usize) {
    let Kind::Pad { border, value } = draft.layers[before].kind else { return };
    let lowest = value <= f64::from(f32::MIN);
    let joined = match draft.layers[at].kind {
        Kind::Conv(mut conv) if value == 0.0 => {
            conv.window.border = conv.window.border.plus(border);
            Kind::Conv(conv)
        }
        Kind::Pool(mut pool) => match pool.kind {
            PoolKind::Max if lowest => {
                pool.window.border = pool.window.border.plus(border);
                Kind::Pool(pool)
            }
            PoolKind::Avg | PoolKind::AvgWithBorder
                if value == 0.0
                    && pool.overhang == (0, 0)
                    && (pool.kind == PoolKind::AvgWithBorder || pool.window.border == Border::default()) =>
            {
                pool.kind = PoolKind::AvgWithBorder;
                pool.window.border = pool.window.border.plus(border);
                Kind::Pool(pool)
            }
            PoolKind::Max | PoolKind::Avg | PoolKind::AvgWithBorder => return,
        },
        _ => return,
    };
    let from = draft.layers[before].operands[0];
    draft.layers[at].kind = joined;
    draft.layers[at].operands[0] = from;
}
