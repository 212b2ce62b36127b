//! An array of multiply-add units and its three on-chip memories.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The operand that stays in the array while the other two move through it ([npu §A.2](crate::doc::npu#sa-2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dataflow {
    /// A unit keeps one output: rows are pixels, columns are filters, time is the window.
    OutputStationary,
    /// A unit keeps one weight: rows are the window, columns are filters, time is pixels.
    WeightStationary,
    /// A unit keeps one input: rows are the window, columns are pixels, time is filters.
    InputStationary,
}

impl Dataflow {
    /// The three dataflows.
    pub const ALL: [Dataflow; 3] = [Dataflow::OutputStationary, Dataflow::WeightStationary, Dataflow::InputStationary];

    /// The two letters that stand for it in tables.
    pub fn short(self) -> &'static str {
        match self {
            Dataflow::OutputStationary => "os",
            Dataflow::WeightStationary => "ws",
            Dataflow::InputStationary => "is",
        }
    }
}

impl fmt::Display for Dataflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl FromStr for Dataflow {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Dataflow::ALL.into_iter().find(|dataflow| dataflow.short() == text);
        found.ok_or_else(|| Error::setting("dataflow", format!("`{text}` is not known"), "os, ws or is"))
    }
}

/// The bandwidth between the on-chip memories and DRAM ([npu §A.3](crate::doc::npu#sa-3)). Words are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Memory {
    /// Reads never wait; the run says which bandwidth that takes. Writes leave with one word a cycle for each column.
    Calc,
    /// Bandwidths are given, in words a cycle, and the array waits for what is not there.
    User {
        /// Input feature map, read.
        ifmap_bandwidth: u32,
        /// Filters, read.
        filter_bandwidth: u32,
        /// Output feature map, written.
        ofmap_bandwidth: u32,
    },
}

/// The peculiarities of SCALE-Sim 3.0.0 that are reproduced ([npu §A.2], [npu §A.3], [npu §E]). Default: none.
///
/// [npu §A.2]: crate::doc::npu#sa-2
/// [npu §A.3]: crate::doc::npu#sa-3
/// [npu §E]: crate::doc::npu#se
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Fidelity {
    /// A wait for a prefetch is added twice if it is positive; a negative wait is added once, which shortens the stall.
    pub stalls_twice: bool,
    /// An output-stationary fold counts `rows + columns` SRAM writes too many.
    pub os_writes_extra: bool,
    /// Compute utilisation divides by `columns - 1` lines too many where an operand is loaded first.
    pub long_utilisation: bool,
    /// A row of written words that was sent before it was full counts as full, unless it is the last of its burst.
    pub rows_full: bool,
}

impl Fidelity {
    /// All peculiarities: the numbers of SCALE-Sim 3.0.0.
    pub fn parity() -> Self {
        Fidelity { stalls_twice: true, os_writes_extra: true, long_utilisation: true, rows_full: true }
    }

    /// No peculiarity: the numbers as they should be.
    pub fn corrected() -> Self {
        Fidelity::default()
    }
}

/// A systolic array with a double-buffered memory for each operand.
///
/// ```
/// use autogo::profile::array::{ArrayMachine, Dataflow, Fidelity, Memory};
/// // 16 × 16 units with 64, 32 and 16 kB, which read 8 words a cycle and write 16; its numbers are SCALE-Sim's.
/// let machine = ArrayMachine::new("16x16", 16, 16, "ws".parse()?)
///     .with_kb(64, 32, 16)
///     .with_memory(Memory::User { ifmap_bandwidth: 8, filter_bandwidth: 8, ofmap_bandwidth: 16 })
///     .with_fidelity(Fidelity::parity());
/// assert_eq!(machine.dataflow, Dataflow::WeightStationary);
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ArrayMachine {
    /// Name of the machine.
    pub name: String,
    /// Rows of the array.
    pub rows: u32,
    /// Columns of the array.
    pub columns: u32,
    /// The operand that stays in the array.
    pub dataflow: Dataflow,
    /// Memory for the input feature map, in units of 1024 words.
    pub ifmap_kb: u32,
    /// Memory for the filters, in units of 1024 words.
    pub filter_kb: u32,
    /// Memory for the output feature map, in units of 1024 words.
    pub ofmap_kb: u32,
    /// The bandwidth with which the memories are filled and emptied.
    pub memory: Memory,
    /// The peculiarities of SCALE-Sim 3.0.0 that are reproduced.
    pub fidelity: Fidelity,
}

impl ArrayMachine {
    /// A machine of `rows × columns` units with 64 kB for each operand, bandwidth as needed, nothing peculiar.
    pub fn new(name: &str, rows: u32, columns: u32, dataflow: Dataflow) -> Self {
        ArrayMachine {
            name: name.into(),
            rows,
            columns,
            dataflow,
            ifmap_kb: 64,
            filter_kb: 64,
            ofmap_kb: 64,
            memory: Memory::Calc,
            fidelity: Fidelity::corrected(),
        }
    }

    /// With this many kB for input, filters and output.
    pub fn with_kb(mut self, ifmap: u32, filter: u32, ofmap: u32) -> Self {
        (self.ifmap_kb, self.filter_kb, self.ofmap_kb) = (ifmap, filter, ofmap);
        self
    }

    /// With memories that are filled and emptied like this.
    pub fn with_memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// With these peculiarities.
    pub fn with_fidelity(mut self, fidelity: Fidelity) -> Self {
        self.fidelity = fidelity;
        self
    }

    /// Words that leave the output memory in a cycle.
    pub(super) fn write_bandwidth(&self) -> u32 {
        match self.memory {
            Memory::Calc => self.columns,
            Memory::User { ofmap_bandwidth, .. } => ofmap_bandwidth,
        }
    }

    /// Refuses what cannot be built: any size of 0.
    pub(super) fn check(&self) -> Result<(), Error> {
        let what = format!("machine {}", self.name);
        if self.rows == 0 || self.columns == 0 {
            let reason = format!("{} × {} units", self.rows, self.columns);
            return Err(Error::setting(&what, reason, "1 or more each"));
        }
        if self.ifmap_kb == 0 || self.filter_kb == 0 || self.ofmap_kb == 0 {
            let reason = format!("{}, {} and {} kB of memory", self.ifmap_kb, self.filter_kb, self.ofmap_kb);
            return Err(Error::setting(&what, reason, "1 or more each"));
        }
        if let Memory::User { ifmap_bandwidth: ifmap, filter_bandwidth: filter, ofmap_bandwidth: ofmap } = self.memory
            && (ifmap == 0 || filter == 0 || ofmap == 0)
        {
            let reason = format!("{ifmap}, {filter} and {ofmap} words a cycle");
            return Err(Error::setting(&what, reason, "1 or more each"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dataflows_are_named_by_two_letters() {
        for dataflow in Dataflow::ALL {
            assert_eq!(dataflow.to_string().parse::<Dataflow>().unwrap(), dataflow);
        }
        let said = "rs".parse::<Dataflow>().unwrap_err().to_string();
        assert_eq!(said, "dataflow: `rs` is not known; accepted: os, ws or is");
    }
}
