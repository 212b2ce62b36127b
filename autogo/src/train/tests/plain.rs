//! A network's forward pass in `f64`, node by node, from the engine's plain kernels: nothing is fused, shared or
//! planned.

use crate::files::Tensors;
use crate::graph::{Graph, Op, Pool};
use crate::train::plan::kernel::{
    Kernel, activation_of, border_of, conv_geometry, interpolation_of, order_of, pool_window, shape_of,
    transpose_geometry,
};
use autogo_engine::{Activation, Clip, ConvGeometry, PoolKind, reference};

/// Tensors by name in `f64`.
pub type Wide = std::collections::HashMap<String, (Vec<usize>, Vec<f64>)>;

pub fn wide(tensors: &Tensors) -> Wide {
    let one = |(name, (sizes, values)): (&String, &(Vec<usize>, Vec<f32>))| {
        (name.clone(), (sizes.clone(), values.iter().map(|&value| f64::from(value)).collect()))
    };
    tensors.iter().map(one).collect()
}

/// Weights with the filters last.
fn turned((sizes, values): &(Vec<usize>, Vec<f64>)) -> Vec<f64> {
    let mut sizes = sizes.clone();
    sizes.resize(4, 1);
    let [o, i, h, w] = sizes[..] else { unreachable!() };
    let mut turned = Vec::new();
    for place in 0..o * i * h * w {
        let (filter, rest) = (place % o, place / o);
        let (input, tap) = (rest % i, rest / i);
        turned.push(values[(filter * i + input) * h * w + tap]);
    }
    turned
}

