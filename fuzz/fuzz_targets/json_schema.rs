//! A schema becomes a grammar within the limits, or is refused with a place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_inference::{Format, Json, grammar, limits};

fuzz_target!(|bytes: &[u8]| {
    let Ok(schema) = Json::parse(bytes, limits::SCHEMA_BYTES) else {
        return;
    };
    match grammar::of_format(&Format::Schema(schema)) {
        Ok(grammar) => assert!(grammar.is_some_and(
            |text| text.starts_with("root ::= ") && text.len() <= limits::GRAMMAR_BYTES
        )),
        Err(error) => assert!(!error.path.is_empty()),
    }
});
