//! A TLS origin: nginx on loopback with a certificate of a CA made for it, the DNS server that knows its name, and the
//! configuration that lets one host through to it.

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::dns_stub::{DnsStub, ZONE};
use crate::fixture::Fixture;
use crate::git_server;

/// What `/` answers, and nothing else on this machine says.
pub const GREETING: &str = "greetings-from-the-origin";
/// The host that the configuration allows.
pub const ALLOWED: &str = "origin.test.example";
/// A host that is the same nginx, with a certificate as good, and on no list.
pub const BLOCKED: &str = "blocked.test.example";

/// How long nginx may take to listen.
const START: Duration = Duration::from_secs(10);

/// A running origin; its processes end when it is dropped.
pub struct Origin {
    /// Directory that it serves.
    pub root: PathBuf,
    /// TLS port; plain HTTP is on `plain_port`.
    pub port: u16,
    /// Port without TLS.
    pub plain_port: u16,
    /// Bundle for the caller's `SSL_CERT_FILE`.
    pub bundle: PathBuf,
    /// The CA alone.
    pub ca: PathBuf,
    /// The DNS server.
    pub dns: DnsStub,
    log: PathBuf,
    nginx: Child,
    _runtime: tokio::runtime::Runtime,
}

impl Origin {
    /// Starts everything below the root of `fixture`, outside its home.
    ///
    /// # Errors
    /// When nginx is missing or does not start, or files can not be written.
    pub fn start(fixture: &Fixture) -> io::Result<Self> {
        let dir = fixture.root().canonicalize()?.join("origin");
        let root = dir.join("www");
        fs::create_dir_all(&root)?;
        fs::write(root.join("index.html"), GREETING)?;
        certificates(&dir).map_err(io::Error::other)?;
        let mut bundle = fs::read_to_string("/etc/ssl/certs/ca-certificates.crt")
            .or_else(|_| fs::read_to_string("/etc/pki/tls/certs/ca-bundle.crt"))?;
        bundle.push_str(&fs::read_to_string(dir.join("ca.pem"))?);
        fs::write(dir.join("bundle.pem"), bundle)?;

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let git = runtime.block_on(git_server::serve(dir.join("git")))?;
        let (port, plain_port) = (free_port()?, free_port()?);
        fs::write(
            dir.join("nginx.conf"),
            nginx_conf(&dir, port, plain_port, &git.to_string()),
        )?;
        let nginx = Command::new("nginx")
            .arg("-p")
            .arg(&dir)
            .arg("-c")
            .arg(dir.join("nginx.conf"))
            .arg("-e")
            .arg(dir.join("error.log"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let origin = Self {
            root,
            port,
            plain_port,
            bundle: dir.join("bundle.pem"),
            ca: dir.join("ca.pem"),
            dns: DnsStub::start()?,
            log: dir.join("access.log"),
            nginx,
            _runtime: runtime,
        };
        let deadline = Instant::now() + START;
        while TcpStream::connect(("127.0.0.1", plain_port)).is_err() {
            if Instant::now() > deadline {
                return Err(io::Error::other(
                    fs::read_to_string(dir.join("error.log")).unwrap_or_default(),
                ));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(origin)
    }

    /// The configuration that lets [`ALLOWED`] through and nothing else. `more` are further rules.
    pub fn config(&self, more: &str) -> String {
        format!(
            "[limits]\nwall_time = 60\n\n[network]\nresolver = [\"{dns}\"]\nrules = [\n    {{ host = \"{ALLOWED}\", ports = [{port}, {plain}], action = \"allow\", private = true }},\n{more}]\n",
            dns = self.dns.address(),
            port = self.port,
            plain = self.plain_port,
        )
    }

    /// Lines `HOST METHOD PATH STATUS` of everything that reached nginx for this host.
    pub fn reached(&self, host: &str) -> Vec<String> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines()
            .filter(|line| line.split(' ').next() == Some(host))
            .map(str::to_owned)
            .collect()
    }

    /// Directory of the bare repositories that `/git/` serves.
    pub fn repositories(&self) -> PathBuf {
        self.root.with_file_name("git")
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // SIGTERM by the program itself: a killed master would leave its worker behind.
        let _gone = Command::new("kill")
            .arg(self.nginx.id().to_string())
            .status();
        let _reaped = self.nginx.wait();
    }
}

/// A port that nobody listens on right now.
///
/// # Errors
/// When none is free.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn certificates(dir: &Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name
        .push(rcgen::DnType::CommonName, "CA of the test origin");
    let key = KeyPair::generate()?;
    fs::write(dir.join("ca.pem"), ca.self_signed(&key)?.pem())?;
    let issuer = Issuer::new(ca, key);
    let mut leaf = CertificateParams::new(vec![ZONE.to_owned(), format!("*.{ZONE}")])?;
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    fs::write(dir.join("leaf.pem"), leaf.signed_by(&key, &issuer)?.pem())?;
    fs::write(dir.join("leaf.key"), key.serialize_pem())?;
    Ok(())
}

fn nginx_conf(dir: &Path, port: u16, plain_port: u16, git: &str) -> String {
    let dir = dir.display();
    format!(
        "daemon off;\nworker_processes 1;\npid {dir}/nginx.pid;\n{user}events {{ worker_connections 256; }}\n\
         http {{\n  log_format short '$host $request_method $request_uri $status';\n  access_log {dir}/access.log short;\n\
         client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3; uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;\n\
         types {{ text/html html; application/octet-stream whl tgz crate zip; application/json json; }}\n  default_type text/plain;\n\
         server {{\n    listen 127.0.0.1:{port} ssl http2;\n    listen 127.0.0.1:{plain_port};\n    ssl_certificate {dir}/leaf.pem;\n    ssl_certificate_key {dir}/leaf.key;\n\
         root {dir}/www;\n    location /git/ {{ proxy_pass http://{git}; }}\n  }}\n}}\n",
        // As root the workers would otherwise be nobody, who can not read this directory.
        user = if is_root() { "user root;\n" } else { "" },
    )
}

/// Whether these tests run as root.
pub fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout == b"0\n")
}
