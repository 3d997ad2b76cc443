//! A manifest is read or refused; its sizes are within the limits, and it is written and read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_inference::{Manifest, limits};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert!(manifest.size() <= limits::MANIFEST_TOTAL_BYTES);
        assert!(
            manifest
                .layers
                .iter()
                .all(|layer| layer.size <= limits::LAYER_BYTES)
        );
        assert_eq!(
            Manifest::parse(manifest.to_json().as_bytes()).ok(),
            Some(manifest)
        );
    }
});
