//! Pid 1 outside the second kernel: starts `runsc` on release, keeps the limits that are kept from outside, passes orders in and
//! words out. When it ends, the kernel removes everything that it started.

use std::convert::Infallible;
use std::ffi::CString;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use ringfence_policy::SandboxSpec;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;
use rustix::process::{Pid, Signal, WaitOptions};

use super::letter::{Reader, Word, say};
use super::memory::Meter;
use super::relay::Output;
use super::tool::Asked;
use super::{GvisorError, Tool, bundle};
use crate::bounds::{REASON_BYTES, STEP_MS};
use crate::error::{Fault, Step};
use crate::init::{collect, peers, usage};
use crate::spawner::Job;
use crate::sys::clone::fork;
use crate::sys::process;
use crate::wire::{Answer, KilledFor, Order, Report, Request, Seen};

/// How often memory is looked at where no cgroup counts it.
const LOOK: Duration = Duration::from_millis(20);

/// How often it is looked at for the report alone: what is freed at the end is not seen at the end.
const REPORT_LOOK: Duration = Duration::from_millis(100);

/// What pid 1 works with.
pub(super) struct Seat<'a> {
    pub(super) job: &'a Job,
    pub(super) spec: &'a SandboxSpec,
    /// Its answer comes while the second kernel starts.
    pub(super) asked: Asked,
    pub(super) words: OwnedFd,
    pub(super) outputs: [Output; 2],
}

/// Starts the second kernel, reports that everything stands, and lets the payload go when it is released: until then pid 1 inside
/// waits. Returns only when something failed before the payload ran.
pub(super) fn watch(seat: Seat<'_>) -> Result<Infallible, Fault> {
    let Seat {
        job,
        spec,
        asked,
        words,
        mut outputs,
    } = seat;
    let collect = collect::open(spec, bundle::outer("/").as_path())?;
    let news = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)
        .step("inotify")?;
    inotify::add_watch(&news, bundle::OUTER_WORDS, inotify::WatchFlags::MODIFY).step("inotify")?;
    let children = process::child_signals().step("signals")?;
    let meter = Meter::new(spec)?;
    let streams = [job.stdio[0].as_fd(), outputs[0].inner(), outputs[1].inner()];
    let runsc = start(&bundle::arguments(spec), streams)?;
    outputs.iter_mut().for_each(Output::started);
    report_ready(job, spec, &asked.answer()?, collect)?;
    match job
        .control
        .receive::<Order>()
        .step("waiting for the release")?
    {
        Some((Order::Release, _)) => say(&words, &Word::Go)?,
        Some(_) => return Err(Fault::new("orders out of order")),
        None => process::exit_now(0),
    }
    let (limits, stand_ins) = (&spec.shape.limits, job.stand_ins);
    Watch {
        job,
        spec,
        words,
        outputs,
        meter,
        looked: (job.tasks.is_empty() && limits.memory.is_none()).then(Instant::now),
        memory: limits
            .memory
            .filter(|_| stand_ins.memory && stand_ins.watched),
        news,
        children,
        runsc,
        reader: Reader::default(),
        began: Instant::now(),
        executed: false,
        deadline: None,
        orders: true,
        requests: true,
    }
    .serve()
}

fn report_ready(
    job: &Job,
    spec: &SandboxSpec,
    tool: &Tool,
    collect: Option<OwnedFd>,
) -> Result<(), Fault> {
    let mut protections = vec![format!("gvisor {}", tool.version), "seccomp".to_owned()];
    if spec.shape.limits.pids.is_some() {
        protections.push("pids".to_owned());
    }
    if spec.shape.single_process {
        protections.push("single-process".to_owned());
    }
    if spec.shape.limits.disk.is_some() {
        protections.push("disk".to_owned());
    }
    let ready = Report::Ready {
        protections,
        terminal: false,
        collect: collect.is_some(),
    };
    let fds: Vec<BorrowedFd<'_>> = collect.iter().map(AsFd::as_fd).collect();
    job.control.send(&ready, &fds).step("reporting")
}

