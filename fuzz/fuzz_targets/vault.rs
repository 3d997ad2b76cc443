//! A changed conversation gives only what was written, each record once and in order, and says that something is missing; a changed
//! table is read to its end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_store::vault::{fuzz_conversation, fuzz_table};

fuzz_target!(|bytes: &[u8]| {
    assert!(fuzz_conversation(bytes).is_some());
    fuzz_table(bytes);
});
