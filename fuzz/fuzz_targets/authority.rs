//! No spelling of a host, and no path, gets past the policy: what is parsed is in normal form and stays there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringfence_policy::{Access, Decision, Host, Policy, Scheme, What, path};

fuzz_target!(|text: &str| {
    let (authority, request) = text.split_once('/').unwrap_or((text, ""));
    let sent = format!("/{request}");
    if let Ok(normal) = path::normalise(&sent) {
        assert_eq!(path::normalise(&normal).as_ref(), Ok(&normal));
        assert!(
            normal
                .split('/')
                .all(|segment| segment != "." && segment != "..")
        );
    }
    let Ok(host) = Host::parse(authority) else {
        return;
    };
    assert_eq!(Host::parse(&host.to_string()).as_ref(), Ok(&host));
    let Ok(policy) = Policy::from_toml("[network]\nallowlist = [\"a.test\"]", None) else {
        return;
    };
    let what = What::Http {
        scheme: Scheme::Https,
        method: "GET",
        path: &sent,
    };
    if let Decision::Allow(permit) = policy.decide(&Access {
        host: &host,
        port: 443,
        what,
    }) {
        assert_eq!(permit.host().to_string(), "a.test");
    }
});
