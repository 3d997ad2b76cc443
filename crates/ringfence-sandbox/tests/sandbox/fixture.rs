//! Specs, directories and runs that the cases share.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ringfence_policy::spec::{
    Capture, Claim, Identity, Level, Limits, Mount, Network, Requirement, SandboxSpec,
    SeccompProfile, Shape, Source,
};
use ringfence_sandbox::{BackendName, ExitReport, LaunchError, Sandbox, Spawner, Stdio};

pub type Outcome = Result<(), String>;

/// What a case works with.
pub struct Fixture<'a> {
    pub spawner: &'a Spawner,
    pub backend: BackendName,
    /// A directory of this case's own, owned by the user who runs it.
    pub dir: PathBuf,
    pub root: bool,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub report: ExitReport,
    pub out: String,
    pub err: String,
}

pub fn text<E: std::fmt::Display>(e: E) -> String {
    e.to_string()
}

pub fn mount(target: &str, source: Source) -> Mount {
    Mount {
        target: target.into(),
        source,
        why: "test".into(),
    }
}

pub fn bind(host: &Path, target: &str, writable: bool) -> Mount {
    mount(
        target,
        Source::Bind {
            path: host.into(),
            writable,
            optional: false,
        },
    )
}

impl Fixture<'_> {
    /// A spec that runs `sh -c SCRIPT` in `/work`, which is `self.dir/work` on the host.
    pub fn shell(&self, script: &str) -> SandboxSpec {
        let work = self.dir.join("work");
        fs::create_dir_all(&work).expect("workspace");
        let optional = |p: &str| {
            mount(
                p,
                Source::Bind {
                    path: p.into(),
                    writable: false,
                    optional: true,
                },
            )
        };
        let link = |p: &str, to: &str| mount(p, Source::Symlink(to.into()));
        let (uid, gid) = if self.root {
            (62000, 62000)
        } else {
            (
                rustix::process::getuid().as_raw(),
                rustix::process::getgid().as_raw(),
            )
        };
        let env = [
            ("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"),
            ("HOME", "/home/agent"),
            ("MARK", "visible"),
        ];
        SandboxSpec {
            shape: Shape {
                level: Level::Standard,
                root: vec![
                    optional("/usr"),
                    optional("/etc"),
                    link("/bin", "usr/bin"),
                    link("/sbin", "usr/sbin"),
                    link("/lib", "usr/lib"),
                    link("/lib64", "usr/lib64"),
                    mount("/proc", Source::Proc),
                    mount("/dev", Source::Dev),
                    mount(
                        "/tmp",
                        Source::Tmpfs {
                            size: Some(16 << 20),
                            mode: 0o1777,
                        },
                    ),
                    mount(
                        "/home/agent",
                        Source::Tmpfs {
                            size: Some(16 << 20),
                            mode: 0o700,
                        },
                    ),
                ],
                limits: Limits::default(),
                seccomp: SeccompProfile::Agent,
                landlock: Requirement::BestEffort,
                identity: Identity {
                    uid,
                    gid,
                    user: "agent".into(),
                    home: "/home/agent".into(),
                    hostname: "fence".into(),
                },
                single_process: false,
                image: None,
            },
            claim: Claim {
                session: format!("test-{}", std::process::id()),
                program: "/usr/bin/sh".into(),
                argv: ["sh", "-c", script].map(String::from).to_vec(),
                cwd: "/work".into(),
                env: env
                    .iter()
                    .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                    .collect::<BTreeMap<_, _>>(),
                mounts: vec![bind(&work, "/work", true)],
                masks: Vec::new(),
                protected: Vec::new(),
                network: Network::None,
                terminal: None,
                collect: None,
            },
        }
    }

    pub fn captured() -> Network {
        Network::Captured(Capture {
            http_proxy_port: 3128,
            socks_port: 1080,
            fallback_ports: vec![80, 443],
        })
    }

    /// Starts a spec with pipes for its output.
    pub fn begin(&self, spec: &SandboxSpec) -> Result<(Sandbox, fs::File, fs::File), LaunchError> {
        let (out, out_inside) = rustix::pipe::pipe().expect("pipe");
        let (err, err_inside) = rustix::pipe::pipe().expect("pipe");
        let stdin: OwnedFd = fs::File::open("/dev/null").expect("null").into();
        let stdio = Stdio {
            stdin,
            stdout: out_inside,
            stderr: err_inside,
        };
        let sandbox = self.spawner.launch(self.backend, spec, stdio)?.release()?;
        Ok((sandbox, out.into(), err.into()))
    }

    /// The protections that a spec gets; its payload is not run.
    pub fn protections(&self, spec: &SandboxSpec) -> Result<Vec<String>, String> {
        let stdio = Stdio::null().map_err(text)?;
        let pending = self
            .spawner
            .launch(self.backend, spec, stdio)
            .map_err(text)?;
        Ok(pending.protections)
    }

    /// Runs a spec to its end.
    pub fn run(&self, spec: &SandboxSpec) -> Result<Ended, String> {
        let (sandbox, mut out, mut err) = self.begin(spec).map_err(text)?;
        let mut ended = Ended {
            report: sandbox.wait().map_err(text)?,
            out: String::new(),
            err: String::new(),
        };
        out.read_to_string(&mut ended.out).map_err(text)?;
        err.read_to_string(&mut ended.err).map_err(text)?;
        Ok(ended)
    }

    /// Runs a script and wants exit code 0; its standard output comes back.
    pub fn sh(&self, script: &str) -> Result<String, String> {
        self.expect_ok(&self.shell(script))
    }

    pub fn expect_ok(&self, spec: &SandboxSpec) -> Result<String, String> {
        let ended = self.run(spec)?;
        if ended.report.code == Some(0) {
            Ok(ended.out)
        } else {
            Err(format!("{ended:?}"))
        }
    }

    pub fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.dir.join("work").join(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("parents");
        fs::File::create(&path)
            .expect("file")
            .write_all(contents.as_bytes())
            .expect("write");
        path
    }
}

/// A fresh directory for a case that others can enter.
pub fn directory(base: &Path, name: &str) -> PathBuf {
    let dir = base.join(name.replace(' ', "-"));
    fs::create_dir_all(&dir).expect("case directory");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("mode");
    dir
}

/// Fails with both values unless they are equal.
pub fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Outcome {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("found {found:?}, wanted {wanted:?}"))
    }
}
