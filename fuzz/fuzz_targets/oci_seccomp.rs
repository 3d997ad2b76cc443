//! A seccomp profile in the OCI format never panics the reader, and its errors say where.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = ringfence_sandbox::check_seccomp_profile("fuzz.json", text) {
        assert!(error.to_string().contains("fuzz.json"));
    }
});
