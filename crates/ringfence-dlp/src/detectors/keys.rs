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
        &[concat!("AGE-SECRET-KEY-1", "NP05LJ4C55YARJL292DW7L0X", "MJESER9AM7WT2DWD4D4V00H4", "AUVSGQ772U")],
        &[concat!("AGE-SECRET-KEY-1", "NP05LJ4C55YARJL292DW770X", "MJESER9AM7WT2DWD4D4V00H4", "AUVSGQ772U"), concat!("AGE-SECRET-KEY-1", "NP05LJ4C55YARJL292DW7L0X", "MJES")],
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
        &[concat!("AGE-SECRET-KEY-1", "9URQYDZFI2T7N8I1UP3D6TMD", "UCRMLWPY6YEEMGP2J99Y2JAC", "GD35TMN")],
        &[concat!("AGE-SECRET-KEY-1", "9URQYDZFI2T7N8I1UP3D6TMD", "UC"), concat!("AGE-SECRET-KEY-1", "...")],
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
        &[concat!("AGE-PLUGIN-", "YUBIKEY-1TJ4EFQ2SWVT232Z", "RMM9XDQTQNLXSW6Z8VFDU8RG", "DPM997")],
        &[concat!("AGE-PLUGIN-", "YUBIKEY-1TJ4EFQ2SWVT272Z", "RMM9XDQTQNLXSW6Z8VFDU8RG", "DPM997"), concat!("AGE-PLUGIN-", "YUBIKEY-1TJ4EFQ2SWVT232Z", "RMM9")],
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
        &[concat!("PrivateKey = ", "nIJwfTn0UqFPnFWjsbKGgGQD", "1h2WnllMiF86aBTcpMw=")],
        &[concat!("PrivateKey = ", "nIJwfTn0UqFPnFWjsbKGgGQD", "1h"), concat!("PrivateKey = ", "nIJwfTn0UqFPnF")],
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
        &[concat!("b3BlbnNzaC1rZXktdjE", "rEGmwesGR1b0=xusTrR7E1JO", "UW5QEXBuM5j86mSt")],
        &[concat!("b3BlbnNzaC1rZXktdjE", "rEGmwesGR1b0=xus"), concat!("b3BlbnNzaC1rZXktdjE", "...")],
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
        &[concat!("LS0tLS1CRUdJTi", "BSU0EgUFJJVkFURSBLRVktLS", "0tLQpYeS9RMGJ1OGNWVDU5Vj", "dpUjZPRVVQVHBEc1dXMGhWS1", "M0dE1ZZ3Y4NHA0bjlYNmZhMG", "orMlV6Uy9iTmRjb2pVCkdNbT", "BaSEh2RzRXb3ZKZDkrUVcrYU", "1LNFJ3Y1lUK3FlYzdiL2RDTU", "hqOC92NVJEdzM1ck9yMHNZeH", "hMQ3ltMEoKLS0tLS1FTkQgUl", "NBIFBSSVZBVEUgS0VZLS0tLS", "0K")],
        &[concat!("LS0tLS1CRUdJTi", "..."), concat!("LS0tLS1CRUdJTi", " BSU0EgUFJJVkFURSBLRVktL", "S0tLQpYeS9RMGJ1OGNWVDU5V", "jdpUjZPRVVQVHBEc1dXMGhWS", "1M0dE1ZZ3Y4NHA0bjlYNmZhM", "GorMlV6Uy9iTmRjb2pVCkdNb", "TBaSEh2RzRXb3ZKZDkrUVcrY", "U1LNFJ3Y1lUK3FlYzdiL2RDT", "UhqOC92NVJEdzM1ck9yMHNZe", "HhMQ3ltMEoKLS0tLS1FTkQgU", "lNBIFBSSVZBVEUgS0VZLS0tL", "S0K")],
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
        &[concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "9nY-iPt4KDegZXD8ZJZVU_K-", "wF1UJ1OK9MrsNDbnzwm\"}")],
        &[concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "9nY-iPt4KDegZXD8ZJZVU_K-", "w"), concat!("{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"", "9nY-iPt4KDegZX")],
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
        &[concat!("RWRTY0Iy", "+XBqTywO5E16g8TDjmwFfj+b", "86WvTOD6bo6zd7+NdGg/yhoP", "jiB0Tvo5/Cj5CPBi==")],
        &[concat!("RWRTY0Iy", "+XBqTywO5E16g8TDjmwFfj+b", "86WvTOD6bo6z"), concat!("RWRTY0Iy", "...")],
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
        &[concat!("PrivateKey: ", "23pTpqGFQca1dyKbjWpkfg6h", "n6frM6wIoTbNnzaItDWkbJTd", "+g96UilOTgscKb+O1e7H5UT1", "6Ogi8OIgZ96tTFlO")],
        &[concat!("PrivateKey: ", "23pTpqGFQca1dyKbjWpkfg6h", "n6frM"), concat!("PrivateKey: ", "EXAMPLE")],
    ),
];
