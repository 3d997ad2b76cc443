//! The process that stays outside: opens the sources, starts `bwrap`, has the network captured, waits.

use std::convert::Infallible;
use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::{Network, Source};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{
    AtFlags, CWD, FileType, MemfdFlags, Mode, OFlags, ResolveFlags, StatVfsMountFlags, StatxFlags,
};
use rustix::io::{Errno, FdFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, WaitOptions};

use super::Tool;
use super::argv::{self, Host, Item};
use crate::bounds::{REASON_BYTES, STEP_MS};
use crate::capture::enter::Entry;
use crate::error::{Fault, Step};
use crate::native::drop_to;
use crate::protect::How;
use crate::spawner::Job;
use crate::stage::{Owner, Staged, detached};
use crate::sys::clone::{Side, clone};
use crate::sys::process;
use crate::wire::Report;

/// Longest `--info-fd` answer, in bytes.
const INFO_BYTES: usize = 4096;

/// Builds the sandbox and outlives it.
pub(super) fn keep(job: &Job) -> Result<Infallible, Fault> {
    let spec = job.spec()?;
    let sources = Sources::open(job, &spec)?;
    let tool = Tool::find()?;
    let (items, standing) = plan(&spec, &sources, &tool)?;
    let running = Running::start(job, &tool, &sources, items, spec.claim.terminal.is_some())?;
    running.finish(job, &spec, &standing)
}

/// Opened sources: of each entry of the mount table, and of this binary.
struct Sources {
    roots: Vec<Option<OwnedFd>>,
    own: OwnedFd,
}

impl Sources {
    /// As root the sources are staged (id-mapped where writable) and the ids dropped; afterwards, and as an ordinary
    /// user from the start, they are opened by path, a symlink in it being refused.
    fn open(job: &Job, spec: &SandboxSpec) -> Result<Self, Fault> {
        if !job.root {
            job.enter_cgroup()?;
            let table = spec.shape.root.iter().chain(&spec.claim.mounts);
            let roots = table.map(|mount| match &mount.source {
                Source::Bind { path, optional, .. } => open_source(path, *optional),
                _ => Ok(None),
            });
            let roots = roots.collect::<Result<_, Fault>>()?;
            return Ok(Self {
                roots,
                own: own_binary()?,
            });
        }
        let identity = &spec.shape.identity;
        let to = Owner {
            uid: identity.uid,
            gid: identity.gid,
        };
        let mut staged = Staged::open(spec, Some(to))?;
        let own = detached(own_binary()?.as_fd()).step("staging this binary")?;
        staged.mounts.push(Some(own));
        let mut paths = staged.at_paths()?;
        job.enter_cgroup()?;
        drop_to(job, to)?;
        let own = paths.pop().flatten().unwrap_or_default();
        let open = |path: &PathBuf| open_source(path, false);
        let roots = paths
            .iter()
            .map(|path| path.as_ref().map_or(Ok(None), open));
        Ok(Self {
            roots: roots.collect::<Result<_, Fault>>()?,
            own: open(&own)?.ok_or_else(|| Fault::new("this binary can not be staged"))?,
        })
    }
}

