//! The energy of a profile, by named tables ([npu §C](crate::doc::npu#sc)).

use super::NpuProfile;
use crate::error::Error;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

/// A number with its source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// The number.
    pub value: f64,
    /// The publication, and the way in which the number follows from it.
    pub citation: String,
    /// Whether the source was read for the number. A number that is quoted from memory is not checked.
    pub checked: bool,
}

impl Constant {
    fn new(value: f64, checked: bool, citation: &str) -> Self {
        Constant { value, citation: citation.into(), checked }
    }
}

/// Energies of a technology. Absolute numbers differ between tables by an order of magnitude; compare two networks on
/// one.
///
/// ```
/// use autogo::profile::EnergyTable;
/// for table in EnergyTable::all() {
///     // A byte from off chip costs more than a byte on chip, in every technology.
///     assert!(table.dram.value > table.sram.value, "{}", table.name);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnergyTable {
    /// Name of the table.
    pub name: String,
    /// A multiply-add, in pJ.
    pub mac: Constant,
    /// Registers for a multiply-add, two reads and a write, in pJ.
    pub registers: Constant,
    /// A byte from or to on-chip memory, in pJ.
    pub sram: Constant,
    /// A byte from or to off-chip memory, in pJ.
    pub dram: Constant,
    /// Power that flows whatever is done, in mW.
    pub leakage: Constant,
}

/// Names of the tables.
const NAMES: [&str; 3] = ["horowitz45", "eyeriss65", "zigzag_tpu"];

impl EnergyTable {
    /// The three tables of this library: `horowitz45`, `eyeriss65` and `zigzag_tpu`.
    pub fn all() -> [EnergyTable; 3] {
        [Self::horowitz45(), Self::eyeriss65(), Self::zigzag_tpu()]
    }

    /// The table of this name: `horowitz45`, `eyeriss65` or `zigzag_tpu`.
    ///
    /// # Errors
    /// A name of no table.
    ///
    /// ```
    /// use autogo::profile::EnergyTable;
    /// // pJ a byte off chip, and whether the source was read for it.
    /// let dram = EnergyTable::named("zigzag_tpu")?.dram;
    /// assert_eq!((dram.value, dram.checked), (90.6, true));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, Error> {
        let found = Self::all().into_iter().find(|table| table.name == name);
        found.ok_or_else(|| Error::setting("energy table", format!("`{name}` is not known"), &NAMES.join(", ")))
    }

    /// Horowitz, "Computing's energy problem", ISSCC 2014, figure 1.1.9: 45 nm at 0.9 V.
    pub fn horowitz45() -> Self {
        let source = "Horowitz, ISSCC 2014, fig. 1.1.9";
        let none = |what: &str| Constant::new(0.0, false, &format!("{source} lists no {what}; none is counted"));
        EnergyTable {
            name: NAMES[0].into(),
            mac: Constant::new(0.3, false, &format!("{source}: int8 product 0.2 pJ and int32 sum 0.1 pJ")),
            registers: none("registers of an array"),
            sram: Constant::new(12.5, false, &format!("{source}: 100 pJ for 64 bits of 1 MB")),
            dram: Constant::new(162.5, false, &format!("{source}: 1300 pJ for 64 bits, the lower end of 1300 to 2600")),
            leakage: none("leakage"),
        }
    }

    /// Chen et al., "Eyeriss", ISCA 2016: 65 nm, relative to a 16-bit multiply-add, which counts as 1 pJ here. Only
    /// shares and ratios mean something. A byte of ours counts as a word of theirs.
    pub fn eyeriss65() -> Self {
        let source = "Chen et al., ISCA 2016, relative energies";
        EnergyTable {
            name: NAMES[1].into(),
            mac: Constant::new(1.0, false, &format!("{source}: the unit")),
            registers: Constant::new(3.0, false, &format!("{source}: 1 for an access, three of them")),
            sram: Constant::new(6.0, false, &format!("{source}: 6 for the global buffer of 100 kB")),
            dram: Constant::new(200.0, false, &format!("{source}: 200")),
            leakage: Constant::new(0.0, false, &format!("{source}: none listed; none is counted")),
        }
    }

    /// The `tpu_like` machine of ZigZag (zigzag-dse 3.9.1).
    pub fn zigzag_tpu() -> Self {
        let source = "zigzag-dse 3.9.1, tpu_like.yaml";
        EnergyTable {
            name: NAMES[2].into(),
            mac: Constant::new(0.04, true, &format!("{source}: unit energy 0.04 pJ")),
            registers: Constant::new(
                0.137,
                true,
                &format!("{source}: weights 0.095, sums read and written 0.021 each"),
            ),
            sram: Constant::new(1.55, true, &format!("{source}: 416 and 378 pJ for 2048 bits of 2 MB, the mean")),
            dram: Constant::new(90.6, true, &format!("{source}: 700 and 750 pJ for 64 bits, the mean")),
            leakage: Constant::new(0.0, true, &format!("{source}: none listed; none is counted")),
        }
    }

    /// The constants with their names and units.
    pub fn constants(&self) -> [(&'static str, &'static str, &Constant); 5] {
        [
            ("multiply-adds", "pJ each", &self.mac),
            ("registers", "pJ for a multiply-add", &self.registers),
            ("SRAM", "pJ a byte", &self.sram),
            ("DRAM", "pJ a byte", &self.dram),
            ("leakage", "mW", &self.leakage),
        ]
    }

    /// The constants as a frame: `part`, `value`, `unit`, `checked`, `citation`.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let constants = self.constants();
        df!(
            "part" => constants.map(|(part, ..)| part),
            "value" => constants.map(|(_, _, constant)| constant.value),
            "unit" => constants.map(|(_, unit, _)| unit),
            "checked" => constants.map(|(_, _, constant)| constant.checked),
            "citation" => constants.map(|(_, _, constant)| constant.citation.as_str()),
        )
    }
}