/// Runs `runsc` with these streams and nothing else open.
fn start(arguments: &[String], streams: [BorrowedFd<'_>; 3]) -> Result<Pid, Fault> {
    let text = |text: &str| CString::new(text).step("NUL in an argument");
    let program = text(bundle::RUNSC)?;
    let argv: Vec<CString> = arguments
        .iter()
        .map(|a| text(a))
        .collect::<Result<_, _>>()?;
    let env = [text("PATH=/")?, text("HOME=/tmp")?];
    match fork().step("fork")? {
        Some(pid) => Ok(pid),
        None => {
            let executed = (|| -> std::io::Result<Infallible> {
                for (stream, number) in streams.into_iter().zip(0..) {
                    process::put_at(stream, number)?;
                }
                process::cloexec_from(3)?;
                rustix::process::setsid()?;
                process::reset_signals()?;
                Err(process::execve(
                    &program,
                    &argv,
                    &env,
                    process::Pass::default(),
                ))
            })();
            let _ = executed;
            process::exit_now(126)
        }
    }
}

struct Watch<'a> {
    job: &'a Job,
    spec: &'a SandboxSpec,
    words: OwnedFd,
    outputs: [Output; 2],
    news: OwnedFd,
    children: OwnedFd,
    runsc: Pid,
    reader: Reader,
    began: Instant,
    executed: bool,
    deadline: Option<Instant>,
    orders: bool,
    requests: bool,
    meter: Meter,
    /// Last look for the report; none where a cgroup counts or the limit makes us look anyway.
    looked: Option<Instant>,
    /// The limit that is kept by looking.
    memory: Option<u64>,
}

/// Which descriptor has something.
#[derive(Debug, Default)]
struct Ready {
    news: bool,
    children: bool,
    orders: bool,
    requests: bool,
    outputs: [bool; 2],
}

