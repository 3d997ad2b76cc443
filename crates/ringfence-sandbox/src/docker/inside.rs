//! Pid 1 of a container: this binary again, under a hidden argument. It takes the last steps from inside, waits for the release,
//! starts the payload, reaps, forwards signals and tells the end.
//!
//! A container has no socket to the keeper, only its standard streams, and gVisor lets none be made. So the keeper sends an
//! [`Errand`] on standard input before the payload's own input begins, and the init answers on standard error: a line before the
//! payload starts, and a [`Trailer`] when everything else in the container is dead. What is between is the payload's. The trailer
//! begins with a number that only the keeper and this process know; the payload can neither read it nor imitate it.

use std::convert::Infallible;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use ringfence_policy::SandboxSpec;
use rustix::process::{Pid, Resource, Signal, WaitOptions, WaitStatus};
use serde::{Deserialize, Serialize};

use crate::bounds::{REASON_BYTES, SPEC_BYTES};
use crate::error::{Fault, Step};
use crate::init::{Image, Seat};
use crate::sys::process;
use crate::wire::{Channel, Seen};

/// Hidden argument under which this binary is the init of a container.
pub(crate) const HIDDEN: &str = "--ringfence-hidden-container";

/// What the init is told first: its length as four bytes (little endian), then JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Errand {
    /// The spec, without what has no use inside.
    pub(super) spec: SandboxSpec,
    /// Begins the trailer.
    pub(super) nonce: String,
}

/// The init's lines: the first is `Ready`, the second, after the release, `Going`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Greeting {
    /// Everything stands.
    Ready {
        /// Protections in force.
        protections: Vec<String>,
        /// Why the program can not be executed.
        errno: Option<i32>,
    },
    /// Every lock is in place, the payload is next.
    Going,
    /// Something is not as it should be.
    Failed(String),
}

/// Lets the payload begin.
pub(super) const GO: u8 = b'g';

/// How the payload ended; the last thing on standard error.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) wall_ms: u64,
    pub(super) leftover: u32,
    pub(super) seen: Seen,
}

/// What stands before the trailer's JSON.
pub(super) fn mark(nonce: &str) -> Vec<u8> {
    [b"\0ringfence-end-", nonce.as_bytes(), b":"].concat()
}

/// Serves the hidden argument. Anybody may type it: without an errand it only fails.
pub(crate) fn serve() -> i32 {
    match run() {
        Ok(never) => match never {},
        Err(fault) => {
            let mut text = fault.0;
            let end = (0..=REASON_BYTES.min(text.len()))
                .rev()
                .find(|i| text.is_char_boundary(*i));
            text.truncate(end.unwrap_or(0));
            let _ = say(&Greeting::Failed(text));
            125
        }
    }
}

fn say(greeting: &Greeting) -> io::Result<()> {
    let mut line = serde_json::to_vec(greeting)?;
    line.push(b'\n');
    io::stderr().write_all(&line)
}

fn run() -> Result<Infallible, Fault> {
    let Errand { spec, nonce } = errand()?;
    rustix::thread::set_name(c"ringfence").step("PR_SET_NAME")?;
    let claim = &spec.claim;
    rustix::process::chdir(&claim.cwd).step(format_args!("entering {}", claim.cwd.display()))?;
    let landlock = crate::landlock::prepare(&spec)?;
    let filter = crate::seccomp::base()?;
    let mut protections = vec!["seccomp".to_owned()];
    protections.extend(landlock.protections.iter().cloned());
    let executable = rustix::fs::access(&claim.program, rustix::fs::Access::EXEC_OK);
    let errno = executable.err().map(rustix::io::Errno::raw_os_error);
    say(&Greeting::Ready { protections, errno }).step("reporting")?;
    let mut go = [0];
    let stdin = io::stdin();
    // Unbuffered: the bytes after this one are the payload's.
    if read(stdin.as_fd(), &mut go)? == 0 || go != [GO] {
        process::exit_now(0);
    }
    // From here on code of the same user runs; the keeper has looked at everything that it wanted to.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .step("PR_SET_DUMPABLE")?;
    no_capabilities()?;
    rustix::thread::set_no_new_privs(true).step("no_new_privs")?;
    let signals = process::all_signals().step("signals")?;
    let tell = io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .step("standard error")?;
    let (control, requests) = Channel::pair().step("socket pair")?;
    let seat = Seat {
        control: &control,
        requests: &requests,
        filter,
        open_files: rustix::process::getrlimit(Resource::Nofile),
        umask: rustix::process::umask(rustix::fs::Mode::empty()),
        cgroup_namespace: false,
        // The engine keeps the limits, and shows one file system for all scratch directories.
        stand_ins: crate::limits::StandIns::default(),
        scratch_apart: false,
        spec,
    };
    let image = Image::new(&seat)?;
    seat.filter.install()?;
    say(&Greeting::Going).step("reporting")?;
    let (outcome, payload) = image.start(&seat, None, landlock)?;
    let began = Instant::now();
    let null: OwnedFd = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .step("opening /dev/null")?
        .into();
    for number in 0..3 {
        process::put_at(null.as_fd(), number).step("standard streams")?;
    }
    let failed = match crate::init::outcome(outcome) {
        Ok(None) => None,
        Ok(Some(errno)) => {
            let program = seat.spec.claim.program.display();
            let error = io::Error::from_raw_os_error(errno);
            let code = if errno == libc::ENOENT { 127 } else { 126 };
            Some((code, format!("{program}: {error}")))
        }
        Err(fault) => Some((125, fault.0)),
    };
    let pid1 = Pid1 {
        payload,
        signals,
        tell,
        nonce,
        began,
    };
    if let Some((code, text)) = failed {
        let line = format!("ringfence: {text}\n");
        let _ = rustix::io::write(&pid1.tell, line.as_bytes());
        pid1.end(Some(code), None);
    }
    pid1.serve()
}

