//! Labels of NAS-Bench-201.

use super::super::arch::{self, Arch};
use super::super::labelled::{Label, LabelledFamily};
use super::gzip::read_text;
use crate::csv::Csv;
use crate::error::Error;
use crate::families::{Family, Nb201};
use crate::goal::Goal;
use polars::prelude::*;
use std::collections::HashSet;
use std::path::Path;

/// Accuracy columns of the file, in percent.
const ACCURACIES: [&str; 4] = ["cifar10_test", "cifar100_test", "imagenet16_120_test", "cifar10_valid"];
const ACCEPTED_FILE: &str = "a CSV with a header and 15,625 rows: arch, cifar10_test, cifar100_test, \
     imagenet16_120_test, cifar10_valid (percent)";

/// Reads the CSV of published accuracies and joins it with the graphs' figures. Every wrong cell is refused with its
/// line.
pub(super) fn read(path: &Path) -> Result<LabelledFamily, Error> {
    let labels = read_labels(path)?;
    let labelled = labels.iter().map(|row| (Arch::Nb201(row.arch), Some(row.accuracies[0]))).collect();
    let column = |at: usize| labels.iter().map(|row| row.accuracies[at]).collect::<Vec<f64>>();
    let mut frame = figures(&labels.iter().map(|row| row.arch).collect::<Vec<_>>())?;
    for (at, name) in ACCURACIES.into_iter().enumerate() {
        frame.with_column(Column::new(name.into(), column(at)))?;
    }
    let label = Label {
        column: ACCURACIES[0].into(),
        title: "CIFAR-10 test accuracy [%]".into(),
        goal: Goal::Maximise,
        source: format!("NAS-Bench-201, 200 epochs, mean over seeds ({})", path.display()),
        measured: true,
        published: true,
    };
    LabelledFamily::new(Nb201::NAME, label, frame, labelled)
}

struct Row {
    arch: Nb201,
    accuracies: [f64; 4],
}

fn read_labels(path: &Path) -> Result<Vec<Row>, Error> {
    let text = read_text(path, ACCEPTED_FILE)?;
    let table = Csv::new(path, &text, ACCEPTED_FILE)?;
    let arch_at = table.column("arch")?;
    let mut places = [0; 4];
    for (place, name) in places.iter_mut().zip(ACCURACIES) {
        *place = table.column(name)?;
    }
    let mut rows = Vec::with_capacity(table.height());
    let mut seen = HashSet::new();
    for at in 0..table.height() {
        let row = table.row(at)?;
        let arch: Nb201 = row
            .cell(arch_at)?
            .parse()
            .map_err(|error: Error| row.wrong(error.to_string(), "the string of one of the 15,625 networks"))?;
        if !seen.insert(arch) {
            return Err(row.wrong(format!("{arch} stands here for the second time"), "each architecture once"));
        }
        let mut accuracies = [0.0; 4];
        for ((accuracy, place), name) in accuracies.iter_mut().zip(places).zip(ACCURACIES) {
            let cell = row.cell(place)?;
            let value = cell.parse::<f64>().ok().filter(|value| (0.0..=100.0).contains(value));
            *accuracy = value.ok_or_else(|| row.wrong(format!("{name} is `{cell}`"), "a percentage from 0 to 100"))?;
        }
        rows.push(Row { arch, accuracies });
    }
    if rows.len() != Nb201::COUNT {
        let reason = format!("ends after {} rows; accepted: {ACCEPTED_FILE}", rows.len());
        return Err(Error::File { path: path.into(), reason });
    }
    Ok(rows)
}

