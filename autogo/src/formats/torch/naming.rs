//! Names and numbers as Python writes them.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Letters of a name; the rest is cut off.
const LONGEST: usize = 60;

/// Words that no variable and no attribute of a module may be called: Python's own, names of the file, and what
/// `torch.nn.Module` has.
const TAKEN: &str = "and as assert async await break case class continue def del elif else except finally for from global \
    if import in is lambda match nonlocal not or pass raise return try while with yield print range zip len max min sum \
    int float str list dict tuple set type object super open self torch nn functional channels x y \
    same_border mean_inside depth_to_space space_to_depth channel_shuffle resize_from_corners read_tensors read_plainly write_tensors json np math os \
    add_module apply bfloat16 bn buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr \
    forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict load_weights modules mtia \
    named_buffers named_children named_modules named_parameters named_tensors parameters register_backward_hook \
    register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook \
    register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook \
    register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ \
    save_weights set_extra_state set_submodule share_memory state_dict to to_empty train training xpu zero_grad";

/// A name of letters, digits and underscores that begins with a letter.
pub(super) fn identifier(parts: &[&str]) -> String {
    let mut name = String::new();
    for letter in parts.join("_").chars().take(LONGEST) {
        name.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' });
    }
    let name = name.trim_matches('_');
    match name.chars().next() {
        None => "node".into(),
        Some(first) if first.is_ascii_digit() => format!("node_{name}"),
        Some(_) => name.into(),
    }
}

/// A class's name: `nor_conv_3x3_0` is `NorConv3x3`.
pub(super) fn class_name(kind: &str) -> String {
    let name = identifier(&[kind]);
    let mut words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| word.bytes().all(|letter| letter.is_ascii_digit())) {
        words.pop();
    }
    words.iter().map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

/// Names that are given once each.
pub(super) struct Names {
    taken: HashSet<String>,
    /// The number of times that a name was asked for.
    asked: HashMap<String, usize>,
}

impl Names {
    /// No name is given yet.
    pub(super) fn new(also_taken: &[&str]) -> Self {
        let words = TAKEN.split_whitespace().chain(also_taken.iter().copied());
        Names { taken: words.map(str::to_string).collect(), asked: HashMap::new() }
    }

    /// The name, or the name and a number. Amortised O(1).
    pub(super) fn unique(&mut self, name: String) -> String {
        let asked = self.asked.entry(name.clone()).or_insert(0);
        loop {
            *asked += 1;
            let tried = if *asked == 1 { name.clone() } else { format!("{name}_{asked}") };
            if self.taken.insert(tried.clone()) {
                return tried;
            }
        }
    }
}

/// Text between quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// Text as it stands between quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for letter in text.chars() {
        let _ = match letter {
            '"' | '\\' => write!(made, "\\{letter}"),
            ' '..='~' => write!(made, "{letter}"),
            other => write!(made, "\\U{:08x}", u32::from(other)),
        };
    }
    made
}

/// A number in single precision: the shortest text that means it.
pub(super) fn number(value: f32) -> String {
    if value.is_finite() {
        format!("{value:?}")
    } else if value.is_nan() {
        "math.nan".into()
    } else {
        (if value > 0.0 { "math.inf" } else { "-math.inf" }).into()
    }
}

/// A number for height and width where both are the same, otherwise both.
pub(super) fn pair((high, wide): (u32, u32)) -> String {
    if high == wide { high.to_string() } else { format!("({high}, {wide})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers_and_given_once() {
        assert_eq!(identifier(&["cell_0_1", "nor.conv 3x3"]), "cell_0_1_nor_conv_3x3");
        assert_eq!(identifier(&["3"]), "node_3");
        assert_eq!(identifier(&["/é__"]), "node");
        assert_eq!(class_name("nor_conv_3x3_0"), "NorConv3x3");
        assert_eq!(class_name("cell_0_12"), "Cell");
        assert_eq!(class_name("7"), "Node");
        let mut names = Names::new(&[]);
        let given = ["add", "add", "add_2", "train", "add"].map(|name| names.unique(name.into()));
        assert_eq!(given, ["add", "add_2", "add_2_2", "train_2", "add_3"]);
    }

    #[test]
    fn text_and_numbers_are_python() {
        assert_eq!(quoted("a\"b\\\n\0é"), "\"a\\\"b\\\\\\U0000000a\\U00000000\\U000000e9\"");
        let numbers = [0.1, 1.0, -2.5, 1e30, 1e-9, f32::INFINITY, f32::NEG_INFINITY];
        assert_eq!(numbers.map(number), ["0.1", "1.0", "-2.5", "1e30", "1e-9", "math.inf", "-math.inf"]);
    }
}
