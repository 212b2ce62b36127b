//! Damaged and hostile files: every reader answers with an error, never with a panic.
#![allow(clippy::unwrap_used)]

use autogo::data::{Example, LabelTable, LabelledPictures, Picture, read_parquet, records, write_parquet};
use autogo::families::FamilyName;
use autogo::formats::onnx::{Pooling, Weights, export, import};
use autogo::formats::{from_json, read_gennape, to_json};
use autogo::graph::{Graph, Shape};
use autogo::predict::{Predictor, Psc, Reports, TrainSettings};
use autogo::release::{Checkpoint, Class, Pickle, read_encoder, read_graph};
use autogo::segment::{Mined, Mining, SegmentDb, Segmenter};
use autogo::{Goal, Progress};
use proptest::prelude::*;
use std::path::PathBuf;
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
    let graph = autogo::families::network("unet:16x16").unwrap();
    export(&graph, Weights::None, Pooling::default()).unwrap()
}

fn record_file() -> Vec<u8> {
    // One record of eleven bytes with its two sums, as TensorFlow writes it.
    let body = b"hello world";
    let masked = |bytes: &[u8]| crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
    let head = (body.len() as u64).to_le_bytes();
    [&head[..], &masked(&head), body, &masked(body)].concat()
}

/// A PNG file.
fn png_file() -> Vec<u8> {
    let shape = Shape::new(9, 13, 3);
    Picture { shape, bytes: (0..shape.elements()).map(|at| (at * at % 251) as u8).collect() }.png().unwrap()
}

/// A JPEG file of 8×8 grey pixels: one block, every coefficient 0.
fn jpeg_file() -> Vec<u8> {
    let table = |class: u8| [&[0xff, 0xc4, 0, 0x14, class, 1][..], &[0; 16]].concat();
    [
        &[0xff, 0xd8, 0xff, 0xdb, 0, 0x43, 0][..],
        &[1; 64],
        &[0xff, 0xc0, 0, 0x0b, 8, 0, 8, 0, 8, 1, 1, 0x11, 0],
        &table(0),
        &table(0x10),
        &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 0x3f, 0, 0x3f, 0xff, 0xd9],
    ]
    .concat()
}

#[test]
fn the_pictures_that_are_damaged_here_are_pictures() {
    let grey = Picture::decode(&jpeg_file()).unwrap();
    assert_eq!((grey.shape, grey.bytes), (Shape::new(8, 8, 1), vec![128; 64]));
    assert_eq!(Picture::decode(&png_file()).unwrap().png().unwrap(), png_file());
}

/// Everything this library saves to be read back by itself, in a folder of its own.
struct Saved {
    folder: PathBuf,
    examples: Vec<Example>,
    segmenter: Segmenter,
}

impl Saved {
    const NAMES: [&'static str; 6] = [
        "segments.parquet",
        "segmenter.json",
        "mining.json",
        "predictor.safetensors",
        "training.safetensors",
        "figures.parquet",
    ];

    fn new() -> Saved {
        let folder = std::env::temp_dir().join(format!("autogo-hostile-{}", std::process::id()));
        let graphs: Vec<Graph> =
            (0..6).map(|at| autogo::families::network(&FamilyName::Nb201.sample(4, at)).unwrap()).collect();
        let mined = Mining::bpe(30).run(&graphs).unwrap();
        mined.save(&folder).unwrap();
        let example = |(at, graph): (usize, &Graph)| Example { graph: graph.clone(), value: at as f64 };
        let examples: Vec<Example> = graphs.iter().enumerate().map(example).collect();
        let training = folder.join("training.safetensors");
        let reports = Reports::new(Progress::Silent).resumable(&training);
        let (psc, _) = Psc::train(&examples, &mined.segmenter, &settings(), reports).unwrap();
        psc.save(folder.join("predictor.safetensors")).unwrap();
        write_parquet(&mut mined.db.frame().unwrap(), &folder.join("figures.parquet")).unwrap();
        Saved { folder, examples, segmenter: mined.segmenter }
    }

    /// What a file is read as.
    fn meaning(&self, name: &str) -> Result<String, autogo::Error> {
        let path = self.folder.join(name);
        Ok(match name {
            "segments.parquet" => {
                let _ = SegmentDb::scan(&path)?;
                format!("{:?}", SegmentDb::load(&path)?.rows())
            }
            "segmenter.json" => serde_json::to_string(&Segmenter::load(&path)?).unwrap(),
            "mining.json" => format!("{:?}", Mined::load(&self.folder)?.mining),
            "predictor.safetensors" => Psc::load(&path)?.fingerprint(),
            "training.safetensors" => {
                let reports = Reports::new(Progress::Silent).resumable(&path);
                let (psc, log) = Psc::train(&self.examples, &self.segmenter, &settings(), reports)?;
                format!("{} {log:?}", psc.fingerprint())
            }
            _ => format!("{}", read_parquet(&path)?),
        })
    }

