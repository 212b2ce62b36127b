//! TensorFlow's record framing.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let read: usize = autogo::data::records(bytes).filter_map(Result::ok).map(<[u8]>::len).sum();
    assert!(read <= bytes.len());
});
