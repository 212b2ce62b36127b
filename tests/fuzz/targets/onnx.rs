//! The ONNX reader; what it accepts must come back from our own writer.
#![no_main]

use autogo::formats::onnx::{Pooling, Weights, export, import};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(graph) = import(bytes)
        && let Ok(file) = export(&graph, Weights::None, Pooling::default())
    {
        let back = import(&file).expect("our own file");
        assert_eq!(back.content_id(), graph.content_id());
    }
});
