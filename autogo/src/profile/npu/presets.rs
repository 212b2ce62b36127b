//! The machines that come with the library, and machines that differ from them in their array.

use super::costs::VectorCosts;
use super::machine::{Blocks, Fusion, Mapping, MemoryLevel, Npu, Transposed};
use crate::error::Error;
use crate::graph::Shape;

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
            step_cycles: 4,
            decoder_bytes_per_cycle: 8,
            bias_bytes: 10,
            lanes: 8,
            least_taps: 4,
            buffer_bytes: 48 << 10,
            sram_bytes: 16 << 20,
            sram_bytes_per_cycle: 8.0,
            sram_burst: 32,
            weight_share: 0.5,
            dram_bytes: 2 << 30,
            dram_bytes_per_cycle: 1.0,
            dram_burst: 128,
            io: MemoryLevel::Sram,
            channel_alignment: 16,
            write_channels: 16,
            start_cycles: 96,
            transposed: Transposed::ZeroInserted,
            fusion: Fusion { batch_norm: true, activation: true, add: false },
            blocks: Blocks {
                micro: Shape::new(2, 2, 8),
                largest: Shape::new(32, 64, 128),
                depth_step: 16,
                kernel_side: 8,
                input_step: 8,
                tap_depth: 2,
                accumulator_bytes: 4,
                in_buffer: 2,
                banks: 48,
                accumulator_banks: 16,
                input_banks: 8,
                reserved_banks: 4,
                whole_input: 0.5,
            },
            costs: VectorCosts::ethos_u(),
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
            io: MemoryLevel::Dram,
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

    /// The preset of this name, in capitals or not; `None` if there is none.
    ///
    /// ```
    /// use autogo::profile::Npu;
    /// assert_eq!(Npu::named("n512"), Some(Npu::n512()));
    /// assert_eq!(Npu::named("N9"), None);
    /// ```
    pub fn named(name: &str) -> Option<Npu> {
        Npu::presets().into_iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
    }

    /// A weight-stationary machine of this many rows and columns at this clock in GHz; the rest as in [`Npu::default`].
    ///
    /// # Errors
    /// A machine that cannot exist: no rows or columns or more than 65536 of either, or a clock that is not positive.
    ///
    /// ```
    /// use autogo::profile::Npu;
    /// let npu = Npu::new("wide", 8, 64, 1.0)?;
    /// assert_eq!((npu.units(), npu.sram_bytes), (512, Npu::n256().sram_bytes));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn new(name: &str, rows: u32, columns: u32, clock_ghz: f64) -> Result<Self, Error> {
        let npu = Npu { name: name.into(), rows, columns, clock_ghz, ..Npu::default() };
        npu.check()?;
        Ok(npu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use toml::{Table, Value};

    /// Every value of a table with its path, such as `blocks.micro.h`.
    fn leaves(table: &Table, path: &str, found: &mut BTreeMap<String, String>) {
        for (key, value) in table {
            match value {
                Value::Table(inner) => leaves(inner, &format!("{path}{key}."), found),
                Value::String(text) => _ = found.insert(format!("{path}{key}"), text.clone()),
                other => _ = found.insert(format!("{path}{key}"), other.to_string()),
            }
        }
    }

    #[test]
    fn the_data_sheet_lists_every_field_with_its_values() {
        let sheet = include_str!("../../../doc/machine.md");
        let mut listed: [BTreeMap<String, String>; 3] = Default::default();
        for line in sheet.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 7, "{line}");
            let mut value = "";
            for (machine, &cell) in listed.iter_mut().zip(&cells[2..5]) {
                value = if cell == "=" { value } else { cell };
                machine.insert(cells[0].trim_matches('`').into(), value.into());
            }
        }
        for (npu, listed) in Npu::presets().into_iter().zip(listed) {
            let mut fields = BTreeMap::new();
            leaves(&npu.to_toml().unwrap().parse::<Table>().unwrap(), "", &mut fields);
            fields.retain(|name, _| name != "name" && !name.starts_with("costs."));
            assert_eq!(fields, listed, "{}", npu.name);
        }
    }
}
