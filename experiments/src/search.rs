//! `autogo search` and `autogo replay`: evolution from the command line, in a folder that can be taken up again.

use crate::Failure;
use crate::graph::open;
use crate::predictors::{load, toml_file};
use crate::profile::machine;
use autogo::Progress;
use autogo::data::LabelledFamily;
use autogo::evolve::{Evolution, EvolutionRun, Formula, Mutator, Objective, RunColumn, RunFolder};
use autogo::families::FamilyName;
use autogo::files::write;
use autogo::formats::to_json;
use autogo::graph::Graph;
use autogo::predict::{Gnn, Psc, Reads, TrainSettings};
use autogo::profile::{EnergyTable, Npu};
use autogo::report::write_run;
use autogo::segment::{Mined, Mining};
use clap::Parser;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Arguments of `autogo search`.
#[derive(Parser)]
pub struct Args {
    /// The input network: a compact string such as resnet50, or a file (.onnx, .json, .pkl). Not with --resume.
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    network: Option<String>,
    /// The search: segments, predictor, machine, evolution. Without it the defaults.
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    config: Option<PathBuf>,
    /// The folder of the run.
    #[arg(long, value_name = "DIR", required_unless_present = "resume", conflicts_with = "resume")]
    out: Option<PathBuf>,
    /// Takes up the run of this folder where it was interrupted.
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
}

/// Arguments of `autogo replay`.
#[derive(Parser)]
pub struct Replay {
    /// The folder of a run.
    run: PathBuf,
    /// Individuals to make again; without any, everybody.
    individuals: Vec<usize>,
}

/// A search as a file says it. What it leaves out is the default.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// Where segments come from.
    pub segments: Segments,
    /// Who scores.
    pub predictor: Scorer,
    /// The machine: N256, N512, N1024, or a TOML file.
    pub machine: String,
    /// The table by which energy and power are counted, if they are wanted.
    pub energy: Option<String>,
    /// The search itself.
    pub evolution: Evolution,
}

/// Segments are mined from samples of families.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Segments {
    mining: Mining,
    families: Vec<Sample>,
    seed: u64,
}

/// How many networks of a family.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    family: FamilyName,
    count: u64,
}

/// A predictor: one that was trained before, or one to be trained on a labelled family.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scorer {
    file: Option<PathBuf>,
    family: FamilyName,
    train: usize,
    /// Partitions over which a PSC averages the score of a network; 0 for all of them.
    cuts: usize,
    settings: TrainSettings,
}

/// Two partitions rank as well as sixteen, in a third of the time.
const CUTS: usize = 2;

impl Default for Search {
    fn default() -> Self {
        Search {
            segments: Segments::default(),
            predictor: Scorer::default(),
            machine: Npu::n256().name,
            energy: None,
            evolution: Evolution::default(),
        }
    }
}

impl Default for Segments {
    fn default() -> Self {
        use FamilyName::{Hiaml, Inception, Nb101, Nb201, TwoPath};
        let families = [Nb101, Nb201, Hiaml, Inception, TwoPath].map(|family| Sample { family, count: 200 });
        Segments { mining: Mining::bpe(813), families: families.into(), seed: 0 }
    }
}

impl Default for Scorer {
    fn default() -> Self {
        let settings = TrainSettings { epochs: 30, average: 0.98, ..TrainSettings::default() };
        Scorer { file: None, family: FamilyName::Nb201, train: 800, cuts: CUTS, settings }
    }
}

/// A search that is ready to run: who makes children, and the settings it will have.
pub struct Prepared {
    /// Who makes children.
    pub mutator: Mutator,
    /// The settings, with the score in the direction of the labels.
    pub evolution: Evolution,
    /// What the predictor learned to predict, in words.
    pub learned: String,
}

