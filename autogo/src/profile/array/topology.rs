//! Layers from a table as SCALE-Sim reads them (NPU specification, A.1).

use super::layer::Layer;
use crate::error::Error;
use std::path::Path;

/// What a line may look like.
const ACCEPTED: &str =
    "`name, height, width, kernel height, kernel width, channels, filters, stride` or `name, m, n, k`";

impl Layer {
    /// The layers of a table with a heading, a layer a line: a convolution as name, height, width, kernel height, kernel width,
    /// channels, filters and stride, or a product as name, m, n and k. A convolution with `DP` in its name is depth-wise: its
    /// filters pass over each channel alone. Cells behind those (a sparsity ratio, an empty one) are not looked at.
    pub fn read_table(path: impl AsRef<Path>) -> Result<Vec<Layer>, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::File { path: path.into(), reason: error.to_string() })?;
        let mut layers = Vec::new();
        for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
            layers.push(parse(line).map_err(|reason| Error::Line {
                path: path.into(),
                line: number + 1,
                reason,
                accepted: ACCEPTED.into(),
            })?);
        }
        Ok(layers)
    }
}

fn parse(line: &str) -> Result<Layer, String> {
    let mut cells = line.split(',').map(str::trim);
    let name = cells.next().unwrap_or_default();
    let cells: Vec<&str> = cells.take_while(|cell| !cell.is_empty() && !cell.contains(':')).collect();
    let numbers: Result<Vec<u32>, String> =
        cells.iter().map(|cell| cell.parse().map_err(|_| format!("`{cell}` is no whole number"))).collect();
    match numbers?[..] {
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
