//! Pid 1 of a sandbox: takes the last steps of the construction from inside, starts the payload, reaps, forwards
//! signals, keeps the wall-clock limit and reports. The same code ends both backends.

pub(crate) mod collect;
mod payload;
pub(crate) mod peers;
mod terminal;
pub(crate) mod usage;
mod watch;

pub(crate) use payload::{Image, outcome};
pub(crate) use peers::leftover;
pub(crate) use usage::at_the_end;

use std::convert::Infallible;
use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use ringfence_policy::SandboxSpec;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Rlimit, Signal, WaitOptions, WaitStatus};
use rustix::thread::{CapabilitySet, CapabilitySets};

use crate::error::{Fault, Step};
use crate::limits::StandIns;
use crate::seccomp::Filter;
use crate::sys::process;
use crate::wire::{Answer, Channel, KilledFor, Order, Report, Request, Seen};

/// What the init works with. Descriptors 0, 1 and 2 are the payload's streams already.
#[derive(Debug)]
pub(crate) struct Seat<'a> {
    /// Reports and orders.
    pub(crate) control: &'a Channel,
    /// Requests.
    pub(crate) requests: &'a Channel,
    /// What to run.
    pub(crate) spec: SandboxSpec,
    /// The compiled filter.
    pub(crate) filter: Filter,
    /// The payload's descriptor limit, unless the spec sets one.
    pub(crate) open_files: Rlimit,
    /// What stands in for limits without a cgroup.
    pub(crate) stand_ins: StandIns,
    /// Whether each scratch directory is a file system of its own, so that their sum has to be watched.
    pub(crate) scratch_apart: bool,
    /// The payload's umask.
    pub(crate) umask: rustix::fs::Mode,
    /// Whether the cgroup namespace is still to be made (needs the capabilities that are dropped after it).
    pub(crate) cgroup_namespace: bool,
}

/// Hidden argument under which this binary is the init of a bubblewrap sandbox.
pub(crate) const HIDDEN_INIT: &str = "--ringfence-hidden-init";

/// Serves the hidden arguments if these are there; returns otherwise.
///
/// The init of bubblewrap is started as `ringfence-init --ringfence-hidden-init CONTROL,REQUESTS,SPEC,STDERR,GATE`, five
/// descriptor numbers. Anybody may type that: without the descriptors it only fails.
pub(crate) fn serve_hidden_arguments() {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next().unwrap_or_default();
    if first == OsStr::new(crate::docker::inside::HIDDEN) {
        process::exit_now(crate::docker::inside::serve());
    }
    if first == OsStr::new(crate::gvisor::HIDDEN_GUEST) {
        crate::gvisor::serve();
    }
    if first != OsStr::new(HIDDEN_INIT) {
        return;
    }
    let numbers = arguments.next().unwrap_or_default();
    let code = match hidden_init(&numbers.to_string_lossy()) {
        Err(_) => 125,
        Ok(never) => match never {},
    };
    process::exit_now(code)
}

fn hidden_init(numbers: &str) -> Result<Infallible, Fault> {
    let mut fds = numbers.split(',').map(|n| {
        let number = n.parse::<i32>().step("hidden arguments")?;
        if number < 3 {
            Err(Fault::new("hidden arguments"))
        } else {
            process::inherited(number).step("hidden arguments")
        }
    });
    let mut next = || {
        fds.next()
            .unwrap_or_else(|| Err(Fault::new("hidden arguments")))
    };
    let (control, requests, spec) = (Channel::from(next()?), Channel::from(next()?), next()?);
    // `bwrap` keeps a stream of its own for its complaints.
    process::put_at(next()?.as_fd(), 2).step("hidden arguments")?;
    let gate = next()?;
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .step("PR_SET_DUMPABLE")?;
    process::scrub_inherited_strings(c"ringfence");
    rustix::thread::set_name(c"ringfence").step("PR_SET_NAME")?;
    // The keeper looks at what was built and has the network captured, then lets us go on.
    rustix::io::write(&gate, b"i").step("the keeper has gone")?;
    let mut word = [0_u8; 1];
    if rustix::io::retry_on_intr(|| rustix::io::read(&gate, &mut word))
        .step("the keeper has gone")?
        == 0
    {
        process::exit_now(0);
    }
    drop(gate);
    let built = crate::parcel::unpack(&spec).and_then(|spec| {
        let filter = crate::seccomp::base()?;
        run(&Seat {
            control: &control,
            requests: &requests,
            spec,
            filter,
            open_files: rustix::process::getrlimit(rustix::process::Resource::Nofile),
            stand_ins: StandIns::from_byte(word[0]),
            scratch_apart: true,
            umask: rustix::process::umask(rustix::fs::Mode::empty()),
            cgroup_namespace: false,
        })
    });
    match built {
        Err(fault) => {
            let _ = control.send(
                &Report::Failed {
                    text: fault.0.clone(),
                },
                &[],
            );
            Err(fault)
        }
        Ok(never) => match never {},
    }
}