fn own_binary() -> Result<OwnedFd, Fault> {
    rustix::fs::open(
        "/proc/self/exe",
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .step("opening this binary")
}

fn open_source(path: &Path, optional: bool) -> Result<Option<OwnedFd>, Fault> {
    let how = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(
        CWD,
        path,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        how,
    ) {
        Ok(fd) => Ok(Some(fd)),
        // What this user can not reach is as good as absent to an optional grant.
        Err(Errno::NOENT | Errno::ACCESS) if optional => Ok(None),
        Err(Errno::LOOP) => Err(Fault(format!(
            "granting {}: a symlink stands in the path; grant the path that it leads to",
            path.display()
        ))),
        Err(e) => Err(Fault(format!("granting {}: {e}", path.display()))),
    }
}

/// Looks at the host and says what `bwrap` is to do, and what has to stand when it is done.
fn plan(
    spec: &SandboxSpec,
    sources: &Sources,
    tool: &Tool,
) -> Result<(Vec<Item>, Vec<Standing>), Fault> {
    let mut standing = mount_points_exist(spec, sources)?;
    let present: Vec<bool> = sources.roots.iter().map(Option::is_some).collect();
    let fixed = crate::protect::layout(spec, &sources.roots)?;
    let host = Host {
        present: &present,
        fixed: &fixed,
        proc_covered: &argv::proc_covered(),
        disable_userns: tool.disable_userns,
    };
    let items = argv::arguments(spec, &host)?;
    if tool.safe_mount_points {
        standing.clear();
    } else {
        standing.extend(fixed.into_iter().map(|fixed| Standing {
            read_only: fixed.how > How::Link,
            path: fixed.path,
        }));
    }
    Ok((items, standing))
}

/// No mount point is ever created on the host: what is mounted below a bind has to find its place there (F5).
fn mount_points_exist(spec: &SandboxSpec, sources: &Sources) -> Result<Vec<Standing>, Fault> {
    let mut standing = Vec::new();
    let table = || spec.shape.root.iter().chain(&spec.claim.mounts);
    for (entry, mount) in table().enumerate() {
        let is_bind = matches!(mount.source, Source::Bind { .. });
        let Some((above, parent)) = argv::governing(table().take(entry), &mount.target) else {
            continue;
        };
        let (Source::Bind { .. }, Some(Some(root))) = (&parent.source, sources.roots.get(above))
        else {
            continue;
        };
        let own = sources.roots.get(entry).and_then(Option::as_ref);
        if is_bind && own.is_none() {
            continue;
        }
        let below = mount
            .target
            .strip_prefix(&parent.target)
            .unwrap_or(Path::new(""));
        let refuse = |why: &str| {
            Err(Fault(format!(
                "mounting {}: {why} below the granted {}, and mount points are not created on the host",
                mount.target.display(),
                parent.target.display()
            )))
        };
        let place = if below.as_os_str().is_empty() {
            Path::new(".")
        } else {
            below
        };
        // A file that is granted twice is its own place.
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let stat = match rustix::fs::openat2(
            root,
            place,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            how,
        ) {
            Ok(fd) => rustix::fs::fstat(&fd).step("looking at a mount point")?,
            Err(Errno::NOTDIR) if below.as_os_str().is_empty() => continue,
            Err(Errno::LOOP) => return refuse("a symlink stands in its path"),
            Err(_) => return refuse("it does not exist"),
        };
        let directory = match (&mount.source, own) {
            (Source::Bind { .. }, Some(own)) => {
                FileType::from_raw_mode(rustix::fs::fstat(own).step("looking at a source")?.st_mode)
                    .is_dir()
            }
            (Source::Tmpfs { .. } | Source::Scratch { .. } | Source::Proc | Source::Dev, _) => true,
            (Source::Symlink(_), _) => return refuse("a symlink would have to be made"),
            _ => false,
        };
        if directory != FileType::from_raw_mode(stat.st_mode).is_dir() {
            return refuse("something of another type stands there");
        }
        standing.push(Standing {
            path: mount.target.clone(),
            read_only: false,
        });
    }
    Ok(standing)
}

/// `bwrap` at work.
struct Running {
    bwrap: Pid,
    pidfd: OwnedFd,
    /// Our end of a socket to the init: it writes a byte when it begins and reads one before it goes on.
    gate: OwnedFd,
    info: OwnedFd,
    complaints: OwnedFd,
}

impl Running {
    /// With a terminal of its own inside, `bwrap` gets no stream of ours: it would show the terminal that its
    /// output goes to as `/dev/console`.
    fn start(
        job: &Job,
        tool: &Tool,
        sources: &Sources,
        items: Vec<Item>,
        own_terminal: bool,
    ) -> Result<Self, Fault> {
        let null: OwnedFd = File::options()
            .read(true)
            .write(true)
            .open("/dev/null")
            .step("opening /dev/null")?
            .into();
        let streams = match own_terminal {
            true => [null.as_fd(), null.as_fd(), null.as_fd()],
            false => [
                job.stdio[0].as_fd(),
                job.stdio[1].as_fd(),
                job.stdio[2].as_fd(),
            ],
        };
        let (gate, gate_inside) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )
        .step("socket pair")?;
        let (info, info_inside) = pipe_with(PipeFlags::CLOEXEC).step("pipe")?;
        let (complaints, stderr) = pipe_with(PipeFlags::CLOEXEC).step("pipe")?;
        let init = [
            job.control.as_fd(),
            job.requests.as_fd(),
            job.spec_file.as_fd(),
            streams[2],
            gate_inside.as_fd(),
        ];
        let fds = Fds {
            sources,
            init,
            info: info_inside.as_fd(),
        };
        let line = fds.number(items)?;
        match clone(0).step("fork")? {
            Side::Parent(bwrap, pidfd) => Ok(Self {
                bwrap,
                pidfd,
                gate,
                info,
                complaints,
            }),
            Side::Child => {
                let fault = execute(job, tool, &line, [streams[0], streams[1], stderr.as_fd()]);
                let _ = File::from(stderr).write_all(fault.0.as_bytes());
                process::exit_now(1)
            }
        }
    }

    /// Waits until everything stands, has the network captured from outside, and waits for the end.
    fn finish(
        self,
        job: &Job,
        spec: &SandboxSpec,
        standing: &[Standing],
    ) -> Result<Infallible, Fault> {
        let Some(init) = self.child_pid()? else {
            return Err(self.complaint());
        };
        let pidfd = rustix::process::pidfd_open(init, PidfdFlags::empty())
            .step("the sandbox has ended already")?;
        let entry = Entry::open(init)?;
        if !self.init_began()? {
            return Err(self.complaint());
        }
        stands(init, standing)?;
        job.control
            .send(&Report::Init, &[pidfd.as_fd()])
            .step("reporting")?;
        if let Network::Captured(capture) = &spec.claim.network {
            let (manifest, sockets) = entry.establish(capture)?.into_fds();
            let sockets: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
            job.control
                .send(&Report::Capture(manifest), &sockets)
                .step("handing out the capture sockets")?;
        }
        rustix::io::write(&self.gate, &[job.stand_ins.to_byte()]).step("letting the init go on")?;
        let keep = [0, 1, 2, self.pidfd.as_raw_fd()];
        process::close_all_but(&keep).step("closing descriptors")?;
        let _ = rustix::io::retry_on_intr(|| {
            rustix::process::waitpid(Some(self.bwrap), WaitOptions::empty())
        });
        process::exit_now(0)
    }

    /// The process that `bwrap` started, as it says on its info descriptor; `None` when it ended before.
    fn child_pid(&self) -> Result<Option<Pid>, Fault> {
        let mut info = Vec::new();
        while info.len() < INFO_BYTES && info.last() != Some(&b'}') {
            let mut part = [0_u8; 512];
            wait_for_input(self.info.as_fd())?;
            match rustix::io::read(&self.info, &mut part).step("reading what bwrap says")? {
                0 => return Ok(None),
                count => {
                    info.extend_from_slice(part.get(..count).unwrap_or_default().trim_ascii_end())
                }
            }
        }
        child_pid(&info)
            .map(Some)
            .ok_or_else(|| Fault::new("bwrap did not say which process it started"))
    }

    /// Whether `bwrap` came so far as to execute the init.
    fn init_began(&self) -> Result<bool, Fault> {
        wait_for_input(self.gate.as_fd())?;
        match rustix::io::read(&self.gate, &mut [0_u8; 1]) {
            Ok(count) => Ok(count == 1),
            Err(Errno::CONNRESET) => Ok(false),
            Err(e) => Err(e).step("waiting for bwrap"),
        }
    }

    /// What `bwrap` wrote, and how to mend it where that is known. Its end of the pipe is closed by now.
    fn complaint(&self) -> Fault {
        let mut text = Vec::new();
        let _ = self.complaints.try_clone().map(|fd| {
            File::from(fd)
                .take(REASON_BYTES as u64 / 2)
                .read_to_end(&mut text)
        });
        let text = String::from_utf8_lossy(&text);
        Fault(explain(text.trim()))
    }
}

