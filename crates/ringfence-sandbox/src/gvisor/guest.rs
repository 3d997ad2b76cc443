//! Pid 1 behind the second kernel: bounds the number of tasks, starts the payload without any privilege, reaps, passes signals
//! on and says how it ended.

use std::convert::Infallible;
use std::ffi::CString;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::mount::MountFlags;
use rustix::process::{Gid, Pid, Resource, Rlimit, Signal, Uid, WaitOptions, WaitStatus};
use rustix::thread::UnshareFlags;

use super::letter::{LETTER, Letter, NOTHING, PIDS, PLACE, Reader, WORDS, Word, failed, say};
use crate::bounds::{REASON_BYTES, SPEC_BYTES};
use crate::error::{Fault, Step};
use crate::init::{self, drop_capabilities, peers, usage};
use crate::limits::StandIns;
use crate::sys::clone::spawn_sharing;
use crate::sys::{net, process};

/// Hidden argument under which this binary is pid 1 behind the second kernel.
pub(crate) const HIDDEN_GUEST: &str = "--ringfence-hidden-guest";

/// An owner whom the payload's user namespace does not map.
const NOBODY: u32 = 65534;

/// Files that set something, where the second kernel has them; they do nothing there, but nobody is to count on that.
const SETTINGS: [&str; 1] = ["/proc/sysrq-trigger"];

/// How long is waited between looks for the release: at first, and at most.
const RELEASE_PAUSE: Duration = Duration::from_micros(500);
const RELEASE_PAUSE_MAX: Duration = Duration::from_millis(20);

/// How often the number of tasks is looked at, in milliseconds.
const LOOK_MS: i64 = 20;

/// Serves the hidden argument. Anybody may type it: without the files that the keeper laid out it only fails.
pub(crate) fn serve() -> ! {
    if rustix::process::getpid() != Pid::INIT {
        process::exit_now(125);
    }
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CLOEXEC;
    let Ok(words) = rustix::fs::open(WORDS, flags, Mode::empty()) else {
        process::exit_now(125);
    };
    match run(&words) {
        Err(fault) => {
            let _ = say(&words, &failed(&fault));
            process::exit_now(125)
        }
        Ok(never) => match never {},
    }
}

fn run(words: &OwnedFd) -> Result<Infallible, Fault> {
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .step("PR_SET_DUMPABLE")?;
    rustix::thread::set_name(c"ringfence").step("PR_SET_NAME")?;
    let mut text = Vec::new();
    let letter = File::open(LETTER).step("the letter")?;
    letter
        .take(SPEC_BYTES)
        .read_to_end(&mut text)
        .step("the letter")?;
    let letter: Letter = serde_json::from_slice(&text).step("the letter")?;
    let limit = letter.spec.shape.limits.pids;
    let pids = limit.map(Pids::make).transpose()?;
    cover_settings()?;
    // The letter, the words and this binary are nobody's business from here on.
    rustix::mount::mount(
        "none",
        PLACE,
        "tmpfs",
        MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV,
        c"mode=0555,size=4096",
    )
    .step("covering what is not the payload's")?;
    // The payload is the owner of what user 0 owns here; the device directory becomes nobody's.
    rustix::fs::chown(
        "/dev",
        Some(Uid::from_raw(NOBODY)),
        Some(Gid::from_raw(NOBODY)),
    )
    .step("closing /dev")?;
    rustix::thread::set_no_new_privs(true).step("no_new_privs")?;
    let signals = process::signal_inbox().step("signals")?;
    let start = Start::new(&letter, pids.as_ref())?;
    wait_for_release(words);
    let (outcome, payload) = start.start()?;
    match init::outcome(outcome)? {
        None => say(words, &Word::Executed)?,
        Some(errno) => {
            say(words, &Word::ExecFailed { errno })?;
            process::exit_now(127);
        }
    }
    Guest {
        words,
        signals,
        payload,
        pids,
        pids_reached: false,
    }
    .serve()
}

/// Covers those files of `/proc` that this release of the second kernel lets its user 0 write to, whom the payload is the same as.
fn cover_settings() -> Result<(), Fault> {
    for path in SETTINGS {
        match rustix::mount::mount_bind(NOTHING, path) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => {}
            Err(e) => return Err(e).step(format_args!("covering {path}")),
        }
    }
    Ok(())
}

