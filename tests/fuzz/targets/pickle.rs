//! The inert pickle reader, and what is read out of pickles.
#![no_main]

use autogo::formats::{Checkpoint, read_encoder, read_graph};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(form) = read_graph(bytes) {
        let _ = form.to_graph();
    }
    let _ = read_encoder(bytes);
    let _ = Checkpoint::read(bytes);
});
