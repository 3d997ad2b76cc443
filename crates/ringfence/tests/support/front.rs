//! nginx before a server of models, as the guide says it is set up, with a certificate of a CA made for it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

use super::{is_root, signal, until};

/// The guide, whose configuration is used to the letter but for names, ports and paths.
const GUIDE: &str = include_str!("../../../../docs/encryption.md");

/// A CA, whose certificate a client may trust.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// Certificate and key for a name, until the end of a year.
    fn leaf(&self, name: &str, year: i32) -> (String, String) {
        let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        leaf.not_before = date_time_ymd(2020, 1, 1);
        leaf.not_after = date_time_ymd(year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = leaf.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// A running nginx; it ends when it is dropped.
pub struct Front {
    child: Child,
    dir: tempfile::TempDir,
    pub port: u16,
}

impl Drop for Front {
    fn drop(&mut self) {
        // A killed master would leave its worker behind.
        signal("TERM", self.child.id());
        let _reaped = self.child.wait();
    }
}

impl Front {
    /// Before `server`, with a certificate of this authority for `name` until the end of `year`; `None` where there is no nginx.
    pub fn start(server: &str, authority: &Authority, name: &str, year: i32) -> Option<Self> {
        let dir = tempfile::Builder::new()
            .prefix("rf-front")
            .tempdir()
            .unwrap();
        let (certificate, key) = authority.leaf(name, year);
        fs::write(dir.path().join("models.example.pem"), certificate).unwrap();
        fs::write(dir.path().join("models.example.key"), key).unwrap();
        // A port that was free a moment ago may be taken meanwhile.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = free.local_addr().unwrap().port();
            drop(free);
            let configuration = dir.path().join("nginx.conf");
            fs::write(&configuration, conf(&dir, server, port)).unwrap();
            let started = Command::new("nginx")
                .arg("-p")
                .arg(dir.path())
                .arg("-e")
                .arg(dir.path().join("error.log"))
                .arg("-c")
                .arg(&configuration)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            let mut child = match started {
                Ok(child) => child,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
                Err(error) => panic!("nginx: {error}"),
            };
            let mut ended = false;
            until("nginx to listen", || {
                ended = child.try_wait().unwrap().is_some();
                ended || TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
            if !ended {
                return Some(Self { child, dir, port });
            }
        }
        let log = fs::read_to_string(dir.path().join("error.log"));
        panic!("nginx does not start: {log:?}")
    }

    /// What it was asked, a line a request.
    pub fn asked(&self) -> String {
        fs::read_to_string(self.dir.path().join("access.log")).unwrap()
    }
}

fn conf(dir: &tempfile::TempDir, server: &str, port: u16) -> String {
    let (_, block) = GUIDE.split_once("```nginx\n").expect("the guide's block");
    let (block, _) = block.split_once("```").expect("its end");
    let mut block = block.to_owned();
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    let files = dir.path().display();
    for (from, to) in [
        ("listen 443 ssl", format!("listen 127.0.0.1:{port} ssl")),
        ("/etc/ssl/private", files.to_string()),
        ("/etc/ssl", files.to_string()),
        ("127.0.0.1:11434", server.to_owned()),
    ] {
        assert!(block.contains(from), "{from}");
        block = block.replace(from, &to);
    }
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {};\n", path(what).display()))
        .concat();
    format!(
        "daemon off;\nworker_processes 1;\npid {files}/nginx.pid;\n{user}events {{}}\nhttp {{\naccess_log {files}/access.log;\n{temporary}{block}}}\n",
        // As root the workers would otherwise be nobody, who can not read this directory.
        user = if is_root() { "user root;\n" } else { "" },
    )
}
