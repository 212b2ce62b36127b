//! How fast segments are repaired. `cargo benches`, with this library at level 3.

use autogo::families::FamilyName;
use autogo::graph::{Graph, Shape};
use autogo::repair::{PartNode, ReleasePart, RepairForm, RepairSettings, RepairStatus, Repairer};
use autogo::segment::{Mining, Segment};
use divan::Bencher;
use divan::counter::ItemsCount;
use serde_json::Value;
use std::collections::HashMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    divan::main();
}

/// A segment, and the place where it is to stand.
type Place = (Segment, Vec<Shape>, Vec<Shape>);

/// Who answers: the default, the whole program without any presolve, and the same two of the release's form.
#[derive(Clone, Copy, Debug)]
enum Way {
    Ours,
    OursProgramAlone,
    Original,
    OriginalProgramAlone,
}

const WAYS: [Way; 4] = [Way::Ours, Way::OursProgramAlone, Way::Original, Way::OriginalProgramAlone];

impl Way {
    fn repairer(self) -> Option<Repairer> {
        let form = match self {
            Way::Ours | Way::OursProgramAlone => RepairForm::Corrected,
            _ => RepairForm::Original,
        };
        let presolve = matches!(self, Way::Ours | Way::Original);
        let settings = RepairSettings { form, presolve, ..RepairSettings::default() };
        Repairer::new(settings).ok().map(Repairer::forgetful)
    }
}

/// A part in the release's form, and what it has to make.
type Part = (ReleasePart, Vec<(usize, Shape)>);

/// The release's instances, if they are there.
fn golden_parts() -> Vec<Part> {
    let folder = std::env::var_os("AUTOGO_GOLDEN").filter(|value| !value.is_empty()).map(PathBuf::from);
    let text = folder.and_then(|folder| std::fs::read_to_string(folder.join("original/milp_instances.json")).ok());
    let file: Value = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    file.as_array().into_iter().flatten().filter_map(part).collect()
}

fn numbers<const N: usize>(value: &Value) -> Option<[u32; N]> {
    let list: Option<Vec<u32>> = value.as_array()?.iter().map(|one| Some(one.as_f64()? as u32)).collect();
    list?.try_into().ok()
}

fn part(instance: &Value) -> Option<Part> {
    let input = &instance["input"];
    let mut number = HashMap::new();
    let mut part = ReleasePart::default();
    for node in input["nodes"].as_array()? {
        number.insert(node["id"].to_string(), part.nodes.len());
        let op = node["op_name"].as_str()?;
        let [read_h, made_h, read_w, made_w, read_c, made_c] = numbers(&node["resolution"])?;
        part.nodes.push(PartNode {
            op: op.into(),
            input: Shape::new(read_h, read_w, read_c),
            output: Shape::new(made_h, made_w, made_c),
            kernel: numbers::<4>(&node["shape"]).map(|s| (s[2], s[3])).or(op.ends_with("pool").then_some((3, 3))),
            strides: numbers::<4>(&node["strides"]).map(|s| (s[1], s[2])),
            is_same: true,
        });
    }
    for edge in input["edges"].as_array()? {
        part.edges.push((*number.get(&edge[0].to_string())?, *number.get(&edge[1].to_string())?));
    }
    let target = |(id, sizes): (&String, &Value)| {
        let [h, w, c] = numbers(sizes)?;
        Some((*number.get(id)?, Shape::new(h, w, c)))
    };
    let targets: Option<Vec<_>> = instance["target_outputs"].as_object()?.iter().map(target).collect();
    Some((part, targets?))
}

fn place((part, targets): &Part) -> Option<Place> {
    let nodes: Vec<usize> = targets.iter().map(|(node, _)| *node).collect();
    let (segment, numbers) = part.to_segment(&nodes).ok()?;
    let mut targets = targets.clone();
    targets.sort_unstable_by_key(|(node, _)| numbers[*node]);
    let inputs = segment.inputs.clone();
    Some((segment, inputs, targets.into_iter().map(|(_, shape)| shape).collect()))
}

