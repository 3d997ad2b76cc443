use super::*;
use proptest::prelude::*;

fn name(text: &str) -> String {
    match Host::parse(text) {
        Ok(Host::Name(name)) => name,
        other => panic!("{text:?} gave {other:?}"),
    }
}

fn ip(text: &str) -> IpAddr {
    match Host::parse(text) {
        Ok(Host::Ip(ip)) => ip,
        other => panic!("{text:?} gave {other:?}"),
    }
}

#[test]
fn spellings_of_a_name_are_one_name() {
    for spelling in [
        "github.com",
        "GitHub.COM",
        "github.com.",
        "ｇｉｔｈｕｂ.com",
        "github。com",
        "git\u{ad}hub.com",
    ] {
        assert_eq!(name(spelling), "github.com", "{spelling}");
    }
    assert_eq!(name("Bücher.example"), "xn--bcher-kva.example");
    assert_eq!(name("XN--BCHER-KVA.example"), "xn--bcher-kva.example");
    assert_eq!(name("_dmarc.my_host.example"), "_dmarc.my_host.example");
}

#[test]
fn spellings_of_an_address_are_one_address() {
    let local: IpAddr = "127.0.0.1".parse().unwrap();
    for spelling in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "１２７.0.0.1",
        "[::ffff:127.0.0.1]",
        "::ffff:7f00:1",
    ] {
        assert_eq!(ip(spelling), local, "{spelling}");
    }
    assert_eq!(ip("0"), "0.0.0.0".parse::<IpAddr>().unwrap());
    assert_eq!(ip("[2001:DB8::1]"), ip("2001:db8:0:0::1"));
}

#[test]
fn what_is_no_host_is_refused() {
    let long_label = "a".repeat(64);
    let long_name = format!("{}.example", "a.".repeat(130));
    for text in [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a b",
        "a\0.google.com",
        "a\n",
        "a\u{7f}",
        "user@host",
        "host:80",
        "[::1]:80",
        "[::1",
        "::1]",
        "fe80::1%lo",
        "[fe80::1%25lo]",
        "256.1.1.1",
        "1.2.3.4.5",
        "1.2.3.256",
        "0x1ffffffff",
        "08.1.1.1",
        "a.1",
        "a.0x1",
        "*.x",
        "a/b",
        "a\\b",
        "a%2eb",
        "a?b",
        "a#b",
        "xn--zz--zzz-.example",
        "é\u{202e}.x\u{0}",
        "1.2.3.4..",
        &long_label,
        &long_name,
    ] {
        assert!(
            Host::parse(text).is_err(),
            "{text:?} gave {:?}",
            Host::parse(text)
        );
    }
}

#[test]
fn the_longest_name_is_accepted() {
    let name = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
    assert_eq!(name.len(), 253);
    assert!(Host::parse(&name).is_ok());
    assert!(Host::parse(&format!("{name}.")).is_ok());
    assert!(Host::parse(&format!("{name}b")).is_err());
}

proptest! {
    #[test]
    fn parsing_never_panics_and_is_idempotent(text in "\\PC{0,40}") {
        if let Ok(host) = Host::parse(&text) {
            prop_assert_eq!(Host::parse(&host.to_string()), Ok(host));
        }
    }

    #[test]
    fn host_like_text_is_idempotent(text in "[a-z0-9x.:%\\[\\]\\-]{0,24}") {
        if let Ok(host) = Host::parse(&text) {
            prop_assert_eq!(Host::parse(&host.to_string()), Ok(host));
        }
    }

    #[test]
    fn any_ipv4_spelling_is_the_address(octets: [u8; 4], style in 0..4u8) {
        let [a, b, c, d] = octets;
        let text = match style {
            0 => format!("{a}.{b}.{c}.{d}"),
            1 => format!("{}", u32::from_be_bytes(octets)),
            2 => format!("0x{a:x}.0{b:o}.{}", u16::from_be_bytes([c, d])),
            _ => format!("[::ffff:{a}.{b}.{c}.{d}]"),
        };
        prop_assert_eq!(Host::parse(&text), Ok(Host::Ip(IpAddr::from(octets))));
    }

    #[test]
    fn case_and_trailing_dot_do_not_matter(text in "[a-zA-Z]{1,8}(\\.[a-zA-Z]{1,8}){0,3}") {
        let plain = Host::parse(&text.to_lowercase());
        prop_assert_eq!(Host::parse(&text), plain.clone());
        prop_assert_eq!(Host::parse(&format!("{text}.")), plain);
    }
}
