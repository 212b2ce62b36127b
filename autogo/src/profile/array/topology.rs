//! Layers from a table as SCALE-Sim reads them ([npu §A.1](crate::doc::npu#sa-1)).

use super::layer::Layer;
use crate::csv;
use crate::error::Error;
use std::path::Path;

/// The forms of a line that are accepted, for messages.
const ACCEPTED: &str =
    "`name, height, width, kernel height, kernel width, channels, filters, stride` or `name, m, n, k`";

/// Numbers of a convolution.
const MOST: usize = 7;

impl Layer {
    /// The layers of a table with a heading, a layer a line: a convolution as name, height, width, kernel height,
    /// kernel width, channels, filters and stride, or a product as name, m, n and k. A convolution with `DP` in its
    /// name is depth-wise: its filters pass over each channel alone. What stands behind those (a sparsity ratio, a
    /// remark, nothing) is not looked at; neither is what stands behind `#`.
    ///
    /// # Errors
    /// A file that cannot be read, and a line that is no layer, with its number.
    pub fn read_table(path: impl AsRef<Path>) -> Result<Vec<Layer>, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
        let mut layers = Vec::new();
        for line in csv::lines(&text).into_iter().skip(1).filter(|line| !line.text.trim_start().starts_with('#')) {
            layers.push(parse(line.text).map_err(|reason| Error::Line {
                path: path.into(),
                line: line.number,
                reason,
                accepted: ACCEPTED.into(),
            })?);
        }
        Ok(layers)
    }
}

fn parse(line: &str) -> Result<Layer, String> {
    let cells = csv::cells(line)?;
    let (name, rest) = cells.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_ref(), rest));
    let mut numbers: Vec<u32> = Vec::new();
    let mut is_remarked = false;
    let mut behind = rest.iter();
    for cell in behind.by_ref() {
        let (number, remark) = cell.split_once('#').map_or((cell.as_ref(), None), |(cell, rest)| (cell, Some(rest)));
        is_remarked = remark.is_some();
        match number.trim().parse() {
            Ok(number) if numbers.len() < MOST => numbers.push(number),
            Ok(_) => break,
            // Behind all the numbers there may be a remark; in the place of one there may not.
            Err(_) if number.trim().is_empty() || number.contains(':') || [3, MOST].contains(&numbers.len()) => break,
            Err(_) => return Err(format!("`{}` is no whole number", number.trim())),
        }
        if is_remarked {
            break;
        }
    }
    if numbers.len() < MOST && !is_remarked && behind.any(|cell| cell.parse::<u32>().is_ok()) {
        return Err(format!("{} numbers, then others behind what is none", numbers.len()));
    }
    match numbers[..] {
        [m, n, k] => Ok(Layer::gemm(name, m, n, k)),
        [height, width, kernel_height, kernel_width, channels, filters, stride] => {
            let (kernel, stride) = ((kernel_height, kernel_width), (stride, stride));
            if name.contains("DP") {
                let layer = Layer::conv(name, (height, width, 1), kernel, filters, stride);
                Ok(Layer { repeats: channels, ..layer })
            } else {
                Ok(Layer::conv(name, (height, width, channels), kernel, filters, stride))
            }
        }
        ref other => Err(format!("{} numbers", other.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_convolutions_or_products() {
        assert_eq!(
            parse("Conv1, 230, 230, 7, 7, 3, 64, 2,"),
            Ok(Layer::conv("Conv1", (230, 230, 3), (7, 7), 64, (2, 2)))
        );
        assert_eq!(parse("Conv1,9,9,3,3,3,6,1,2:4,"), Ok(Layer::conv("Conv1", (9, 9, 3), (3, 3), 6, (1, 1))));
        assert_eq!(parse("fc, 1, 1000, 2048,"), Ok(Layer::gemm("fc", 1, 1000, 2048)));
        let layer = Layer { name: "DP2".into(), ..Layer::depthwise("", (9, 9, 32), (3, 3), (1, 1)) };
        assert_eq!(parse("DP2,9,9,3,3,32,1,1,"), Ok(layer));
        assert_eq!(parse("fc, 1, many, 3").unwrap_err(), "`many` is no whole number");
        assert_eq!(parse("fc, 1, 2").unwrap_err(), "2 numbers");
    }

    #[test]
    fn remarks_behind_the_numbers_are_passed_over_and_none_stands_in_the_place_of_a_number() {
        let conv = Layer::conv("c", (9, 9, 3), (3, 3), 6, (1, 1));
        for line in [
            "c,9,9,3,3,3,6,1, first of 3, 4",
            "c,9,9,3,3,3,6,1 # first, 2",
            "c,9,9,3,3,3,6,1,# first",
            "\"c\",9,9,3,3,3,6,1,5",
        ] {
            assert_eq!(parse(line), Ok(conv.clone()), "{line}");
        }
        for line in ["fc,1,2,3, the head", "fc,1,2,3 # the head, 7", "fc,1,2,3,#,4"] {
            assert_eq!(parse(line), Ok(Layer::gemm("fc", 1, 2, 3)), "{line}");
        }
        for line in ["c,9,9,3,x,3,6,1", "c,9,9,3,,3,6,1", "c,9,9,3,2:4,3,6,1"] {
            assert_eq!(parse(line).unwrap_err(), "3 numbers, then others behind what is none", "{line}");
        }
        assert_eq!(parse("c,9,9,3,3,3,6").unwrap_err(), "6 numbers");
        assert_eq!(parse("c,9,9,3,3,3,6,one").unwrap_err(), "`one` is no whole number");
    }

    #[test]
    fn a_table_is_read_however_it_was_saved() {
        let path = std::env::temp_dir().join(format!("autogo-topology-saved-{}.csv", std::process::id()));
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Layer::read_table(&path).unwrap()
        };
        let plain = "name, m, n, k\nfc, 1, 2, 3,\nDP, 9,9,3,3,32,1,1\n";
        let layers = read(plain);
        assert_eq!(layers.len(), 2);
        let noted = plain.replace("3,\n", "3, the head\n# and one more\n");
        for other in [format!("\u{feff}{plain}"), plain.replace('\n', "\r\n"), format!("{plain}\n\n"), noted] {
            assert_eq!(read(&other), layers, "{other:?}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_wrong_line_is_named() {
        let path = std::env::temp_dir().join(format!("autogo-topology-{}.csv", std::process::id()));
        std::fs::write(&path, "name, m, n, k\nfc, 1, 2, 3,\n\nfc, 1, 2,\n").unwrap();
        let said = Layer::read_table(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(said.contains(".csv:4: 2 numbers; accepted: `name, height"), "{said}");
        assert!(
            Layer::read_table("/nowhere/topology.csv").unwrap_err().to_string().starts_with("/nowhere/topology.csv: ")
        );
    }
}
