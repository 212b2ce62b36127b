//! PNG and JPEG files.
#![no_main]

use autogo::data::Picture;
use autogo::graph::Shape;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(picture) = Picture::decode(bytes) else { return };
    if picture.bytes.len() < 1 << 16 {
        assert_eq!(Picture::decode(&picture.png().expect("a picture that was read")).expect("our own file"), picture);
    }
    assert!(picture.fitted(Shape::new(4, 4, 3)).is_ok());
});
