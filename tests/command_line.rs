//! The `autogo` command line as its users meet it.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

const BEST: &str = "nb201:nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";

fn autogo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_autogo")).args(arguments).output().unwrap()
}

/// One line on standard error, nothing on standard output, exit code 2.
fn refusal(output: Output) -> String {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty());
    said
}

#[test]
fn graph_prints_shapes_flops_and_parameters() {
    let output = autogo(&["graph", BEST]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in ["stem/conv2d", "32×32×16", "312767892 (original counter)", "parameters      1038394"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn graph_prints_json_for_machines() {
    let output = autogo(&["graph", BEST, "--json"]);
    let description: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(description["cost"]["params"], 1_038_394);
    assert_eq!(description["nodes"].as_array().unwrap().len(), 291);
    assert_eq!(description["nodes"][1]["shape"], serde_json::json!({"h": 32, "w": 32, "c": 16}));
}

#[test]
fn wrong_input_is_one_line_with_exit_code_2() {
    let said = refusal(autogo(&["graph", "resnet9000"]));
    assert!(said.contains("`resnet9000`, character 1: names no family; accepted: nb201:"), "{said}");
    let said = refusal(autogo(&["graph", "nb201:none,none,none,conv,none,none"]));
    assert!(said.contains("character 22: operation 4 `conv` is not known"), "{said}");
    let said = refusal(autogo(&["notebooks", "99_nothing"]));
    assert!(said.contains("notebook `99_nothing` is not there; accepted: 00_quickstart"), "{said}");
    let elsewhere = Command::new(env!("CARGO_BIN_EXE_autogo")).arg("notebooks").current_dir("/").output().unwrap();
    assert!(refusal(elsewhere).contains("not inside a checkout"));
}

#[test]
fn a_data_folder_that_is_not_there_is_refused_before_anything_is_prepared() {
    let output = Command::new(env!("CARGO_BIN_EXE_autogo"))
        .args(["notebooks", "00_quickstart"])
        .env("AUTOGO_DATA", "/nowhere")
        .output()
        .unwrap();
    let said = refusal(output);
    assert!(said.contains("AUTOGO_DATA=/nowhere: No such file") && said.contains("nasbench/nb201.csv"), "{said}");
}
