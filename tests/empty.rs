//! Frames, databases and families without rows: whoever reads them answers, with an error or an empty result, never
//! with a panic.
#![allow(clippy::unwrap_used)]

use autogo::data::{LabelledFamily, cached, figures, read_parquet, sampled, write_parquet};
use autogo::evolve::Objective;
use autogo::families::FamilyName;
use autogo::graph::Graph;
use autogo::polars::prelude::{DataFrame, DataType, IntoLazy, col, df, lit};
use autogo::predict::{Baseline, sharing, summary};
use autogo::prelude::{Evolution, Mutator, Npu, Progress};
use autogo::profile::compare;
use autogo::repair::repair_table;
use autogo::report::{
    Bars, Chart, HeatMap, Page, Table, coverage_map, frequency_chart, length_chart, mined_page, rank_chart, srcc_bars,
};
use autogo::segment::{Mining, SegmentDb};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("autogo-empty-{}-{name}", std::process::id()))
}

fn graphs() -> Vec<Graph> {
    (0..6).map(|at| autogo::families::network(&FamilyName::Nb201.sample(4, at)).unwrap()).collect()
}

/// The columns of a comparison, without a run or with some.
fn runs(count: usize) -> DataFrame {
    let numbers = |value: f64| vec![Some(value); count];
    df!(
        "family" => vec!["nb201"; count], "label" => vec!["accuracy"; count], "published" => vec![true; count],
        "contender" => vec![None::<&str>; count], "seed" => vec![0u64; count],
        "srcc" => numbers(0.5), "low" => numbers(0.4), "high" => numbers(0.6), "fold_srcc" => vec![None::<f64>; count],
        "kendall_tau" => numbers(0.3), "top_20_overlap" => numbers(0.2), "ndcg_20" => numbers(0.1),
        "seconds" => vec![1.0; count], "train" => vec![1u64; count], "test" => vec![1u64; count],
    )
    .unwrap()
}

#[test]
fn databases_without_segments() {
    let file = path("segments.parquet");
    let empty = SegmentDb::default();
    empty.save(&file).unwrap();
    let loaded = SegmentDb::load(&file).unwrap();
    assert!(loaded.is_empty() && loaded.frame().unwrap().schema() == empty.frame().unwrap().schema());
    let sums = SegmentDb::scan(&file).unwrap().select([col("count").sum()]).collect().unwrap();
    assert_eq!(sums.column("count").unwrap().u64().unwrap().iter().next(), Some(Some(0)));
    std::fs::remove_file(file).unwrap();
    assert!(loaded.filter(col("nodes").gt(lit(3))).unwrap().is_empty());
    assert!(loaded.most_frequent(5).is_empty() && loaded.with_arity(1, 1).is_empty());
    for chart in [frequency_chart(&loaded), length_chart(&loaded)] {
        assert!(chart.svg().unwrap_err().to_string().ends_with("no finite point to draw"));
    }
    let mut mined = Mining::bpe(10).run(&graphs()).unwrap();
    mined.db = loaded;
    assert!(mined_page(&mined, 4).unwrap().html().contains("0 distinct segments"));
    let error = Mutator::new(mined, |graph: &Graph| graph.len() as f64, Npu::n256()).err().unwrap().to_string();
    assert_eq!(error, "segment database: is empty; accepted: one mined from at least one graph");
}

#[test]
fn comparisons_without_runs() {
    for count in [0, 1, 2] {
        let runs = runs(count);
        assert_eq!(summary(&runs).unwrap().height(), count.min(1));
        assert!(srcc_bars(&runs, FamilyName::Nb201).unwrap().svg().contains("</svg>"));
        assert!(srcc_bars(&runs, FamilyName::Hiaml).unwrap().svg().contains("</svg>"));
    }
    assert!(summary(&DataFrame::empty()).unwrap_err().to_string().contains("family"));
    assert!(srcc_bars(&df!("family" => ["nb201"]).unwrap(), FamilyName::Nb201).is_err());
}

