//! A real OpenSSH server on loopback with keys of its own, which whoever runs the tests may log in to.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::fixture::Fixture;
use crate::origin::{free_port, is_root};

/// How long it may take to listen.
const START: Duration = Duration::from_secs(10);

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct SshServer {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    /// User to log in as.
    pub user: String,
    /// Line for `known_hosts`, without the host.
    pub host_key: String,
    child: Child,
}

impl SshServer {
    /// Starts it, with the key pair `id` and `id.pub` in the workspace of `fixture` as the one that may log in.
    /// `None`, with the reason printed, when there is no OpenSSH server.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(fixture: &Fixture) -> io::Result<Option<Self>> {
        let program = Path::new("/usr/sbin/sshd");
        if !program.exists() {
            println!("SKIPPED: {} is not installed", program.display());
            return Ok(None);
        }
        let dir = fixture.root().canonicalize()?.join("sshd");
        fs::create_dir_all(&dir)?;
        key(&dir.join("host"))?;
        let id = fixture.workspace.join("id");
        key(&id)?;
        fs::copy(id.with_extension("pub"), dir.join("authorized"))?;
        if is_root() {
            // What a service file would make; sshd as root insists on it.
            fs::create_dir_all("/run/sshd")?;
            fs::set_permissions("/run/sshd", fs::Permissions::from_mode(0o755))?;
        }
        let port = free_port()?;
        let dir_text = dir.display();
        fs::write(
            dir.join("config"),
            format!(
                "ListenAddress 127.0.0.1:{port}\nHostKey {dir_text}/host\nAuthorizedKeysFile {dir_text}/authorized\nPidFile none\n\
                 StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n"
            ),
        )?;
        let child = Command::new(program)
            .args(["-D", "-E"])
            .arg(dir.join("log"))
            .arg("-f")
            .arg(dir.join("config"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let user = Command::new("id").arg("-un").output()?.stdout;
        let server = Self {
            port,
            user: String::from_utf8_lossy(&user).trim().to_owned(),
            host_key: fs::read_to_string(dir.join("host.pub"))?.trim().to_owned(),
            child,
        };
        let deadline = Instant::now() + START;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline {
                return Err(io::Error::other(
                    fs::read_to_string(dir.join("log")).unwrap_or_default(),
                ));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(server))
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn key(file: &PathBuf) -> io::Result<()> {
    let status = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(file)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other("ssh-keygen failed"))
    }
}
