//! The responder answers with the id that it was asked with, as a response, or not at all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_proxy::fuzzing::dns;

fuzz_target!(|bytes: &[u8]| {
    if let Some(reply) = dns(bytes) {
        assert!(reply.len() >= 12);
        assert_eq!(reply[..2], bytes[..2]);
        assert_eq!(reply[2] & 0x80, 0x80);
    }
});