/// The rest of the construction, then the init's life. Returns only when the construction failed.
pub(crate) fn run(seat: &Seat<'_>) -> Result<Infallible, Fault> {
    let claim = &seat.spec.claim;
    crate::keyring::new_session().step("making a keyring of its own")?;
    rustix::process::chdir(&claim.cwd).step(format_args!("entering {}", claim.cwd.display()))?;
    let terminal = claim.terminal.map(terminal::open).transpose()?;
    let landlock = crate::landlock::prepare(&seat.spec)?;
    let mut protections = vec!["seccomp".to_owned()];
    protections.extend(landlock.protections.iter().cloned());
    if seat.spec.shape.single_process {
        protections.push("single-process".into());
    }
    if seat.spec.shape.limits.disk.is_some() {
        let name = match seat.scratch_apart {
            true => "-disk(watched)",
            false => "disk",
        };
        protections.push(name.into());
    }
    let collect = collect::open(&seat.spec, Path::new("/"))?;
    let slave = {
        let (master, slave) = terminal.unzip();
        let fds: Vec<BorrowedFd<'_>> = master.iter().chain(&collect).map(AsFd::as_fd).collect();
        let ready = Report::Ready {
            protections,
            terminal: master.is_some(),
            collect: collect.is_some(),
        };
        seat.control.send(&ready, &fds).step("reporting")?;
        slave
    };
    drop(collect);
    match seat
        .control
        .receive::<Order>()
        .step("waiting for the release")?
    {
        Some((Order::Release, _)) => {}
        Some(_) => return Err(Fault::new("orders out of order")),
        None => process::exit_now(0),
    }
    if seat.cgroup_namespace {
        process::unshare_cgroup().step("making a cgroup namespace")?;
    }
    drop_capabilities().step("dropping capabilities")?;
    rustix::thread::set_no_new_privs(true).step("no_new_privs")?;
    let children = process::child_signals().step("signals")?;
    let image = payload::Image::new(seat)?;
    let watch = watch::Watch::new(seat)?;
    // Once for both: the payload inherits it.
    seat.filter.install()?;
    let (outcome, payload) = image.start(seat, slave.as_ref(), landlock)?;
    drop(slave);
    let began = Instant::now();
    let null = File::options()
        .read(true)
        .write(true)
        .open("/dev/null")
        .step("opening /dev/null")?;
    for number in 0..3 {
        process::put_at(null.as_fd(), number).step("standard streams")?;
    }
    drop(null);
    match payload::outcome(outcome)? {
        None => seat
            .control
            .send(&Report::Executed, &[])
            .step("reporting")?,
        Some(errno) => {
            let _ = seat.control.send(&Report::ExecFailed { errno }, &[]);
            process::exit_now(127);
        }
    }
    let deadline = seat
        .spec
        .shape
        .limits
        .wall_ms
        .and_then(|ms| began.checked_add(Duration::from_millis(ms)));
    Init {
        seat,
        children,
        payload,
        began,
        deadline,
        watch,
        orders: true,
        requests: true,
        timeout: false,
        killed_for: None,
    }
    .serve()
}

/// Empties every capability set, the bounding one included.
pub(crate) fn drop_capabilities() -> rustix::io::Result<()> {
    match rustix::thread::clear_ambient_capability_set() {
        // Nothing to clear: gVisor has no such set.
        Ok(()) | Err(rustix::io::Errno::INVAL) => {}
        Err(e) => return Err(e),
    }
    for bit in 0..64 {
        let capability = CapabilitySet::from_bits_retain(1 << bit);
        match rustix::thread::remove_capability_from_bounding_set(capability) {
            Ok(()) => {}
            Err(rustix::io::Errno::INVAL) => break,
            // Who may not take it away can have lost it before.
            Err(e) => match rustix::thread::capability_is_in_bounding_set(capability) {
                Ok(false) => {}
                Err(rustix::io::Errno::INVAL) => break,
                _ => return Err(e),
            },
        }
    }
    let none = CapabilitySet::empty();
    rustix::thread::set_capabilities(
        None,
        CapabilitySets {
            effective: none,
            permitted: none,
            inheritable: none,
        },
    )
}

