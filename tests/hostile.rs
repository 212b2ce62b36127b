//! Damaged and hostile files: every reader answers with an error, never with a panic.
#![allow(clippy::unwrap_used)]

use autogo::data::records;
use autogo::families::FamilyName;
use autogo::formats::onnx::{Pooling, Weights, export, import};
use autogo::formats::{Checkpoint, Class, Pickle, from_json, read_encoder, read_gennape, read_graph, to_json};
use proptest::prelude::*;
use tests::folder;

/// A change of a file: where, and what instead. The length of the result comes from `cut`.
#[derive(Clone, Debug)]
struct Damage {
    bytes: Vec<(prop::sample::Index, u8)>,
    cut: Option<prop::sample::Index>,
    doubled: Option<(prop::sample::Index, u8)>,
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = (any::<prop::sample::Index>(), any::<u8>());
    (
        prop::collection::vec(byte, 0..8),
        any::<Option<prop::sample::Index>>(),
        any::<Option<(prop::sample::Index, u8)>>(),
    )
        .prop_map(|(bytes, cut, doubled)| Damage { bytes, cut, doubled })
}

impl Damage {
    fn of(&self, file: &[u8]) -> Vec<u8> {
        let mut file = file.to_vec();
        for (place, byte) in &self.bytes {
            let at = place.index(file.len());
            file[at] = *byte;
        }
        if let Some((place, times)) = &self.doubled {
            // A part repeated: lengths that no longer fit what they count.
            let at = place.index(file.len());
            let part = file[at..(at + usize::from(*times)).min(file.len())].to_vec();
            file.splice(at..at, part);
        }
        if let Some(place) = &self.cut {
            file.truncate(place.index(file.len()) + 1);
        }
        file
    }
}

fn onnx_file() -> Vec<u8> {
    let graph = autogo::families::graph("unet:16x16").unwrap();
    export(&graph, Weights::None, Pooling::default()).unwrap()
}

fn record_file() -> Vec<u8> {
    // One record of eleven bytes with its two sums, as TensorFlow writes it.
    let body = b"hello world";
    let masked = |bytes: &[u8]| crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
    let head = (body.len() as u64).to_le_bytes();
    [&head[..], &masked(&head), body, &masked(body)].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn onnx(damage in damage()) {
        thread_local!(static FILE: Vec<u8> = onnx_file());
        FILE.with(|file| { let _ = import(&damage.of(file)); });
    }

    #[test]
    fn json(damage in damage()) {
        thread_local!(static FILE: String = to_json(&autogo::families::graph("fsrcnn:8x8").unwrap()));
        FILE.with(|file| {
            if let Ok(text) = String::from_utf8(damage.of(file.as_bytes())) {
                let _ = from_json(&text);
                let _ = read_gennape(&text, FamilyName::Hiaml);
            }
        });
    }

    #[test]
    fn record_files(damage in damage()) {
        records(&damage.of(&record_file())).for_each(|record| { let _ = record; });
    }

    #[test]
    fn pickles_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let classes = [Class { module: "m", name: "C", callable: true }];
        let _ = Pickle::read(&bytes, &classes);
        let _ = read_graph(&bytes);
        let _ = read_encoder(&bytes);
        let _ = Checkpoint::read(&bytes);
    }

    #[test]
    fn pickles_of_likely_opcodes(ops in prop::collection::vec(prop::sample::select(
        b"\x80\x02(0NK\x01M]ael)\x85\x86\x87t}sudqrhjcRbQ\x93\x81\x94.X\x8c".to_vec()), 0..300)) {
        let _ = Pickle::read(&ops, &[Class { module: "m", name: "C", callable: true }]);
    }
}

#[test]
fn damaged_files_of_the_release() {
    let Some(data) = folder("AUTOGO_DATA") else { return };
    let read = |path: &str| std::fs::read(data.join("autogo").join(path)).unwrap();
    let graph = read("architectures/hiaml_best.pkl");
    let encoder = read("cache_sentence_piece/h+i+n15+n2+t_encoder_shp.pkl");
    let checkpoint = read("saved_models/gnn_chkpt.pt");
    assert_eq!(read_graph(&graph).unwrap().nodes.len(), 107);
    assert_eq!(read_encoder(&encoder).unwrap().tokens.len(), 1184);
    let tensors = Checkpoint::read(&checkpoint).unwrap().tensors;
    assert_eq!(tensors.iter().map(|(_, tensor)| tensor.values.len()).sum::<usize>(), 24_287);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&damage(), |damage| {
            if let Ok(form) = read_graph(&damage.of(&graph)) {
                let _ = form.to_graph();
            }
            let _ = read_encoder(&damage.of(&encoder));
            let _ = Checkpoint::read(&damage.of(&checkpoint));
            Ok(())
        })
        .unwrap();
}