/// The results of all nodes for some images. `training` says whose statistics batch norms use.
pub fn forward(graph: &Graph, weights: &Wide, images: &[f64], training: bool) -> Vec<Vec<f64>> {
    let count = images.len() / graph.input_shape().elements() as usize;
    let mut made: Vec<Vec<f64>> = Vec::new();
    for index in 0..graph.len() {
        let node = graph.node(index);
        let operands: Vec<Vec<f64>> = graph.operands(index).iter().map(|&operand| made[operand].clone()).collect();
        let x = operands.first().cloned().unwrap_or_default();
        let input = graph.operands(index).first().map_or(node.shape, |&operand| graph.node(operand).shape);
        let (shape, channels) = (shape_of(input), node.shape.c as usize);
        let part = |part: &str| weights[&format!("{index}:{}.{part}", node.name)].clone();
        let with_bias = |mut y: Vec<f64>, bias: bool| {
            if bias {
                let bias = part("bias").1;
                y.iter_mut().enumerate().for_each(|(i, y)| *y += bias[i % channels]);
            }
            y
        };
        let each = |activation: Activation| x.iter().map(|&x| reference::activation(activation, x)).collect();
        let repeated = || {
            let large = |(x, &operand): (&Vec<f64>, &usize)| {
                reference::repeat(x, shape_of(graph.node(operand).shape), shape_of(node.shape))
            };
            operands.iter().zip(graph.operands(index)).map(large).collect::<Vec<_>>()
        };
        made.push(match node.op {
            Op::ChannelAffine { scale, shift } => {
                let (scale, shift) = (scale.then(|| part("scale").1), shift.then(|| part("shift").1));
                let one = |(i, x): (usize, &f64)| {
                    let c = i % channels;
                    x * scale.as_ref().map_or(1.0, |scale| scale[c]) + shift.as_ref().map_or(0.0, |shift| shift[c])
                };
                x.iter().enumerate().map(one).collect()
            }
            Op::Affine { scale, shift } => {
                x.iter().map(|x| f64::from(scale.get()) * x + f64::from(shift.get())).collect()
            }
            Op::Activation(activation) => match activation_of(&activation) {
                Kernel::Activation(activation) => each(activation),
                Kernel::Channelwise(function) => reference::channelwise(function, &x, channels),
                other => panic!("{other:?} is no activation"),
            },
            Op::Max => reference::maximum(&x, shape.pixels(), channels),
            Op::Crop(border) => reference::crop(&x, shape, border_of(border)),
            Op::SpaceToDepth { block, order } => {
                reference::space_to_depth(&x, shape, (block.0 as usize, block.1 as usize), order_of(order))
            }
            Op::ChannelShuffle { groups } => reference::shuffle_channels(&x, channels, groups as usize),
            Op::Input(_) => images.to_vec(),
            Op::Output | Op::Identity => x,
            Op::Conv(conv) => {
                let geometry = conv_geometry(&node.op, input).unwrap();
                with_bias(reference::conv(&geometry, count, &x, &turned(&part("weight"))).unwrap(), conv.bias)
            }
            Op::Dense { bias, .. } => {
                let geometry = conv_geometry(&node.op, input).unwrap();
                with_bias(reference::conv(&geometry, count, &x, &turned(&part("weight"))).unwrap(), bias)
            }
            Op::ConvTranspose(conv) => {
                let forth = transpose_geometry(&conv, input);
                let mut window = forth.window;
                let out = shape_of(node.shape);
                // Of the convolution back, the border that makes exactly the input's size.
                let border = |size: usize, stride: usize, span: u32, before: usize, out: usize| {
                    ((size - 1) * stride + span as usize).saturating_sub(before + out)
                };
                let span = conv.window.span();
                window.border.bottom = border(shape.h, window.stride.0, span.0, window.border.top, out.h);
                window.border.right = border(shape.w, window.stride.1, span.1, window.border.left, out.w);
                let back = ConvGeometry { input: out, filters: shape.c, window, groups: forth.groups };
                with_bias(reference::conv_transpose(&back, count, &x, &turned(&part("weight"))).unwrap(), conv.bias)
            }
            Op::BatchNorm => {
                let (scale, shift) = (part("scale").1, part("shift").1);
                if training {
                    reference::norm(&x, &scale, &shift, 1e-3f32.into(), Clip::None)
                } else {
                    let (mean, variance) = (part("mean").1, part("variance").1);
                    let one = |(i, x): (usize, &f64)| {
                        let c = i % channels;
                        scale[c] * (x - mean[c]) / (variance[c] + f64::from(1e-3f32)).sqrt() + shift[c]
                    };
                    x.iter().enumerate().map(one).collect()
                }
            }
            Op::Relu => each(Activation::Relu),
            Op::Relu6 => each(Activation::Relu6),
            Op::Sigmoid => each(Activation::Sigmoid),
            Op::Tanh => each(Activation::Tanh),
            Op::PRelu => reference::prelu(&x, &part("slope").1),
            Op::Add => reference::sum(&repeated()),
            Op::Mul => reference::product(&repeated()),
            Op::Concat => {
                let mut y = vec![0.0; count * node.shape.elements() as usize];
                let mut first = 0;
                for (x, &operand) in operands.iter().zip(graph.operands(index)) {
                    let own = graph.node(operand).shape.c as usize;
                    y = reference::copy_channels(x, &y, (0, first), (own, channels), own);
                    first += own;
                }
                y
            }
            Op::Slice { start, .. } => {
                let y = vec![0.0; count * node.shape.elements() as usize];
                reference::copy_channels(&x, &y, (start as usize, 0), (shape.c, channels), channels)
            }
            Op::Pool(pool, window) => {
                let kind = match pool {
                    Pool::Max => PoolKind::Max,
                    Pool::Avg => PoolKind::Average,
                    Pool::AvgWithBorder => PoolKind::AverageCounted,
                };
                reference::pool(kind, shape, &pool_window(&window, input), &x).unwrap()
            }
            Op::Mean => reference::mean(&x, shape.pixels(), channels),
            Op::Zero => vec![0.0; x.len()],
            Op::Pad(border) => reference::pad(&x, shape, border_of(border)),
            Op::DepthToSpace { block, order } => {
                reference::depth_to_space(&x, shape, (block as usize, block as usize), order_of(order))
            }
            Op::Resize { factor, interpolation } => {
                let size = (shape.h * factor as usize, shape.w * factor as usize);
                reference::resize(&x, shape, size, interpolation_of(interpolation))
            }
        });
    }
    made
}
