//! Our JSON and GENNAPE's.
#![no_main]

use autogo::families::FamilyName;
use autogo::formats::{from_json, read_gennape, to_json};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(graph) = from_json(text) {
        assert_eq!(from_json(&to_json(&graph)).expect("our own file").content_id(), graph.content_id());
    }
    for family in [FamilyName::Hiaml, FamilyName::Inception, FamilyName::TwoPath] {
        let _ = read_gennape(text, family);
    }
    let _ = autogo::families::graph(text);
});
