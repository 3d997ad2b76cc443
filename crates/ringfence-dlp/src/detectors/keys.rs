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
        &[concat!("AGE-SECRET-KEY-1", "RPSNS7M9WHXNDKUZSQQ6ULZ3", "WVFD7KUT40JJZYXDZTZZDPC6", "57GQS6GCVH")],
        &[concat!("AGE-SECRET-KEY-1", "RPSNS7M9WHXNDKUZSQQ6U7Z3", "WVFD7KUT40JJZYXDZTZZDPC6", "57GQS6GCVH"), concat!("AGE-SECRET-KEY-1", "RPSNS7M9WHXNDKUZSQQ6ULZ3", "WVFD")],
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
        &[concat!("AGE-PLUGIN-", "YUBIKEY-1QXM0SZR673ELM9J", "7NJVU4DLKSPVUQQ5DG4R72SG", "ZPSD4C")],
        &[concat!("AGE-PLUGIN-", "YUBIKEY-1QXM0SZR673EL79J", "7NJVU4DLKSPVUQQ5DG4R72SG", "ZPSD4C"), concat!("AGE-PLUGIN-", "YUBIKEY-1QXM0SZR673ELM9J", "7NJV")],
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
        &[concat!("PrivateKey = ", "E4PK5U6fJPlog/mRWFATb+uY", "iHf70KCaHJX8njBYR7Y=")],
        &[concat!("PrivateKey = ", "E4PK5U6fJPlog/mRWFATb+uY", "iH"), concat!("PrivateKey = ", "E4PK5U6fJPlog/")],
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
        &[concat!("b3BlbnNzaC1rZXktdjE", "8/v5RD=w35rOr0sYxxLCym0c", "JnY+iPt4KD=egZXD8ZJZVU/K", "+")],
        &[concat!("b3BlbnNzaC1rZXktdjE", "8/v5RD=w35rOr0sYxxLCy"), concat!("b3BlbnNzaC1rZXktdjE", "...")],
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
        &[concat!("LS0tLS1CRUdJTi", "BSU0EgUFJJVkFURSBLRVktLS", "0tLQpURjFVSjFPSzlNcnNORG", "Juenc4WitYQnFUeXdPNUUxNm", "c4VERqbXdGZmorYjg2V3ZUT0", "Q2Ym82emQ3K05kR2dWClVob1", "BqaUIwVHZvNS9DajVDUEJpNT", "NwVHBxR0ZRY2ExZHlLYmpXcG", "tmZzZobjZmck02d0lvVGJObn", "phSXREV2QKLS0tLS1FTkQgUl", "NBIFBSSVZBVEUgS0VZLS0tLS", "0K")],
        &[concat!("LS0tLS1CRUdJTi", "..."), concat!("LS0tLS1CRUdJTi", " BSU0EgUFJJVkFURSBLRVktL", "S0tLQpURjFVSjFPSzlNcnNOR", "GJuenc4WitYQnFUeXdPNUUxN", "mc4VERqbXdGZmorYjg2V3ZUT", "0Q2Ym82emQ3K05kR2dWClVob", "1BqaUIwVHZvNS9DajVDUEJpN", "TNwVHBxR0ZRY2ExZHlLYmpXc", "GtmZzZobjZmck02d0lvVGJOb", "nphSXREV2QKLS0tLS1FTkQgU", "lNBIFBSSVZBVEUgS0VZLS0tL", "S0K")],
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
        &[concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "vkbJTd-g96UilOTgscKb-O1e", "7H5UT16Ogi8OIgZ96tr\"}")],
        &[concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "vkbJTd-g96UilOTgscKb-O1e", "7"), concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "vkbJTd-g96UilO")],
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
        &[concat!("RWRTY0Iy", "lnMZF3dKlgLj2Prq35McH/4w", "vV5/pgWSoiqe4xIAOOhhGV9P", "SbFbTuIp6qcTY==")],
        &[concat!("RWRTY0Iy", "lnMZF3dKlgLj2Prq35McH/4w", "vV5/pgWSoi"), concat!("RWRTY0Iy", "...")],
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
        &[concat!("PrivateKey: ", "jiy+/0BcqzpOoL2otbXPsfKW", "Mysu5KVMWD0EYYhJKX3nnZ8X", "rEU81ZQeJCjz8D8sFbfXll5p", "QR3BMX3IOXukpKdJ")],
        &[concat!("PrivateKey: ", "jiy+/0BcqzpOoL2otbXPsfKW", "Mysu5"), concat!("PrivateKey: ", "EXAMPLE")],
    ),
];
