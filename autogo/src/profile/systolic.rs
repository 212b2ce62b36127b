//! Compute cycles of a weight-stationary systolic array, in closed form (NPU specification, A.1 and A.2).

use crate::error::Error;
use crate::graph::{Graph, Op};
use polars::prelude::*;
use serde::{Deserialize, Serialize};

/// A layer as a matrix product: `pixels × window` times `window × filters`, `repeats` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gemm {
    /// Output pixels, P.
    pub pixels: u64,
    /// Elements of one filter, K.
    pub window: u64,
    /// Filters, M.
    pub filters: u64,
    /// Independent products of this size: the groups of a convolution.
    pub repeats: u64,
}

impl Gemm {
    /// The product that node `index` of a graph computes; `None` for an op without weights.
    pub fn of(graph: &Graph, index: usize) -> Option<Gemm> {
        let node = graph.node(index);
        let input = graph.node(*graph.operands(index).first()?).shape;
        let pixels = u64::from(node.shape.h) * u64::from(node.shape.w);
        match node.op {
            Op::Conv(conv) => {
                let (h, w) = conv.window.kernel;
                Some(Gemm {
                    pixels,
                    window: u64::from(h) * u64::from(w) * u64::from(input.c / conv.groups),
                    filters: u64::from(conv.filters / conv.groups),
                    repeats: u64::from(conv.groups),
                })
            }
            // One product for every pixel that is read; the overlapping sums are not counted.
            Op::ConvTranspose(conv) => {
                let (h, w) = conv.window.kernel;
                Some(Gemm {
                    pixels: u64::from(input.h) * u64::from(input.w),
                    window: u64::from(input.c),
                    filters: u64::from(h) * u64::from(w) * u64::from(conv.filters),
                    repeats: 1,
                })
            }
            Op::Dense { features, .. } => {
                Some(Gemm { pixels, window: u64::from(input.c), filters: u64::from(features), repeats: 1 })
            }
            _ => None,
        }
    }

    /// Multiply-adds of the product.
    pub fn multiply_adds(&self) -> u64 {
        self.pixels * self.window * self.filters * self.repeats
    }
}

/// A machine: a weight-stationary array of multiply-add units and its clock.
///
/// Only the array's compute cycles are modelled: filling and draining it for every fold, one layer after the other, data
/// always there. Batch norm, activations, pools and adds take no cycles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Npu {
    /// Name of the machine.
    pub name: String,
    /// Rows of the array: elements of a filter that lie in it at once.
    pub rows: u32,
    /// Columns of the array: filters that lie in it at once.
    pub columns: u32,
    /// Clock in GHz.
    pub clock_ghz: f64,
}

impl Npu {
    /// 16 × 16 units at 0.5 GHz, the size of an Ethos-U55-256.
    pub fn n256() -> Self {
        Npu { name: "N256".into(), rows: 16, columns: 16, clock_ghz: 0.5 }
    }

    /// A machine of this many rows and columns at this clock in GHz.
    pub fn new(name: &str, rows: u32, columns: u32, clock_ghz: f64) -> Result<Self, Error> {
        if rows == 0 || columns == 0 {
            return Err(Error::setting(
                &format!("machine {name}"),
                format!("{rows} × {columns} units"),
                "1 or more each",
            ));
        }
        if !(clock_ghz.is_finite() && clock_ghz > 0.0) {
            return Err(Error::setting(&format!("machine {name}"), format!("{clock_ghz} GHz"), "a positive clock"));
        }
        Ok(Npu { name: name.into(), rows, columns, clock_ghz })
    }

    /// Cycles of a matrix product. With A rows, B columns, `ceil(K/A)·ceil(M/B)` folds of `P + 2A + B - 2` cycles,
    /// counted from 0, so one less in all. O(1).
    ///
    /// ```
    /// use autogo::profile::{Gemm, Npu};
    /// // 64 → 64 channels, 3 × 3, 16 × 16 pixels: 36 · 4 folds of 256 + 32 + 16 - 2 cycles.
    /// let layer = Gemm { pixels: 256, window: 576, filters: 64, repeats: 1 };
    /// assert_eq!(Npu::n256().cycles_of(&layer), 36 * 4 * 302 - 1);
    /// ```
    pub fn cycles_of(&self, gemm: &Gemm) -> u64 {
        let (rows, columns) = (u64::from(self.rows), u64::from(self.columns));
        let folds = gemm.window.div_ceil(rows) * gemm.filters.div_ceil(columns);
        let lines = gemm.pixels + 2 * rows + columns - 2;
        gemm.repeats.saturating_mul(folds.saturating_mul(lines) - 1)
    }

    /// Cycles of a whole network, layer after layer. O(nodes).
    pub fn cycles(&self, graph: &Graph) -> u64 {
        let layers = (0..graph.len()).filter_map(|index| Gemm::of(graph, index));
        layers.fold(0, |sum: u64, layer| sum.saturating_add(self.cycles_of(&layer)))
    }

