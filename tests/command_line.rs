//! The `autogo` command line as its users meet it.
#![allow(clippy::unwrap_used)]

use autogo::families::network;
use autogo::formats::to_json;
use autogo::graph::{GraphBuilder, Op, Shape};
use autogo::profile::array::{ArrayMachine, Dataflow, Layer, simulate_all};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output};

const BEST: &str = "nb201:nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1";

fn autogo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_autogo")).args(arguments).output().unwrap()
}

/// What a command printed; it must have succeeded.
fn said(arguments: &[&str]) -> String {
    let output = autogo(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An empty folder of this process.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("autogo-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
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
fn every_verb_says_what_it_does_and_shows_an_example() {
    let help = said(&["--help"]);
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1).map_while(|line| line.strip_prefix("  "));
    let verbs: Vec<&str> =
        verbs.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help").collect();
    assert_eq!(verbs.len(), 17, "{verbs:?}");
    for verb in verbs {
        let text = said(&[verb, "--help"]);
        let first = text.lines().next().unwrap();
        assert!(first.len() > 20 && first.contains(' ') && !first.starts_with("Arguments"), "{verb}: {first}");
        let example = text.lines().skip_while(|line| !line.starts_with("Example")).nth(1).unwrap_or_default();
        let is_shown = example.contains(&format!("cargo autogo {verb} ")) || example.contains("cargo notebooks ");
        assert!(is_shown || example.ends_with(&format!("cargo autogo {verb}")), "{verb}: {example}");
    }
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
fn a_matrix_of_fractions_or_truth_values_is_the_same_cell() {
    let ops = r#""ops": ["input", "conv1x1-bn-relu", "output"]"#;
    let graph =
        |matrix: &str| autogo(&["graph", "nb101", "--config", &format!("{{\"matrix\": {matrix}, {ops}}}"), "--json"]);
    let plain = graph("[[0, 1, 1], [0, 0, 1], [0, 0, 0]]").stdout;
    assert!(plain.len() > 1000);
    assert!(graph("[[0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]").stdout == plain);
    assert!(graph("[[false, true, true], [false, false, true], [false, false, false]]").stdout == plain);
    let said = refusal(graph("[[0, 0.5, 1], [0, 0, 1], [0, 0, 0]]"));
    assert!(said.contains("`0.5`, expected an entry of the matrix: 0, 1, 0.0, 1.0, false or true at line 1"), "{said}");
    let file = std::env::temp_dir().join(format!("autogo-config-{}.json", std::process::id()));
    std::fs::write(&file, format!("\u{feff}{{\"matrix\": [[0, 1, 1], [0, 0, 1], [0, 0, 0]], {ops}}}\r\n")).unwrap();
    assert!(autogo(&["graph", "nb101", "--config", file.to_str().unwrap(), "--json"]).stdout == plain);
    std::fs::remove_file(file).unwrap();
}

#[test]
fn profile_prints_kernels_totals_and_json() {
    let output = autogo(&["profile", BEST, "--machine", "n256", "--energy", "zigzag_tpu"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in ["stem/conv2d", "cycles          1926596", "latency         3.853 ms", "by zigzag_tpu (multiply-adds "]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let output = autogo(&["profile", "resnet50", "--machine", "N512", "--json"]);
    let description: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = description["profile"]["rows"].as_array().unwrap();
    let sum: u64 = rows.iter().map(|row| row["cycles"].as_u64().unwrap()).sum();
    assert_eq!(description["cycles"], sum);
    assert_eq!(description["energy"], serde_json::Value::Null);
    let output = autogo(&["profile", "resnet101", "--compare", "resnet50"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().count() == 3 && text.contains("+0.0%"), "{text}");
}

#[test]
fn an_array_times_layers_and_names_what_it_does_not_time() {
    let profile: Value =
        serde_json::from_str(&said(&["profile", "resnet50", "--array", "16x32-os", "--json"])).unwrap();
    let machine = ArrayMachine::new("16x32-os", 16, 32, Dataflow::OutputStationary);
    let layers = Layer::of_graph(&network("resnet50").unwrap());
    let reports = simulate_all(&layers, &machine).unwrap();
    let rows = profile["layers"].as_array().unwrap();
    let cycles: Vec<u64> = rows.iter().map(|row| row["cycles"].as_u64().unwrap()).collect();
    assert_eq!(cycles, reports.iter().map(|report| report.total_cycles).collect::<Vec<u64>>());
    assert_eq!(profile["total"]["cycles"], cycles.iter().sum::<u64>());
    let written: u64 = rows.iter().map(|row| row["words_written"].as_u64().unwrap()).sum();
    assert_eq!(profile["total"]["words_written"], written);
    assert_eq!(profile["left_out"]["relu"], 43);
    let text = said(&["profile", "resnet50", "--array"]);
    for part in ["compute cycles", "\ntotal ", "resnet50 on 32x32: 32 × 32 units, ws, 64 + 64 + 64 kB", "not timed "] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn an_array_of_a_file_waits_for_its_memories_and_a_wrong_one_is_refused() {
    let folder = folder("array");
    let (toml, net) = (folder.join("array.toml"), folder.join("net.json"));
    let (toml, net) = (toml.to_str().unwrap(), net.to_str().unwrap());
    let size = "name = \"small\"\nrows = 8\ncolumns = 8\nifmap_kb = 2\nfilter_kb = 2\nofmap_kb = 2\n";
    let array = format!("{size}dataflow = \"ws\"\nscalesim = true\n");
    std::fs::write(toml, format!("{array}[bandwidth]\nifmap = 1\nfilter = 1\nofmap = 1\n")).unwrap();
    let profile: Value = serde_json::from_str(&said(&["profile", BEST, "--array", toml, "--json"])).unwrap();
    let total = &profile["total"];
    let number = |name: &str| total[name].as_u64().unwrap();
    assert!(number("stall_cycles") > 0 && number("cycles") == number("compute_cycles") + number("stall_cycles"));
    assert_eq!(profile["machine"]["fidelity"]["stalls_twice"], true);
    for (text, reason) in [
        (format!("{size}dataflow = \"rs\"\n"), "array.toml: dataflow: `rs` is not known; accepted: os, ws or is"),
        (format!("{array}colour = 3\n"), "array.toml:9: unknown field `colour`"),
        (size.into(), "array.toml:1: missing field `dataflow`"),
    ] {
        std::fs::write(toml, text).unwrap();
        let said = refusal(autogo(&["profile", BEST, "--array", toml]));
        assert!(said.contains(reason), "{said}");
    }
    let said = refusal(autogo(&["profile", BEST, "--array", "round"]));
    assert!(said.contains("array `round` is not known; accepted: ROWSxCOLUMNS such as 32x32"), "{said}");
    let said = refusal(autogo(&["profile", BEST, "--array", "0x8"]));
    assert!(said.contains("machine 0x8: 0 × 8 units; accepted: 1 or more each"), "{said}");
    let mut build = GraphBuilder::new("bare");
    let x = build.add("x", Op::Input(Shape::new(8, 8, 3)), &[]).unwrap();
    let y = build.add("y", Op::Relu, &[x]).unwrap();
    build.add("out", Op::Output, &[y]).unwrap();
    std::fs::write(net, to_json(&build.finish().unwrap())).unwrap();
    let said = refusal(autogo(&["profile", net, "--array"]));
    assert!(said.contains("network `bare`: has no layer; accepted: a network with convolutions"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_releases_peculiarities_are_switched_on() {
    let folder = folder("release");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_string();
    let nodes = |arguments: &[&str]| {
        let description: Value = serde_json::from_str(&said(arguments)).unwrap();
        description["nodes"].as_array().unwrap().len()
    };
    // Fifteen cells with one `skip_connect` each.
    assert_eq!(nodes(&["graph", BEST, "--json", "--release"]), nodes(&["graph", BEST, "--json"]) + 15);
    let config = r#"{"ops": ["nor_conv_3x3", "skip_connect", "none", "none", "none", "none"]}"#;
    let of_config = ["graph", "nb201", "--config", config, "--json"];
    assert_eq!(nodes(&[&of_config[..], &["--release"]].concat()), nodes(&of_config) + 15);
    let pooled = "nb201:avg_pool_3x3,none,none,nor_conv_3x3,none,none";
    said(&["graph", pooled, "--onnx", &path("ours.onnx")]);
    said(&["graph", pooled, "--onnx", &path("theirs.onnx"), "--release"]);
    assert_ne!(std::fs::read(path("ours.onnx")).unwrap(), std::fs::read(path("theirs.onnx")).unwrap());
    // Tokens of another family are unseen: each a segment of its own, or all of a row together.
    said(&["segments", "mine", "nb201=6", "--merges", "20", "--out", &path("ours")]);
    said(&["segments", "mine", "nb201=6", "--merges", "20", "--out", &path("theirs"), "--release"]);
    let lines = |mined: &str, flags: &[&str]| {
        said(&[&["segments", "encode", &path(mined), "hiaml:z,a22,r30,src8"], flags].concat()).lines().count()
    };
    assert!(lines("theirs", &[]) < lines("ours", &[]));
    assert_eq!(lines("theirs", &[]), lines("ours", &["--release"]));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_engine_that_is_not_there_is_refused() {
    let said = refusal(autogo(&["profile", "fsrcnn", "--host", "--library", "/no/such/library.so"]));
    assert!(said.contains("/no/such/library.so"), "{said}");
    let said = refusal(autogo(&["profile", "fsrcnn", "--host", "--threads", "0"]));
    assert!(said.contains("0 threads, 20 repeats; accepted: 1 or more each"), "{said}");
    #[cfg(not(feature = "rten"))]
    {
        let said = refusal(autogo(&["profile", "fsrcnn", "--host", "--engine", "rten"]));
        assert!(
            said.contains("`rten` is not in this build; accepted: ort, or a build with `--features rten`"),
            "{said}"
        );
    }
}

#[test]
fn a_machine_that_cannot_be_is_refused() {
    let said = refusal(autogo(&["profile", "resnet50", "--machine", "N9"]));
    assert!(said.contains("machine `N9` is not known; accepted: N256, N512, N1024, or a TOML file"), "{said}");
    let said = refusal(autogo(&["profile", "resnet50", "--energy", "coal"]));
    assert!(said.contains("`coal` is not known; accepted: horowitz45, eyeriss65, zigzag_tpu"), "{said}");
    let path = std::env::temp_dir().join(format!("autogo-machine-{}.toml", std::process::id()));
    for (toml, reason) in [
        ("base = \"N256\"\nrows = 0", "0 × 16 units"),
        ("base = \"N256\"\ndram_bytes_per_cycle = 0.0", "dram_bytes_per_cycle is 0"),
        ("base = \"N256\"\ncolour = 3", "unknown field `colour`"),
        ("base = \"N9\"", "base is `N9`; accepted: N256, N512, N1024"),
        ("name = \"wide\"\nrows = 16", "missing field `columns`"),
        ("base = \"N256\"\n[costs]\nadd = 6.0", "has no cost for `conv2d`, which node `stem/conv2d` computes"),
        (
            "base = \"N256\"\nname = \"tiny\"\ndram_bytes = 4096",
            "bytes for its result; machine tiny has 4096 bytes of DRAM",
        ),
    ] {
        std::fs::write(&path, toml).unwrap();
        let said = refusal(autogo(&["profile", "resnet50", "--machine", path.to_str().unwrap()]));
        assert!(said.contains(reason), "{said}");
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn wrong_input_is_one_line_with_exit_code_2() {
    let said = refusal(autogo(&["graph", "resnet9000"]));
    assert!(said.contains("`resnet9000`, character 1: names no family; accepted: nb101:"), "{said}");
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

#[test]
fn a_network_is_written_in_every_form_and_read_again() {
    let folder = std::env::temp_dir().join(format!("autogo-command-line-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let id = |network: &str| {
        let output = autogo(&["graph", network, "--json"]);
        let description: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        description["content_id"].as_str().unwrap().to_string()
    };
    let wanted = id("hiaml:z,a22,r30,src8");
    for (flag, file) in [("--onnx", "net.onnx"), ("--save", "net.json"), ("--svg", "net.svg")] {
        let path = folder.join(file);
        let path = path.to_str().unwrap();
        assert!(autogo(&["graph", "hiaml:z,a22,r30,src8", flag, path]).status.success());
        if flag != "--svg" {
            assert_eq!(id(path), wanted, "{flag}");
        }
    }
    assert!(std::fs::read_to_string(folder.join("net.svg")).unwrap().starts_with("<svg"));
    let config = r#"["hiaml_z", "hiaml_a22", "hiaml_r30", "hiaml_src8"]"#;
    let output = autogo(&["graph", "hiaml", "--config", config, "--dot"]);
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("digraph {"));
    std::fs::write(folder.join("broken.onnx"), b"no onnx").unwrap();
    let said = refusal(autogo(&["graph", folder.join("broken.onnx").to_str().unwrap()]));
    assert!(said.contains("broken.onnx: file: is no ONNX model"), "{said}");
    let said = refusal(autogo(&["graph", "hiaml", "--config", "[1]"]));
    assert!(said.contains("the JSON fields of family hiaml"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn pytorch_source_is_written_with_its_weights_beside_it() {
    let folder = folder("torch");
    let at = |name: &str| folder.join(name).to_str().unwrap().to_string();
    said(&["graph", "fsrcnn", "--torch", &at("net.py")]);
    let source = std::fs::read_to_string(at("net.py")).unwrap();
    assert!(source.contains("self.features = Features()") && source.contains("\"1:features/conv2d\""), "{source}");
    // A number for every weight, in the format's own words: the header's length, the header, numbers.
    let graph = autogo::families::network("fsrcnn").unwrap();
    let (mut header, mut end) = (serde_json::Map::new(), 0);
    for (name, sizes) in autogo::formats::torch::tensors(&graph) {
        let begin = end;
        end += 4 * sizes.iter().product::<usize>();
        let about = serde_json::json!({"dtype": "F32", "shape": sizes, "data_offsets": [begin, end]});
        header.insert(name, about);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], &header, &vec![0; end]].concat();
    std::fs::write(at("given.safetensors"), &bytes).unwrap();
    said(&["graph", "fsrcnn", "--torch", &at("net.py"), "--weights", &at("given.safetensors")]);
    assert_eq!(std::fs::read(at("net.safetensors")).unwrap(), bytes);
    said(&["graph", "fsrcnn", "--onnx", &at("net.onnx"), "--weights", &at("given.safetensors")]);
    for (arguments, reason) in [
        (vec!["graph", "fsrcnn", "--torch", folder.to_str().unwrap()], "accepted: a file FILE.py"),
        (vec!["graph", "fsrcnn", "--weights", &at("given.safetensors")], "--weights is for --onnx and --torch"),
        (vec!["graph", "fsrcnn", "--torch", &at("b.py"), "--weights", &at("net.py")], "is no file of tensors"),
        (vec!["graph", "fsrcnn", "--torch", &at("b.py"), "--weights", folder.to_str().unwrap()], "Is a directory"),
        (vec!["graph", "vgg16", "--torch", &at("b.py"), "--weights", &at("given.safetensors")], "has no tensor `1:"),
        (vec!["graph", "fsrcnn", "--torch", "/nowhere/b.py"], "/nowhere/b.py"),
    ] {
        let said = refusal(autogo(&arguments));
        assert!(said.contains(reason), "{said}");
    }
    // A folder that is called like a file.
    std::fs::create_dir(at("folder.py")).unwrap();
    let output = autogo(&["graph", "fsrcnn", "--torch", &at("folder.py")]);
    assert!(!output.status.success() && String::from_utf8(output.stderr).unwrap().lines().count() == 1);
    assert!(!folder.join("b.py").exists() && !folder.join("b.safetensors").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn families_and_datasets_are_listed_and_fetched_from_a_mirror() {
    let text = String::from_utf8(autogo(&["datasets", "list"]).stdout).unwrap();
    assert!(text.contains("nb101_only108") && text.contains("storage.googleapis.com"), "{text}");
    let said = refusal(autogo(&["datasets", "fetch", "nb9", "--into", "/tmp"]));
    assert!(said.contains("`nb9` is not known; accepted: nb201, "), "{said}");
    let Some(data) = std::env::var_os("AUTOGO_DATA").filter(|value| !value.is_empty()) else {
        eprintln!("skipped: no AUTOGO_DATA");
        return;
    };
    let folder = std::env::temp_dir().join(format!("autogo-datasets-{}", std::process::id()));
    let fetch = ["datasets", "fetch", "nb201", "--into", folder.to_str().unwrap()];
    let output = Command::new(env!("CARGO_BIN_EXE_autogo")).args(fetch).env("AUTOGO_DATA", data).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("checksum good"));
    std::fs::write(folder.join("nasbench/nb201.csv"), "damaged").unwrap();
    let verify = autogo(&["datasets", "verify", folder.to_str().unwrap()]);
    assert_eq!(verify.status.code(), Some(1));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn parity_with_the_reference_numbers() {
    let said = refusal(autogo(&["parity", "--golden", "/nowhere"]));
    assert!(said.contains("/nowhere: is no folder"), "{said}");
    if std::env::var_os("AUTOGO_GOLDEN").filter(|value| !value.is_empty()).is_none() {
        eprintln!("skipped: no AUTOGO_GOLDEN");
        return;
    }
    let output = autogo(&["parity"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("families ") && text.contains("\ngraphs ") && text.contains("\nforward "), "{text}");
}

#[test]
fn segments_are_mined_shown_and_used() {
    let folder = std::env::temp_dir().join(format!("autogo-segments-{}", std::process::id()));
    let out = folder.to_str().unwrap();
    let mined = autogo(&["segments", "mine", "hiaml=12", "two_path=12", "--merges", "60", "--out", out]);
    let text = String::from_utf8(mined.stdout).unwrap();
    assert!(text.starts_with("24 graphs: ") && text.contains("60 longer pieces"), "{text}");
    let text = String::from_utf8(autogo(&["segments", "show", out, "--top", "5"]).stdout).unwrap();
    assert_eq!(text.lines().count(), 6, "{text}");
    let page = folder.join("page.html");
    assert!(autogo(&["segments", "show", out, "--html", page.to_str().unwrap()]).status.success());
    assert!(std::fs::read_to_string(page).unwrap().contains("<svg"));
    let encoded = autogo(&["segments", "encode", out, "hiaml:z,a22,r30,src8"]);
    assert!(String::from_utf8(encoded.stdout).unwrap().lines().count() > 5);
    let said = refusal(autogo(&["segments", "mine", "hiaml", "--out", out]));
    assert!(said.contains("`hiaml` is no FAMILY=COUNT"), "{said}");
    let said = refusal(autogo(&["segments", "mine", "hiaml=0", "--out", out]));
    assert!(said.contains("segment corpus: is empty"), "{said}");
    let said = refusal(autogo(&["segments", "mine", "hiaml=2", "--merges", "9999", "--out", out]));
    assert!(said.contains("BPE merges: 9999 asked for, but the corpus allows "), "{said}");
    let stages = folder.join("stages.toml");
    std::fs::write(
        &stages,
        "order = \"depth_first\"\n[tokens]\nneighbours = false\n[trainer]\nmodel = \"n_grams\"\nlength = 2\n",
    )
    .unwrap();
    let mined = autogo(&["segments", "mine", "hiaml=4", "--stages", stages.to_str().unwrap(), "--out", out]);
    assert!(mined.status.success());
    std::fs::write(&stages, "[tokens]\ncolour = true\n").unwrap();
    let said = refusal(autogo(&["segments", "mine", "hiaml=4", "--stages", stages.to_str().unwrap(), "--out", out]));
    assert!(said.contains("stages.toml:2: ") && said.contains("colour") && said.contains("neighbours"), "{said}");
    std::fs::write(folder.join("segments.parquet"), b"PAR1 cut off").unwrap();
    let said = refusal(autogo(&["segments", "show", out]));
    assert!(said.contains("segments.parquet: is no segment database"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_network_that_cannot_be_trained_like_this_is_refused_on_one_line() {
    let out = folder("fit");
    let refused = |arguments: &[&str]| {
        let fit = ["fit", BEST, "--out", out.to_str().unwrap()];
        let output =
            Command::new(env!("CARGO_BIN_EXE_autogo")).args(fit).args(arguments).env("AUTOGO_DATA", "").output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        said
    };
    assert!(refused(&["--mini", "16"]).contains("HEIGHTxWIDTH:FACTOR such as 16x16:1/2"));
    let said = refused(&["--mini", "16x16:1/2", "--memory", "1M"]);
    assert!(said.contains("bytes for batches of 128, 1048576 are allowed") && said.lines().count() == 1, "{said}");
    let said = refused(&["--mini", "16x16:1/2"]);
    assert!(said.contains("AUTOGO_DATA: is not set") && said.lines().count() == 1, "{said}");
    let said = refused(&["--task", "cifar11"]);
    assert!(
        said.contains("task `cifar11` is not known; accepted: cifar10, fashion-mnist, shapes, or a folder"),
        "{said}"
    );
    let said = refused(&["--task", "camvid", "--mini", "16x16:1/8"]);
    assert!(said.contains("AUTOGO_DATA: is not set") && said.lines().count() == 1, "{said}");
    let said = refused(&["--task", "sr2", "--head"]);
    assert!(said.contains("accepted: neither with --task sr2") && said.lines().count() == 1, "{said}");
    let recipe = out.join("recipe.toml");
    std::fs::write(&recipe, "rate = 0.1\nspeed = 2\n").unwrap();
    let said = refused(&["--recipe", recipe.to_str().unwrap()]);
    assert!(said.contains("recipe.toml:2") && said.contains("speed"), "{said}");
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn a_network_learns_from_a_folder_and_says_what_other_pictures_are() {
    use autogo::data::Picture;
    let folder = folder("predict");
    let out = folder.join("run");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_string();
    // Bright tops and bright bottoms.
    for (class, first) in [("top", 200u8), ("bottom", 20)] {
        std::fs::create_dir_all(folder.join("pictures").join(class)).unwrap();
        for at in 0..40u8 {
            let row = |light: u8| vec![light + at / 2; 20 * 10];
            let bytes = [row(first), row(220 - first)].concat();
            let picture = Picture { shape: Shape::new(20, 20, 1), bytes };
            std::fs::write(folder.join(format!("pictures/{class}/{at}.png")), picture.png().unwrap()).unwrap();
        }
    }
    std::fs::write(folder.join("recipe.toml"), "batch = 16\nimages = 320\nrate = 0.002\nflips = false\n").unwrap();
    let fit = ["fit", BEST, "--mini", "8x8:1/4", "--out", out.to_str().unwrap()];
    let (task, recipe) = (path("pictures"), path("recipe.toml"));
    let rest = ["--task", &task, "--recipe", &recipe];
    let line = refusal_after_output(autogo(&[&fit[..], &rest].concat()));
    assert!(line.contains("makes 1×1×10, `pictures@8x8x3` has 2 classes; accepted: a head that makes 1×1×2"), "{line}");
    let text = said(&[&fit[..], &rest, &["--head"]].concat());
    assert!(text.contains("64 pictures") && text.contains("is trained; report.html shows it"), "{text}");
    let report = std::fs::read_to_string(out.join("report.html")).unwrap();
    for part in ["<svg", "The recipe", "16 test pictures", "nb201:"] {
        assert!(report.contains(part), "{part}");
    }
    let (top, page) = (path("pictures/top/3.png"), path("said.html"));
    let text = said(&["predict", out.to_str().unwrap(), &top, "--page", &page]);
    assert!(text.starts_with(&format!("{top}: ")) && text.trim_end().ends_with('%'), "{text}");
    assert!(std::fs::read_to_string(page).unwrap().contains("data:image/png;base64,"));
    let json: Value = serde_json::from_str(&said(&["predict", out.to_str().unwrap(), &top, "--json"])).unwrap();
    assert!(json[0]["probabilities"]["top"].as_f64().unwrap() > 0.0);
    let line = refusal(autogo(&["predict", out.to_str().unwrap(), &recipe]));
    assert!(line.contains("recipe.toml: is no picture; accepted: a PNG or JPEG file"), "{line}");
    let line = refusal(autogo(&["predict", folder.to_str().unwrap(), &top]));
    assert!(line.contains("graph.json: No such file"), "{line}");
    // Another training begins with these weights.
    let heir = path("heir");
    let fit = ["fit", BEST, "--mini", "8x8:1/4", "--out", &heir, "--inherit", out.to_str().unwrap(), "--head"];
    let text = said(&[&fit[..], &rest].concat());
    assert!(text.contains("weights, are the parent's"), "{text}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// One line on standard error, exit code 2, after whatever was printed.
fn refusal_after_output(output: Output) -> String {
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}
