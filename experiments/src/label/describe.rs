//! A folder of label tables in Croissant 1.0, the format in which data set searches and loaders read what a table holds
//! (<https://docs.mlcommons.org/croissant/docs/croissant-spec.html>).

use crate::failure::Failure;
use autogo::data::read_parquet;
use autogo::files::write;
use autogo::polars::prelude::DataType;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The file that [`describe`] writes.
pub const DESCRIPTION: &str = "croissant.json";

/// The tables, each with what a row is.
const TABLES: [(&str, &str); 3] = [
    ("labels.parquet", "a training of a network under a seed"),
    ("zero_cost.parquet", "a network at its start, with scores that need no training"),
    ("recipe.parquet", "a training by which the recipe was chosen, made before revision 1 of the engine"),
];

/// The columns, each with its content.
const COLUMNS: [(&str, &str); 23] = [
    ("spec", "compact string of the network"),
    ("family", "family of the network"),
    ("seed", "seed of weights, order, flips and shifts"),
    ("top", "whether the network was drawn from the top twentieth of a public benchmark"),
    ("test_accuracy", "part of the test pictures that are named right"),
    ("test_loss", "mean cross-entropy of the test pictures, in nats"),
    ("mean_train_loss", "mean of the training losses of all steps"),
    ("curve", "mean training loss over each twentieth of the steps"),
    ("accuracies", "test accuracy after each pass over the training pictures"),
    ("seconds", "seconds of the training, on whatever machine"),
    ("mini_multiply_adds", "multiply-adds of the mini form, which was trained"),
    ("mini_params", "parameters of the mini form"),
    ("multiply_adds", "multiply-adds of the full form"),
    ("params", "parameters of the full form"),
    ("content_id", "id of the full form's computation"),
    ("mini_id", "id of the mini form's computation"),
    ("job", "hash of recipe, pictures and revision of the engine"),
    ("arithmetic", "how products are summed: fused or portable"),
    ("version", "version of the program"),
    ("synflow", "natural logarithm of the synaptic flow"),
    ("jacob_cov", "how little the gradients by the pictures correlate"),
    ("nwot", "natural logarithm of the determinant of the kernel of ReLU codes"),
    ("gradient_norm", "norms of the gradients of all layers, added"),
];

/// Writes the description of a folder's tables: hashes, sizes, columns. Tables that the folder lacks are left out.
pub fn describe(folder: &Path) -> Result<usize, Failure> {
    let (mut files, mut records) = (Vec::new(), Vec::new());
    for (name, row) in TABLES {
        let path = folder.join(name);
        if !path.exists() {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|error| Failure::input(&path, error))?;
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        files.push(json!({
            "@type": "cr:FileObject", "@id": name, "name": name, "contentUrl": name,
            "contentSize": format!("{} B", bytes.len()), "encodingFormat": "application/x-parquet", "sha256": hash,
        }));
        let frame = read_parquet(&path)?;
        let set = name.trim_end_matches(".parquet");
        let fields: Vec<Value> =
            frame.columns().iter().map(|column| field(name, set, column.name(), column.dtype())).collect();
        records.push(json!({ "@type": "cr:RecordSet", "@id": set, "name": set, "description": format!("One row is {row}."), "field": fields }));
    }
    if files.is_empty() {
        let names = TABLES.map(|(name, _)| name).join(", ");
        return Err(Failure::input(folder, format!("holds no table of labels; accepted: {names}")));
    }
    let count = files.len();
    let text = serde_json::to_string_pretty(&json!({
        "@context": context(), "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "autogo-mini",
        "description": "Networks of NAS-Bench-101, NAS-Bench-201, HiAML, Two-Path and Inception in mini form, trained from nothing on CIFAR-10 at 16x16 pixels.",
        "license": "https://spdx.org/licenses/MIT.html", "version": env!("CARGO_PKG_VERSION"), "isLiveDataset": true,
        "keywords": ["neural architecture search", "performance prediction", "CIFAR-10"],
        "citeAs": "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009 (the pictures)",
        "distribution": files, "recordSet": records,
    }));
    let text = text.map_err(|error| Failure::Work(error.to_string()))?;
    write(&folder.join(DESCRIPTION), format!("{text}\n").as_bytes())?;
    Ok(count)
}

/// A column of a table.
fn field(file: &str, set: &str, name: &str, dtype: &DataType) -> Value {
    let described = COLUMNS.iter().find(|(column, _)| *column == name).map_or("", |(_, text)| text);
    let of = |dtype: &DataType| match dtype {
        DataType::String => "sc:Text",
        DataType::Boolean => "sc:Boolean",
        other if other.is_integer() => "sc:Integer",
        _ => "sc:Float",
    };
    let source = json!({ "fileObject": { "@id": file }, "extract": { "column": name } });
    let (kind, is_list) = match dtype {
        DataType::List(inner) => (of(inner), true),
        other => (of(other), false),
    };
    let id = format!("{set}/{name}");
    json!({ "@type": "cr:Field", "@id": id, "name": name, "description": described, "dataType": kind, "repeated": is_list, "source": source })
}

/// The meaning of the keys, as the specification prescribes it.
fn context() -> Value {
    json!({
        "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/", "dct": "http://purl.org/dc/terms/",
        "citeAs": "cr:citeAs", "column": "cr:column", "conformsTo": "dct:conformsTo",
        "data": { "@id": "cr:data", "@type": "@json" }, "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "extract": "cr:extract", "field": "cr:field", "fileObject": "cr:fileObject", "fileProperty": "cr:fileProperty",
        "fileSet": "cr:fileSet", "format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath", "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path",
        "recordSet": "cr:recordSet", "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated",
        "replace": "cr:replace", "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
        "transform": "cr:transform",
    })
}
