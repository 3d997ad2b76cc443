//! A SOCKS5 request or a CONNECT leads to a host in normal form and a port, or to a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_policy::Host;
use ringfence_proxy::fuzzing::{connect, socks};

fuzz_target!(|bytes: &[u8]| {
    let request = socks(bytes).ok().flatten();
    if let Some((_, taken)) = &request {
        assert!(*taken <= bytes.len());
    }
    for (host, port) in request.map(|(target, _)| target).into_iter().chain(connect(bytes)) {
        assert_ne!(port, 0);
        let text = host.to_string();
        assert_eq!(Host::parse(&text), Ok(host), "{text} is not in normal form");
    }
});
