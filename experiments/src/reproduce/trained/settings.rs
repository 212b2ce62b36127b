//! The settings of a trained table, as a TOML file holds them.

use super::finalists::Finalists;
use crate::failure::Failure;
use crate::inputs::recipe_of;
use crate::label::LabelTask;
use crate::search::SearchSettings;
use autogo::evolve::CostWindow;
use autogo::train::tasks::DenseName;
use autogo::train::{Mini, Recipe};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::Path;

/// Searches from given networks, graded by training what they find.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Networks to start from.
    pub inputs: Vec<Input>,
    /// Tasks on which every input is evolved and trained.
    pub tasks: Vec<Task>,
    /// Mutants of every input that are trained for the predictor to learn from.
    pub mutants: usize,
    /// Members of a front that are trained.
    pub finalists: usize,
    /// Which members those are.
    #[serde(default, skip_serializing_if = "Finalists::is_best")]
    pub choice: Finalists,
    /// Seeds of every training in the table.
    pub seeds: u64,
    /// Segments, predictor, machine and search.
    pub search: SearchSettings,
}

/// A network to start from.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// As `autogo search` reads it.
    pub network: String,
    /// Windows of this input, in the place of the search's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<CostWindow>,
    /// Ops that donors may hold, in the place of the search's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ops: Vec<String>,
    /// Networks of the release that were evolved from it, by name; they take `$AUTOGO_DATA`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<String>,
}

/// A task, and how networks are trained on it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Its name, as `autogo label --task` reads it.
    pub task: String,
    /// The form in which networks are trained: `32x32:1/8`.
    pub form: String,
    /// The measure that the predictor learns: a score of the task, of CIFAR-10 `test_accuracy`, `top_5` or `likelihood`, or
    /// `negative_training_loss`.
    pub label: String,
    /// The measures of the table, more being better; the first is tested.
    pub shown: Vec<String>,
    /// The recipe; what it leaves out is the task's default.
    #[serde(default)]
    pub recipe: toml::Table,
}

impl Table {
    /// Refuses a table without inputs, tasks, or enough seeds to compare, one that names something twice, and settings
    /// of a search that have no meaning here.
    pub fn check(&self, config: &Path) -> Result<(), Failure> {
        let refuse = |reason: &str| Err(Failure::input(config, reason));
        let predictor = &self.search.predictor;
        if self.search.release
            || predictor.name.is_some()
            || predictor.file.is_some()
            || predictor.labels.is_some()
            || predictor.origin.is_some()
        {
            return refuse("has a predictor of another origin or `release`; accepted: a predictor's settings alone");
        }
        let folders: HashSet<String> = self.inputs.iter().map(Input::folder).collect();
        let tasks: HashSet<&String> = self.tasks.iter().map(|task| &task.task).collect();
        if folders.len() < self.inputs.len() || tasks.len() < self.tasks.len() {
            return refuse("names an input or a task twice; accepted: each once");
        }
        if self.inputs.is_empty() || self.tasks.is_empty() {
            return refuse("has no inputs or no tasks; accepted: 1 or more of each");
        }
        if self.seeds < 2 {
            return refuse("compares under fewer than 2 seeds; accepted: 2 or more");
        }
        if self.finalists == 0 {
            return refuse("has no finalists; accepted: 1 or more");
        }
        if self.mutants < FEWEST {
            return refuse("has too few mutants to learn from; accepted: 6 or more");
        }
        self.tasks.iter().try_for_each(Task::check)
    }
}

/// Mutants below which no predictor is tried on unseen ones.
pub const FEWEST: usize = 6;

impl Input {
    /// The network's name as that of a folder.
    pub fn folder(&self) -> String {
        self.network.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
    }
}

impl Task {
    fn check(&self) -> Result<(), Failure> {
        if self.shown.is_empty() {
            return Err(Failure::Input(format!("task {} shows no measure; accepted: 1 or more", self.task)));
        }
        self.name()?;
        self.mini()?;
        self.recipe().map(|_| ())
    }

    /// The measures that are asked for.
    pub fn measures(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.label).chain(&self.shown)
    }

    /// The task's name; nothing is CIFAR-10.
    pub fn name(&self) -> Result<Option<DenseName>, Failure> {
        LabelTask::named(&self.task)
    }

    /// The form.
    pub fn mini(&self) -> Result<Mini, Failure> {
        Ok(self.form.parse()?)
    }

    /// The recipe, seed aside.
    pub fn recipe(&self) -> Result<Recipe, Failure> {
        let usual = self.name()?.map_or_else(Recipe::default, DenseName::recipe);
        recipe_of(&self.recipe, usual).map_err(|reason| Failure::Input(format!("recipe of {}: {reason}", self.task)))
    }
}
