//! Files of other people, where a folder of them is given by `AUTOGO_FIELD`: its `cases.csv` has the right answers. And
//! files of one random layer, where `AUTOGO_LAYERS` names the folder that `tests/onnx_layers.py` has made.

use super::*;
use std::path::Path;

#[test]
fn files_of_other_people() {
    let Ok(folder) = std::env::var("AUTOGO_FIELD") else {
        eprintln!("skipped: AUTOGO_FIELD is not set");
        return;
    };
    let table = std::fs::read_to_string(Path::new(&folder).join("cases.csv")).unwrap();
    let mut wrong = Vec::new();
    for line in table.lines().skip(1) {
        let (name, wanted) = line.split_once(',').unwrap();
        let path = Path::new(&folder).join(name);
        let options = ReadOptions { folder: path.parent().map(Into::into), ..ReadOptions::default() };
        let found = read(std::fs::read(&path).unwrap().into(), &options).map(|model| {
            let (shape, cost) = (model.output().unwrap(), model.cost());
            format!("{},{},{},{},{}", shape.h, shape.w, shape.c, cost.multiply_adds, cost.parameters)
        });
        if found.as_deref() != Ok(wanted) {
            wrong.push(format!("{name}: {found:?} instead of {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Height, width and channels of an output's sizes.
fn picture(sizes: &[u64]) -> Option<(u64, u64, u64)> {
    match *sizes {
        [_, c, h, w] | [1, _, c, h, w] => Some((h, w, c)),
        [_, c] => Some((1, 1, c)),
        [_, c, h] => Some((h, 1, c)),
        _ => None,
    }
}

#[test]
fn random_layers_have_the_sizes_of_onnx_runtime() {
    let Ok(folder) = std::env::var("AUTOGO_LAYERS") else {
        eprintln!("skipped: AUTOGO_LAYERS is not set");
        return;
    };
    let table = std::fs::read_to_string(Path::new(&folder).join("cases.csv")).unwrap();
    let (mut wrong, mut read_of_them, mut refused) = (Vec::new(), 0, 0);
    for line in table.lines().skip(1) {
        let parts: Vec<&str> = line.trim().split(',').collect();
        let &[name, _, _, sizes] = parts.as_slice() else { panic!("{line}") };
        let bytes = std::fs::read(Path::new(&folder).join(name)).unwrap();
        let Ok(model) = read(bytes.into(), &ReadOptions::default()) else {
            refused += 1;
            continue;
        };
        read_of_them += 1;
        let Ok(sizes) = sizes.split(' ').map(str::parse).collect::<Result<Vec<u64>, _>>() else { continue };
        let shape = model.output().unwrap();
        // Three axes may be a batch of sequences: then the number of elements counts.
        let same = picture(&sizes) == Some((shape.h.into(), shape.w.into(), shape.c.into()))
            || (sizes.len() == 3 && sizes[1] * sizes[2] == shape.elements());
        if !same {
            wrong.push(format!("{line}: {shape}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read_of_them > 3 * refused, "{read_of_them} read, {refused} refused");
}
