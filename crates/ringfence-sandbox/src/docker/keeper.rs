//! The process that stays outside: has the container made, stands between its streams and the caller's, and clears up.

mod life;

use std::convert::Infallible;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Mount, Source};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::process::Signal;

use super::DockerError;
use super::body::{self, Place};
use super::engine::{self, Engine};
use super::inside::Errand;
use super::room::{self, Room};
use super::scratch::Base;
use crate::error::{Fault, Step};
use crate::spawner::Job;
use crate::sys::clone::{Side, clone};
use crate::sys::process;
use crate::wire::Report;

/// Builds the sandbox and outlives it.
pub(super) fn keep(job: &Job) -> Result<Infallible, Fault> {
    let spec = job.spec()?;
    body::check(&spec)?;
    let identity = &spec.shape.identity;
    if identity.uid == 0 || identity.gid == 0 {
        return Err(Fault::new(
            "the identity inside is root; an unprivileged uid and gid are needed",
        ));
    }
    // The container would outlive a keeper that dies with its parent; it watches the supervisor and the spawner instead.
    rustix::process::set_parent_process_death_signal(None).step("PR_SET_PDEATHSIG")?;
    let host = job.docker.clone().unwrap_or_default();
    let sources = Sources::open(&spec, job.root)?;
    let fixed = crate::protect::layout(&spec, &sources.roots)?;
    let nonce = nonce()?;
    let keeper = engine::name_of(std::process::id())
        .ok_or_else(|| Fault::new("this process is not to be found in /proc"))?;
    let room = Room::new(
        &spec,
        &nonce,
        job.root.then_some((identity.uid, identity.gid)),
    )?;
    room.kept_by(&keeper)?;
    let base = Base::of(&spec);
    let init = own_binary()?;
    let present: Vec<bool> = sources.roots.iter().map(Option::is_some).collect();
    let request = body::container(
        &spec,
        &Place {
            init: &init,
            keeper: &keeper,
            image: spec.shape.image.as_deref().unwrap_or(&base.name),
            present: &present,
            files: &room.files,
            fixed: &fixed,
            blank: [&room.blank_file, &room.blank_directory],
        },
    )?;
    let stand_in = stand_in(job)?;
    let ended = engine::block_on(async {
        life::Life {
            job,
            engine: Engine::connect(&host)?,
            base: spec.shape.image.is_none().then_some(&base),
            errand: Errand {
                spec: errand(&spec),
                nonce,
            },
            spec: &spec,
            stand_in,
        }
        .live(request)
        .await
    })
    .and_then(|ended| ended);
    drop(room);
    match ended {
        Ok(report) => {
            if let Some(report) = report {
                let _ = job.control.send(&report, &[]);
            }
            process::exit_now(0)
        }
        Err(error) => Err(error.into()),
    }
}

/// Opened sources of the mount table: looked at once here. The engine opens them again by their path, and there is no other
/// way; so a symlink in it is refused here.
struct Sources {
    roots: Vec<Option<OwnedFd>>,
}

impl Sources {
    fn open(spec: &SandboxSpec, root: bool) -> Result<Self, Fault> {
        let open = |(entry, mount): (usize, &Mount)| match &mount.source {
            Source::Bind { .. } if body::from_image(spec, entry, mount) => Ok(None),
            Source::Bind {
                path,
                writable,
                optional,
            } => {
                let found = open_source(path, *optional)?;
                if let (Some(found), true, true) = (&found, *writable, root) {
                    let owner = rustix::fs::fstat(found).step("looking at a grant")?.st_uid;
                    if owner != spec.shape.identity.uid {
                        return Err(Fault(format!(
                            "granting {}: the engine can not hand it to the unprivileged user that root's sandboxes run as; start as \
                             its owner instead of root, or use `--backend native`",
                            path.display()
                        )));
                    }
                }
                Ok(found)
            }
            _ => Ok(None),
        };
        let roots = body::table(spec).enumerate().map(open);
        Ok(Self {
            roots: roots.collect::<Result<_, Fault>>()?,
        })
    }
}