/// Energy of one inference, by where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnergyReport {
    /// Name of the table.
    pub table: String,
    /// Name of the machine.
    pub machine: String,
    /// Name of the network.
    pub network: String,
    /// Milliseconds of the inference.
    pub milliseconds: f64,
    /// nJ of multiply-adds.
    pub mac: f64,
    /// nJ of registers.
    pub registers: f64,
    /// nJ of on-chip memory.
    pub sram: f64,
    /// nJ of off-chip memory.
    pub dram: f64,
    /// nJ of leakage.
    pub leakage: f64,
}

impl NpuProfile {
    /// Energy of one inference. On-chip accesses of layers with weights are those of a weight-stationary array
    /// ([`Gemm::sram_words`](super::Gemm::sram_words)), of other ops the bytes of the profile; DRAM bytes are the
    /// profile's.
    ///
    /// # Errors
    /// A constant that is negative or no number.
    ///
    /// ```
    /// use autogo::profile::{EnergyTable, Npu};
    /// let profile = Npu::n256().profile(&autogo::families::network("resnet50")?)?;
    /// let energy = profile.energy(&EnergyTable::named("zigzag_tpu")?)?;
    /// let shares: f64 = energy.shares().iter().map(|(_, share)| share).sum();
    /// assert!((shares - 1.0).abs() < 1e-12 && energy.milliwatts() > 0.0);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn energy(&self, table: &EnergyTable) -> Result<EnergyReport, Error> {
        for (part, unit, constant) in table.constants() {
            if !(constant.value.is_finite() && constant.value >= 0.0) {
                let what = format!("energy table {}: {part}", table.name);
                return Err(Error::setting(&what, format!("{} {unit}", constant.value), "a number from 0 up"));
            }
        }
        let (rows, columns) = (self.machine.rows, self.machine.columns);
        let macs: f64 = self.rows.iter().map(|row| row.multiply_adds as f64).sum();
        let sram: f64 = self
            .rows
            .iter()
            .map(|row| row.gemm.map_or(row.sram_bytes, |gemm| gemm.sram_words(rows, columns)) as f64)
            .sum();
        let milliseconds = self.milliseconds();
        Ok(EnergyReport {
            table: table.name.clone(),
            machine: self.machine.name.clone(),
            network: self.network.clone(),
            milliseconds,
            mac: macs * table.mac.value / 1e3,
            registers: macs * table.registers.value / 1e3,
            sram: sram * table.sram.value / 1e3,
            dram: self.dram_bytes() as f64 * table.dram.value / 1e3,
            // mW · ms is µJ.
            leakage: table.leakage.value * milliseconds * 1e3,
        })
    }
}

