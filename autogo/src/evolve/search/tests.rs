//! Searches from end to end.

use super::{Individual, Sampling, StopReason};
use crate::evolve::{CostWindow, Evolution, Formula, MutationSettings, Mutator, Objective, RunColumn};
use crate::families::{Family, Nb201};
use crate::goal::Goal;
use crate::graph::Graph;
use crate::profile::Npu;
use crate::progress::Progress;
use crate::release::Quirks;
use crate::segment::Mining;

fn nodes(graph: &Graph) -> f64 {
    graph.len() as f64
}

fn setting() -> (Graph, Mutator) {
    let graphs: Vec<Graph> = (0..30).map(|i| Nb201::sample(11, i).build().unwrap()).collect();
    let mutator = Mutator::new(Mining::bpe(100).run(&graphs).unwrap(), nodes, Npu::n256()).unwrap();
    let best = "nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";
    (best.parse::<Nb201>().unwrap().build().unwrap(), mutator)
}

#[test]
fn a_run_is_the_same_on_any_number_of_threads_and_replays() {
    let (input, mutator) = setting();
    for evolution in [
        Evolution { generations: 3, seed: 4, ..Evolution::default() },
        Evolution { generations: 3, seed: 4, ..Evolution::default() }.at_random(),
        Evolution { sampling: Sampling::Crowding, above_input: true, ..Evolution::default() },
    ] {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| evolution.run(&input, &mutator, Progress::Silent).unwrap())
        };
        let runs = [run(1), run(2), run(4)];
        assert!(runs.iter().all(|run| run.frame().unwrap().equals_missing(&runs[0].frame().unwrap())));
        let run = &runs[0];
        assert!(run.individuals.len() > 30, "{:?}", run.iterations);
        assert!(run.individuals.iter().any(|i| i.derivation.as_ref().is_some_and(|d| !d.repair.is_empty())));
        for individual in &run.individuals {
            let graph = run.graph(individual.id, mutator.db()).unwrap();
            assert_eq!(graph.to_parts().build().unwrap().content_id(), individual.content_id);
            assert_eq!(mutator.figures(&graph).unwrap(), individual.figures);
            let decrease = 1.0 - individual.figures.cost.multiply_adds as f64 / input.cost().multiply_adds as f64;
            assert!(individual.id == 0 || (-0.1 < decrease && decrease < 1.0));
        }
        assert_eq!(run.content_ids().len(), run.individuals.len());
        let front = run.front();
        assert!(front.len() > 1 && front.windows(2).all(|pair| pair[0].score >= pair[1].score));
        let objectives = &evolution.objectives;
        let beats = |a: &Individual, b: &Individual| run.archive.dominates(&a.point(objectives), &b.point(objectives));
        assert!(front.iter().all(|one| !run.individuals.iter().any(|other| other.is_eligible && beats(other, one))));
    }
}

#[test]
fn a_search_that_cannot_go_on_says_why() {
    let (input, mutator) = setting();
    let stop = |evolution: Evolution| evolution.run(&input, &mutator, Progress::Silent).unwrap().stop.unwrap();
    let narrow = vec![CostWindow { column: RunColumn::MultiplyAdds, decrease: (99.9, 100.0) }];
    let reason = stop(Evolution { windows: narrow, ..Evolution::default() });
    assert_eq!(reason, StopReason::NothingInside { generation: 3 });
    assert_eq!(reason.to_string(), "no child of generation 3 is inside the windows; the front is what it was");
    let only_pads = MutationSettings { ops: vec!["paddings".into()], ..MutationSettings::default() };
    let reason = stop(Evolution { mutation: only_pads, ..Evolution::default() });
    assert_eq!(reason, StopReason::NoDonors { generation: 3 });
    let reason = stop(Evolution { budget: Some(17), ..Evolution::default() });
    assert_eq!(reason, StopReason::BudgetSpent { scored: 17 });
    assert_eq!(stop(Evolution { generations: 0, ..Evolution::default() }), StopReason::Finished);
    // A network of nothing but its interface.
    let mut build = crate::graph::GraphBuilder::new("fixed");
    let x = build.add("x", crate::graph::Op::Input(crate::graph::Shape::new(8, 8, 3)), &[]).unwrap();
    let mean = build.add("mean", crate::graph::Op::Mean, &[x]).unwrap();
    build.add("out", crate::graph::Op::Output, &[mean]).unwrap();
    let fixed = build.finish().unwrap();
    let run = Evolution::default().run(&fixed, &mutator, Progress::Silent).unwrap();
    assert_eq!(run.stop, Some(StopReason::NothingMovable { generation: 3 }));
    assert_eq!(run.front().len(), 1);
}

