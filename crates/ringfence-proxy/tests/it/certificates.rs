//! What the session CA signs, judged by somebody else: openssl with its strict checks (what Python 3.13 asks for).

use std::fmt::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::fence::Fence;

#[tokio::test]
async fn openssl_accepts_the_chain_strictly_for_names_and_addresses() {
    let fence = Fence::new().await;
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    std::fs::write(&ca, fence.proxy.ca_certificate_pem()).unwrap();
    let long = format!(
        "{}.test",
        ["a23456789".repeat(6), "b23456789".repeat(6)].join(".")
    );
    let mut serials = Vec::new();
    for (name, check) in [
        ("tls.test", "-verify_hostname"),
        ("other.test", "-verify_hostname"),
        (long.as_str(), "-verify_hostname"),
        ("127.0.0.1", "-verify_ip"),
    ] {
        let stream = fence.tls(name, &[]).await.unwrap();
        let leaf = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        let path = dir.path().join("leaf.pem");
        std::fs::write(&path, pem(&leaf)).unwrap();
        let openssl = |arguments: &[&str]| {
            let output = Command::new("openssl").args(arguments).output().unwrap();
            let text = [output.stdout, output.stderr].concat();
            (
                output.status.success(),
                String::from_utf8_lossy(&text).into_owned(),
            )
        };
        let (ca, path) = (ca.to_str().unwrap(), path.to_str().unwrap());
        let strict = [
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-CAfile",
            ca,
        ];
        let (good, text) = openssl(&[&strict[..], &[check, name, path]].concat());
        assert!(good, "{name}: {text}");
        let wrong = openssl(&[&strict[..], &["-verify_hostname", "wrong.test", path]].concat());
        assert!(!wrong.0, "the check would notice");
        let (_, text) = openssl(&[
            "x509",
            "-in",
            path,
            "-noout",
            "-serial",
            "-checkend",
            "3600",
        ]);
        assert!(text.contains("will not expire"), "{text}");
        serials.push(text);
        let (_, text) = openssl(&["x509", "-in", path, "-noout", "-text"]);
        for part in [
            "Key Usage: critical",
            "Authority Key Identifier",
            "TLS Web Server Authentication",
            "prime256v1",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let (_, text) = openssl(&["x509", "-in", ca, "-noout", "-text"]);
        for part in [
            "Basic Constraints: critical",
            "CA:TRUE, pathlen:0",
            "Subject Key Identifier",
            "Certificate Sign",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), 4, "no serial number twice");
}

fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        let _ = writeln!(text, "{}", String::from_utf8_lossy(line));
    }
    text + "-----END CERTIFICATE-----\n"
}