    /// Puts a damaged file in the place of the whole one: it must be read as an error of one line, or mean what the
    /// whole one does (blanks in JSON say nothing). Says whether it was an error.
    fn try_damaged(&self, name: &str, bytes: &[u8]) -> Result<bool, String> {
        let path = self.folder.join(name);
        let whole = self.meaning(name).unwrap();
        let kept = std::fs::read(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let read = self.meaning(name);
        std::fs::write(&path, &kept).unwrap();
        match read {
            Err(error) if error.to_string().lines().count() == 1 => Ok(true),
            Err(error) => Err(format!("{name}: more than a line: {error}")),
            Ok(meaning) if meaning == whole && (bytes == kept || !name.ends_with("parquet")) => Ok(false),
            Ok(_) => Err(format!("{name}: damage is not noticed")),
        }
    }
}

fn settings() -> TrainSettings {
    TrainSettings { epochs: 1, ..TrainSettings::default() }
}

#[test]
fn every_file_of_our_own_notices_damage() {
    let saved = Saved::new();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 100, ..ProptestConfig::default() });
    for name in Saved::NAMES {
        let whole = std::fs::read(saved.folder.join(name)).unwrap();
        let run = runner.run(&damage(), |damage| {
            saved.try_damaged(name, &damage.of(&whole)).map(drop).map_err(TestCaseError::fail)
        });
        run.unwrap();
        // A hundred files with three changed bytes.
        let noticed = (0..100).filter(|case| {
            let mut bytes = whole.clone();
            for change in 1..=3 {
                let at = (case * 7919 + change * 104_729) % bytes.len();
                bytes[at] ^= change as u8;
            }
            saved.try_damaged(name, &bytes).unwrap()
        });
        assert_eq!(noticed.count(), 100, "{name}");
    }
    std::fs::remove_dir_all(&saved.folder).unwrap();
}

#[test]
fn parquet_files_of_other_tools_are_refused_before_they_are_parsed() {
    use autogo::polars::prelude::{ParquetWriter, df};
    let path = std::env::temp_dir().join(format!("autogo-hostile-{}.parquet", std::process::id()));
    let mut frame = df!("x" => (0..200).collect::<Vec<i32>>(), "format" => vec!["autogo segments 3"; 200]).unwrap();
    ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 300, ..ProptestConfig::default() });
    runner
        .run(&damage(), |damage| {
            std::fs::write(&path, damage.of(&whole)).unwrap();
            for error in [read_parquet(&path).unwrap_err(), SegmentDb::load(&path).unwrap_err()] {
                prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error);
            }
            Ok(())
        })
        .unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn tables_of_labels_are_refused_by_row_or_as_a_whole() {
    let folder = std::env::temp_dir().join(format!("autogo-hostile-labels-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let net = autogo::families::network("fsrcnn:8x8").unwrap();
    std::fs::write(folder.join("a.json"), to_json(&net)).unwrap();
    std::fs::write(folder.join("b.onnx"), export(&net, Weights::None, Pooling::default()).unwrap()).unwrap();
    let table = folder.join("my.csv");
    let whole = "file,who,accuracy\na.json,x,0.5\n\"b.onnx\",\"y, z\",0.25\nfsrcnn:8x8,,1e-3\nvgg16,w,\n";
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 500, ..ProptestConfig::default() });
    let run = runner.run(&damage(), |damage| {
        std::fs::write(&table, damage.of(whole.as_bytes())).unwrap();
        let read = LabelTable::read(&table)
            .and_then(|table| table.labelled_skipping("accuracy", Goal::Maximise, Progress::Silent));
        match read {
            Ok((family, refused)) => {
                prop_assert_eq!(family.len() + refused.rows.len(), refused.of);
                prop_assert!(refused.rows.iter().all(|row| row.to_string().lines().count() == 1));
            }
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error),
        }
        Ok(())
    });
    std::fs::remove_dir_all(folder).unwrap();
    run.unwrap();
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
        thread_local!(static FILE: String = to_json(&autogo::families::network("fsrcnn:8x8").unwrap()));
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
    fn pictures(damage in damage()) {
        for file in [png_file(), jpeg_file()] {
            if let Ok(picture) = Picture::decode(&damage.of(&file)) {
                prop_assert!(picture.fitted(Shape::new(4, 4, 3)).is_ok());
            }
        }
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
fn damaged_archives_of_pictures() {
    let folder = std::env::temp_dir().join(format!("autogo-hostile-pictures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (images, labels, archive) = (folder.join("images"), folder.join("labels"), folder.join("archive.tar"));
    let idx = |axes: &[u32], bytes: &[u8]| {
        let sizes = axes.iter().flat_map(|axis| axis.to_be_bytes());
        [0, 0, 8, axes.len() as u8].into_iter().chain(sizes).chain(bytes.iter().copied()).collect::<Vec<u8>>()
    };
    let (pictures, classes) = (idx(&[3, 2, 2], &[9; 12]), idx(&[3], &[0, 1, 2]));
    std::fs::write(&labels, &classes).unwrap();
    std::fs::write(&images, &pictures).unwrap();
    assert_eq!(LabelledPictures::idx(&images, &labels, 3).unwrap().len(), 3);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let done = runner.run(&damage(), |damage| {
        std::fs::write(&images, damage.of(&pictures)).unwrap();
        std::fs::write(&labels, &classes).unwrap();
        let _ = LabelledPictures::idx(&images, &labels, 3);
        std::fs::write(&images, &pictures).unwrap();
        std::fs::write(&labels, damage.of(&classes)).unwrap();
        let _ = LabelledPictures::idx(&images, &labels, 3);
        // No archive at all, and one cut off.
        std::fs::write(&archive, damage.of(&[&pictures[..], &[0; 1024]].concat())).unwrap();
        prop_assert!(LabelledPictures::cifar10_archive(&archive).is_err());
        Ok(())
    });
    done.unwrap();
    std::fs::remove_dir_all(folder).unwrap();
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
