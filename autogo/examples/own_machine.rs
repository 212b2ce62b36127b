//! A machine of one's own: a few lines of TOML, beside the machines that ship.
//!
//! ```text
//! cargo run --package autogo --example own_machine
//! ```

// An example talks through standard output.
#![allow(clippy::print_stdout)]

use autogo::families::network;
use autogo::prelude::*;

/// N256 with a wider array and a slower memory. What is not said is N256's.
const MACHINE: &str = r#"
    base = "N256"
    name = "wide"
    columns = 32
    dram_bytes_per_cycle = 2.0
"#;

fn main() -> Result<(), Error> {
    let wide = Npu::from_toml(MACHINE)?;
    let graph = network("resnet50")?;
    for machine in [Npu::n256(), wide] {
        let profile = machine.profile(&graph)?;
        let (time, used) = (profile.milliseconds(), 100.0 * profile.utilisation());
        println!(
            "{:<5} {:>11} cycles, {time:>6.2} ms, {used:>4.1} % of the array used",
            machine.name,
            profile.cycles()
        );
        let slowest = profile.rows.iter().max_by_key(|row| row.cycles);
        if let Some(kernel) = slowest {
            println!("      its slowest kernel: {} cycles, bound by {:?}", kernel.cycles, kernel.bound);
        }
    }
    Ok(())
}
