//! A profile in lines: a kernel a line, totals, energy, this processor.

use super::Description;
use crate::host::HostReport;
use std::fmt::Write;

/// The profile as a table, and totals.
pub fn listing(description: &Description) -> String {
    let profile = &description.profile;
    let mut text = format!(
        "{:<40} {:<16} {:>12} {:>6}  {:<8} {:>6} {:>12} {:>12}\n",
        "node", "op", "cycles", "%", "bound by", "used", "DRAM bytes", "SRAM bytes"
    );
    for row in &profile.rows {
        let op = match row.fused.is_empty() {
            true => row.op.clone(),
            false => format!("{} +{}", row.op, row.fused.len()),
        };
        let _ = writeln!(
            text,
            "{:<40} {op:<16} {:>12} {:>6.2}  {:<8} {:>5.1}% {:>12} {:>12}",
            row.node,
            row.cycles,
            100.0 * row.cycles as f64 / description.cycles.max(1) as f64,
            row.bound.name(),
            100.0 * row.utilisation,
            row.dram_bytes,
            row.sram_bytes
        );
    }
    let _ = write!(
        text,
        "\n{} on {}\nkernels         {}\ncycles          {}\nlatency         {:.3} ms, {:.2} inferences a second\nutilisation     \
         {:.1} %\nDRAM, SRAM      {} bytes, {} bytes",
        profile.network,
        profile.machine.name,
        profile.rows.len(),
        description.cycles,
        description.milliseconds,
        description.frames_per_second,
        100.0 * profile.utilisation(),
        profile.dram_bytes(),
        profile.sram_bytes()
    );
    if let Some(energy) = &description.energy {
        let shares = energy.shares().map(|(part, share)| format!("{part} {:.1} %", 100.0 * share)).join(", ");
        let _ = write!(
            text,
            "\nenergy          {:.1} nJ, {:.3} mW by {} ({shares})",
            energy.total(),
            energy.milliwatts(),
            energy.table
        );
    }
    if let Some(report) = &description.host {
        text.push_str(&processor(report));
    }
    text
}

/// The measurement on this processor, in lines that follow the others.
fn processor(report: &HostReport) -> String {
    let timing = &report.timing;
    let mut text = format!(
        "\nthis processor  {:.3} ms at least, {:.3} ms in the median of {} runs in {}, threads: {}",
        timing.minimum_ms, timing.median_ms, timing.repeats, report.engine, report.threads
    );
    let _ = match &timing.cycles {
        Some(cycles) => write!(text, "\n                {:.0} cycles of the {} at least", cycles.count, cycles.clock),
        None => write!(text, "\n                no clock to count cycles by"),
    };
    let _ = match &timing.cpu {
        Some(cpu) => write!(text, "\nprocessor time  {:.3} ms a run by {}", cpu.milliseconds, cpu.counted_by),
        None => write!(text, "\nprocessor time  not counted here"),
    };
    let _ = match (&timing.hardware, &timing.hardware_refusal) {
        (Some(hardware), _) => write!(
            text,
            "\ncounters        {:.0} cycles, {:.0} instructions a run, {:.2} instructions a cycle",
            hardware.cycles,
            hardware.instructions,
            hardware.instructions / hardware.cycles.max(1.0)
        ),
        (None, Some(reason)) => write!(text, "\ncounters        refused by the system: {reason}"),
        (None, None) => write!(text, "\ncounters        none here"),
    };
    text
}
