//! The source of one block: its layers, and its forward pass with local variables.

use super::classes::Classes;
use super::grouping::{Block, Item, makes, reads, scopes};
use super::layers::Place;
use super::naming::{Names, identifier};
use crate::formats::FormatError;
use std::collections::HashMap;

/// A block as source text, with its numbers of channels between control letters.
pub(super) struct Body {
    /// The lines of `__init__` behind `super().__init__()`.
    pub init: String,
    /// The argument list and the lines of `forward`.
    pub forward: String,
    /// The attribute of every item that has a layer or is a block.
    pub attributes: Vec<Option<String>>,
}

/// Writes block `number` of `blocks`, whose inner blocks have their classes. O(nodes + edges of the block).
pub(super) fn body(blocks: &[Block], number: usize, place: Place<'_>, classes: &Classes) -> Result<Body, FormatError> {
    let block = &blocks[number];
    let at = |index: usize| Place { index, ..place };
    let mut names = Names::new(&[]);
    let called: Vec<String> = block.items.iter().map(|item| name_of(blocks, block, item, place, &mut names)).collect();
    let mut body = Body { init: String::new(), forward: String::new(), attributes: Vec::new() };
    for (item, name) in block.items.iter().zip(&called) {
        let layer = match item {
            Item::Node(node) => at(*node).layer(),
            Item::Block(inner) => Some(classes.constructor(*inner)),
        };
        if let Some(layer) = &layer {
            body.init += &format!("        self.{name} = {layer}\n");
        }
        body.attributes.push(layer.map(|_| name.clone()));
    }
    let mut variables = Variables::of(blocks, block, place, names);
    let arguments: Vec<String> = variables.arguments.iter().map(|argument| variables.name(*argument)).collect();
    body.forward = format!("    def forward(self, {}):\n", arguments.join(", "));
    for (step, (item, name)) in block.items.iter().zip(&called).enumerate() {
        let (made, call) = match item {
            Item::Node(node) => {
                let is_flat = place.layout.reads_flat(place.graph, *node);
                let operands = place.graph.operands(*node).iter();
                let operands: Vec<String> = operands.map(|operand| variables.read(place, *operand, is_flat)).collect();
                (vec![*node], at(*node).call(&operands, name)?)
            }
            Item::Block(inner) => {
                let nodes = &blocks[*inner].nodes;
                let read: Vec<String> = reads(place.graph, nodes).iter().map(|read| variables.name(*read)).collect();
                (makes(place.graph, nodes), format!("self.{name}({})", read.join(", ")))
            }
        };
        let name_of = |made: usize| made_name(place, block, made);
        let targets = variables.assign(step, &made, name, &name_of);
        let targets = targets.join(", ");
        if targets != call {
            body.forward += &format!("        {targets} = {call}\n");
        }
    }
    let is_vector = block.is_network && place.layout.is_flat(place.graph.len() - 1);
    let returned: Vec<String> = variables.returned.iter().map(|node| variables.read(place, *node, is_vector)).collect();
    body.forward += &format!("        return {}\n", returned.join(", "));
    Ok(body)
}

/// The name of an item inside of its block.
fn name_of(blocks: &[Block], block: &Block, item: &Item, place: Place<'_>, names: &mut Names) -> String {
    names.unique(match item {
        Item::Node(node) => made_name(place, block, *node),
        Item::Block(inner) => identifier(&[&blocks[*inner].name]),
    })
}

/// A node's name without the scopes of its block.
fn made_name(place: Place<'_>, block: &Block, node: usize) -> String {
    let scopes = scopes(&place.graph.node(node).name);
    identifier(scopes.get(block.depth..).unwrap_or_default())
}

/// The variables of a forward pass. A value that only the next step reads is called `x`, or `y` while the argument `x`
/// is still to be read; others are called after their nodes.
struct Variables {
    names: Names,
    arguments: Vec<usize>,
    returned: Vec<usize>,
    called: HashMap<usize, String>,
    /// The first and the last step that read a value; the return is a step.
    read: HashMap<usize, (usize, usize)>,
}

impl Variables {
    fn of(blocks: &[Block], block: &Block, place: Place<'_>, names: Names) -> Variables {
        let mut read: HashMap<usize, (usize, usize)> = HashMap::new();
        let mut note = |value: usize, step: usize| {
            read.entry(value).and_modify(|steps| steps.1 = step).or_insert((step, step));
        };
        for (step, item) in block.items.iter().enumerate() {
            match item {
                Item::Node(node) => place.graph.operands(*node).iter().for_each(|operand| note(*operand, step)),
                Item::Block(inner) => {
                    reads(place.graph, &blocks[*inner].nodes).iter().for_each(|operand| note(*operand, step));
                }
            }
        }
        // The network reads the input and makes the output's operand, also where it has no nodes of its own.
        let (arguments, returned) = if block.is_network {
            (vec![0], place.graph.operands(place.graph.len() - 1).to_vec())
        } else {
            (reads(place.graph, &block.nodes), makes(place.graph, &block.nodes))
        };
        returned.iter().for_each(|node| note(*node, block.items.len()));
        let mut called = HashMap::new();
        for (at, argument) in arguments.iter().enumerate() {
            called.insert(*argument, if at == 0 { "x".to_string() } else { format!("x{}", at + 1) });
        }
        Variables { names, arguments, returned, called, read }
    }

    fn name(&self, value: usize) -> String {
        self.called.get(&value).cloned().unwrap_or_default()
    }

    /// An operand as its reader takes it.
    fn read(&self, place: Place<'_>, operand: usize, as_vector: bool) -> String {
        let name = self.name(operand);
        if as_vector && !place.layout.is_flat(operand) { format!("torch.flatten({name}, 1)") } else { name }
    }

    /// The variables of what a step makes. `item` is the item's own name, which no other item has.
    fn assign(&mut self, step: usize, made: &[usize], item: &str, name_of: &dyn Fn(usize) -> String) -> Vec<String> {
        let is_read = |steps: &(usize, usize)| steps.1 > step;
        let is_argument_read = self.arguments.first().and_then(|argument| self.read.get(argument)).is_some_and(is_read);
        let mut passed_on = Some(if is_argument_read { "y" } else { "x" });
        let mut variables = Vec::with_capacity(made.len());
        for &value in made {
            let is_passed_on = self.read.get(&value) == Some(&(step + 1, step + 1));
            let variable = match passed_on.take_if(|_| is_passed_on) {
                Some(variable) => variable.to_string(),
                None if made.len() == 1 => item.to_string(),
                None => self.names.unique(name_of(value)),
            };
            self.called.insert(value, variable.clone());
            variables.push(variable);
        }
        variables
    }
}
