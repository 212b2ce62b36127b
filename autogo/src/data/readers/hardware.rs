//! Measured latencies and energies of NB-201 (HW-NAS-Bench, Li et al., ICLR 2021).

use super::gzip::read_text;
use crate::csv::Csv;
use crate::error::Error;
use crate::families::Nb201;
use polars::prelude::*;
use std::path::PathBuf;

const ACCEPTED: &str = "a CSV whose columns are arch and measurements, one row for each of the 15,625 networks";

/// The table `nasbench/nb201_hw.csv.gz` of a data folder: `spec`, and for each data set and device a latency in
/// milliseconds or an energy in millijoules, as the file names them (`cifar10_edgegpu_latency`, …). What could not be
/// measured is null.
pub fn hardware_latencies(folder: impl Into<PathBuf>) -> Result<DataFrame, Error> {
    let path = folder.into().join("nasbench").join("nb201_hw.csv.gz");
    let text = read_text(&path, ACCEPTED)?;
    let table = Csv::new(&path, &text, ACCEPTED)?;
    let arch_at = table.column("arch")?;
    let names = table.names();
    let measured: Vec<usize> = (0..names.len()).filter(|&at| at != arch_at && names[at] != "index").collect();
    let mut specs = Vec::with_capacity(Nb201::COUNT);
    let mut columns = vec![Vec::with_capacity(Nb201::COUNT); measured.len()];
    for at in 0..table.height() {
        let row = table.row(at)?;
        let arch = row.cell(arch_at)?.parse::<Nb201>();
        specs.push(arch.map_err(|error| row.wrong(error.to_string(), "an NB-201 string"))?.to_string());
        for (column, &place) in columns.iter_mut().zip(&measured) {
            let cell = row.cell(place)?;
            match cell.parse::<f64>() {
                Ok(value) if value.is_finite() && value >= 0.0 => column.push(Some(value)),
                // The benchmark's mark for a network that the device could not run.
                Ok(-1.0) => column.push(None),
                Ok(_) | Err(_) => {
                    let reason = format!("{} is `{cell}`", names[place]);
                    return Err(row.wrong(reason, "a measurement from 0 up, or -1"));
                }
            }
        }
    }
    let mut frame = df!("spec" => specs)?;
    for (column, place) in columns.into_iter().zip(measured) {
        frame.with_column(Column::new(names[place].as_ref().into(), column))?;
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DataFrame, Error> {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("autogo-hardware-{}-{number}", std::process::id()));
        std::fs::create_dir_all(folder.join("nasbench")).unwrap();
        let file = std::fs::File::create(folder.join("nasbench/nb201_hw.csv.gz")).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
        encoder.finish().unwrap();
        let read = hardware_latencies(&folder);
        std::fs::remove_dir_all(folder).unwrap();
        read
    }

    #[test]
    fn the_same_table_is_read_however_it_was_saved() {
        let arch = Nb201::at(7).arch_string();
        let plain = format!("index,arch,cifar10_edgegpu_latency,cifar10_eyeriss_energy\n0,{arch},1.5,-1\n");
        let frame = read(&plain).unwrap();
        let names: Vec<&str> = frame.get_column_names().into_iter().map(|name| name.as_str()).collect();
        assert_eq!(names, ["spec", "cifar10_edgegpu_latency", "cifar10_eyeriss_energy"]);
        assert_eq!(frame.column("cifar10_eyeriss_energy").unwrap().null_count(), 1);
        let quoted = plain.replace(&arch, &format!("\"{arch}\"")).replace("index", "\"index\"");
        for other in [format!("\u{feff}{plain}"), plain.replace('\n', "\r\n"), format!("{plain}\n"), quoted] {
            assert!(read(&other).unwrap().equals_missing(&frame), "{other:?}");
        }
        for (wrong, said) in [
            (
                plain.replace("1.5", "fast"),
                ":2: cifar10_edgegpu_latency is `fast`; accepted: a measurement from 0 up, or -1",
            ),
            (plain.replace(",-1", ""), ":2: no cifar10_eyeriss_energy; accepted: a CSV whose columns are arch and"),
            (plain.replace("arch,", "network,"), ": no column `arch`; accepted: a CSV whose columns are arch and"),
            (String::new(), ": has no line; accepted: a CSV whose columns are arch and"),
        ] {
            let error = read(&wrong).unwrap_err().to_string();
            assert!(error.contains(said) && error.lines().count() == 1, "{error}");
        }
    }
}
