//! Any split of a stream has the same output and the same findings as the whole of it, and a known value never passes.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ringfence_dlp::{Document, Filter, Finding, Known, Settings};

const VALUE: &[u8] = b"s3cr3t-value";
const CONTEXT: &str = include_str!("../../LICENSE");

static FILTER: LazyLock<Arc<Filter>> = LazyLock::new(|| {
    Filter::new(Settings {
        known: vec![Known {
            name: "value".into(),
            value: VALUE.to_vec().into(),
        }],
        context: vec![Document {
            name: "licence".into(),
            text: CONTEXT.into(),
        }],
        // The budget is the session's, and these are many streams.
        budget: Some(u64::MAX),
        ..Settings::default()
    })
    .expect("one value and one document")
});

/// The first byte says how many sizes follow, the sizes are used in turn. A byte of 0x00 stands for the known value and one
/// of 0x01 for a part of the document, so that both are met at all.
fn split(bytes: &[u8]) -> Option<(Vec<u8>, Vec<usize>)> {
    let (count, rest) = bytes.split_first()?;
    let (sizes, text) = rest.split_at_checked(1 + usize::from(count % 8))?;
    let mut stream = Vec::new();
    for (place, byte) in text.iter().enumerate() {
        match byte {
            0 => stream.extend_from_slice(VALUE),
            1 => stream.extend_from_slice(CONTEXT.as_bytes().get(place % 400..place % 400 + 500)?),
            byte => stream.push(*byte),
        }
    }
    let sizes = sizes.iter().map(|size| 1 + usize::from(*size)).collect();
    Some((stream, sizes))
}

fn filtered(bytes: &[u8], sizes: &[usize]) -> (Vec<u8>, Vec<Finding>) {
    let (mut stream, mut out, mut findings) = (FILTER.stream(), Vec::new(), Vec::new());
    let (mut rest, mut turn) = (bytes, 0);
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(sizes[turn % sizes.len()].min(rest.len()));
        stream.push(piece, &mut out).expect("nothing is blocked");
        findings.extend(stream.findings());
        (rest, turn) = (more, turn + 1);
    }
    stream.finish(&mut out).expect("nothing is blocked");
    findings.extend(stream.findings());
    (out, findings)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((stream, sizes)) = split(bytes) else {
        return;
    };
    let whole = filtered(&stream, &[1024]);
    assert_eq!(filtered(&stream, &sizes), whole);
    assert!(!whole.0.windows(VALUE.len()).any(|window| window == VALUE));
});