/// The engine was told to leave none; gVisor knows no call to drop some of them.
fn no_capabilities() -> Result<(), Fault> {
    let sets = rustix::thread::capabilities(None).step("reading the capabilities")?;
    let held = sets.effective | sets.permitted | sets.inheritable;
    if held.is_empty() {
        Ok(())
    } else {
        Err(Fault(format!("the engine left capabilities: {held:?}")))
    }
}

fn errand() -> Result<Errand, Fault> {
    let stdin = io::stdin();
    let mut length = [0; 4];
    fill(stdin.as_fd(), &mut length)?;
    let length = u32::from_le_bytes(length);
    if u64::from(length) > SPEC_BYTES {
        return Err(Fault::new("the errand is over its limit"));
    }
    let mut json = vec![0; length as usize];
    fill(stdin.as_fd(), &mut json)?;
    serde_json::from_slice(&json).step("the errand")
}

fn fill(fd: std::os::fd::BorrowedFd<'_>, buffer: &mut [u8]) -> Result<(), Fault> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read(fd, rest)? {
            0 => return Err(Fault::new("no errand on standard input")),
            count => filled += count,
        }
    }
    Ok(())
}

fn read(fd: std::os::fd::BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Fault> {
    rustix::io::retry_on_intr(|| rustix::io::read(fd, &mut *buffer)).step("standard input")
}

struct Pid1 {
    payload: Pid,
    signals: OwnedFd,
    tell: OwnedFd,
    nonce: String,
    began: Instant,
}

impl Pid1 {
    fn serve(self) -> ! {
        loop {
            // A `signalfd_siginfo`, whose first field is the number.
            let mut info = [0_u8; 128];
            let number = match rustix::io::read(&self.signals, &mut info) {
                Ok(_) => info.first_chunk().map_or(0, |b| i32::from_le_bytes(*b)),
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => libc::SIGCHLD,
            };
            if number == libc::SIGCHLD {
                self.reap();
            } else if let Some(signal) = Signal::from_named_raw(number) {
                let _ = rustix::process::kill_process_group(self.payload, signal);
            }
        }
    }

    fn reap(&self) {
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if pid == self.payload {
                self.end_with(status);
            }
        }
    }

    fn end_with(&self, status: WaitStatus) -> ! {
        self.end(status.exit_status(), status.terminating_signal())
    }

    /// Kills what is left, so that nobody else writes any more, and tells the end.
    fn end(&self, code: Option<i32>, signal: Option<i32>) -> ! {
        let wall_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let leftover = crate::init::leftover();
        let seen = crate::init::at_the_end();
        if process::kill_all_others().is_ok() {
            while rustix::io::retry_on_intr(|| rustix::process::wait(WaitOptions::empty()))
                .is_ok_and(|found| found.is_some())
            {}
        }
        let trailer = Trailer {
            code,
            signal,
            wall_ms,
            leftover,
            seen,
        };
        let mut bytes = mark(&self.nonce);
        bytes.extend(serde_json::to_vec(&trailer).unwrap_or_default());
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            match rustix::io::retry_on_intr(|| rustix::io::write(&self.tell, rest)) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(_) => break,
            }
        }
        process::exit_now(code.unwrap_or_else(|| 128 + signal.unwrap_or(0)))
    }
}
