//! The single-threaded process that clones sandboxes: forked before anything else exists, it receives
//! (spec, descriptors) and answers on each sandbox's own control socket, so launches never wait for each other.

use std::collections::HashMap;
use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use ringfence_policy::SandboxSpec;
use rustix::event::epoll;
use rustix::process::{DumpableBehavior, Pid, Resource, Rlimit, Signal};

use crate::backend::BackendName;
use crate::error::{Fault, StartError, Step};
use crate::limits::{Cgroup, StandIns};
use crate::seccomp::Filter;
use crate::sys::{clone, process};
use crate::wire::{Build, Channel, Report};

/// Command line that the spawner and its children show.
const TITLE: &CStr = c"ringfence";

/// Token of the socket that builds are asked for on; sandboxes have their pid as token.
const BUILDS: u64 = 0;

/// What the process of one sandbox starts with.
#[derive(Debug)]
pub(crate) struct Job {
    /// Who builds it.
    pub(crate) backend: BackendName,
    /// Whether the caller is root, who has to become unprivileged on the way.
    pub(crate) root: bool,
    /// The serialised spec, as received.
    pub(crate) spec_file: OwnedFd,
    /// Reports go out, orders come in.
    pub(crate) control: Channel,
    /// Requests come in.
    pub(crate) requests: Channel,
    /// The payload's standard streams.
    pub(crate) stdio: [OwnedFd; 3],
    /// The compiled filter.
    pub(crate) filter: Filter,
    /// The descriptor limit that the payload gets back (the spawner raised its own).
    pub(crate) open_files: Rlimit,
    /// What stands in for limits without a cgroup.
    pub(crate) stand_ins: StandIns,
    /// `tasks` files of its cgroups (v1).
    pub(crate) tasks: Vec<OwnedFd>,
    /// The caller's effective uid and gid (unmapped ids are all that a fresh user namespace shows).
    pub(crate) ids: (u32, u32),
    /// The spawner itself: readable when it is dead.
    pub(crate) spawner: OwnedFd,
    /// Where the Docker engine listens, for its backend.
    pub(crate) docker: Option<crate::docker::DockerHost>,
}

impl Job {
    /// Parses the spec.
    pub(crate) fn spec(&self) -> Result<SandboxSpec, Fault> {
        crate::parcel::unpack(&self.spec_file)
    }

    /// Dies with the parent from here on. To be repeated after each change of ids, which the kernel forgets it on.
    pub(crate) fn die_with_parent(&self) -> Result<(), Fault> {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
            .step("PR_SET_PDEATHSIG")?;
        let mut set = [rustix::event::PollFd::new(
            &self.spawner,
            rustix::event::PollFlags::IN,
        )];
        let dead = rustix::event::poll(
            &mut set,
            Some(&rustix::event::Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            }),
        )
        .step("poll")?;
        if dead > 0 {
            Err(Fault::new("the spawner has gone"))
        } else {
            Ok(())
        }
    }

    /// Moves this process (which has no children yet) into its cgroup. Where it was born in it, nothing is left to do.
    pub(crate) fn enter_cgroup(&self) -> Result<(), Fault> {
        self.tasks.iter().try_for_each(|tasks| {
            rustix::io::retry_on_intr(|| rustix::io::write(tasks, b"0"))
                .step("entering the cgroup of the limits")
                .map(drop)
        })
    }
}

/// One sandbox as the spawner sees it.
#[derive(Debug)]
struct Entry {
    pidfd: OwnedFd,
    control: Channel,
    cgroup: Option<Cgroup>,
}

/// Forks the spawner; returns the socket that it takes builds from, and its pidfd.
pub(crate) fn fork() -> Result<(Channel, OwnedFd), StartError> {
    let step = |step| move |source| StartError::Step { step, source };
    if !process::single_threaded() {
        return Err(StartError::Threaded);
    }
    let (ours, theirs) = Channel::pair().map_err(step("socket pair"))?;
    let parent = rustix::process::getpid();
    match clone::clone(0).map_err(step("fork"))? {
        clone::Side::Parent(_, pidfd) => Ok((ours, pidfd)),
        clone::Side::Child => {
            drop(ours);
            let code = match Server::new(theirs, parent) {
                Ok(mut server) => server.serve(),
                Err(_) => 1,
            };
            process::exit_now(code)
        }
    }
}

struct Server {
    builds: Channel,
    epoll: OwnedFd,
    entries: HashMap<u64, Entry>,
    filter: Option<Filter>,
    open_files: Rlimit,
    myself: OwnedFd,
}

