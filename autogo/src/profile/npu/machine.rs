//! The machine: a value that can be read from TOML.

use super::VectorCosts;
use crate::error::Error;
use crate::profile::Gemm;
use serde::{Deserialize, Serialize};

/// How products are laid over the array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mapping {
    /// Weights lie in the array, pixels stream through; filled and drained for every fold
    /// ([npu §A.2](crate::doc::npu#sa-2)).
    WeightStationary,
    /// A micro block of 2 × 2 pixels and 8 channels is made at once, and each of its elements sums over several input
    /// channels in a cycle (Ethos-U). Four cycles are a step: 32 channels of one tap, or 8 channels of four taps.
    OutputBlocks,
}

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// On chip.
    Sram,
    /// Off chip.
    Dram,
}

/// How a transposed convolution is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transposed {
    /// As a convolution over its input with zeros between the pixels: every output element meets the whole kernel.
    ZeroInserted,
    /// As one small convolution for each phase of the stride: an output element meets only its own taps.
    SubPixel,
}

/// What becomes part of the kernel that makes its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// Batch norm behind a convolution or dense layer: folded into its weights.
    pub batch_norm: bool,
    /// ReLU, ReLU6, sigmoid and tanh behind a convolution, dense layer, pool, sum or product.
    pub activation: bool,
    /// A sum behind a convolution or dense layer, whose other operands are there already.
    pub add: bool,
}

/// A machine: an array of int8 multiply-add units, a vector unit, memory on and off chip, and what its compiler fuses.
///
/// [`Npu::n256`], [`Npu::n512`] and [`Npu::n1024`] are presets; [`Npu::from_toml`] reads others. One element is one byte.
///
/// ```
/// use autogo::profile::Npu;
/// let graph = autogo::families::network("resnet50")?;
/// let profile = Npu::n256().profile(&graph)?;
/// assert_eq!(profile.cycles(), Npu::n256().cycles(&graph)?);
/// assert!((20.0..120.0).contains(&profile.milliseconds()));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Npu {
    /// Name of the machine.
    pub name: String,
    /// Rows of the array: elements of a filter that lie in it at once.
    pub rows: u32,
    /// Columns of the array: filters that lie in it at once.
    pub columns: u32,
    /// Clock in GHz.
    pub clock_ghz: f64,
    /// How products are laid over the array.
    pub mapping: Mapping,
    /// Cores that share the array's units and the vector unit's lanes.
    pub cores: u32,
    /// Lanes of the vector unit.
    pub lanes: u32,
    /// Bytes beside the array, of all cores' the same, for accumulators and input of two blocks.
    pub buffer_bytes: u64,
    /// Bytes of on-chip memory.
    pub sram_bytes: u64,
    /// Bytes a cycle between on-chip memory and the array.
    pub sram_bytes_per_cycle: f64,
    /// Bytes of the shortest access to on-chip memory.
    pub sram_burst: u32,
    /// Bytes of off-chip memory: the largest tensor there can be.
    pub dram_bytes: u64,
    /// Bytes a cycle from and to off-chip memory.
    pub dram_bytes_per_cycle: f64,
    /// Bytes of the shortest access to off-chip memory.
    pub dram_burst: u32,
    /// Where the network's input and output lie.
    pub io: Place,
    /// Channels that a tensor is padded to in memory.
    pub channel_alignment: u32,
    /// Cycles before a kernel starts: one access to memory.
    pub start_cycles: u64,
    /// How a transposed convolution is run.
    pub transposed: Transposed,
    /// What is fused.
    pub fusion: Fusion,
    /// What the vector unit takes for an element.
    pub costs: VectorCosts,
}

impl Default for Npu {
    /// 16 × 16 units, weight-stationary, with the memory of [`Npu::n256`].
    fn default() -> Self {
        Npu { name: "custom".into(), mapping: Mapping::WeightStationary, ..Npu::n256() }
    }
}

impl Npu {
    /// 256 units at 0.5 GHz as in Ethos-U55-256: weights come from flash at 1 byte a cycle, all else lies on chip at 8.
    ///
    /// Memory is that of Vela 5.2.0's system `Ethos_U55_High_End_Embedded`: a burst of 32 and 128 bytes, latency 32 + 64
    /// cycles. Vela keeps every tensor on chip in this setting; 16 MiB hold those of its reference networks.
    pub fn n256() -> Self {
        Npu {
            name: "N256".into(),
            rows: 16,
            columns: 16,
            clock_ghz: 0.5,
            mapping: Mapping::OutputBlocks,
            cores: 1,
            lanes: 8,
            buffer_bytes: 48 << 10,
            sram_bytes: 16 << 20,
            sram_bytes_per_cycle: 8.0,
            sram_burst: 32,
            dram_bytes: 2 << 30,
            dram_bytes_per_cycle: 1.0,
            dram_burst: 128,
            io: Place::Sram,
            channel_alignment: 16,
            start_cycles: 96,
            transposed: Transposed::ZeroInserted,
            fusion: Fusion { batch_norm: true, activation: true, add: false },
            costs: VectorCosts::default(),
        }
    }