#[test]
fn families_without_networks() {
    let file = path("gennape.json");
    std::fs::write(&file, "{}").unwrap();
    let family = LabelledFamily::gennape(&file, FamilyName::Hiaml).unwrap();
    std::fs::remove_file(file).unwrap();
    assert!(family.is_empty() && family.frame().height() == 0);
    assert!(family.split(0, 0, 0).unwrap().train.is_empty());
    assert!(family.split(1, 0, 0).unwrap_err().to_string().contains("at most 0 distinct ones"));
    assert_eq!((family.reliability(), family.against("flops").unwrap().len()), (None, 0));
    assert_eq!(family.labels_of(&graphs()).unwrap(), vec![None; 6]);
    assert!(family.graph(0).is_err() && family.arch(0).is_none() && family.figures(&[0]).is_err());
    let folder = path("figures");
    for _ in 0..2 {
        assert_eq!(family.all_figures(&folder).unwrap().height(), 0);
    }
    std::fs::remove_dir_all(folder).unwrap();
    let wanted = [("spec", DataType::String), ("family", DataType::String), ("nodes", DataType::UInt32)];
    for frame in [figures(&[]).unwrap(), sampled(FamilyName::Nb101, 0, 0).unwrap()] {
        assert!(wanted.iter().all(|(name, kind)| frame.column(name).unwrap().dtype() == kind), "{frame}");
    }
    let mined = Mining::bpe(10).run(&graphs()).unwrap();
    for baseline in [Baseline::Flops, Baseline::Nodes] {
        assert!(baseline.score(&[], &[], &mined.segmenter, 0).unwrap().is_empty());
    }
}

#[test]
fn tables_and_charts_of_nothing() {
    for frame in [DataFrame::empty(), runs(0), runs(2)] {
        let html = Table::of(&frame).caption("none").rows(0).html();
        assert!(html.ends_with("</table></div>") && Page::new("").table(&Table::of(&frame)).html().len() > 100);
    }
    assert!(Chart::new("none", "x", "y").svg().is_err());
    assert!(
        Bars::new("none", 0.0..0.0).svg().contains("</svg>") && HeatMap::new("", "", "", &[]).svg().contains("</svg>")
    );
    assert!(rank_chart(&[], &[]).svg().is_err() && coverage_map(&[], &[]).svg().contains("</svg>"));
    assert!(compare(&Npu::n256(), &[], None).unwrap_err().to_string().contains("no network"));
    assert!(repair_table(&[]).unwrap().height() == 0 && repair_table(&[("a".into(), vec![])]).is_ok());
    assert_eq!(sharing(&[], 2).unwrap().height(), 3);
    let run = Evolution {
        generations: 0,
        objectives: vec![Objective::minimise(autogo::prelude::RunColumn::Nodes)],
        ..Evolution::default()
    };
    let mined = Mining::bpe(10).run(&graphs()).unwrap();
    let mutator = Mutator::new(mined, |graph: &Graph| graph.len() as f64, Npu::n256()).unwrap();
    // No generation is none, or is refused; it is no panic.
    if let Ok(run) = run.run(&graphs()[0], &mutator, Progress::Silent) {
        assert_eq!(run.frame().unwrap().height(), 1);
    }
}

#[test]
fn cached_frames_without_rows() {
    let folder = path("cache");
    for frame in [runs(0), DataFrame::empty()] {
        let key = frame.width().to_string();
        let made = std::cell::Cell::new(0);
        for _ in 0..2 {
            let again = cached(&folder, &[key.as_bytes()], || {
                made.set(made.get() + 1);
                Ok(frame.clone())
            });
            assert_eq!(again.unwrap().schema(), frame.schema());
        }
        assert_eq!(made.get(), 1);
    }
    let file = folder.join("rows.parquet");
    write_parquet(&mut runs(0), &file).unwrap();
    let lazy = read_parquet(&file).unwrap().lazy().select([col("srcc").mean()]).collect().unwrap();
    assert_eq!(lazy.height(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}
