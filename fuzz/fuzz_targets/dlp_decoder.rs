//! Whatever stands in a stream as an encoding of something is decoded within bounds: no panic, no text that is not given
//! out again, and no more out than went in but for the marks of redaction.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ringfence_dlp::{Action, Actions, Filter, Settings};

static FILTER: LazyLock<Arc<Filter>> = LazyLock::new(|| {
    let actions = Actions {
        block: Action::Report,
        warn: Action::Report,
        echo: Action::Report,
    };
    Filter::new(Settings {
        actions,
        ..Settings::default()
    })
    .expect("settings without values")
});

fuzz_target!(|bytes: &[u8]| {
    let (mut stream, mut out) = (FILTER.stream(), Vec::new());
    stream.push(bytes, &mut out).expect("nothing is blocked");
    stream.finish(&mut out).expect("nothing is blocked");
    assert_eq!(out, bytes, "what is only reported passes as it was");
    for finding in stream.findings() {
        assert!(finding.offset + finding.length <= bytes.len() as u64);
    }
});
