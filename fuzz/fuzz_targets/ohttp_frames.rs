//! Frames, padding and HTTP messages of a sealed exchange: the same in whatever pieces they come, and within their limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_seal::{Half, fuzzing, limits};

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = (usize::from(input.0), input.1);
    let whole = fuzzing::frames(bytes, bytes.len());
    let pieces = fuzzing::frames(bytes, size);
    assert_eq!(whole.as_ref().ok(), pieces.as_ref().ok());
    for frame in whole.iter().flatten() {
        assert!((limits::TAG..=limits::MAX_CHUNK + limits::TAG).contains(&frame.len()));
    }
    if let Some(data) = fuzzing::unpad(bytes) {
        assert!(data.len() <= limits::MAX_CHUNK_DATA);
    }
    for half in [Half::Request, Half::Response] {
        let whole = fuzzing::message(half, bytes, bytes.len());
        assert_eq!(whole, fuzzing::message(half, bytes, size));
        if let Some((fields, body)) = whole {
            assert!(fields <= limits::MAX_FIELDS && body.len() < bytes.len());
        }
    }
});
