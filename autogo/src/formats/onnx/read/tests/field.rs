//! Files of other people, where a folder of them is given by `AUTOGO_FIELD`: its `cases.csv` has the right answers.

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