impl Search {
    /// Mines, trains or loads, and says what the scores are. What was made is kept in `folder`, if there is one.
    pub fn prepare(&self, folder: Option<&Path>) -> Result<Prepared, Failure> {
        let mut graphs = Vec::new();
        for sample in &self.segments.families {
            for index in 0..sample.count {
                graphs.push(autogo::families::graph(&sample.family.sample(self.segments.seed, index))?);
            }
        }
        let mined = self.segments.mining.run(&graphs)?;
        crate::say(&format!("{} segments of {} networks", mined.db.len(), graphs.len()));
        if let Some(folder) = folder {
            mined.save(folder.join("segments"))?;
        }
        let mut evolution = self.evolution.clone();
        let (mut predictor, learned) = match &self.predictor.file {
            Some(file) => (Trained::load(file)?, learned_by(file)),
            None => {
                let (trained, family) = self.train(&mined)?;
                // What nobody asked otherwise is what the labels ask for.
                let plain = Evolution::default();
                if (&evolution.objectives, &evolution.windows) == (&plain.objectives, &plain.windows) {
                    let asked = Evolution::for_label(family.label(), RunColumn::Cycles);
                    (evolution.objectives, evolution.windows) = (asked.objectives, asked.windows);
                }
                // Of labels that are a cost less is better; a score alone is then minimised.
                let score = Formula::from(RunColumn::Score);
                for objective in evolution.objectives.iter_mut().filter(|objective| *objective.formula() == score) {
                    *objective = Objective::score(family.label().goal);
                }
                (trained, format!("{} of {}", family.label().title, family.family()))
            }
        };
        if let Trained::Psc(psc) = &mut predictor {
            psc.cuts = self.predictor.cuts;
        }
        if let Some(folder) = folder {
            predictor.save(&folder.join("predictor.safetensors"))?;
        }
        let energy = self.energy.as_deref().map(EnergyTable::named).transpose()?;
        let mutator = predictor.mutator(mined, machine(&self.machine)?, energy)?;
        Ok(Prepared { mutator, evolution, learned })
    }

    fn train(&self, mined: &Mined) -> Result<(Trained, LabelledFamily), Failure> {
        let Scorer { family, train, settings, .. } = &self.predictor;
        let no_labels =
            || Failure::Input(format!("`{}` has no public labels; accepted: nb201, nb101", family.prefix()));
        let data = load(*family)?.ok_or_else(no_labels)?;
        crate::say(&format!("Predictor: {train} networks. {}", data.banner()));
        let split = data.split(*train, 0, settings.seed)?;
        let trained = match settings.architecture.reads {
            Reads::Graph => Trained::Gnn(Gnn::train(&split.train, settings, Progress::Live)?.0),
            Reads::Psc | Reads::WithoutPredecessor | Reads::WithoutSuccessor | Reads::SegmentOnly => {
                Trained::Psc(Psc::train(&split.train, &mined.segmenter, settings, Progress::Live)?.0)
            }
        };
        Ok((trained, data))
    }
}

/// A predictor of either kind.
enum Trained {
    Gnn(Gnn),
    Psc(Psc),
}

impl Trained {
    fn load(path: &Path) -> Result<Self, Failure> {
        match (Psc::load(path), Gnn::load(path)) {
            (Ok(psc), _) => Ok(Trained::Psc(psc)),
            (_, Ok(gnn)) => Ok(Trained::Gnn(gnn)),
            // What is neither is told as what it was read as first.
            (Err(error), _) => Err(error.into()),
        }
    }

    fn save(&self, path: &Path) -> Result<(), Failure> {
        match self {
            Trained::Gnn(gnn) => gnn.save(path)?,
            Trained::Psc(psc) => psc.save(path)?,
        }
        Ok(())
    }

    fn mutator(self, mined: Mined, npu: Npu, energy: Option<EnergyTable>) -> Result<Mutator, Failure> {
        let mutator = match self {
            Trained::Psc(psc) => Mutator::new(mined, psc, npu)?,
            Trained::Gnn(gnn) => Mutator::new(mined, gnn, npu)?,
        };
        Ok(match energy {
            Some(table) => mutator.with_energy(table),
            None => mutator,
        })
    }
}