impl Server {
    /// Hardens the fresh fork: dies with its parent, own session, no secrets, nothing of the caller's open.
    fn new(builds: Channel, parent: Pid) -> io::Result<Self> {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if rustix::process::getppid() != Some(parent) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        process::scrub_inherited_strings(TITLE);
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        rustix::thread::set_name(TITLE)?;
        let _ = rustix::process::setsid();
        let null = File::options().read(true).write(true).open("/dev/null")?;
        for number in 0..3 {
            process::put_at(null.as_fd(), number)?;
        }
        drop(null);
        process::close_all_but(&[0, 1, 2, builds.as_fd().as_raw_fd()])?;
        rustix::process::chdir("/")?;
        let open_files = rustix::process::getrlimit(Resource::Nofile);
        let _ = rustix::process::setrlimit(
            Resource::Nofile,
            Rlimit {
                current: open_files.maximum,
                maximum: open_files.maximum,
            },
        );
        let myself = rustix::process::pidfd_open(
            rustix::process::getpid(),
            rustix::process::PidfdFlags::empty(),
        )?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &builds,
            epoll::EventData::new_u64(BUILDS),
            epoll::EventFlags::IN,
        )?;
        // Compiled while the caller still parses its arguments; an error is reported by the first launch.
        let filter = crate::seccomp::base().ok();
        Ok(Self {
            builds,
            epoll,
            entries: HashMap::new(),
            filter,
            open_files,
            myself,
        })
    }

    /// Serves until the supervisor closes its end. Ending kills every sandbox (they die with their parent).
    fn serve(&mut self) -> i32 {
        let mut events = [MaybeUninit::<epoll::Event>::uninit(); 64];
        loop {
            let tokens: Vec<u64> = match epoll::wait(&self.epoll, &mut events, None) {
                Ok((ready, _)) => ready.iter().map(|event| event.data.u64()).collect(),
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return 1,
            };
            for token in tokens {
                if token != BUILDS {
                    self.reap(token);
                    continue;
                }
                match self.builds.receive::<Build>() {
                    Ok(Some((build, fds))) => self.build(build, fds),
                    Ok(None) => return 0,
                    Err(_) => return 1,
                }
            }
        }
    }

    /// Starts one sandbox; failures go to its control socket.
    fn build(&mut self, build: Build, fds: Vec<OwnedFd>) {
        let Ok([spec_file, control, requests, stdin, stdout, stderr]) =
            <[OwnedFd; 6]>::try_from(fds)
        else {
            return;
        };
        let control = Channel::from(control);
        let streams = (spec_file, Channel::from(requests), [stdin, stdout, stderr]);
        if let Err(fault) = self.try_build(build, &control, streams) {
            let _ = control.send(&Report::Failed { text: fault.0 }, &[]);
        }
    }

    fn try_build(
        &mut self,
        build: Build,
        control: &Channel,
        (spec_file, requests, stdio): (OwnedFd, Channel, [OwnedFd; 3]),
    ) -> Result<(), Fault> {
        let filter = match &self.filter {
            Some(filter) => filter.clone(),
            None => crate::seccomp::base()?,
        };
        let root = rustix::process::geteuid().is_root();
        let backend = build.backend.backend();
        let limits = backend.outside_limits(&build.limits);
        let mut enforced = Cgroup::create_with(&limits, &build.session, backend.own_tasks(root))?;
        if backend.counts_tasks() {
            let backstop = |name: &String| name.trim_start_matches('-') == "pids";
            enforced.protections.retain(|name| !backstop(name));
        }
        let stand_ins = StandIns {
            // Behind a second kernel no rlimit counts all memory, so an agent is watched as well.
            watched: build.watched || backend.counts_tasks(),
            ..enforced.stand_ins
        };
        let doors = enforced
            .cgroup
            .as_ref()
            .map(Cgroup::doors)
            .transpose()?
            .unwrap_or_default();
        let dup = |fd: std::os::fd::BorrowedFd<'_>| fd.try_clone_to_owned().step("dup");
        let job = Job {
            backend: build.backend,
            root,
            spec_file,
            control: dup(control.as_fd())?.into(),
            requests,
            stdio,
            filter,
            open_files: self.open_files,
            stand_ins,
            tasks: doors.tasks,
            ids: (
                rustix::process::geteuid().as_raw(),
                rustix::process::getegid().as_raw(),
            ),
            spawner: dup(self.myself.as_fd())?,
            docker: build.docker,
        };
        let namespaces = build.backend.backend().namespaces(job.root);
        let (pid, pidfd) =
            match clone::clone_into(namespaces, doors.birthplace.as_ref().map(AsFd::as_fd)) {
                Ok(clone::Side::Parent(pid, pidfd)) => (pid, pidfd),
                Ok(clone::Side::Child) => child(job),
                Err(e) => return Err(clone_fault(&e, doors.birthplace.is_some())),
            };
        drop(job);
        let _ = control.send(
            &Report::Started {
                protections: enforced
                    .protections
                    .into_iter()
                    .map(|one| stand_ins.label(one))
                    .collect(),
            },
            &[pidfd.as_fd()],
        );
        let token = u64::from(pid.as_raw_nonzero().get().unsigned_abs());
        let entry = Entry {
            control: dup(control.as_fd())?.into(),
            pidfd,
            cgroup: enforced.cgroup,
        };
        epoll::add(
            &self.epoll,
            &entry.pidfd,
            epoll::EventData::new_u64(token),
            epoll::EventFlags::IN,
        )
        .step("epoll")?;
        self.entries.insert(token, entry);
        Ok(())
    }

    /// A sandbox's first process is gone, and with it every other one in it.
    fn reap(&mut self, token: u64) {
        let Some(entry) = self.entries.remove(&token) else {
            return;
        };
        let _ = epoll::delete(&self.epoll, &entry.pidfd);
        let _ = rustix::process::waitid(
            rustix::process::WaitId::PidFd(entry.pidfd.as_fd()),
            rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOHANG,
        );
        let Entry {
            control, cgroup, ..
        } = entry;
        let group = cgroup.as_ref();
        let report = Report::Reaped {
            oom: group.is_some_and(Cgroup::oom_killed),
            pids: group.is_some_and(Cgroup::pids_refused),
            peak_memory: group.and_then(Cgroup::peak_memory),
            cpu_ms: group.and_then(Cgroup::cpu_ms),
        };
        // Before the report: whoever gets it may end, and the spawner with it.
        drop(cgroup);
        let _ = control.send(&report, &[]);
    }
}

