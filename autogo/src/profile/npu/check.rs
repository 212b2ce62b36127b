//! Whether a machine can exist.

use super::costs::VectorCosts;
use super::machine::{Mapping, Npu};
use crate::error::Error;

/// Largest size of an array's side.
const LARGEST_ARRAY: u32 = 1 << 16;
/// Largest value of a field that is multiplied with others: products stay inside 64 bits.
const LARGEST_SIZE: u64 = 1 << 12;
/// Largest buffer in bytes, for the same reason.
const LARGEST_BUFFER: u64 = 1 << 40;
/// Largest number of bytes and cycles: sums of them are exact as floating-point numbers.
const LARGEST_COUNT: u64 = 1 << 53;
/// Most sizes of a block that are tried for a kernel.
const MOST_BLOCKS: u64 = 1 << 16;

impl Npu {
    /// Refuses a machine that cannot exist.
    ///
    /// # Errors
    /// The first field that is out of range, by its name.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_array()?;
        self.check_sizes()?;
        self.check_rates()?;
        self.check_blocks()?;
        match self.costs.wrong() {
            Some(reason) => Err(self.wrong(reason, &VectorCosts::accepted())),
            None => Ok(()),
        }
    }

    fn wrong(&self, reason: String, accepted: &str) -> Error {
        Error::setting(&format!("machine {}", self.name), reason, accepted)
    }

    fn check_array(&self) -> Result<(), Error> {
        let is_side = |size: u32| (1..=LARGEST_ARRAY).contains(&size);
        if !is_side(self.rows) || !is_side(self.columns) {
            let reason = format!("{} × {} units", self.rows, self.columns);
            return Err(self.wrong(reason, &format!("1 to {LARGEST_ARRAY} each")));
        }
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), Error> {
        let positive = [
            ("lanes", u64::from(self.lanes)),
            ("sram_burst", u64::from(self.sram_burst)),
            ("dram_burst", u64::from(self.dram_burst)),
            ("channel_alignment", u64::from(self.channel_alignment)),
            ("sram_bytes", self.sram_bytes),
            ("dram_bytes", self.dram_bytes),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, size)| *size == 0) {
            return Err(self.wrong(format!("{name} is 0"), "1 or more"));
        }
        let counts =
            [("sram_bytes", self.sram_bytes), ("dram_bytes", self.dram_bytes), ("start_cycles", self.start_cycles)];
        if let Some((name, count)) = counts.iter().find(|(_, count)| *count > LARGEST_COUNT) {
            return Err(self.wrong(format!("{name} is {count}"), &format!("up to {LARGEST_COUNT}")));
        }
        let blocks = &self.blocks;
        let small = [
            ("cores", self.cores),
            ("step_cycles", self.step_cycles),
            ("decoder_bytes_per_cycle", self.decoder_bytes_per_cycle),
            ("write_channels", self.write_channels),
            ("blocks.micro.h", blocks.micro.h),
            ("blocks.micro.w", blocks.micro.w),
            ("blocks.micro.c", blocks.micro.c),
            ("blocks.largest.h", blocks.largest.h),
            ("blocks.largest.w", blocks.largest.w),
            ("blocks.largest.c", blocks.largest.c),
            ("blocks.depth_step", blocks.depth_step),
            ("blocks.kernel_side", blocks.kernel_side),
            ("blocks.input_step", blocks.input_step),
            ("blocks.tap_depth", blocks.tap_depth),
            ("blocks.accumulator_bytes", blocks.accumulator_bytes),
            ("blocks.in_buffer", blocks.in_buffer),
            ("blocks.banks", blocks.banks),
            ("blocks.accumulator_banks", blocks.accumulator_banks),
            ("blocks.input_banks", blocks.input_banks),
        ];
        match small.iter().find(|(_, size)| !(1..=LARGEST_SIZE).contains(&u64::from(*size))) {
            Some((name, size)) => Err(self.wrong(format!("{name} is {size}"), &format!("1 to {LARGEST_SIZE}"))),
            None => Ok(()),
        }
    }

    fn check_rates(&self) -> Result<(), Error> {
        let rates = [
            ("clock_ghz", self.clock_ghz),
            ("sram_bytes_per_cycle", self.sram_bytes_per_cycle),
            ("dram_bytes_per_cycle", self.dram_bytes_per_cycle),
        ];
        if let Some((name, rate)) = rates.iter().find(|(_, rate)| !(rate.is_finite() && *rate > 0.0)) {
            return Err(self.wrong(format!("{name} is {rate}"), "a positive number"));
        }
        if !(self.weight_share > 0.0 && self.weight_share <= 1.0) {
            return Err(self.wrong(format!("weight_share is {}", self.weight_share), "above 0 to 1"));
        }
        if !(0.0..=1.0).contains(&self.blocks.whole_input) {
            return Err(self.wrong(format!("blocks.whole_input is {}", self.blocks.whole_input), "0 to 1"));
        }
        Ok(())
    }

    fn check_blocks(&self) -> Result<(), Error> {
        let blocks = &self.blocks;
        let banks = u64::from(blocks.banks);
        if !(banks..=LARGEST_BUFFER).contains(&self.buffer_bytes) {
            let accepted = format!("a byte for each of {banks} banks to {LARGEST_BUFFER}");
            return Err(self.wrong(format!("buffer_bytes is {}", self.buffer_bytes), &accepted));
        }
        if blocks.reserved_banks >= blocks.banks {
            let reason = format!("blocks.reserved_banks is {}", blocks.reserved_banks);
            return Err(self.wrong(reason, &format!("fewer than the {banks} banks")));
        }
        let sides = [
            (blocks.micro.h, blocks.largest.h),
            (blocks.micro.w, blocks.largest.w),
            (blocks.micro.c, blocks.largest.c),
        ];
        let sizes: u64 = sides.iter().map(|&(micro, largest)| u64::from(largest / micro)).product();
        if sides.iter().any(|&(micro, largest)| largest % micro != 0) || sizes > MOST_BLOCKS {
            let reason = format!("blocks of up to {} in micro blocks of {}", blocks.largest, blocks.micro);
            let accepted = format!("a whole number of micro blocks along each side, up to {MOST_BLOCKS} in all");
            return Err(self.wrong(reason, &accepted));
        }
        let micro_blocks = u64::from(self.cores) * blocks.micro_elements();
        if self.mapping == Mapping::OutputBlocks && self.units() % micro_blocks != 0 {
            let accepted = format!("a multiple of {micro_blocks}, the elements of the micro blocks");
            return Err(self.wrong(format!("{} units", self.units()), &accepted));
        }
        Ok(())
    }
}