struct Init<'a> {
    seat: &'a Seat<'a>,
    children: OwnedFd,
    payload: Pid,
    began: Instant,
    deadline: Option<Instant>,
    watch: Option<watch::Watch>,
    orders: bool,
    requests: bool,
    timeout: bool,
    killed_for: Option<KilledFor>,
}

impl Init<'_> {
    fn serve(mut self) -> ! {
        loop {
            let [children, orders, requests] = self.wait();
            // Looked at each time, not only when nothing happens: a payload can keep us busy with dead children.
            self.look_at_limits();
            if children {
                self.reap();
            }
            if orders {
                self.order();
            }
            if requests {
                self.answer();
            }
        }
    }

    /// Kills everything when the wall-clock limit, or one of those that are watched, has passed.
    fn look_at_limits(&mut self) {
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.timeout = true;
            self.deadline = None;
            let _ = process::kill_all_others();
        }
        if let Some(watch) = self.watch.as_mut().filter(|watch| now >= watch.due())
            && let Some(limit) = watch.look()
        {
            self.killed_for.get_or_insert(limit);
            let _ = process::kill_all_others();
        }
    }

    /// Which of the descriptors are readable, once one is or a limit is to be looked at.
    fn wait(&self) -> [bool; 3] {
        let quiet = PollFlags::empty();
        let mut set = [
            PollFd::new(&self.children, PollFlags::IN),
            PollFd::new(
                self.seat.control,
                if self.orders { PollFlags::IN } else { quiet },
            ),
            PollFd::new(
                self.seat.requests,
                if self.requests { PollFlags::IN } else { quiet },
            ),
        ];
        let due = self.watch.as_ref().map(watch::Watch::due);
        let next = self.deadline.into_iter().chain(due).min();
        let left = next.map(|next| next.saturating_duration_since(Instant::now()));
        let left = left.map(|d| Timespec {
            tv_sec: d.as_secs() as i64,
            tv_nsec: i64::from(d.subsec_nanos()),
        });
        match poll(&mut set, left.as_ref()) {
            Ok(_) => {
                let [a, b, c] = set;
                [
                    !a.revents().is_empty(),
                    self.orders && !b.revents().is_empty(),
                    self.requests && !c.revents().is_empty(),
                ]
            }
            Err(_) => [true, false, false],
        }
    }

    /// Collects every dead child; the payload's death ends the sandbox.
    fn reap(&mut self) {
        // Emptied first, so that a death after the last wait makes it readable again.
        let mut siginfo = [0_u8; 128];
        let _ = rustix::io::read(&self.children, &mut siginfo);
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if pid == self.payload {
                self.end(status);
            }
        }
    }

    /// Reports and exits; the kernel kills what is left of the pid namespace.
    fn end(&self, status: WaitStatus) -> ! {
        let report = Report::Exit {
            code: status.exit_status(),
            signal: status.terminating_signal(),
            timeout: self.timeout,
            wall_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            leftover: peers::leftover(),
            seen: self.seen(),
        };
        let _ = self.seat.control.send(&report, &[]);
        process::exit_now(0)
    }

    fn seen(&self) -> Seen {
        let watch = self.watch.as_ref();
        Seen {
            killed_for: self.killed_for,
            pids_reached: watch.is_some_and(|watch| watch.pids_reached),
            watched_memory: watch.and_then(|watch| watch.peak_memory),
            ..usage::at_the_end()
        }
    }

    fn order(&mut self) {
        match self.seat.control.receive::<Order>() {
            Ok(Some((Order::Signal(number), _))) => {
                if let Some(signal) = Signal::from_named_raw(number) {
                    let _ = rustix::process::kill_process_group(self.payload, signal);
                }
            }
            Ok(Some((Order::Release, _))) | Err(_) => {}
            // The supervisor is gone: so is the sandbox.
            Ok(None) => process::exit_now(0),
        }
    }

    fn answer(&mut self) {
        let (request, _) = match self.seat.requests.receive::<Request>() {
            Ok(Some(request)) => request,
            Ok(None) | Err(_) => {
                self.requests = false;
                return;
            }
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
            Request::ProcessOf { port } => Answer::Process(peers::process_of(port)),
        };
        let fds: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
        let _ = self.seat.requests.send(&answer, &fds);
    }
}