/// Segments of five families, each in the places of the next ones with as many inputs and outputs.
fn mined() -> Vec<Place> {
    let families =
        [FamilyName::Nb101, FamilyName::Nb201, FamilyName::Hiaml, FamilyName::Inception, FamilyName::TwoPath];
    let network = |family: &FamilyName, index: u64| autogo::families::network(&family.sample(0, index)).ok();
    let graphs: Vec<Graph> =
        families.iter().flat_map(|family| (0..40).filter_map(move |index| network(family, index))).collect();
    let Ok(mined) = Mining::bpe(400).run(&graphs) else { return Vec::new() };
    let segments: Vec<&Segment> =
        mined.db.rows().iter().map(|row| &row.segment).filter(|segment| segment.nodes.len() > 3).collect();
    let mut places = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let alike = |other: &&&Segment| {
            (other.inputs.len(), other.outputs.len()) == (segment.inputs.len(), segment.outputs.len())
        };
        if let Some(other) = segments[at + 1..].iter().filter(alike).nth(at % 5) {
            places.push((Segment::clone(segment), other.inputs.clone(), other.output_shapes()));
        }
    }
    places.truncate(1000);
    places
}

fn repair_all(bencher: Bencher<'_, '_>, way: Way, places: &[Place]) {
    let Some(repairer) = way.repairer() else { return };
    bencher.counter(ItemsCount::new(places.len())).bench_local(|| {
        for (segment, inputs, outputs) in places {
            black_box(repairer.attempt(segment, inputs, outputs));
        }
    });
}

/// The part in the middle when all are ordered by their time.
fn median_of<T>(all: &[T], mut work: impl FnMut(&T)) -> Option<&T> {
    let mut times: Vec<(u128, usize)> = (0..all.len())
        .map(|at| {
            let runs = (0..9).map(|_| {
                let begin = Instant::now();
                work(&all[at]);
                begin.elapsed().as_nanos()
            });
            (runs.min().unwrap_or_default(), at)
        })
        .collect();
    times.sort_unstable();
    times.get(times.len() / 2).map(|(_, at)| &all[*at])
}

/// The release's own instances under its own program, as it is solved there for every part: by the sweep (true), by the
/// integer program (false). The release takes 9.6 ms of CPU for one.
#[divan::bench(args = [true, false], sample_count = 20)]
fn original_programs(bencher: Bencher<'_, '_>, presolve: bool) {
    let parts = golden_parts();
    let settings = RepairSettings { presolve, ..RepairSettings::original() };
    bencher.counter(ItemsCount::new(parts.len())).bench_local(|| {
        for (part, targets) in &parts {
            black_box(part.repair(targets, &settings).is_ok());
        }
    });
}

/// The one in the middle when all are ordered by their time.
#[divan::bench(args = [true, false], sample_count = 50)]
fn median_original_program(bencher: Bencher<'_, '_>, presolve: bool) {
    let parts = golden_parts();
    let settings = RepairSettings { presolve, ..RepairSettings::original() };
    let work = |(part, targets): &Part| _ = black_box(part.repair(targets, &settings).is_ok());
    let Some((part, targets)) = median_of(&parts, work) else { return };
    bencher.bench_local(|| part.repair(black_box(targets), &settings).is_ok());
}

/// Those of the instances that do not fit as they are, as segments of ours.
fn golden_places() -> Vec<Place> {
    let Some(repairer) = Way::Ours.repairer() else { return Vec::new() };
    let mut places: Vec<Place> = golden_parts().iter().filter_map(place).collect();
    places.retain(|(segment, inputs, outputs)| {
        repairer.attempt(segment, inputs, outputs).record.status != RepairStatus::Unchanged
    });
    places
}

/// The median instance of [`golden_places`].
#[divan::bench(args = WAYS, sample_count = 50)]
fn median_golden_instance(bencher: Bencher<'_, '_>, way: Way) {
    let (Some(repairer), places) = (way.repairer(), golden_places()) else { return };
    let work = |(segment, inputs, outputs): &Place| _ = black_box(repairer.attempt(segment, inputs, outputs));
    let Some((segment, inputs, outputs)) = median_of(&places, work) else { return };
    bencher.bench_local(|| repairer.attempt(black_box(segment), inputs, outputs));
}

/// Repairs per second of segments mined from five families, most of which do not fit as they are.
#[divan::bench(args = [Way::Ours, Way::OursProgramAlone, Way::Original], sample_count = 5)]
fn mined_segments(bencher: Bencher<'_, '_>, way: Way) {
    repair_all(bencher, way, &mined());
}

/// An answer from memory. The baseline is [`median_golden_instance`].
#[divan::bench(sample_count = 200, sample_size = 1000)]
fn remembered(bencher: Bencher<'_, '_>) {
    let (Ok(repairer), Some((segment, inputs, outputs))) =
        (Repairer::new(RepairSettings::default()), golden_places().into_iter().max_by_key(|place| place.0.nodes.len()))
    else {
        return;
    };
    bencher.bench_local(|| repairer.attempt(black_box(&segment), &inputs, &outputs));
}