/// Runs a search, or takes one up.
pub fn run(args: &Args) -> Result<(), Failure> {
    let (folder, held, input, prepared) = match (&args.resume, &args.network, &args.out) {
        (Some(path), _, _) => {
            let (folder, told) = (RunFolder::new(path), path.join(TOLD));
            if !folder.is_begun() && !told.is_file() {
                return Err(no_run(path));
            }
            let held = folder.lock()?;
            let prepared = match folder.is_begun() {
                true => reopen(&folder)?,
                false => toml_file::<Search>(&told)?.prepare(Some(path))?,
            };
            (folder.clone(), held, folder.input()?, prepared)
        }
        (None, Some(network), Some(out)) => {
            let folder = RunFolder::new(out);
            let search: Search = args.config.as_deref().map(toml_file).transpose()?.unwrap_or_default();
            let input = open(network)?;
            let held = folder.lock()?;
            if folder.is_begun() {
                let path = out.display();
                return Err(Failure::Input(format!(
                    "{path} holds a run; accepted: --resume {path}, or another folder"
                )));
            }
            // Enough to begin again if mining or training is interrupted.
            let told = toml::to_string_pretty(&search).map_err(|error| Failure::Work(error.to_string()))?;
            write(&out.join("input.json"), to_json(&input).as_bytes())?;
            write(&out.join(TOLD), told.as_bytes())?;
            (folder, held, input, search.prepare(Some(out))?)
        }
        _ => return Err(Failure::Input("accepted: NETWORK --out DIR, or --resume DIR".into())),
    };
    let run = held.run(&prepared.evolution, &input, &prepared.mutator, Progress::Live)?;
    write_run(&run, &prepared.mutator, &folder)?;
    summarise(&run);
    crate::say(&format!("report: {}", folder.path().join("report.html").display()));
    Ok(())
}

/// What the search was told, in the run's folder.
const TOLD: &str = "search.toml";

fn no_run(path: &Path) -> Failure {
    Failure::Input(format!("{} holds no run; accepted: the folder of one", path.display()))
}

/// What a predictor that is read from a file learned: the file does not say.
fn learned_by(file: &Path) -> String {
    format!("what {} was trained on", file.display())
}

/// The mutator and the settings of a run's folder.
fn reopen(folder: &RunFolder) -> Result<Prepared, Failure> {
    let mined = Mined::load(folder.path().join("segments"))?;
    let file = folder.path().join("predictor.safetensors");
    let trained = Trained::load(&file)?;
    let settings = folder.settings()?;
    let mutator = trained.mutator(mined, settings.machine, settings.energy)?;
    Ok(Prepared { mutator, evolution: settings.evolution, learned: learned_by(&file) })
}

fn summarise(run: &EvolutionRun) {
    let origin = run.input().clone();
    crate::say(&format!(
        "{:>8} {:>10} {:>10} {:>9} {:>9} {:>9} {:>6}",
        "network", "generation", "score", "FLOPs %", "cycles %", "params %", "nodes"
    ));
    for one in std::iter::once(origin.clone()).chain(run.front().into_iter().filter(|one| one.id != 0)) {
        let percent = |column: RunColumn| one.change(column, &origin);
        crate::say(&format!(
            "{:>8} {:>10} {:>10.4} {:>+9.2} {:>+9.2} {:>+9.2} {:>6}",
            if one.id == 0 { "input".into() } else { one.id.to_string() },
            one.generation,
            one.score,
            percent(RunColumn::Flops),
            percent(RunColumn::Cycles),
            percent(RunColumn::Params),
            one.figures.nodes
        ));
    }
    if let Some(stop) = run.stop {
        crate::say(&format!("The search ended because {stop}."));
    }
}

/// Makes individuals again and compares their content ids.
pub fn replay(args: &Replay) -> Result<(), Failure> {
    let folder = RunFolder::new(&args.run);
    if !folder.is_begun() {
        return Err(no_run(&args.run));
    }
    let db = Mined::load(args.run.join("segments"))?.db;
    let run = folder.open(&db)?;
    let asked: Vec<usize> = match args.individuals.as_slice() {
        [] => (0..run.individuals.len()).collect(),
        some => some.to_vec(),
    };
    let mut differ = Vec::new();
    for &id in &asked {
        if !run.replay(id, &db)? {
            differ.push(id);
        }
    }
    if let [id] = asked[..] {
        let graph: Graph = run.graph(id, &db)?;
        let line: Vec<String> = run.lineage(id).iter().rev().map(usize::to_string).collect();
        crate::say(&format!("{}: {} nodes, content id {}", line.join(" > "), graph.len(), graph.content_id()));
    }
    match differ.as_slice() {
        [] => {
            crate::say(&format!("{} of {} networks come out again under their content ids", asked.len(), asked.len()));
            Ok(())
        }
        some => Err(Failure::Work(format!("{} networks come out as others: {some:?}", some.len()))),
    }
}