/// Waits until the keeper lets the payload go, or takes this whole kernel away. Nothing wakes a reader of a file of the host.
fn wait_for_release(words: &OwnedFd) {
    let mut reader = Reader::default();
    let mut pause = RELEASE_PAUSE;
    while !reader
        .next(words)
        .iter()
        .any(|word| matches!(word, Word::Go))
    {
        std::thread::sleep(pause);
        pause = (pause * 2).min(RELEASE_PAUSE_MAX);
    }
}

/// The pids controller of the second kernel, mounted where nobody finds it. It counts the payload's tasks and no others.
struct Pids {
    limit: u64,
    join: OwnedFd,
    current: OwnedFd,
}

impl Pids {
    fn make(limit: u64) -> Result<Self, Fault> {
        let what = "limit `pids` can not be enforced behind gVisor";
        rustix::mount::mount("none", PIDS, "cgroup", MountFlags::empty(), c"pids").step(what)?;
        let group = format!("{PIDS}/payload");
        std::fs::create_dir(&group).step(what)?;
        std::fs::write(format!("{group}/pids.max"), limit.to_string()).step(what)?;
        let open = |name: &str, flags| {
            rustix::fs::open(
                format!("{group}/{name}"),
                flags | OFlags::CLOEXEC,
                Mode::empty(),
            )
            .step(what)
        };
        Ok(Self {
            limit,
            join: open("cgroup.procs", OFlags::WRONLY)?,
            current: open("pids.current", OFlags::RDONLY)?,
        })
    }

    /// Whether as many tasks are there as are allowed, these included that were there a moment ago.
    fn reached(&self, gone: u64) -> bool {
        let mut text = [0_u8; 32];
        let count = rustix::io::pread(&self.current, &mut text, 0).unwrap_or(0);
        let text = text.get(..count).unwrap_or_default();
        let number = str::from_utf8(text).ok().map(str::trim);
        let count = number.and_then(|n| n.parse::<u64>().ok());
        count.is_some_and(|count| count.saturating_add(gone) >= self.limit)
    }
}

/// Everything that the payload's process needs between fork and exec, made before the fork.
struct Start<'a> {
    letter: &'a Letter,
    pids: Option<&'a Pids>,
    base: crate::seccomp::Filter,
    fence: crate::seccomp::Payload,
    program: CString,
    argv: Vec<CString>,
    env: Vec<CString>,
}

impl<'a> Start<'a> {
    fn new(letter: &'a Letter, pids: Option<&'a Pids>) -> Result<Self, Fault> {
        let claim = &letter.spec.claim;
        let string = |bytes: &[u8]| {
            CString::new(bytes).step("NUL in the program, an argument or the environment")
        };
        let argv = claim.argv.iter().map(|a| string(a.as_bytes()));
        let env = claim
            .env
            .iter()
            .map(|(k, v)| string(format!("{k}={v}").as_bytes()));
        Ok(Self {
            letter,
            pids,
            base: crate::seccomp::base()?,
            // Every byte that is behind the second kernel is counted, wherever it hides.
            fence: crate::seccomp::payload(&letter.spec, StandIns::default())?,
            program: string(claim.program.as_os_str().as_bytes())?,
            argv: argv.collect::<Result<_, _>>()?,
            env: env.collect::<Result<_, _>>()?,
        })
    }

