//! A Docker engine for the tests, in namespaces and a directory of its own; stopped by its pid.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start and to stop.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Daemon {
    child: Child,
    dir: tempfile::TempDir,
}

impl Daemon {
    /// Starts one whose socket this group may use as well, or says why not.
    pub fn start(group: u32) -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("an engine of the tests' own needs root".into());
        }
        let found = |program: &str| {
            ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/sbin"]
                .iter()
                .map(|dir| Path::new(dir).join(program))
                .find(|path| path.is_file())
                .ok_or_else(|| format!("no {program} on this machine"))
        };
        let dockerd = found("dockerd")?;
        let unshare = found("unshare")?;
        let text = |e: std::io::Error| e.to_string();
        let dir = tempfile::Builder::new()
            .prefix("ringfence-dockerd-")
            .tempdir()
            .map_err(text)?;
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).map_err(text)?;
        let at = |name: &str| dir.path().join(name);
        let runtimes = match found("runsc") {
            Ok(path) => {
                serde_json::json!({"runsc": {"path": path, "runtimeArgs": ["--network=none"]}})
            }
            Err(_) => serde_json::json!({}),
        };
        let config = serde_json::json!({ "runtimes": runtimes }).to_string();
        fs::write(at("daemon.json"), config).map_err(text)?;
        let log = fs::File::create(at("log")).map_err(text)?;
        let child = Command::new(unshare)
            .args(["-n", "-m"])
            .arg(dockerd)
            .arg("--config-file")
            .arg(at("daemon.json"))
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("-p")
            .arg(at("pid"))
            .args(["-H", &format!("unix://{}", at("socket").display())])
            .args([
                "--iptables=false",
                "--bridge=none",
                "--group",
                &group.to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(text)?)
            .stderr(log)
            .spawn()
            .map_err(text)?;
        let mut daemon = Self { child, dir };
        let deadline = Instant::now() + PATIENCE;
        loop {
            if std::os::unix::net::UnixStream::connect(daemon.socket()).is_ok() {
                return Ok(daemon);
            }
            if daemon.child.try_wait().map_err(text)?.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(daemon.dir.path().join("log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(3).collect();
                return Err(format!("dockerd does not start: {}", last.join(" / ")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
