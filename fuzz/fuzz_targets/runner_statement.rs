//! Keys and statements of runners: what is read is what would be written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_seal::{KeyConfig, SignedStatement};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(statement) = SignedStatement::decode(bytes) {
        assert_eq!(statement.encode(), bytes);
    }
    if let Ok(config) = KeyConfig::decode(bytes) {
        assert_eq!(KeyConfig::decode(&config.encode()), Ok(config));
    }
    if let Ok(configs) = KeyConfig::decode_list(bytes) {
        assert_eq!(
            KeyConfig::decode_list(&KeyConfig::encode_list(&configs)),
            Ok(configs)
        );
    }
});
