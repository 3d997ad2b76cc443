//! The smallest package registries: static files that pip, npm, cargo and go take a package from, and a git repository
//! that takes pushes. Every package holds the greeting of the origin.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::origin::{GREETING, Origin};

/// Writes all of them below the root of `origin`: `/simple/` (PEP 503), `/npm/`, `/cargo/` (sparse), `/go/` (GOPROXY),
/// `/git/tiny.git`, and an object `/bucket/key`.
///
/// # Errors
/// When a file can not be written, or `python3`, `tar`, `sha256sum` or `git` is missing or fails.
pub fn fill(origin: &Origin) -> io::Result<()> {
    let root = &origin.root;
    let url = format!("https://{}:{}", crate::origin::ALLOWED, origin.port);
    fs::create_dir_all(root.join("bucket"))?;
    fs::write(root.join("bucket/key"), GREETING)?;
    simple_index(root)?;
    npm(root, &url)?;
    cargo(root, &url)?;
    go(root)?;
    repository(&origin.repositories(), "tiny.git")
}

/// A bare repository with one commit, whose file `greeting` holds the greeting.
///
/// # Errors
/// When `git` fails.
pub fn repository(dir: &Path, name: &str) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    sh(
        dir,
        &format!(
            "git init -q --bare -b main {name} && git -C {name} config http.receivepack true && git init -q -b main seed && cd seed && \
             echo {GREETING} > greeting && git add greeting && git -c user.name=t -c user.email=t@test.example commit -q -m seed && \
             git push -q ../{name} main && cd .. && rm -rf seed"
        ),
    )
}

fn simple_index(root: &Path) -> io::Result<()> {
    let dir = root.join("simple/tinypkg");
    fs::create_dir_all(&dir)?;
    fs::write(
        dir.join("index.html"),
        "<!DOCTYPE html><html><body><a href=\"tinypkg-1.0-py3-none-any.whl\">tinypkg-1.0-py3-none-any.whl</a></body></html>\n",
    )?;
    zip(
        &dir.join("tinypkg-1.0-py3-none-any.whl"),
        &[
            ("tinypkg.py", &format!("print('{GREETING}')\n")),
            (
                "tinypkg-1.0.dist-info/METADATA",
                "Metadata-Version: 2.1\nName: tinypkg\nVersion: 1.0\n",
            ),
            (
                "tinypkg-1.0.dist-info/WHEEL",
                "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            ),
            (
                "tinypkg-1.0.dist-info/RECORD",
                "tinypkg.py,,\ntinypkg-1.0.dist-info/METADATA,,\ntinypkg-1.0.dist-info/WHEEL,,\ntinypkg-1.0.dist-info/RECORD,,\n",
            ),
        ],
    )
}

fn npm(root: &Path, url: &str) -> io::Result<()> {
    let dir = root.join("npm");
    fs::create_dir_all(dir.join("package"))?;
    fs::write(
        dir.join("package/package.json"),
        "{\"name\":\"tinypkg\",\"version\":\"1.0.0\",\"main\":\"index.js\"}\n",
    )?;
    fs::write(
        dir.join("package/index.js"),
        format!("console.log('{GREETING}')\n"),
    )?;
    sh(&dir, "tar -czf tinypkg-1.0.0.tgz package && rm -r package")?;
    fs::write(
        dir.join("tinypkg"),
        format!(
            "{{\"name\":\"tinypkg\",\"dist-tags\":{{\"latest\":\"1.0.0\"}},\"versions\":{{\"1.0.0\":{{\"name\":\"tinypkg\",\"version\":\"1.0.0\",\
             \"dist\":{{\"tarball\":\"{url}/npm/tinypkg-1.0.0.tgz\"}}}}}}}}\n"
        ),
    )
}

fn cargo(root: &Path, url: &str) -> io::Result<()> {
    let dir = root.join("cargo");
    let package = dir.join("tinycrate-0.1.0");
    fs::create_dir_all(package.join("src"))?;
    fs::create_dir_all(dir.join("ti/ny"))?;
    fs::write(
        package.join("Cargo.toml"),
        "[package]\nname = \"tinycrate\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    )?;
    fs::write(package.join("src/lib.rs"), format!("//! {GREETING}\n"))?;
    fs::write(
        dir.join("config.json"),
        format!("{{\"dl\":\"{url}/cargo/{{crate}}-{{version}}.crate\"}}\n"),
    )?;
    sh(
        &dir,
        "tar -czf tinycrate-0.1.0.crate tinycrate-0.1.0 && rm -r tinycrate-0.1.0 && sum=$(sha256sum tinycrate-0.1.0.crate | cut -c1-64) && \
         printf '{\"name\":\"tinycrate\",\"vers\":\"0.1.0\",\"deps\":[],\"cksum\":\"%s\",\"features\":{},\"yanked\":false}\\n' $sum > ti/ny/tinycrate",
    )
}

fn go(root: &Path) -> io::Result<()> {
    let dir = root.join("go/test.example/tiny/@v");
    fs::create_dir_all(&dir)?;
    let module = "module test.example/tiny\n";
    fs::write(dir.join("list"), "v1.0.0\n")?;
    fs::write(
        dir.join("v1.0.0.info"),
        "{\"Version\":\"v1.0.0\",\"Time\":\"2024-01-01T00:00:00Z\"}\n",
    )?;
    fs::write(dir.join("v1.0.0.mod"), module)?;
    let source = format!("// Package tiny: {GREETING}\npackage tiny\n");
    zip(
        &dir.join("v1.0.0.zip"),
        &[
            ("test.example/tiny@v1.0.0/go.mod", module),
            ("test.example/tiny@v1.0.0/tiny.go", &source),
        ],
    )
}

/// Writes a zip archive.
fn zip(file: &Path, entries: &[(&str, &str)]) -> io::Result<()> {
    let mut command = Command::new("python3");
    command.args(["-c", "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w')\nfor n, t in zip(sys.argv[2::2], sys.argv[3::2]): z.writestr(n, t)\nz.close()"]);
    command.arg(file);
    for (name, text) in entries {
        command.args([name, text]);
    }
    succeed(command)
}

fn sh(dir: &Path, script: &str) -> io::Result<()> {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(dir);
    succeed(command)
}

fn succeed(mut command: Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    )))
}