    /// Milliseconds that this many cycles take.
    pub fn milliseconds(&self, cycles: u64) -> f64 {
        cycles as f64 / (self.clock_ghz * 1e6)
    }

    /// Every layer with its cycles. O(nodes).
    pub fn profile(&self, graph: &Graph) -> NpuProfile {
        let rows = (0..graph.len())
            .filter_map(|index| {
                let gemm = Gemm::of(graph, index)?;
                let node = graph.node(index);
                let cycles = self.cycles_of(&gemm);
                let peak = cycles as f64 * f64::from(self.rows) * f64::from(self.columns);
                Some(NpuRow {
                    node: node.name.clone(),
                    op: node.op.name().into(),
                    gemm,
                    cycles,
                    utilisation: gemm.multiply_adds() as f64 / peak,
                })
            })
            .collect();
        NpuProfile { machine: self.clone(), rows }
    }
}

/// One layer on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NpuRow {
    /// Name of the node.
    pub node: String,
    /// Name of its op.
    pub op: String,
    /// The layer as a matrix product.
    pub gemm: Gemm,
    /// Compute cycles.
    pub cycles: u64,
    /// Multiply-adds over what the array could do in these cycles, 0 to 1.
    pub utilisation: f64,
}

/// A network on a machine, layer by layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NpuProfile {
    /// The machine.
    pub machine: Npu,
    /// The layers in execution order.
    pub rows: Vec<NpuRow>,
}

impl NpuProfile {
    /// Cycles of the whole network.
    pub fn cycles(&self) -> u64 {
        self.rows.iter().map(|row| row.cycles).sum()
    }

    /// The layers as a frame: `node`, `op`, `pixels`, `window`, `filters`, `repeats`, `cycles`, `utilisation`.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let count = |of: fn(&NpuRow) -> u64| self.rows.iter().map(of).collect::<Vec<u64>>();
        df!(
            "node" => self.rows.iter().map(|row| row.node.as_str()).collect::<Vec<_>>(),
            "op" => self.rows.iter().map(|row| row.op.as_str()).collect::<Vec<_>>(),
            "pixels" => count(|row| row.gemm.pixels),
            "window" => count(|row| row.gemm.window),
            "filters" => count(|row| row.gemm.filters),
            "repeats" => count(|row| row.gemm.repeats),
            "cycles" => count(|row| row.cycles),
            "utilisation" => self.rows.iter().map(|row| row.utilisation).collect::<Vec<_>>(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, Shape, Window};
    use proptest::prelude::*;

    /// Walks the fold loop of the specification and counts its lines.
    fn walk(npu: &Npu, gemm: &Gemm) -> u64 {
        let mut lines = 0;
        for _column in (0..gemm.filters).step_by(npu.columns as usize) {
            for _row in (0..gemm.window).step_by(npu.rows as usize) {
                let load = u64::from(npu.rows);
                let stream_and_drain = gemm.pixels + u64::from(npu.rows) + u64::from(npu.columns) - 2;
                lines += load + stream_and_drain;
            }
        }
        gemm.repeats * (lines - 1)
    }

    proptest! {
        #[test]
        fn the_closed_form_counts_the_lines_of_all_folds(
            pixels in 1u64..200, window in 1u64..300, filters in 1u64..200, repeats in 1u64..4,
            rows in 1u32..40, columns in 1u32..40,
        ) {
            let npu = Npu::new("test", rows, columns, 1.0).unwrap();
            let gemm = Gemm { pixels, window, filters, repeats };
            prop_assert_eq!(npu.cycles_of(&gemm), walk(&npu, &gemm));
        }
    }

    #[test]
    fn a_depthwise_layer_is_one_product_a_channel() {
        let mut build = GraphBuilder::new("depthwise");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 4)), &[]).unwrap();
        let conv = Conv { filters: 4, window: Window::same(3, 1), groups: 4, bias: false };
        let y = build.add("y", Op::Conv(conv), &[x]).unwrap();
        build.add("out", Op::Output, &[y]).unwrap();
        let graph = build.finish().unwrap();
        let gemm = Gemm::of(&graph, y).unwrap();
        assert_eq!(gemm, Gemm { pixels: 64, window: 9, filters: 1, repeats: 4 });
        assert_eq!(gemm.multiply_adds(), graph.cost().multiply_adds);
        assert_eq!(Npu::n256().cycles(&graph), 4 * (64 + 32 + 16 - 2 - 1));
    }

    #[test]
    fn a_machine_without_rows_is_refused() {
        let error = Npu::new("flat", 0, 16, 1.0).unwrap_err();
        assert_eq!(error.to_string(), "machine flat: 0 × 16 units; accepted: 1 or more each");
    }
}
