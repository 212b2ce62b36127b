//! A layer as the array sees it.

use crate::error::Error;
use crate::graph::{Graph, Weighted};
use serde::{Deserialize, Serialize};

/// Most words of an input and of all filters.
const MOST_WORDS: u128 = 1 << 40;

/// A convolution without padding, or a matrix product ([npu §A.1](crate::doc::npu#sa-1)). Height and width are those of
/// the input with its padding. The last windows may hang over the edge, because the number of windows is rounded up;
/// most tools round down, so what no window of theirs reaches has to be cropped, as [`Layer::of`] does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Layer {
    /// Name of the layer.
    pub name: String,
    /// Height of the input in pixels.
    pub height: u32,
    /// Width of the input in pixels.
    pub width: u32,
    /// Input channels.
    pub channels: u32,
    /// Kernel height and width.
    pub kernel: (u32, u32),
    /// Filters.
    pub filters: u32,
    /// Stride along height and width.
    pub stride: (u32, u32),
    /// The number of layers like this that run one after the other: the groups of a convolution.
    pub repeats: u32,
}

impl Layer {
    /// A convolution of an input of (height, width, channels).
    ///
    /// ```
    /// use autogo::profile::array::Layer;
    /// // 64 → 64 channels, 3 × 3, over 32 × 32 pixels with a pixel of padding on each side.
    /// let body = Layer::conv("body", (34, 34, 64), (3, 3), 64, (1, 1));
    /// assert_eq!(body.multiply_adds(), 32 * 32 * 9 * 64 * 64);
    /// ```
    pub fn conv(name: &str, input: (u32, u32, u32), kernel: (u32, u32), filters: u32, stride: (u32, u32)) -> Self {
        let (height, width, channels) = input;
        Layer { name: name.into(), height, width, channels, kernel, filters, stride, repeats: 1 }
    }

    /// A product of an `m × k` with a `k × n` matrix.
    pub fn gemm(name: &str, m: u32, n: u32, k: u32) -> Self {
        Layer::conv(name, (m, k, 1), (1, k), n, (1, 1))
    }

    /// A depth-wise convolution of an input of (height, width, channels): a layer of one channel and one filter for
    /// each channel.
    pub fn depthwise(name: &str, input: (u32, u32, u32), kernel: (u32, u32), stride: (u32, u32)) -> Self {
        Layer { repeats: input.2, ..Layer::conv(name, (input.0, input.1, 1), kernel, 1, stride) }
    }

    /// The layer that node `index` of a graph is; `None` for an op without weights. A transposed convolution is one
    /// product for each pixel it reads; the sums where its windows overlap are not counted. A dilated convolution is a
    /// product for each pixel it makes; what neighbouring windows share is read anew.
    pub fn of(graph: &Graph, index: usize) -> Option<Layer> {
        let node = graph.node(index);
        let input = graph.node(*graph.operands(index).first()?).shape;
        match node.op.weighted()? {
            Weighted::Conv(conv) if conv.window.dilation != (1, 1) => {
                let taps = conv.window.kernel.0.saturating_mul(conv.window.kernel.1);
                let pixels = node.shape.h.saturating_mul(node.shape.w);
                let window = taps.saturating_mul(input.c / conv.groups);
                let layer = Layer::gemm(&node.name, pixels, conv.filters / conv.groups, window);
                Some(Layer { repeats: conv.groups, ..layer })
            }
            Weighted::Conv(conv) => {
                // As much of the padded input as the windows cover.
                let covered = |outputs: u32, kernel: u32, stride: u32| (outputs - 1) * stride + kernel;
                let (kernel, stride) = (conv.window.kernel, conv.window.stride);
                let height = covered(node.shape.h, kernel.0, stride.0);
                let width = covered(node.shape.w, kernel.1, stride.1);
                let (channels, filters) = (input.c / conv.groups, conv.filters / conv.groups);
                let layer = Layer::conv(&node.name, (height, width, channels), kernel, filters, stride);
                Some(Layer { repeats: conv.groups, ..layer })
            }
            Weighted::Transposed(conv) => {
                let (filters, channels) = (conv.filters / conv.groups, input.c / conv.groups);
                let taps = conv.window.kernel.0.saturating_mul(conv.window.kernel.1).saturating_mul(filters);
                let layer = Layer::gemm(&node.name, input.h.saturating_mul(input.w), taps, channels);
                Some(Layer { repeats: conv.groups, ..layer })
            }
            Weighted::Dense { features, .. } => {
                Some(Layer::gemm(&node.name, node.shape.h.saturating_mul(node.shape.w), features, input.c))
            }
        }
    }

    /// All layers of a graph, in execution order.
    pub fn of_graph(graph: &Graph) -> Vec<Layer> {
        (0..graph.len()).filter_map(|index| Layer::of(graph, index)).collect()
    }