fn explain(text: &str) -> String {
    let mend = if text.contains("No permissions to creat")
        || text.contains("uid map")
        || text.contains("loopback")
    {
        "; user namespaces are restricted here: install the distribution's AppArmor profile for bwrap, or allow them \
         (`sysctl kernel.apparmor_restrict_unprivileged_userns=0`, `sysctl kernel.unprivileged_userns_clone=1`)"
    } else if text.contains("execvp") {
        "; the programs of this sandbox do not include what this binary is linked with: grant /usr and /lib read-only, or \
         use a static build or `--backend native`"
    } else {
        ""
    };
    format!("{text}{mend}")
}

/// A mount point below a bind of the host's.
struct Standing {
    path: PathBuf,
    read_only: bool,
}

/// `bwrap` before 0.12 could have been led astray by a symlink that somebody put into a path after we looked: asks
/// the kernel whether each mount is where it should be. The payload does not run yet.
fn stands(init: Pid, standing: &[Standing]) -> Result<(), Fault> {
    if standing.is_empty() {
        return Ok(());
    }
    let root = rustix::fs::open(
        format!("/proc/{}/root", init.as_raw_nonzero()),
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .step("looking at what bwrap built")?;
    standing
        .iter()
        .find(|standing| !is_mount(&root, standing))
        .map_or(Ok(()), |missing| {
            Err(Fault(format!(
                "bwrap did not mount {} where it should be: something was changed on the way meanwhile; start again, or \
                 update bubblewrap to 0.12 (CVE-2026-87766)",
                missing.path.display()
            )))
        })
}

fn is_mount(root: &OwnedFd, standing: &Standing) -> bool {
    let path = standing.path.strip_prefix("/").unwrap_or(&standing.path);
    let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let Ok(fd) = rustix::fs::openat2(
        root,
        path,
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        how,
    ) else {
        return false;
    };
    let mount_root = rustix::fs::statx(&fd, "", AtFlags::EMPTY_PATH, StatxFlags::empty())
        .is_ok_and(|stat| {
            stat.stx_attributes
                .contains(rustix::fs::StatxAttributes::MOUNT_ROOT)
        });
    let read_only =
        rustix::fs::fstatvfs(&fd).is_ok_and(|stat| stat.f_flag.contains(StatVfsMountFlags::RDONLY));
    mount_root && (read_only || !standing.read_only)
}

/// Waits for input or the other end's closing, for the time that one step may take.
fn wait_for_input(fd: BorrowedFd<'_>) -> Result<(), Fault> {
    let timeout = Timespec {
        tv_sec: i64::from(STEP_MS / 1000),
        tv_nsec: i64::from(STEP_MS % 1000) * 1_000_000,
    };
    let mut set = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    match rustix::io::retry_on_intr(|| poll(&mut set, Some(&timeout))).step("waiting for bwrap")? {
        0 => Err(Fault(format!(
            "bwrap makes no progress within {} s",
            STEP_MS / 1000
        ))),
        _ => Ok(()),
    }
}

/// The pid in `{ "child-pid": N, … }`.
fn child_pid(info: &[u8]) -> Option<Pid> {
    let info: serde_json::Value = serde_json::from_slice(info).ok()?;
    let pid = i32::try_from(info.get("child-pid")?.as_u64()?).ok()?;
    Pid::from_raw(pid)
}

/// The descriptors that the arguments name.
struct Fds<'a> {
    sources: &'a Sources,
    init: [BorrowedFd<'a>; 5],
    info: BorrowedFd<'a>,
}

/// Arguments with numbers in them, and the descriptors that have to survive the exec.
struct Line {
    /// NUL-separated, for `--args`.
    arguments: Vec<u8>,
    /// What follows `--`.
    command: Vec<CString>,
    inherit: Vec<OwnedFd>,
}

impl Fds<'_> {
    /// Each descriptor is duplicated: `bwrap` closes one after the use of it.
    fn number(&self, items: Vec<Item>) -> Result<Line, Fault> {
        let mut inherit = Vec::new();
        let mut keep = |fd: Result<OwnedFd, Errno>| -> Result<String, Fault> {
            let fd = fd.step("descriptors for bwrap")?;
            let number = fd.as_raw_fd().to_string();
            inherit.push(fd);
            Ok(number)
        };
        let dup = |fd: BorrowedFd<'_>| rustix::io::fcntl_dupfd_cloexec(fd, 3);
        let mut words: Vec<String> = Vec::new();
        for item in items {
            words.push(match item {
                Item::Text(text) => text,
                Item::Source { entry, below } => keep(self.below(entry, &below))?,
                Item::SourcePath { entry } => {
                    format!("/proc/self/fd/{}", keep(self.below(entry, Path::new("")))?)
                }
                Item::Own => keep(dup(self.sources.own.as_fd()))?,
                Item::Data(bytes) => keep(data(&bytes))?,
                Item::Info => keep(dup(self.info))?,
                Item::InitFds => {
                    let numbers: Result<Vec<String>, Fault> =
                        self.init.iter().map(|fd| keep(dup(*fd))).collect();
                    numbers?.join(",")
                }
            });
        }
        let split = words
            .iter()
            .position(|word| word == "--")
            .unwrap_or(words.len());
        let command = words.split_off(split);
        let command = command.into_iter().skip(1).map(CString::new);
        let mut arguments = Vec::new();
        for word in words {
            arguments.extend_from_slice(word.as_bytes());
            arguments.push(0);
        }
        Ok(Line {
            arguments,
            command: command
                .collect::<Result<_, _>>()
                .step("NUL in an argument")?,
            inherit,
        })
    }

    fn below(&self, entry: usize, below: &Path) -> Result<OwnedFd, Errno> {
        let root = self
            .sources
            .roots
            .get(entry)
            .and_then(Option::as_ref)
            .ok_or(Errno::NOENT)?;
        if below.as_os_str().is_empty() {
            return rustix::io::fcntl_dupfd_cloexec(root, 3);
        }
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        rustix::fs::openat2(
            root,
            below,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            how,
        )
    }
}

