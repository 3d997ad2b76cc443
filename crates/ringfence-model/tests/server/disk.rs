//! A disk with little left: what clients bring does not fill it.

use std::io::Write;
use std::process::Command;

use ringfence_runner::testing::SENTENCE;

use crate::Case;
use crate::changes::{blob, files, said, upload};
use crate::fixture::{Fixture, Outcome, holds, reply, same, skipped, text};
use crate::registry::sha256;

pub const CASES: &[Case] = &[("a disk that has little left is not filled", little)];

/// Bytes of the disk, which is one in memory, in a mount namespace of its own.
const DISK: usize = 64 << 20;

fn little(f: &Fixture) -> Outcome {
    if std::env::var_os("RINGFENCE_TEST_FULL").is_none() {
        let disk = f.path("disk");
        std::fs::create_dir(&disk).map_err(text)?;
        let program = std::env::current_exe().map_err(text)?;
        let mount = format!("mount -t tmpfs -o size={DISK},mode=0755 none \"$TMPDIR\"");
        let inside = |script: &str| {
            let mut unshare = Command::new("unshare");
            unshare
                .args(["--mount", "/bin/sh", "-c", script])
                .arg(&program)
                .env("TMPDIR", &disk)
                .env("RINGFENCE_TEST_FULL", "1");
            unshare.output()
        };
        if !inside(&mount).is_ok_and(|ended| ended.status.success()) {
            return skipped("a small disk can be made by root only");
        }
        let script = format!("{mount} && exec \"$0\" 'a disk that has little left'");
        let output = inside(&script).map_err(text)?;
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        return holds(output.status.success() && told.contains("... ok"), || told);
    }
    let served = f.serve();
    let before = files(&served)?;
    // A twentieth of so small a disk stays free.
    let large = vec![7; DISK - (DISK / 20) - (1 << 20)];
    let path = format!("/api/blobs/{}", sha256(&large));
    // Said at once where its size is said, and in the middle where it is not.
    let told = upload(&served, &path, &large);
    let mut stream = served.connect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n",
        served.host()
    );
    stream.write_all(head.as_bytes()).map_err(text)?;
    for part in large.chunks(1 << 20) {
        let size = format!("{:x}\r\n", part.len());
        let whole = [size.as_bytes(), part, b"\r\n"].concat();
        if stream.write_all(&whole).is_err() {
            break;
        }
    }
    let _ = stream.write_all(b"0\r\n\r\n");
    for answer in [told, reply(&mut stream)] {
        same(answer.status, 500).map_err(|e| format!("{e}: {answer:?}"))?;
        holds(answer.body.contains("stay free"), || answer.body.clone())?;
        same(files(&served)?, before.clone())?;
    }
    // What there is room for is taken, and the models answer.
    blob(&served, &large[..8 << 20])?;
    same(said(&served, "tiny")?.as_str(), SENTENCE)
}
