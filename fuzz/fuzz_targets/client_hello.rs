//! A ClientHello is read the same however it is cut, and nothing but a whole one is taken for one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_proxy::fuzzing::client_hello;

fuzz_target!(|bytes: &[u8]| {
    let whole = client_hello(bytes);
    for cut in [bytes.len() / 2, bytes.len().saturating_sub(1)] {
        let early = client_hello(&bytes[..cut]);
        if !matches!(early, Ok(None)) {
            assert_eq!(early, whole, "more bytes changed the verdict");
        }
    }
    if let Ok(Some(hello)) = whole
        && let Some(name) = hello.server_name
    {
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
    }
});
