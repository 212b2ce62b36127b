//! NAS-Bench-101 as a whole: its enumeration, and the published table where it is there.
#![allow(clippy::unwrap_used, clippy::panic)]

use autogo::data::{Arch, LabelledFamily};
use autogo::families::{Family, Nb101};
use tests::folder;

#[test]
fn the_enumeration_is_the_published_table_row_by_row() {
    let all = Nb101::all();
    assert_eq!(all.len(), Nb101::COUNT);
    let Some(data) = folder("AUTOGO_DATA") else { return };
    let table = LabelledFamily::nb101(&data).unwrap();
    let params = table.frame().column("params").unwrap().u64().unwrap().clone();
    // Both stand in the order of the benchmark's hash. Representatives of a cell may differ, hashes may not.
    for row in (0..Nb101::COUNT).step_by(97) {
        let Some(Arch::Nb101(arch)) = table.arch(row) else { panic!("row {row}") };
        assert_eq!(arch.module_hash(), all[row].module_hash(), "row {row}");
        let (published, ours) = (arch.build().unwrap(), all[row].build().unwrap());
        assert_eq!(Some(published.cost().params), params.get(row), "row {row}");
        assert_eq!(published.content_id(), ours.content_id(), "row {row}");
    }
}
