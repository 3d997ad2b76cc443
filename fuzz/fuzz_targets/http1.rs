//! What the strict HTTP/1 reader lets through, it lets through again: there is one reading of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_proxy::fuzzing::http1;

fuzz_target!(|bytes: &[u8]| {
    let first = http1(bytes);
    assert_eq!(http1(&first), first);
});