impl Watch<'_> {
    fn serve(mut self) -> Result<Infallible, Fault> {
        loop {
            let ready = self.wait();
            for (output, ready) in self.outputs.iter_mut().zip(ready.outputs) {
                if ready {
                    output.copy();
                }
            }
            if ready.news {
                let mut events = [0_u8; 4096];
                while rustix::io::read(&self.news, &mut events).is_ok_and(|count| count > 0) {}
                self.listen()?;
            }
            if ready.children {
                self.reap()?;
            }
            if ready.orders {
                self.order();
            }
            if ready.requests {
                self.answer();
            }
            self.keep_limits()?;
        }
    }

    fn wait(&self) -> Ready {
        let quiet = PollFlags::empty();
        let read = |wanted: bool| if wanted { PollFlags::IN } else { quiet };
        let control = &self.job.control;
        let requests = &self.job.requests;
        let mut set = vec![
            PollFd::new(&self.news, PollFlags::IN),
            PollFd::new(&self.children, PollFlags::IN),
            PollFd::new(control, read(self.orders)),
            PollFd::new(requests, read(self.requests)),
        ];
        for output in &self.outputs {
            let (fd, flags) = match output.source() {
                Some(source) => (source, PollFlags::IN),
                None => (self.news.as_fd(), quiet),
            };
            set.push(PollFd::from_borrowed_fd(fd, flags));
        }
        let timeout = self.patience().map(|d| Timespec {
            tv_sec: i64::try_from(d.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(d.subsec_nanos()),
        });
        match poll(&mut set, timeout.as_ref()) {
            Err(_) | Ok(0) => Ready::default(),
            Ok(_) => {
                let at = |n: usize| set.get(n).is_some_and(|fd| !fd.revents().is_empty());
                Ready {
                    news: at(0),
                    children: at(1),
                    orders: self.orders && at(2),
                    requests: self.requests && at(3),
                    outputs: [at(4), at(5)].map(|ready| ready),
                }
            }
        }
    }

    /// How long nothing needs to be looked at.
    fn patience(&self) -> Option<Duration> {
        let start = Duration::from_millis(u64::try_from(STEP_MS).unwrap_or(0));
        let until = match self.executed {
            true => self.deadline,
            false => self.began.checked_add(start),
        };
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        match (&self.memory, left) {
            (Some(_), left) => Some(left.unwrap_or(LOOK).min(LOOK)),
            (None, left) if self.looked.is_some() => {
                Some(left.unwrap_or(REPORT_LOOK).min(REPORT_LOOK))
            }
            (None, left) => left,
        }
    }

    /// What the guest has to say.
    fn listen(&mut self) -> Result<(), Fault> {
        for word in self.reader.next(&self.words) {
            match word {
                Word::Executed if !self.executed => {
                    self.executed = true;
                    self.began = Instant::now();
                    let wall = self.spec.shape.limits.wall_ms.map(Duration::from_millis);
                    self.deadline = wall.and_then(|wall| self.began.checked_add(wall));
                    let executed = Report::Executed;
                    self.job.control.send(&executed, &[]).step("reporting")?;
                }
                Word::ExecFailed { errno } if !self.executed => {
                    let _ = self.job.control.send(&Report::ExecFailed { errno }, &[]);
                    process::exit_now(127)
                }
                Word::Failed { text } if !self.executed => return Err(Fault(text)),
                Word::Exit {
                    code,
                    signal,
                    leftover,
                    seen,
                } if self.executed => self.end(code, signal, false, leftover, seen),
                _ => {}
            }
        }
        Ok(())
    }

    /// Collects dead children; the death of `runsc` is the end, whatever it was.
    fn reap(&mut self) -> Result<(), Fault> {
        let mut siginfo = [0_u8; 128];
        let _ = rustix::io::read(&self.children, &mut siginfo);
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if pid != self.runsc {
                continue;
            }
            self.listen()?;
            if !self.executed {
                return Err(complaint(status.exit_status()));
            }
            // It took the payload with it: killed for memory as a rule, which the cgroup tells.
            self.end(None, Some(libc::SIGKILL), false, 0, Seen::default());
        }
        Ok(())
    }

    fn keep_limits(&mut self) -> Result<(), Fault> {
        if self.looked.is_some_and(|at| at.elapsed() >= REPORT_LOOK) {
            self.meter.read();
            self.looked = Some(Instant::now());
        }
        let over = self.memory.is_some_and(|limit| self.meter.read() > limit);
        if over && self.executed {
            let seen = Seen {
                killed_for: Some(KilledFor::Oom),
                ..Seen::default()
            };
            self.end(None, Some(libc::SIGKILL), false, 0, seen);
        }
        let late = self.deadline.is_some_and(|end| Instant::now() >= end);
        if late {
            self.end(None, Some(libc::SIGKILL), true, 0, Seen::default());
        }
        let patience = Duration::from_millis(u64::try_from(STEP_MS).unwrap_or(0));
        if !self.executed && self.began.elapsed() > patience {
            return Err(Fault(format!(
                "runsc makes no progress within {} s",
                STEP_MS / 1000
            )));
        }
        Ok(())
    }

    /// Kills what is left, copies what it had written, reports and goes.
    fn end(
        &mut self,
        code: Option<i32>,
        signal: Option<i32>,
        timeout: bool,
        leftover: u32,
        mut seen: Seen,
    ) -> ! {
        let wall = self.began.elapsed();
        self.meter.read();
        // Nothing that was seen is not nothing that was held.
        seen.watched_memory = Some(self.meter.peak).filter(|peak| *peak > 0);
        // That of the second kernel as well: it is used for the payload.
        seen.cpu_ms = usage::at_the_end().cpu_ms;
        // Everything but this process; the last writers of the pipes go with it.
        let _ = process::kill_all_others();
        for output in &mut self.outputs {
            while output.copy() {}
        }
        // Those of one process of many: what the second kernel held is not among them.
        seen.largest_process = None;
        let report = Report::Exit {
            code,
            signal,
            timeout,
            wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
            leftover,
            seen,
        };
        let _ = self.job.control.send(&report, &[]);
        process::exit_now(0)
    }

    fn order(&mut self) {
        match self.job.control.receive::<Order>() {
            Ok(Some((Order::Signal(libc::SIGKILL), _))) => {
                self.end(None, Some(libc::SIGKILL), false, 0, Seen::default())
            }
            Ok(Some((Order::Signal(number), _))) if Signal::from_named_raw(number).is_some() => {
                let null = std::fs::File::options()
                    .read(true)
                    .write(true)
                    .open("/dev/null");
                if let Ok(null) = null {
                    let streams = [null.as_fd(), null.as_fd(), null.as_fd()];
                    let _ = start(&bundle::kill_arguments(number), streams);
                }
            }
            Ok(Some(_)) | Err(_) => {}
            // The supervisor is gone: so is the sandbox.
            Ok(None) => process::exit_now(0),
        }
    }

    fn answer(&mut self) {
        let requests = &self.job.requests;
        let Ok(Some((request, _))) = requests.receive::<Request>() else {
            self.requests = false;
            return;
        };
        let mut fds = Vec::new();
        let answer = match request {
            Request::Sockets { count } => match crate::capture::inner_sockets(count) {
                Ok(sockets) => {
                    fds = sockets;
                    Answer::Sockets
                }
                Err(_) => Answer::Failed { errno: libc::EIO },
            },
            Request::Listening => Answer::Listening(peers::listening()),
            // Every socket is the second kernel's.
            Request::ProcessOf { .. } => Answer::Process(None),
        };
        let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
        let _ = requests.send(&answer, &fds);
    }
}

/// What `runsc` wrote before it gave up.
fn complaint(code: Option<i32>) -> Fault {
    let mut text = String::new();
    let log = std::fs::File::open(bundle::LOG);
    let _ = log.map(|log| log.take(REASON_BYTES as u64 / 2).read_to_string(&mut text));
    let said = text.trim();
    let said = if said.is_empty() {
        "it said nothing"
    } else {
        said
    };
    let code = code.map_or_else(
        || "was killed".to_owned(),
        |code| format!("exit code {code}"),
    );
    GvisorError::Unusable(format!(
        "runsc ended before the payload began ({code}): {said}; see `ringfence doctor`"
    ))
    .into()
}