/// The new process: closes what is not its own and builds the sandbox. Never returns.
fn child(job: Job) -> ! {
    // 0 to 2 stay taken, so that no descriptor of ours gets a number that the payload's streams will be put at.
    let mut keep = vec![
        0,
        1,
        2,
        job.spec_file.as_raw_fd(),
        job.control.as_fd().as_raw_fd(),
        job.requests.as_fd().as_raw_fd(),
        job.spawner.as_raw_fd(),
    ];
    keep.extend(job.tasks.iter().map(AsRawFd::as_raw_fd));
    keep.extend(job.stdio.iter().map(AsRawFd::as_raw_fd));
    let closed = process::close_all_but(&keep).step("closing descriptors");
    let fault = match closed.and_then(|()| job.die_with_parent()) {
        Err(fault) => fault,
        Ok(()) => job.backend.backend().build(&job),
    };
    let mut text = fault.0;
    // AppArmor lets the namespaces be made and then refuses every capability in them.
    let refused = ["Operation not permitted", "Permission denied"]
        .iter()
        .any(|words| text.contains(words));
    if refused && job.backend == BackendName::Native && apparmor_restricts(APPARMOR_RESTRICTION) {
        text.push_str(
            "; AppArmor keeps capabilities from user namespaces here: install the profile of `deploy/apparmor`, \
             or use `--backend bubblewrap`",
        );
    }
    let end = (0..=crate::bounds::REASON_BYTES.min(text.len()))
        .rev()
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(0);
    text.truncate(end);
    let _ = job.control.send(&Report::Failed { text }, &[]);
    process::exit_now(1)
}

/// `1` on Ubuntu from 23.10 on.
const APPARMOR_RESTRICTION: &str = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

fn apparmor_restricts(switch: &str) -> bool {
    read_small(switch).is_ok_and(|text| text.trim() == "1")
}

/// Says what the kernel's refusal of namespaces means and how to mend it.
fn clone_fault(error: &io::Error, into_cgroup: bool) -> Fault {
    let mend = match error.raw_os_error() {
        Some(libc::EACCES | libc::EBUSY | libc::EOPNOTSUPP) if into_cgroup => {
            "the cgroup of the limits can not be entered; see `ringfence doctor`"
        }
        Some(libc::EPERM | libc::EACCES) => {
            "user namespaces are forbidden to ordinary users here; allow them with \
             `sysctl kernel.unprivileged_userns_clone=1` (Debian) or install the AppArmor profile of `deploy/apparmor` (Ubuntu), \
             or use `--backend bubblewrap`"
        }
        Some(libc::ENOSPC | libc::EUSERS) => {
            "no namespace left; raise `sysctl user.max_user_namespaces` (and user.max_{pid,net,mnt,ipc,uts}_namespaces)"
        }
        _ => "see `ringfence doctor`",
    };
    Fault(format!("making namespaces: {error}; {mend}"))
}

/// Reads everything of a small file; for the files of `/proc`.
pub(crate) fn read_small(path: &str) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(1 << 20).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_their_mend() {
        let fault = |errno, cgroup| clone_fault(&io::Error::from_raw_os_error(errno), cgroup).0;
        assert!(fault(libc::EPERM, true).contains("deploy/apparmor"));
        assert!(fault(libc::EACCES, false).contains("deploy/apparmor"));
        assert!(fault(libc::EACCES, true).contains("cgroup"));
        assert!(fault(libc::ENOSPC, false).contains("max_user_namespaces"));
        assert!(fault(libc::EINVAL, false).contains("doctor"));
    }

    #[test]
    fn the_restriction_is_read_from_its_switch() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert!(!apparmor_restricts(path));
        std::fs::write(path, "1\n").unwrap();
        assert!(apparmor_restricts(path));
        assert!(!apparmor_restricts("/nonexistent"));
    }
}
