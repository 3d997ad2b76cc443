//! A Modelfile is read or refused with a place; what is read is written and read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_inference::Modelfile;

fuzz_target!(|text: &str| {
    match Modelfile::parse(text) {
        Ok(modelfile) => assert_eq!(Modelfile::parse(&modelfile.to_string()), Ok(modelfile)),
        Err(error) => assert!(error.line >= 1 && error.column >= 1 && !error.reason.is_empty()),
    }
});