fn data(bytes: &[u8]) -> Result<OwnedFd, Errno> {
    let fd = rustix::fs::memfd_create(c"ringfence-file", MemfdFlags::CLOEXEC)?;
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        written += rustix::io::pwrite(&fd, rest, written as u64)?;
    }
    Ok(fd)
}

/// Becomes `bwrap`; returns only on failure.
fn execute(job: &Job, tool: &Tool, line: &Line, streams: [BorrowedFd<'_>; 3]) -> Fault {
    let attempt = || -> Result<Infallible, Fault> {
        job.die_with_parent()?;
        let arguments = data(&line.arguments).step("arguments for bwrap")?;
        for fd in line.inherit.iter().chain([&arguments]) {
            rustix::io::fcntl_setfd(fd, FdFlags::empty()).step("descriptors for bwrap")?;
        }
        for (stream, number) in streams.into_iter().zip(0..) {
            process::put_at(stream, number).step("standard streams")?;
        }
        let limit = Rlimit {
            current: job.open_files.current,
            maximum: job.open_files.maximum,
        };
        rustix::process::setrlimit(Resource::Nofile, limit).step("RLIMIT_NOFILE")?;
        let text = |bytes: &[u8]| CString::new(bytes).step("NUL in an argument");
        let program = text(tool.path.as_os_str().as_bytes())?;
        let mut argv = vec![text(b"bwrap")?, text(b"--args")?];
        argv.push(text(arguments.as_raw_fd().to_string().as_bytes())?);
        argv.push(text(b"--")?);
        argv.extend(line.command.iter().cloned());
        Err(process::execve(
            &program,
            &argv,
            &[],
            process::Pass::default(),
        ))
        .step(tool.path.display())
    };
    match attempt() {
        Err(fault) => fault,
        Ok(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_told_from_plain_directories() {
        let root = rustix::fs::open("/", OFlags::PATH, Mode::empty()).expect("root");
        let at = |path: &str, read_only| {
            is_mount(
                &root,
                &Standing {
                    path: path.into(),
                    read_only,
                },
            )
        };
        assert!(at("/proc", false));
        assert!(!at("/proc", true), "procfs here is writable");
        assert!(!at("/proc/self", false), "a symlink");
        assert!(!at("/usr/bin", false), "no mount");
        assert!(!at("/nonexistent", false));
        let me = rustix::process::getpid();
        let standing = |path: &str| Standing {
            path: path.into(),
            read_only: false,
        };
        assert!(stands(me, &[standing("/proc")]).is_ok());
        let error = stands(me, &[standing("/proc"), standing("/usr/bin")]).expect_err("no mount");
        assert!(error.to_string().contains("CVE-2026-87766"), "{error}");
    }

    #[test]
    fn complaints_come_with_a_mend() {
        let text =
            explain("bwrap: No permissions to creating new namespace, likely because the kernel");
        assert!(text.contains("AppArmor"), "{text}");
        assert!(explain("bwrap: execvp /x: No such file").contains("static build"));
        assert_eq!(explain("bwrap: other"), "bwrap: other");
    }

    #[test]
    fn the_pid_out_of_the_info() {
        let info = b"{\n    \"child-pid\": 4711,\n    \"ipc-namespace\": 4026532\n}";
        assert_eq!(child_pid(info), Pid::from_raw(4711));
        assert_eq!(child_pid(b"{ \"child-pid\": -1 }"), None);
        assert_eq!(child_pid(b"{"), None);
    }
}