#[test]
fn settings_that_make_no_sense_are_errors() {
    let (input, mutator) = setting();
    let error = |evolution: Evolution| evolution.run(&input, &mutator, Progress::Silent).unwrap_err().to_string();
    let constant = vec![Objective::maximise("1 + 2".parse::<Formula>().unwrap())];
    let message = error(Evolution { objectives: constant, ..Evolution::default() });
    assert_eq!(message, "objectives: `1 + 2` names no figure; accepted: formulas of score, cycles, flops, params, …");
    let message = error(Evolution { objectives: Vec::new(), ..Evolution::default() });
    assert_eq!(message, "objectives: none given; accepted: one or more");
    let undefined = vec![Objective::maximise("ln(0 - cycles)".parse::<Formula>().unwrap())];
    assert!(error(Evolution { objectives: undefined, ..Evolution::default() }).contains("for the input network"));
    let ops = MutationSettings { ops: vec!["conv3d".into()], ..MutationSettings::default() };
    assert!(
        error(Evolution { mutation: ops, ..Evolution::default() }).starts_with("ops: `conv3d` is no op; accepted: ")
    );
    assert!(error(Evolution { parents: 0, ..Evolution::default() }).contains("parents: is 0; accepted: 1 to "));
}

#[test]
fn energy_is_an_objective_where_it_is_counted() {
    let (input, mutator) = setting();
    let objectives = vec![Objective::maximise(RunColumn::Score), Objective::minimise(RunColumn::Milliwatts)];
    let window = CostWindow { column: RunColumn::Nanojoules, decrease: (0.0, 100.0) };
    let evolution = Evolution { objectives, windows: vec![window], generations: 1, ..Evolution::default() };
    let error = evolution.run(&input, &mutator, Progress::Silent).unwrap_err().to_string();
    assert!(error.starts_with("milliwatts: is asked for, but there is no table of energies"), "{error}");
    let mutator = mutator.with_energy(crate::profile::EnergyTable::zigzag_tpu());
    let run = evolution.run(&input, &mutator, Progress::Silent).unwrap();
    let energy = run.input().value(RunColumn::Nanojoules);
    assert!(run.individuals.len() > 1, "{:?}", run.iterations);
    assert!(run.individuals.iter().skip(1).all(|one| one.value(RunColumn::Nanojoules) < energy));
}

#[test]
fn the_better_end_of_the_score_is_read_off_the_objectives() {
    let (input, mutator) = setting();
    let prefers = |text: &str, maximise: bool| {
        let formula: Formula = text.parse().unwrap();
        let objective = if maximise { Objective::Maximise(formula) } else { Objective::Minimise(formula) };
        let objectives = vec![Objective::minimise(RunColumn::Cycles), objective];
        let evolution = Evolution { objectives, ..Evolution::default() };
        evolution.prefers(evolution.start(&input, &mutator).unwrap().input())
    };
    assert_eq!(prefers("score - params", true), Goal::Maximise);
    assert_eq!(prefers("cycles / score", true), Goal::Minimise);
    assert_eq!(prefers("cycles / score", false), Goal::Maximise);
    // The input's score is 291, its number of nodes.
    assert_eq!(prefers("ln(score - 290)", true), Goal::Maximise);
    assert_eq!(prefers("params", true), Goal::Maximise);
}

#[test]
fn evolution_by_ops_replaces_one_op_by_one() {
    let graphs: Vec<Graph> = (0..30).map(|i| Nb201::sample(11, i).build().unwrap()).collect();
    let mutator = Mutator::new(Mining::ngrams(1).run(&graphs).unwrap(), nodes, Npu::n256()).unwrap();
    let evolution = Evolution { generations: 2, windows: Vec::new(), ..Evolution::default() }.by_ops();
    let run = evolution.run(&graphs[0], &mutator, Progress::Silent).unwrap();
    assert!(run.individuals.len() > 5, "{:?}", run.iterations);
    for derivation in run.individuals.iter().filter_map(|one| one.derivation.as_ref()) {
        assert_eq!((derivation.place.len(), derivation.repair.len()), (1, 0));
    }
}

#[test]
fn quirks_of_the_search_can_be_switched_on_alone() {
    let (input, mutator) = setting();
    let evolution = Evolution { generations: 3, parents: 9, ..Evolution::default() };
    let frame =
        |quirks: Quirks| quirks.in_search(&evolution).run(&input, &mutator, Progress::Silent).unwrap().frame().unwrap();
    let ours = frame(Quirks::default());
    let all = Quirks::original();
    for quirks in [
        Quirks { sources: all.sources, ..Quirks::default() },
        Quirks { scores: all.scores, ..Quirks::default() },
        Quirks { grid_ends: all.grid_ends, ..Quirks::default() },
        Quirks { on_failure: all.on_failure, ..Quirks::default() },
        Quirks { repair_form: all.repair_form, ..Quirks::default() },
    ] {
        assert!(!frame(quirks).equals_missing(&ours), "{quirks:?}");
    }
}
