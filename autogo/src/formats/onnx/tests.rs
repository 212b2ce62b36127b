//! Graphs that come back from files, and what is refused.

use super::proto::{self, GraphProto, Model};
use super::{Pooling, ReadOptions, Weights, export, import, import_with};
use prost::Message;

fn bytes() -> Vec<u8> {
    export(&crate::families::network("fsrcnn:24x24").unwrap(), Weights::Seeded(0), Pooling::default()).unwrap()
}

fn edited(edit: impl Fn(&mut GraphProto)) -> String {
    let mut model = Model::decode(bytes().as_slice()).unwrap();
    edit(model.graph.as_mut().unwrap());
    import(&model.encode_to_vec()).unwrap_err().to_string()
}

#[test]
fn every_family_round_trips() {
    for spec in [
        "nb201:none,skip_connect,nor_conv_3x3,avg_pool_3x3,nor_conv_1x1,none",
        "hiaml:z,r30,src3,t31",
        "nb101:100110100001001010101:02001",
        "resnet50",
        "vgg16",
        "edsr:32x32",
        "fsrcnn",
        "unet:64x64",
        "two_path:conv5x5*/conv5x5*;double3x3*/conv1x1+bottleneck-r2-k3/maxpool3x3+conv3x3*",
    ] {
        let graph = crate::families::network(spec).unwrap();
        for weights in [Weights::None, Weights::Seeded(3)] {
            if spec.starts_with("resnet") && matches!(weights, Weights::Seeded(_)) {
                continue;
            }
            let back = import(&export(&graph, weights, Pooling::default()).unwrap()).unwrap();
            assert_eq!(back.content_id(), graph.content_id(), "{spec}");
            assert_eq!(back.cost(), graph.cost(), "{spec}");
        }
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let error = edited(|graph| graph.node[1].op_type = "Einsum".into());
    assert!(error.contains("features/prelu`: Einsum is not supported"), "{error}");
    let error = edited(|graph| graph.node.swap(0, 1));
    assert!(error.contains("which no node before it makes"), "{error}");
    let error = edited(|graph| graph.input.clear());
    assert_eq!(error, "graph: has 0 inputs instead of one");
    let error = edited(|graph| {
        graph.initializer[0].data_location = proto::EXTERNAL;
        graph.initializer[0].external_data = vec![proto::Entry { key: "location".into(), value: "../secret".into() }];
    });
    assert!(error.contains("lies in `../secret`, outside the model's folder"), "{error}");
    assert!(import(b"not onnx").unwrap_err().to_string().starts_with("file: is no ONNX model"));
    assert!(import(&bytes()[..300]).is_err());
}

/// The folder of files of other people, where `AUTOGO_FIELD` names one: its `cases.csv` has the right answers.
fn field() -> Option<std::path::PathBuf> {
    let folder = std::env::var("AUTOGO_FIELD");
    if folder.is_err() {
        eprintln!("skipped: AUTOGO_FIELD is not set");
    }
    folder.ok().map(Into::into)
}

#[test]
fn files_of_other_people_become_graphs() {
    let Some(folder) = field() else { return };
    let table = std::fs::read_to_string(folder.join("cases.csv")).unwrap();
    let mut wrong = Vec::new();
    for line in table.lines().skip(1) {
        let (name, wanted) = line.split_once(',').unwrap();
        let path = folder.join(name);
        let options = ReadOptions { folder: path.parent().map(Into::into), ..ReadOptions::default() };
        let found = import_with(std::fs::read(&path).unwrap(), &options).map(|read| {
            let shape = read.graph.node(read.graph.len() - 1).shape;
            let macs = read.graph.cost().multiply_adds;
            let json = crate::formats::from_json(&crate::formats::to_json(&read.graph)).unwrap();
            assert_eq!(json.content_id(), read.graph.content_id(), "{name}");
            let written = export(&read.graph, Weights::None, Pooling::default()).unwrap();
            assert_eq!(import(&written).unwrap().content_id(), read.graph.content_id(), "{name}");
            format!("{},{},{},{macs},{}", shape.h, shape.w, shape.c, read.weights.parameters())
        });
        if found.as_deref() != Ok(wanted) {
            wrong.push(format!("{name}: {found:?} instead of {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_round_trip_carries_the_constant_of_a_batch_norm() {
    let graph = crate::families::network("hiaml:z,a22,r30,src8").unwrap();
    let mut model = Model::decode(&*export(&graph, Weights::Seeded(5), Pooling::default()).unwrap()).unwrap();
    let epsilons = |model: &Model| -> Vec<f32> {
        let nodes = model.graph.iter().flat_map(|graph| &graph.node);
        nodes.filter(|node| node.op_type == "BatchNormalization").map(|node| node.attribute[0].f).collect()
    };
    for (at, node) in model.graph.iter_mut().flat_map(|graph| &mut graph.node).enumerate() {
        if node.op_type == "BatchNormalization" {
            node.attribute[0].f = 1e-5 * (at + 1) as f32;
        }
    }
    let read = import_with(model.encode_to_vec(), &ReadOptions::default()).unwrap();
    let given = read.weights.load().unwrap();
    let again = export(&read.graph, Weights::Given(&given), Pooling::default()).unwrap();
    assert!(!epsilons(&model).is_empty());
    assert_eq!(epsilons(&Model::decode(&*again).unwrap()), epsilons(&model));
    // It is no part of the network: weights that are drawn anew stand beside this library's own.
    assert_eq!(read.graph.content_id(), graph.content_id());
}

#[test]
fn weights_survive_a_round_trip() {
    let graph = crate::families::network("fsrcnn:24x24").unwrap();
    let file = export(&graph, Weights::Seeded(5), Pooling::default()).unwrap();
    let read = import_with(file.clone(), &ReadOptions::default()).unwrap();
    let given = read.weights.load().unwrap();
    let again = export(&read.graph, Weights::Given(&given), Pooling::default()).unwrap();
    let tensors = |file: &[u8]| {
        let initialisers = Model::decode(file).unwrap().graph.unwrap().initializer;
        initialisers.into_iter().map(|tensor| (tensor.dims, tensor.raw_data)).collect::<Vec<_>>()
    };
    assert_eq!(tensors(&file), tensors(&again));
    let error = export(&read.graph, Weights::Given(&Default::default()), Pooling::default()).unwrap_err().to_string();
    assert!(error.contains("lacks the weight"), "{error}");
}