    /// 512 units in two cores at 1 GHz as in Ethos-U65-512, with DRAM at 3.75 bytes a cycle, where input and output lie.
    ///
    /// Memory is that of Vela 5.2.0's system `Ethos_U65_High_End`: latency 500 cycles to read and 250 to write.
    pub fn n512() -> Self {
        Npu {
            name: "N512".into(),
            columns: 32,
            clock_ghz: 1.0,
            cores: 2,
            lanes: 16,
            sram_bytes_per_cycle: 16.0,
            dram_bytes_per_cycle: 3.75,
            io: Place::Dram,
            start_cycles: 750,
            ..Npu::n256()
        }
    }

    /// 32 × 32 units, weight-stationary, at 1 GHz, with DRAM at 12 bytes a cycle; sums are fused, and transposed
    /// convolutions run phase by phase.
    pub fn n1024() -> Self {
        Npu {
            name: "N1024".into(),
            rows: 32,
            columns: 32,
            mapping: Mapping::WeightStationary,
            cores: 1,
            lanes: 32,
            buffer_bytes: 192 << 10,
            sram_bytes_per_cycle: 32.0,
            dram_bytes_per_cycle: 12.0,
            transposed: Transposed::SubPixel,
            fusion: Fusion { batch_norm: true, activation: true, add: true },
            ..Npu::n512()
        }
    }

    /// The presets.
    pub fn presets() -> [Npu; 3] {
        [Npu::n256(), Npu::n512(), Npu::n1024()]
    }

    /// A weight-stationary machine of this many rows and columns at this clock in GHz; the rest as in [`Npu::default`].
    pub fn new(name: &str, rows: u32, columns: u32, clock_ghz: f64) -> Result<Self, Error> {
        let npu = Npu { name: name.into(), rows, columns, clock_ghz, ..Npu::default() };
        npu.check()?;
        Ok(npu)
    }

    /// A machine from TOML with the fields of this type; those that are left out are as in [`Npu::default`]. A table
    /// `[costs]` replaces all costs: what it does not name cannot be run.
    ///
    /// ```
    /// use autogo::profile::Npu;
    /// let npu = Npu::from_toml("name = \"wide\"\nrows = 8\ncolumns = 64\ndram_bytes_per_cycle = 4.0")?;
    /// assert_eq!((npu.rows, npu.columns, npu.sram_bytes_per_cycle), (8, 64, 8.0));
    /// assert!(Npu::from_toml("rows = 0").is_err() && Npu::from_toml("row = 8").is_err());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let npu: Npu = toml::from_str(text).map_err(|error| {
            let accepted = "TOML with the fields of a machine, such as rows, columns, clock_ghz, sram_bytes";
            Error::setting("machine", error.to_string().trim().replace('\n', " "), accepted)
        })?;
        npu.check()?;
        Ok(npu)
    }

    /// Whether the machine can exist.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong =
            |reason: String, accepted: &str| Err(Error::setting(&format!("machine {}", self.name), reason, accepted));
        if self.rows == 0 || self.columns == 0 || self.rows > 1 << 16 || self.columns > 1 << 16 {
            return wrong(format!("{} × {} units", self.rows, self.columns), "1 to 65536 each");
        }
        let sizes = [
            ("cores", u64::from(self.cores)),
            ("lanes", u64::from(self.lanes)),
            ("sram_burst", u64::from(self.sram_burst)),
            ("dram_burst", u64::from(self.dram_burst)),
            ("channel_alignment", u64::from(self.channel_alignment)),
            ("sram_bytes", self.sram_bytes),
            ("dram_bytes", self.dram_bytes),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return wrong(format!("{name} is 0"), "1 or more");
        }
        let rates = [
            ("clock_ghz", self.clock_ghz),
            ("sram_bytes_per_cycle", self.sram_bytes_per_cycle),
            ("dram_bytes_per_cycle", self.dram_bytes_per_cycle),
        ];
        if let Some((name, rate)) = rates.iter().find(|(_, rate)| !(rate.is_finite() && *rate > 0.0)) {
            return wrong(format!("{name} is {rate}"), "a positive number");
        }
        if self.buffer_bytes < 8 << 10 {
            return wrong(format!("buffer_bytes is {}", self.buffer_bytes), "8192 or more");
        }
        let micro_block = u64::from(self.cores) * super::block::MICRO_ELEMENTS;
        let units = u64::from(self.rows) * u64::from(self.columns);
        if self.mapping == Mapping::OutputBlocks && units % micro_block != 0 {
            return wrong(
                format!("{units} units"),
                &format!("a multiple of {micro_block}, the elements of the micro blocks"),
            );
        }
        match self.costs.wrong() {
            Some(reason) => wrong(reason, &VectorCosts::accepted()),
            None => Ok(()),
        }
    }

    /// Compute cycles of a matrix product on a weight-stationary array of this size ([`Gemm::cycles`]). O(1).
    pub fn cycles_of(&self, gemm: &Gemm) -> u64 {
        gemm.cycles(self.rows, self.columns)
    }

    /// Multiply-adds a cycle.
    pub fn units(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.columns)
    }

    /// Milliseconds that this many cycles take.
    pub fn milliseconds(&self, cycles: u64) -> f64 {
        cycles as f64 / (self.clock_ghz * 1e6)
    }
}
