//! Blocks of the same form as one class with the numbers of channels as its parameters.

use super::naming::{Names, class_name};
use super::slots::{Role, join, slot, split};
use std::collections::HashMap;

/// Parameters of a class; blocks that differ in more are written out.
const PARAMETERS: usize = 4;

/// The classes of a file.
pub(super) struct Classes {
    names: Names,
    /// The source of all classes, in the order in which they need each other.
    pub source: String,
    /// The construction of every block.
    constructors: HashMap<usize, String>,
}

/// A block that is to become a class.
pub(super) struct Draft {
    /// Number of the block.
    pub block: usize,
    /// The name that the class is called after.
    pub kind: String,
    /// The lines of `__init__`.
    pub init: String,
    /// The forward pass.
    pub forward: String,
}

impl Classes {
    pub(super) fn new() -> Self {
        let names = Names::new(&["F", "Network", "ChannelAffine", "None", "True", "False", "NODES", "Path", "Node"]);
        Classes { names, source: String::new(), constructors: HashMap::new() }
    }

    /// The call that makes a block, with its numbers of channels between control letters.
    pub(super) fn constructor(&self, block: usize) -> String {
        self.constructors.get(&block).cloned().unwrap_or_default()
    }

    /// Adds blocks that are made of nothing but layers and blocks that were added before. O(text).
    pub(super) fn add(&mut self, drafts: &[Draft]) {
        let mut forms: Vec<Vec<&Draft>> = Vec::new();
        let mut form_of: HashMap<(String, Vec<&str>, &str), usize> = HashMap::new();
        for draft in drafts {
            let key = (class_name(&draft.kind), split(&draft.init).0, draft.forward.as_str());
            let form = *form_of.entry(key).or_insert(forms.len());
            if form == forms.len() {
                forms.push(Vec::new());
            }
            forms[form].push(draft);
        }
        for form in forms {
            let columns = Columns::of(&form);
            if columns.parameters.len() <= PARAMETERS {
                self.write(&form, &columns);
                continue;
            }
            // Too many parameters: a class for every text.
            let mut same: Vec<Vec<&Draft>> = Vec::new();
            let mut place_of: HashMap<&str, usize> = HashMap::new();
            for draft in form {
                let place = *place_of.entry(&draft.init).or_insert(same.len());
                if place == same.len() {
                    same.push(Vec::new());
                }
                same[place].push(draft);
            }
            for drafts in same {
                self.write(&drafts, &Columns::of(&drafts));
            }
        }
    }

    fn write(&mut self, form: &[&Draft], columns: &Columns) {
        let Some(first) = form.first() else { return };
        let name = self.names.unique(class_name(&first.kind));
        let (texts, _) = split(&first.init);
        let parameters = columns.names();
        let words: Vec<String> = columns.slots.iter().map(|slot| slot.word(&parameters)).collect();
        let init = join(&texts, &words);
        self.source += &format!("class {name}(nn.Module):\n");
        if !init.is_empty() {
            let arguments: String = parameters.iter().map(|name| format!(", {name}")).collect();
            self.source += &format!("    def __init__(self{arguments}):\n        super().__init__()\n{init}\n");
        }
        self.source += &format!("{}\n\n", first.forward);
        for (at, draft) in form.iter().enumerate() {
            let arguments: Vec<String> =
                columns.parameters.iter().map(|(values, role)| slot(values[at], *role)).collect();
            self.constructors.insert(draft.block, format!("{name}({})", arguments.join(", ")));
        }
    }
}

/// The content of a slot.
enum Slot {
    Number(u32),
    Parameter(usize),
}

impl Slot {
    fn word(&self, parameters: &[String]) -> String {
        match self {
            Slot::Number(number) => number.to_string(),
            Slot::Parameter(parameter) => parameters[*parameter].clone(),
        }
    }
}

/// The numbers of channels of blocks of one form.
struct Columns {
    slots: Vec<Slot>,
    /// The numbers of the blocks, one each, and what the first of them is.
    parameters: Vec<(Vec<u32>, Role)>,
}

impl Columns {
    /// Slots that have one number in all blocks keep it; slots that have the same numbers in all blocks share a
    /// parameter.
    fn of(form: &[&Draft]) -> Columns {
        let rows: Vec<Vec<(u32, Role)>> = form.iter().map(|draft| split(&draft.init).1).collect();
        let mut columns = Columns { slots: Vec::new(), parameters: Vec::new() };
        let mut parameter_of: HashMap<Vec<u32>, usize> = HashMap::new();
        for at in 0..rows.first().map_or(0, Vec::len) {
            let (number, role) = rows[0][at];
            let column: Vec<u32> = rows.iter().map(|row| row[at].0).collect();
            if column.iter().all(|other| *other == number) {
                columns.slots.push(Slot::Number(number));
                continue;
            }
            let next = columns.parameters.len();
            let parameter = *parameter_of.entry(column.clone()).or_insert(next);
            if parameter == next {
                columns.parameters.push((column, role));
            }
            columns.slots.push(Slot::Parameter(parameter));
        }
        columns
    }

    /// One parameter is `channels`; several are called after what their first layer does with them.
    fn names(&self) -> Vec<String> {
        let mut names = Names::new(&[]);
        let name = |role: &Role| match (self.parameters.len(), role) {
            (1, _) => "channels".to_string(),
            (_, Role::Input) => names.unique("in_channels".into()),
            (_, Role::Output) => names.unique("out_channels".into()),
        };
        self.parameters.iter().map(|(_, role)| role).map(name).collect()
    }
}