fn open_source(path: &Path, optional: bool) -> Result<Option<OwnedFd>, Fault> {
    let how = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    match rustix::fs::openat2(CWD, path, flags, Mode::empty(), how) {
        Ok(fd) => Ok(Some(fd)),
        Err(Errno::NOENT | Errno::ACCESS) if optional => Ok(None),
        Err(Errno::LOOP) => Err(Fault(format!(
            "granting {}: a symlink stands in the path; grant the path that it leads to",
            path.display()
        ))),
        Err(e) => Err(Fault(format!("granting {}: {e}", path.display()))),
    }
}

/// Where this binary lies.
fn own_binary() -> Result<PathBuf, Fault> {
    let path = std::fs::read_link("/proc/self/exe").step("finding this binary")?;
    if path.is_file() {
        Ok(path)
    } else {
        Err(Fault(format!(
            "{} is gone: this binary was replaced while it ran; start it again",
            path.display()
        )))
    }
}

fn nonce() -> Result<String, Fault> {
    let mut bytes = [0_u8; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).step("getrandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The spec as the init inside needs it: without contents of files, and as what it finds there.
fn errand(spec: &SandboxSpec) -> SandboxSpec {
    let mut spec = spec.clone();
    if spec.shape.image.is_some() {
        spec.shape
            .root
            .retain(|mount| !matches!(mount.source, Source::Bind { .. } | Source::Symlink(_)));
        let image = Mount {
            target: "/".into(),
            source: Source::Bind {
                path: "/".into(),
                writable: false,
                optional: false,
            },
            why: String::new(),
        };
        spec.shape.root.insert(0, image);
    }
    if body::second_kernel(&spec) {
        // gVisor has none; the second kernel is the fence here.
        spec.shape.landlock = ringfence_policy::spec::Requirement::BestEffort;
    }
    for mount in spec.shape.root.iter_mut().chain(&mut spec.claim.mounts) {
        match &mut mount.source {
            Source::File { text, .. } => text.clear(),
            Source::Base64 { data, .. } => data.clear(),
            _ => {}
        }
    }
    spec
}

/// A process that stands for pid 1, which may be in another machine's process table: whoever kills it wants the container dead.
fn stand_in(job: &Job) -> Result<OwnedFd, Fault> {
    match clone(0).step("fork")? {
        Side::Parent(_, pidfd) => {
            job.control
                .send(&Report::Init, &[pidfd.as_fd()])
                .step("reporting")?;
            Ok(pidfd)
        }
        Side::Child => {
            let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
            let _ = process::close_all_but(&[]);
            loop {
                let _ = rustix::thread::nanosleep(&rustix::thread::Timespec {
                    tv_sec: 3600,
                    tv_nsec: 0,
                });
            }
        }
    }
}

/// Opens a directory of the container whose pid 1 is this one here, if it is ours: pids of other namespaces name other processes.
fn enter(pid: i64, path: &Path) -> std::io::Result<OwnedFd> {
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(format!("/proc/{pid}/root"), directory, Mode::empty())?;
    let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let init = Path::new(body::INIT)
        .strip_prefix("/")
        .unwrap_or(Path::new(body::INIT));
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let init = rustix::fs::openat2(&root, init, flags, Mode::empty(), how)?;
    let id = |stat: rustix::fs::Stat| (stat.st_dev, stat.st_ino);
    if id(rustix::fs::fstat(&init)?) != id(rustix::fs::stat("/proc/self/exe")?) {
        return Err(std::io::Error::other("another process has its pid"));
    }
    let path = path.strip_prefix("/").unwrap_or(path);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat2(&root, path, flags, Mode::empty(), how)?)
}

impl From<DockerError> for Fault {
    fn from(error: DockerError) -> Self {
        Self(error.to_string())
    }
}

/// Clears up after keepers that were killed.
async fn sweep(engine: &Engine) {
    engine.sweep().await;
    room::sweep(engine::abandoned);
}