/// The table of [`arch::figures`], and the parameters that the benchmark publishes for these architectures.
pub(crate) fn figures(archs: &[Nb201]) -> Result<DataFrame, Error> {
    let mut frame = arch::figures(&archs.iter().copied().map(Arch::Nb201).collect::<Vec<_>>())?;
    let strings = archs.iter().map(Nb201::arch_string).collect::<Vec<_>>();
    frame.with_column(Column::new("arch".into(), strings))?;
    let published = archs.iter().map(Nb201::benchmark_params).collect::<Vec<_>>();
    frame.with_column(Column::new("benchmark_params".into(), published))?;
    let has_none = archs.iter().map(|arch| !arch.has_no_none()).collect::<Vec<_>>();
    frame.with_column(Column::new("has_none".into(), has_none))?;
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// A file of the published layout with made-up accuracies; `edit` changes its lines.
    fn file(edit: impl Fn(&mut Vec<String>)) -> (std::path::PathBuf, Result<LabelledFamily, Error>) {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut lines = vec!["index,arch,cifar10_test,cifar100_test,imagenet16_120_test,cifar10_valid".to_string()];
        for arch in Nb201::all() {
            let mut line = String::new();
            let base = 40.0 + arch.index() as f64 / 1000.0;
            write!(line, "{},{},{base},{},{},{base}", arch.index(), arch.arch_string(), base / 2.0, base / 4.0)
                .unwrap();
            lines.push(line);
        }
        edit(&mut lines);
        let path = std::env::temp_dir().join(format!("autogo-nb201-{}-{number}.csv", std::process::id()));
        std::fs::write(&path, lines.join("\n")).unwrap();
        let result = read(&path);
        std::fs::remove_file(&path).unwrap();
        (path, result)
    }

    #[test]
    fn labels_join_the_graphs_figures() {
        let (_, family) = file(|lines| lines[1..].reverse());
        let family = family.unwrap();
        let frame = family.frame();
        assert_eq!(frame.height(), Nb201::COUNT);
        let arch = Nb201::at(12_345);
        assert_eq!(family.value(arch), Some(40.0 + 12.345));
        let row =
            frame.column("arch").unwrap().str().unwrap().iter().position(|cell| cell == Some(&arch.arch_string()));
        let accuracy = frame.column("cifar10_test").unwrap().f64().unwrap().get(row.unwrap());
        assert_eq!(accuracy, Some(52.345));
    }

    #[test]
    fn the_same_table_is_read_however_it_was_saved() {
        let values = |edit: fn(&mut Vec<String>)| {
            let family = file(edit).1.unwrap();
            Nb201::all().into_iter().map(|arch| family.value(arch)).collect::<Vec<Option<f64>>>()
        };
        let plain = values(|_| {});
        assert_eq!(plain, values(|lines| lines[0].insert(0, '\u{feff}')));
        assert_eq!(plain, values(|lines| lines.extend([String::new(), String::new()])));
        assert_eq!(plain, values(|lines| lines.iter_mut().for_each(|line| line.push('\r'))));
        let quote = |lines: &mut Vec<String>| {
            lines.iter_mut().for_each(|line| *line = format!("\"{}\"", line.replace(',', "\",\"")));
        };
        assert_eq!(plain, values(quote));
    }

    #[test]
    fn wrong_files_name_the_line_and_what_is_accepted() {
        let error = |edit: fn(&mut Vec<String>)| {
            let (path, result) = file(edit);
            result.unwrap_err().to_string().replace(&path.display().to_string(), "FILE")
        };
        let range = error(|lines| lines[6] = lines[6].replace("40.005", "140.005"));
        assert_eq!(range, "FILE:7: cifar10_test is `140.005`; accepted: a percentage from 0 to 100");
        let short = error(|lines| lines.truncate(100));
        assert!(
            short.starts_with("FILE: ends after 99 rows; accepted: a CSV with a header and 15,625 rows"),
            "{short}"
        );
        let cut = error(|lines| {
            let cells = lines[15_625].split(',').take(3).collect::<Vec<_>>().join(",");
            lines[15_625] = cells;
        });
        assert!(cut.starts_with("FILE:15626: no cifar100_test"), "{cut}");
        let twice = error(|lines| lines[3] = lines[2].clone());
        assert!(twice.starts_with("FILE:4: nb201:none,none,none,none,none,skip_connect stands here"), "{twice}");
        let unknown = error(|lines| lines[3] = lines[3].replace("none~0", "conv7~0"));
        assert!(unknown.starts_with("FILE:4: ") && unknown.contains("`conv7` is not known"), "{unknown}");
        let header = error(|lines| lines[0] = lines[0].replace("cifar100_test", "x"));
        assert!(header.starts_with("FILE: no column `cifar100_test`"), "{header}");
        for message in [range, short, cut, twice, unknown, header] {
            assert!(!message.contains('\n'), "{message}");
        }
        let missing = LabelledFamily::nb201("/nowhere").unwrap_err().to_string();
        assert!(missing.starts_with("/nowhere/nasbench/nb201.csv: No such file"), "{missing}");
    }
}
