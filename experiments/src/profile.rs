//! `autogo profile SPEC|FILE`: a network's cycles on a machine, kernel by kernel, and its energy.

use crate::{Failure, host};
use autogo::graph::Graph;
use autogo::profile::{EnergyReport, EnergyTable, Npu, NpuProfile, compare};
use clap::Parser;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Arguments of `autogo profile`.
#[derive(Parser)]
pub struct Args {
    /// The network: a compact string such as nb201:OP,OP,OP,OP,OP,OP or resnet50, or a file (.onnx, .json of `autogo graph
    /// --save`, .pkl of the original release).
    network: String,
    /// The machine: N256, N512, N1024, or a TOML file.
    #[arg(long, default_value = "N256")]
    machine: String,
    /// Adds energy by a table: horowitz45, eyeriss65 or zigzag_tpu.
    #[arg(long)]
    energy: Option<String>,
    /// Prints JSON for machines instead of a table.
    #[arg(long)]
    json: bool,
    /// Compares with these networks instead of listing kernels; changes are against NETWORK.
    #[arg(long, num_args = 1.., value_name = "NETWORK", conflicts_with_all = ["json", "host"])]
    compare: Vec<String>,
    /// Runs the network on this machine's processor as well.
    #[arg(long)]
    host: bool,
    /// What runs it there; rten is there in a build with `--features rten`.
    #[arg(long, requires = "host", value_enum, default_value = "ort")]
    engine: host::Engine,
    /// ONNX Runtime's library; `$ORT_DYLIB_PATH` or the notebooks' environment when it is not given.
    #[arg(long, requires = "host", value_name = "FILE")]
    library: Option<PathBuf>,
    /// Threads on the processor.
    #[arg(long, requires = "host", default_value_t = 1)]
    threads: usize,
    /// Timed runs on the processor.
    #[arg(long, requires = "host", default_value_t = 20)]
    repeats: usize,
}

/// The JSON that `--json` prints.
#[derive(Serialize)]
struct Description {
    profile: NpuProfile,
    cycles: u64,
    milliseconds: f64,
    frames_per_second: f64,
    energy: Option<EnergyReport>,
    host: Option<host::HostReport>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<(), Failure> {
    let npu = machine(&args.machine)?;
    let table = args.energy.as_deref().map(EnergyTable::named).transpose()?;
    let graph = crate::graph::open(&args.network)?;
    if !args.compare.is_empty() {
        let mut graphs = vec![(args.network.clone(), graph)];
        for network in &args.compare {
            graphs.push((network.clone(), crate::graph::open(network)?));
        }
        crate::say(&comparison(&npu, &graphs, table.as_ref())?);
        return Ok(());
    }
    let profile = npu.profile(&graph)?;
    let energy = table.as_ref().map(|table| profile.energy(table)).transpose()?;
    let host = match args.host {
        true => Some(host::measure(&graph, args.engine, args.library.as_deref(), args.threads, args.repeats)?),
        false => None,
    };
    let description = Description {
        cycles: profile.cycles(),
        milliseconds: profile.milliseconds(),
        frames_per_second: profile.frames_per_second(),
        profile,
        energy,
        host,
    };
    let text = match args.json {
        true => serde_json::to_string_pretty(&description).map_err(|error| Failure::Work(error.to_string()))?,
        false => listing(&description),
    };
    crate::say(&text);
    Ok(())
}

/// A preset by its name, or a machine from a file.
pub fn machine(name: &str) -> Result<Npu, Failure> {
    if let Some(preset) = Npu::named(name) {
        return Ok(preset);
    }
    if !name.ends_with(".toml") {
        let names = Npu::presets().map(|preset| preset.name).join(", ");
        return Err(Failure::Input(format!("machine `{name}` is not known; accepted: {names}, or a TOML file")));
    }
    let text = std::fs::read_to_string(Path::new(name)).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
    Npu::from_toml(&text).map_err(|error| Failure::Input(format!("{name}: {error}")))
}

/// The profile as a table, and totals.
fn listing(description: &Description) -> String {
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

/// What was measured on this processor, in lines that follow the others.
fn processor(report: &host::HostReport) -> String {
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

/// Networks side by side.
fn comparison(npu: &Npu, graphs: &[(String, Graph)], table: Option<&EnergyTable>) -> Result<String, Failure> {
    let frame = compare(npu, graphs, table)?;
    let number = |column: &str, row: usize| {
        let column = frame.column(column).ok()?;
        column.get(row).ok()?.extract::<f64>()
    };
    let mut text = format!(
        "{:<44} {:>14} {:>9} {:>9} {:>12} {:>6}",
        format!("on {}", npu.name),
        "cycles",
        "change",
        "MACs",
        "ms",
        "used"
    );
    if table.is_some() {
        let _ = write!(text, " {:>12} {:>9}", "energy mJ", "change");
    }
    for (row, (name, _)) in graphs.iter().enumerate() {
        let of = |column: &str| number(column, row).unwrap_or(f64::NAN);
        let _ = write!(
            text,
            "\n{name:<44} {:>14.0} {:>+8.1}% {:>+8.1}% {:>12.3} {:>5.1}%",
            of("cycles"),
            of("cycles_change"),
            of("multiply_adds_change"),
            of("milliseconds"),
            100.0 * of("utilisation")
        );
        if table.is_some() {
            let _ = write!(text, " {:>12.4} {:>+8.1}%", of("millijoules"), of("energy_change"));
        }
    }
    Ok(text)
}
