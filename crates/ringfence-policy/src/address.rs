//! Which addresses an allowed name may resolve to: an allowed name is no way into this machine or its network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::host::unmapped;

/// What kind of address it is, as far as dialling it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressClass {
    /// Somewhere on the internet.
    Public,
    /// This machine, its network, or not a destination at all; only a rule with `private = true` or a rewrite reaches it.
    Private(&'static str),
    /// A cloud metadata service: never dialled, whatever a rule says.
    Metadata,
}

/// Metadata services of the large clouds; each is reachable without credentials from the machine itself.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), // AWS, Azure, GCP, OpenStack, DigitalOcean
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),   // AWS ECS task credentials
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),  // AWS EKS pod identity
    IpAddr::V4(Ipv4Addr::new(169, 254, 0, 23)),    // Tencent Cloud
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), // Alibaba Cloud
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),     // Oracle Cloud, classic
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),   // Azure host agent
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)), // AWS
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)), // AWS EKS pod identity
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)), // GCP
];

/// Names of metadata services, refused before anything is resolved.
pub(crate) const METADATA_NAMES: &[&str] = &[
    "metadata.google.internal",
    "metadata.goog",
    "instance-data",
    "instance-data.ec2.internal",
];

/// Classifies an address that a name resolved to, or that a client named itself (N14 in `docs/prior-incidents.md`).
pub fn classify(ip: IpAddr) -> AddressClass {
    let ip = unmapped(ip);
    if METADATA.contains(&ip) {
        return AddressClass::Metadata;
    }
    match ip {
        IpAddr::V4(ip) => classify_v4(ip),
        IpAddr::V6(ip) => classify_v6(ip),
    }
}

fn classify_v4(ip: Ipv4Addr) -> AddressClass {
    use AddressClass::{Private, Public};
    match ip.octets() {
        [0, ..] => Private("this network (0.0.0.0/8)"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Private("private (RFC 1918)"),
        [100, 64..=127, ..] => Private("carrier-grade NAT (100.64.0.0/10)"),
        [127, ..] => Private("loopback"),
        [169, 254, ..] => Private("link-local"),
        [192, 0, 0, _] => Private("IETF protocol assignments (192.0.0.0/24)"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Private("documentation"),
        [192, 88, 99, _] => Private("6to4 relay"),
        [198, 18..=19, ..] => Private("benchmarking (198.18.0.0/15)"),
        [224..=239, ..] => Private("multicast"),
        [240..=255, ..] => Private("reserved or broadcast"),
        _ => Public,
    }
}

fn classify_v6(ip: Ipv6Addr) -> AddressClass {
    use AddressClass::{Private, Public};
    let s = ip.segments();
    let low32 = Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7]));
    match s {
        _ if ip.is_loopback() => Private("loopback"),
        _ if ip.is_unspecified() => Private("unspecified"),
        // Deprecated v4-compatible form and everything else below ::/96.
        [0, 0, 0, 0, 0, 0, ..] => Private("IPv4-compatible"),
        [0, 0, 0, 0, 0xffff, 0, ..] => Private("IPv4-translated"),
        // NAT64 on a v6-only network carries public destinations: what counts is the address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => classify(IpAddr::V4(low32)),
        [0x64, 0xff9b, 1, ..] => Private("local NAT64 (64:ff9b:1::/48)"),
        [0x100, 0, 0, 0..=1, ..] => Private("discard-only"),
        [0x2001, 0, ..] => Private("Teredo"),
        [0x2001, 0x0002, 0, ..] => Private("benchmarking"),
        [0x2001, 0x10..=0x2f, ..] => Private("ORCHID"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Private("documentation"),
        [0x2002, a, b, ..] => match classify(IpAddr::V4(Ipv4Addr::from(
            (u32::from(a) << 16) | u32::from(b),
        ))) {
            AddressClass::Public => Private("6to4"),
            other => other,
        },
        [0x5f00, ..] => Private("segment routing"),
        [0xfc00..=0xfdff, ..] => Private("unique local (fc00::/7)"),
        [0xfe80..=0xfebf, ..] => Private("link-local"),
        [0xfec0..=0xfeff, ..] => Private("site-local"),
        [0xff00..=0xffff, ..] => Private("multicast"),
        _ => Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn class(text: &str) -> AddressClass {
        classify(text.parse().unwrap())
    }

    #[test]
    fn ways_into_this_machine_and_network_are_not_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.1.1",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "2001::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "100::1",
        ] {
            assert!(
                matches!(class(text), AddressClass::Private(_)),
                "{text}: {:?}",
                class(text)
            );
        }
    }

    #[test]
    fn metadata_is_metadata_in_every_form() {
        for text in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "fd00:ec2::254",
            "100.100.100.200",
        ] {
            assert_eq!(class(text), AddressClass::Metadata, "{text}");
        }
    }

    #[test]
    fn the_internet_is_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "198.17.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(class(text), AddressClass::Public, "{text}");
        }
    }

    proptest! {
        #[test]
        fn wrapping_an_address_never_makes_it_better(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let direct = classify(IpAddr::V4(v4));
            prop_assert_eq!(classify(IpAddr::V6(v4.to_ipv6_mapped())), direct);
            for wrapped in [(0x0064_ff9b_u128 << 96) | u128::from(bits), u128::from(bits), (0x2002_u128 << 112) | (u128::from(bits) << 80)] {
                let class = classify(IpAddr::V6(Ipv6Addr::from(wrapped)));
                prop_assert!(direct == AddressClass::Public || class != AddressClass::Public);
            }
        }
    }
}