    /// Multiply-adds of all repeats.
    pub fn multiply_adds(&self) -> u128 {
        let outputs =
            |size: u32, kernel: u32, stride: u32| u128::from(size.saturating_sub(kernel).div_ceil(stride.max(1))) + 1;
        let pixels =
            outputs(self.height, self.kernel.0, self.stride.0) * outputs(self.width, self.kernel.1, self.stride.1);
        let window = u128::from(self.kernel.0) * u128::from(self.kernel.1) * u128::from(self.channels);
        [u128::from(self.filters), u128::from(self.repeats)]
            .into_iter()
            .fold(pixels.saturating_mul(window), u128::saturating_mul)
    }

    /// Output pixels along height and width. This and what follows is for layers that are checked.
    pub(super) fn outputs(&self) -> (u64, u64) {
        let along = |size: u32, kernel: u32, stride: u32| u64::from((size - kernel).div_ceil(stride)) + 1;
        (along(self.height, self.kernel.0, self.stride.0), along(self.width, self.kernel.1, self.stride.1))
    }

    /// Output pixels, P.
    pub(super) fn pixels(&self) -> u64 {
        let (high, wide) = self.outputs();
        high * wide
    }

    /// Words of one filter, K.
    pub(super) fn window(&self) -> u64 {
        u64::from(self.kernel.0) * u64::from(self.kernel.1) * u64::from(self.channels)
    }

    /// Refuses sizes of 0, filters larger than the image, and more words than can be counted.
    pub(super) fn check(&self) -> Result<(), Error> {
        let what = format!("layer {}", self.name);
        let sizes = [
            ("height", self.height),
            ("width", self.width),
            ("channels", self.channels),
            ("kernel height", self.kernel.0),
            ("kernel width", self.kernel.1),
            ("filters", self.filters),
            ("stride along height", self.stride.0),
            ("stride along width", self.stride.1),
            ("repeats", self.repeats),
        ];
        if let Some((name, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(Error::setting(&what, format!("{name} is 0"), "1 or more"));
        }
        if self.kernel.0 > self.height || self.kernel.1 > self.width {
            let (high, wide) = self.kernel;
            let reason = format!("a {high} × {wide} filter over {} × {} pixels", self.height, self.width);
            return Err(Error::setting(&what, reason, "a filter that fits into the padded input"));
        }
        let product = |sizes: [u32; 4]| sizes.into_iter().fold(1u128, |product, size| product * u128::from(size));
        let input = product([self.height, self.width, self.channels, 1]);
        let filters = product([self.kernel.0, self.kernel.1, self.channels, self.filters]);
        if input.max(filters) > MOST_WORDS {
            let reason = format!("{input} words of input and {filters} of filters");
            return Err(Error::setting(&what, reason, "up to 2^40 words each"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, Op, Shape, Window};

    #[test]
    fn a_node_is_a_layer_over_what_its_windows_cover() {
        let mut build = GraphBuilder::new("test");
        let x = build.add("x", Op::Input(Shape::new(8, 9, 4)), &[]).unwrap();
        let conv = Conv { filters: 6, window: Window::same(3, 2), groups: 2, bias: false };
        let conv = build.add("conv", Op::Conv(conv), &[x]).unwrap();
        let mean = build.add("mean", Op::Mean, &[conv]).unwrap();
        let dense = build.add("dense", Op::Dense { features: 10, bias: true }, &[mean]).unwrap();
        build.add("out", Op::Output, &[dense]).unwrap();
        let graph = build.finish().unwrap();
        // 4 × 5 pixels: 3 · 2 + 3 rows and 4 · 2 + 3 columns.
        let conv = Layer { repeats: 2, ..Layer::conv("conv", (9, 11, 2), (3, 3), 3, (2, 2)) };
        assert_eq!(Layer::of_graph(&graph), [conv.clone(), Layer::gemm("dense", 1, 10, 6)]);
        assert_eq!((conv.outputs(), conv.window()), ((4, 5), 18));
        let sum: u128 = Layer::of_graph(&graph).iter().map(Layer::multiply_adds).sum();
        assert_eq!(sum, u128::from(graph.cost().multiply_adds));
    }

    #[test]
    fn a_depthwise_layer_is_a_layer_a_channel() {
        let layer = Layer::depthwise("dw", (10, 10, 32), (3, 3), (1, 1));
        assert_eq!((layer.channels, layer.filters, layer.repeats), (1, 1, 32));
        assert_eq!(layer.multiply_adds(), 64 * 9 * 32);
    }

    #[test]
    fn impossible_layers_are_refused() {
        let refusal = |layer: Layer| layer.check().unwrap_err().to_string();
        assert_eq!(refusal(Layer::gemm("fc", 4, 0, 3)), "layer fc: filters is 0; accepted: 1 or more");
        assert_eq!(
            refusal(Layer::conv("stem", (5, 9, 3), (7, 7), 8, (2, 2))),
            "layer stem: a 7 × 7 filter over 5 × 9 pixels; accepted: a filter that fits into the padded input"
        );
        let most = u32::MAX;
        let huge = Layer { repeats: most, ..Layer::conv("huge", (most, most, most), (most, most), most, (1, 1)) };
        assert!(refusal(huge.clone()).ends_with("accepted: up to 2^40 words each"));
        assert!(huge.multiply_adds() > 1 << 127);
    }
}
