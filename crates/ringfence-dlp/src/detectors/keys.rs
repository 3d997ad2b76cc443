//! Private keys and the secrets of key agreement.
use super::row::row;
use super::validate;
use crate::detector::Detector;

pub(super) static ROWS: &[Detector] = &[
    row(
        "age-secret-key",
        "age identity",
        "age",
        &["AGE-SECRET-KEY-1"],
        r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}\b",
    )
    .check(validate::bech32)
    .tried(
        &[concat!("AGE-SECRET-KEY-1", "4FSF8WWLFQN6R67VNCYV0RAY", "6SEL3HXTXSFY8ZPUXN77HQNG", "03WSS54AT3")],
        &[concat!("AGE-SECRET-KEY-1", "4FSF8WWLFQN6R67VNCYV07AY", "6SEL3HXTXSFY8ZPUXN77HQNG", "03WSS54AT3"), concat!("AGE-SECRET-KEY-1", "4FSF8WWLFQN6R67VNCYV0RAY", "6SEL")],
    ),
    row(
        "age-secret-key-unverified",
        "age identity whose checksum does not hold",
        "age",
        &["AGE-SECRET-KEY-1"],
        r"AGE-SECRET-KEY-1[0-9A-Z]{54,64}\b",
    )
    .warn()
    .entropy(3.5)
    .tried(
        &[concat!("AGE-SECRET-KEY-1", "Q1EONSC6U2XOSB7TSJSFV07B", "8FYAUW46YMCXB5QDYY2OWUMM", "A3I9CHLI9SPA")],
        &[concat!("AGE-SECRET-KEY-1", "Q1EONSC6U2XOSB7TSJSFV07B", "8FYAU"), concat!("AGE-SECRET-KEY-1", "...")],
    ),
    row(
        "age-plugin-identity",
        "age plug-in identity",
        "age",
        &["AGE-PLUGIN-"],
        r"\bAGE-PLUGIN-[A-Z0-9]{2,20}-1[02-9AC-HJ-NP-Z]{20,}\b",
    )
    .check(validate::bech32)
    .tried(
        &[concat!("AGE-PLUGIN-", "YUBIKEY-1PX87WQ8H4WZRSL6", "CS9NKNCU9RPUTLYZA3V7Y67C", "34KZS2")],
        &[concat!("AGE-PLUGIN-", "YUBIKEY-1PX87WQ8H4WZR7L6", "CS9NKNCU9RPUTLYZA3V7Y67C", "34KZS2"), concat!("AGE-PLUGIN-", "YUBIKEY-1PX87WQ8H4WZRSL6", "CS9N")],
    ),
    row(
        "wireguard-private-key",
        "WireGuard private or preshared key",
        "WireGuard",
        &["PrivateKey", "PresharedKey", "private_key", "preshared"],
        r#"(?i)(?:private|preshared)[_\- ]?key["\x27]?\s{0,3}[:=]\s{0,3}["\x27]?([0-9A-Za-z+/]{42}[AEIMQUYcgkosw048]=)"#,
    )
    .named()
    .check(validate::key32)
    .tried(
        &[concat!("PrivateKey = ", "2CZN+1bwMs5L0BAXLjsM71W7", "8sgEzHNJMPxR+4JSN0M=")],
        &[concat!("PrivateKey = ", "2CZN+1bwMs5L0BAXLjsM71W7", "8s"), concat!("PrivateKey = ", "2CZN+1bwMs5L0B")],
    ),
    row(
        "ssh-private-openssh-bare",
        "OpenSSH private key without its header",
        "OpenSSH",
        &["b3BlbnNzaC1rZXktdjE"],
        r"\bb3BlbnNzaC1rZXktdjE[0-9A-Za-z+/=]{40,}",
    )
    .entropy(3.0)
    .tried(
        &[concat!("b3BlbnNzaC1rZXktdjE", "d5Tctr01O=geOddH+eTHPYyC", "XOvrVgomkRcT6hxnuhJmh2T")],
        &[concat!("b3BlbnNzaC1rZXktdjE", "d5Tctr01O=geOddH+eTH"), concat!("b3BlbnNzaC1rZXktdjE", "...")],
    ),
    row(
        "pem-private-key-base64",
        "PEM private key, encoded once more",
        "several",
        &["LS0tLS1CRUdJTi"],
        r"\bLS0tLS1CRUdJTi[0-9A-Za-z+/]{60,}={0,2}",
    )
    .check(validate::base64_pem)
    .tried(
        &[concat!("LS0tLS1CRUdJTi", "BSU0EgUFJJVkFURSBLRVktLS", "0tLQoxQkthUHYrRHZuREJ6QV", "V5aXducFB4OG5hNVhFTC90WE", "daYXlkQVVVQXVJYTY0OTl1NX", "NabzV3MDJOREUyaUc1CmtCS1", "hMdERBb081akQxdVdxYU54bm", "lsbkp0b1NpaTVmNG9wVjdTaG", "IxUm94REhGYjNjMW5FUXp5bn", "lQdDllZzQKLS0tLS1FTkQgUl", "NBIFBSSVZBVEUgS0VZLS0tLS", "0K")],
        &[concat!("LS0tLS1CRUdJTi", "..."), concat!("LS0tLS1CRUdJTi", " BSU0EgUFJJVkFURSBLRVktL", "S0tLQoxQkthUHYrRHZuREJ6Q", "VV5aXducFB4OG5hNVhFTC90W", "EdaYXlkQVVVQXVJYTY0OTl1N", "XNabzV3MDJOREUyaUc1CmtCS", "1hMdERBb081akQxdVdxYU54b", "mlsbkp0b1NpaTVmNG9wVjdTa", "GIxUm94REhGYjNjMW5FUXp5b", "nlQdDllZzQKLS0tLS1FTkQgU", "lNBIFBSSVZBVEUgS0VZLS0tL", "S0K")],
    ),
    row(
        "jwk-private",
        "Private part of a JSON Web Key",
        "several",
        &["\"kty\""],
        r#""(?:d|k)"\s{0,3}:\s{0,3}"([\w-]{42,})"#,
    )
    .named()
    .entropy(4.0)
    .tried(
        &[concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "3uqw6U6asKk1d9Xv-3MIYElR", "uSATskCBfwbTUt_xOem\"}")],
        &[concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "3uqw6U6asKk1d9Xv-3MIYElR", "u"), concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "3uqw6U6asKk1d9")],
    ),
    row(
        "minisign-secret-key",
        "minisign or signify secret key",
        "minisign",
        &["RWRTY0Iy", "RWQAAEIy"],
        r"\bRW(?:RTY0Iy|QAAEIy)[0-9A-Za-z+/]{60,}={0,2}",
    )
    .entropy(3.8)
    .tried(
        &[concat!("RWQAAEIy", "DlQdq4qOUUP1yggOKGOSJ1w6", "65SLut51C5uz35kCMWfHkq39", "EdSxKrhsNJbgajXZwG8=")],
        &[concat!("RWQAAEIy", "DlQdq4qOUUP1yggOKGOSJ1w6", "65SLut51C5uz3"), concat!("RWQAAEIy", "...")],
    ),
    row(
        "dnssec-private",
        "DNSSEC or TSIG key",
        "ISC",
        &["PrivateKey:", "Private-key-format"],
        r"\bPrivateKey:\s([0-9A-Za-z+/]{42,90}={0,2})",
    )
    .named()
    .entropy(3.8)
    .tried(
        &[concat!("PrivateKey: ", "CcvyzdHysE4tl9njVF+wKR4Q", "JwCIoLlFBRtYy6Gb321rMvap", "SY2nc2KwFAfKWUgCw4DNr8/H", "LYVnys2ogtUyNEgA")],
        &[concat!("PrivateKey: ", "CcvyzdHysE4tl9njVF+wKR4Q", "JwCIo"), concat!("PrivateKey: ", "EXAMPLE")],
    ),
];
