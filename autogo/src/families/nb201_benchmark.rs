//! The costs that NAS-Bench-201 itself counts.

use super::Nb201;
use super::nb201::{CELLS, CHANNELS, CLASSES, CellOp};

impl Nb201 {
    /// The parameters that NAS-Bench-201 publishes for this architecture.
    ///
    /// The benchmark trained another network than the one that the release, and
    /// [`Family::build`](super::Family::build), makes of a cell: its reductions are residual blocks of two 3×3
    /// convolutions with batch norms and a shortcut of a 2×2 average pool and a 1×1 convolution, no batch norm follows
    /// a pool, one more batch norm stands in front of the global mean. No convolution has a bias.
    ///
    /// ```
    /// use autogo::families::{Family, Nb201};
    /// let best: Nb201 = "nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1".parse()?;
    /// assert_eq!(best.benchmark_params(), 1_073_466);
    /// assert_eq!(best.build()?.cost().params, 1_038_394);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn benchmark_params(&self) -> u64 {
        let conv_norm = |kernel: u64, from: u64, to: u64| kernel * kernel * from * to + 2 * to;
        let edge = |op: CellOp, channels: u64| match op {
            CellOp::None | CellOp::SkipConnect | CellOp::AvgPool3x3 => 0,
            CellOp::Conv1x1 => conv_norm(1, channels, channels),
            CellOp::Conv3x3 => conv_norm(3, channels, channels),
        };
        let channels = CHANNELS.map(u64::from);
        let stem = conv_norm(3, 3, channels[0]);
        let cells: u64 = channels
            .iter()
            .map(|&channels| CELLS as u64 * self.ops.iter().map(|&op| edge(op, channels)).sum::<u64>())
            .sum();
        let reductions: u64 = channels
            .windows(2)
            .map(|pair| conv_norm(3, pair[0], pair[1]) + conv_norm(3, pair[1], pair[1]) + pair[0] * pair[1])
            .sum();
        let last = channels[channels.len() - 1];
        let head = 2 * last + (last + 1) * u64::from(CLASSES);
        stem + cells + reductions + head
    }
}