    /// Starts the payload. The pipe that comes back tells whether it could be executed. A fork would cost the second kernel an
    /// address space, which is a tenth of the whole start.
    fn start(self) -> Result<(OwnedFd, Pid), Fault> {
        let (outcome, tell) =
            rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).step("pipe")?;
        let pid = spawn_sharing(&|| {
            let message = match self.become_payload() {
                Err(fault) => [b"F", fault.0.as_bytes()].concat(),
                Ok(errno) => [b"E".as_slice(), &errno.to_le_bytes()].concat(),
            };
            // Nobody reads before this process is gone: what the pipe does not hold must not be waited for.
            let message = message.get(..REASON_BYTES).unwrap_or(&message);
            let _ = rustix::io::write(&tell, message);
        })
        .step("starting the payload's process")?;
        Ok((outcome, pid))
    }

    /// Gives up everything that is not the payload's and executes it; returns only on failure, with the error of execve.
    fn become_payload(&self) -> Result<i32, Fault> {
        let Letter {
            spec,
            umask,
            open_files,
            stand_ins,
        } = self.letter;
        if let Some(pids) = self.pids {
            rustix::io::write(&pids.join, b"0").step("entering the group of limit `pids`")?;
        }
        process::new_session().step("setsid")?;
        let identity = &spec.shape.identity;
        // Whoever starts the sandbox is user 0 to the second kernel; the payload is to see the ids of the spec.
        net::unshare_namespaces(UnshareFlags::NEWUSER).step("making a user namespace")?;
        let map = |file: &str, id: u32| {
            std::fs::write(format!("/proc/self/{file}"), format!("{id} 0 1\n")).step(file)
        };
        map("gid_map", identity.gid)?;
        map("uid_map", identity.uid)?;
        drop_capabilities().step("dropping capabilities")?;
        let cwd = &spec.claim.cwd;
        rustix::process::chdir(cwd).step(format_args!("entering {}", cwd.display()))?;
        rustix::process::umask(Mode::from_raw_mode(*umask));
        let limit = |current, maximum| Rlimit { current, maximum };
        if let Some(count) = open_files {
            let hard = rustix::process::getrlimit(Resource::Nofile).maximum;
            let soft = hard.map_or(*count, |hard| hard.min(*count));
            rustix::process::setrlimit(Resource::Nofile, limit(Some(soft), hard))
                .step("RLIMIT_NOFILE")?;
        }
        rustix::process::setrlimit(Resource::Core, limit(Some(0), Some(0))).step("RLIMIT_CORE")?;
        crate::limits::apply_rlimits(&spec.shape.limits, StandIns::from_byte(*stand_ins))?;
        process::reset_own_signals().step("signals")?;
        // Nothing to close: `runsc` hands over three descriptors, and every other one is closed by the exec.
        self.base.install()?;
        // Last, because a profile may refuse what was done until here.
        for filter in &self.fence.filters {
            filter.install()?;
        }
        let error = process::execve(&self.program, &self.argv, &self.env, self.fence.pass);
        Ok(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

struct Guest<'a> {
    words: &'a OwnedFd,
    signals: OwnedFd,
    payload: Pid,
    pids: Option<Pids>,
    pids_reached: bool,
}

impl Guest<'_> {
    fn serve(mut self) -> ! {
        loop {
            let look = Timespec {
                tv_sec: 0,
                tv_nsec: LOOK_MS * 1_000_000,
            };
            let watched = self.pids.as_ref().filter(|_| !self.pids_reached);
            let timeout = watched.map(|_| &look);
            let mut set = [PollFd::new(&self.signals, PollFlags::IN)];
            let _ = poll(&mut set, timeout);
            self.look(0);
            self.pass_on();
            while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
                if pid == self.payload {
                    self.end(status);
                }
            }
        }
    }

    /// Remembers whether the limit on tasks was met.
    fn look(&mut self, gone: u64) {
        let reached = |pids: &Pids| pids.reached(gone);
        self.pids_reached |= self.pids.as_ref().is_some_and(reached);
    }

    /// Hands every signal that came to the payload's process group.
    fn pass_on(&self) {
        let mut siginfo = [0_u8; 128];
        while let Ok(count) = rustix::io::read(&self.signals, &mut siginfo) {
            let number = process::signal_of(siginfo.get(..count).unwrap_or_default());
            let signal = number.and_then(Signal::from_named_raw);
            if let Some(signal) = signal.filter(|signal| *signal != Signal::CHILD) {
                let _ = rustix::process::kill_process_group(self.payload, signal);
            }
        }
    }

    /// Says how it ended; with pid 1 every other process in here goes.
    fn end(&mut self, status: WaitStatus) -> ! {
        // The payload itself was one of them.
        self.look(1);
        let mut seen = usage::at_the_end();
        seen.pids_reached = self.pids_reached;
        let word = Word::Exit {
            code: status.exit_status(),
            signal: status.terminating_signal(),
            leftover: peers::leftover(),
            seen,
        };
        let _ = say(self.words, &word);
        process::exit_now(0)
    }
}