impl EnergyReport {
    /// The parts with their names, in nJ.
    pub fn parts(&self) -> [(&'static str, f64); 5] {
        [
            ("multiply-adds", self.mac),
            ("registers", self.registers),
            ("SRAM", self.sram),
            ("DRAM", self.dram),
            ("leakage", self.leakage),
        ]
    }

    /// All of it, in nJ.
    pub fn total(&self) -> f64 {
        self.parts().iter().map(|(_, energy)| energy).sum()
    }

    /// The parts as shares of the total.
    pub fn shares(&self) -> [(&'static str, f64); 5] {
        let total = self.total().max(f64::MIN_POSITIVE);
        self.parts().map(|(part, energy)| (part, energy / total))
    }

    /// Power while the network runs again and again, in mW.
    pub fn milliwatts(&self) -> f64 {
        // nJ / ms is µW.
        self.total() / self.milliseconds / 1e3
    }

    /// The parts as a frame: `part`, `nanojoules`, `share`.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        df!(
            "part" => self.parts().map(|(part, _)| part),
            "nanojoules" => self.parts().map(|(_, energy)| energy),
            "share" => self.shares().map(|(_, share)| share),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, GraphBuilder, Op, Shape, Window};
    use crate::profile::Npu;

    #[test]
    fn a_layer_by_hand() {
        let mut build = GraphBuilder::new("layer");
        let x = build.add("x", Op::Input(Shape::new(8, 8, 16)), &[]).unwrap();
        let conv = Conv { filters: 16, window: Window::same(1, 1), groups: 1, bias: true };
        let y = build.add("y", Op::Conv(conv), &[x]).unwrap();
        build.add("out", Op::Output, &[y]).unwrap();
        let profile = Npu::n256().profile(&build.finish().unwrap()).unwrap();
        let mut table = EnergyTable::eyeriss65();
        table.leakage.value = 2.0;
        let energy = profile.energy(&table).unwrap();
        // 64 pixels · 16 · 16 multiply-adds; one fold: 64 · 16 words in, 256 weights, 64 · 16 words out; 256 + 160
        // bytes of weights and biases from DRAM.
        assert_eq!((energy.mac, energy.registers), (16.384, 49.152));
        assert_eq!((energy.sram, energy.dram), (6.0 * 2304.0 / 1e3, 200.0 * 416.0 / 1e3));
        let microseconds = profile.milliseconds() * 1e3;
        assert_eq!(energy.leakage, 2.0 * microseconds);
        assert!((energy.milliwatts() - energy.total() / microseconds).abs() < 1e-9);
    }

    #[test]
    fn tables_say_where_they_come_from() {
        for table in EnergyTable::all() {
            assert_eq!(EnergyTable::named(&table.name).unwrap(), table);
            assert!(table.constants().iter().all(|(_, _, constant)| !constant.citation.is_empty()));
        }
        assert!(!EnergyTable::horowitz45().mac.checked && EnergyTable::zigzag_tpu().mac.checked);
        let error = EnergyTable::named("coal").unwrap_err().to_string();
        assert_eq!(error, "energy table: `coal` is not known; accepted: horowitz45, eyeriss65, zigzag_tpu");
    }
}
