//! Process attributes: descriptors, signals, ids, environment, exec, exit.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Whether the calling process has one thread only.
pub(crate) fn single_threaded() -> bool {
    // SAFETY: unsharing the thread group is a no-op for a single thread and EINVAL otherwise; no memory is touched.
    unsafe { libc::unshare(libc::CLONE_THREAD) == 0 }
}

/// Enters a new cgroup namespace, rooted where the process is now.
pub(crate) fn unshare_cgroup() -> io::Result<()> {
    // SAFETY: touches no memory and no descriptor.
    check(unsafe { libc::unshare(libc::CLONE_NEWCGROUP) }).map(drop)
}

/// Enters a mount namespace of its own, a copy of the caller's.
pub(crate) fn unshare_mounts() -> io::Result<()> {
    // SAFETY: touches no memory and no descriptor.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) }).map(drop)
}

/// Ends the process at once: no destructor runs, no buffer is flushed twice after a fork.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

/// Closes every descriptor from 0 up that is not in `keep`.
pub(crate) fn close_all_but(keep: &[RawFd]) -> io::Result<()> {
    let mut keep: Vec<libc::c_uint> = keep
        .iter()
        .filter_map(|fd| libc::c_uint::try_from(*fd).ok())
        .collect();
    keep.sort_unstable();
    let mut first = 0;
    for fd in keep {
        if fd > first {
            close_range(first, fd - 1, 0)?;
        }
        first = first.max(fd + 1);
    }
    close_range(first, libc::c_uint::MAX, 0)
}

/// Makes a session of its own. Not by rustix, which insists on an id where gVisor answers 0.
pub(crate) fn new_session() -> io::Result<()> {
    // SAFETY: touches no memory and no descriptor.
    check(unsafe { libc::setsid() }).map(drop)
}

/// Marks every descriptor from `first` up close-on-exec.
pub(crate) fn cloexec_from(first: u32) -> io::Result<()> {
    match close_range(first, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) {
        // Older gVisors do not know the flag.
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => cloexec_one_by_one(first),
        other => other,
    }
}

fn cloexec_one_by_one(first: u32) -> io::Result<()> {
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.parse::<u32>().ok());
        let Some(number) = number.filter(|number| *number >= first) else {
            continue;
        };
        // SAFETY: setting a descriptor flag touches no memory. The one of this very reading is open until its end.
        check(unsafe { libc::fcntl(number.cast_signed(), libc::F_SETFD, libc::FD_CLOEXEC) })?;
    }
    Ok(())
}

fn close_range(first: libc::c_uint, last: libc::c_uint, flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: closing descriptors touches no memory; the callers are fresh forks that use none of those closed again.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// Makes `fd` the descriptor `number` (0, 1 or 2), without close-on-exec.
pub(crate) fn put_at(fd: BorrowedFd<'_>, number: RawFd) -> io::Result<()> {
    if fd.as_raw_fd() == number {
        // SAFETY: clearing a descriptor flag touches no memory.
        return check(unsafe { libc::fcntl(number, libc::F_SETFD, 0) }).map(drop);
    }
    // SAFETY: `number` is one of the standard streams, which no OwnedFd of this crate owns.
    check(unsafe { libc::dup2(fd.as_raw_fd(), number) }).map(drop)
}

/// Blocks every signal and returns a descriptor that is readable when a child changes state.
pub(crate) fn child_signals() -> io::Result<OwnedFd> {
    signals(&[libc::SIGCHLD])
}

/// Blocks every signal and returns a descriptor that is readable when one has come and never waited at; see [`signal_of`].
pub(crate) fn signal_inbox() -> io::Result<OwnedFd> {
    signals(&(1..=64).collect::<Vec<_>>())
}

/// The number in what was read from a descriptor of signals.
pub(crate) fn signal_of(siginfo: &[u8]) -> Option<i32> {
    let number = siginfo.first_chunk::<4>()?;
    i32::try_from(u32::from_ne_bytes(*number)).ok()
}

fn signals(wanted: &[i32]) -> io::Result<OwnedFd> {
    // SAFETY: `set` is initialised by sigfillset/sigemptyset before it is read; signalfd makes a new descriptor.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut set);
        check(libc::sigprocmask(
            libc::SIG_BLOCK,
            &raw const set,
            std::ptr::null_mut(),
        ))?;
        libc::sigemptyset(&raw mut set);
        for signal in wanted {
            libc::sigaddset(&raw mut set, *signal);
        }
        let fd = check(libc::signalfd(
            -1,
            &raw const set,
            libc::SFD_CLOEXEC | libc::SFD_NONBLOCK,
        ))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Blocks every signal and returns a descriptor that they are read from, one at a time, as `signalfd_siginfo`.
pub(crate) fn all_signals() -> io::Result<OwnedFd> {
    // SAFETY: `set` is initialised by sigfillset before it is read; signalfd makes a new descriptor.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut set);
        check(libc::sigprocmask(
            libc::SIG_BLOCK,
            &raw const set,
            std::ptr::null_mut(),
        ))?;
        let fd = check(libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Kills every other process of this pid namespace. Refused to anybody but its first one, who may.
pub(crate) fn kill_all_others() -> io::Result<()> {
    if std::process::id() != 1 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    // SAFETY: touches no memory; pid 1 of a pid namespace reaches only what is in it, and not itself.
    match check(unsafe { libc::kill(-1, libc::SIGKILL) }) {
        Err(e) if e.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        other => other.map(drop),
    }
}

/// Gives every signal its default action and unblocks them all: the state that a program expects at its start.
pub(crate) fn reset_signals() -> io::Result<()> {
    // SIGKILL, SIGSTOP and the two that libc keeps for itself answer EINVAL; that is fine.
    reset(1..=64)
}

/// The same for a process that inherited nothing: the only signal that it ignores is the one that Rust's runtime does. What is
/// caught becomes the default by the exec.
pub(crate) fn reset_own_signals() -> io::Result<()> {
    reset([libc::SIGPIPE])
}

fn reset(signals: impl IntoIterator<Item = i32>) -> io::Result<()> {
    // SAFETY: SIG_DFL installs no handler code; `set` is initialised by sigemptyset before it is read.
    unsafe {
        for signal in signals {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        check(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const set,
            std::ptr::null_mut(),
        ))
        .map(drop)
    }
}

/// Becomes this user and group for good, without supplementary groups.
pub(crate) fn become_user(uid: u32, gid: u32) -> io::Result<()> {
    // SAFETY: plain system calls; an empty group list needs no pointer. The raw calls are meant: the process has one thread.
    unsafe {
        check(libc::setgroups(0, std::ptr::null()))?;
        check(libc::setresgid(gid, gid, gid))?;
        check(libc::setresuid(uid, uid, uid)).map(drop)
    }
}

/// Overwrites the environment and argument strings that this process inherited, in place, so that neither
/// its memory nor `/proc/PID/environ` nor `cmdline` shows them, and leaves `title` as the command line.
///
/// Call it in a fresh single-threaded fork that reads neither its arguments nor its environment again.
pub(crate) fn scrub_inherited_strings(title: &CStr) {
    let argv_bytes: usize = std::env::args_os().map(|a| a.len() + 1).sum();
    let Some((start, length)) = stack_strings() else {
        return;
    };
    // SAFETY: the kernel put the argument and environment strings of this process at `start..start+length`
    // (fields arg_start to env_end of /proc/self/stat), writable and private; nothing else lives there and no
    // thread reads them meanwhile. `argv_bytes` bounds the part that belongs to the arguments.
    unsafe {
        let base = start as *mut u8;
        std::ptr::write_bytes(base, 0, length);
        let title = title.to_bytes();
        let room = argv_bytes.min(length).saturating_sub(1);
        std::ptr::copy_nonoverlapping(title.as_ptr(), base, title.len().min(room));
    }
}

/// Address and length of the argument and environment strings, as the kernel says.
fn stack_strings() -> Option<(usize, usize)> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Fields are counted after the command name, which may hold spaces and parentheses.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(45);
    let arg_start: usize = fields.next()?.parse().ok()?;
    let env_end: usize = fields.nth(2)?.parse().ok()?;
    (arg_start != 0 && env_end > arg_start).then(|| (arg_start, env_end - arg_start))
}

/// What a call of [`execve`] carries in the three argument registers that it does not use, so that a filter can tell it from
/// every other one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pass(pub(crate) [u64; 3]);

impl Pass {
    /// Nobody can guess it.
    pub(crate) fn random() -> io::Result<Self> {
        let mut words = [0; 3];
        for word in &mut words {
            let mut bytes = [0_u8; 8];
            let filled =
                rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
            if filled != bytes.len() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            *word = u64::from_ne_bytes(bytes);
        }
        Ok(Self(words))
    }
}

/// Replaces the process image; returns only on failure.
pub(crate) fn execve(program: &CStr, argv: &[CString], env: &[CString], pass: Pass) -> io::Error {
    let argv: Vec<*const libc::c_char> = argv
        .iter()
        .map(|s| s.as_ptr())
        .chain([std::ptr::null()])
        .collect();
    let env: Vec<*const libc::c_char> = env
        .iter()
        .map(|s| s.as_ptr())
        .chain([std::ptr::null()])
        .collect();
    let [a, b, c] = pass.0;
    // SAFETY: both arrays are NULL-terminated and their strings outlive the call; the kernel ignores what follows them.
    unsafe {
        libc::syscall(
            libc::SYS_execve,
            program.as_ptr(),
            argv.as_ptr(),
            env.as_ptr(),
            a,
            b,
            c,
        )
    };
    io::Error::last_os_error()
}

/// What the children that were waited for, and theirs, used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// User and system time in milliseconds.
    pub(crate) cpu_ms: u64,
    /// Largest resident set of one of them, in bytes.
    pub(crate) peak_memory: u64,
}

/// `getrusage(RUSAGE_CHILDREN)`.
pub(crate) fn usage_of_children() -> Option<Used> {
    // SAFETY: all-zero is a valid value of this plain C struct, and the kernel writes one through a valid pointer.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        if libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) != 0 {
            return None;
        }
        usage
    };
    let millis = |time: libc::timeval| {
        let (seconds, micros) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_usec));
        seconds.unwrap_or(0).saturating_mul(1000) + micros.unwrap_or(0) / 1000
    };
    Some(Used {
        cpu_ms: millis(usage.ru_utime).saturating_add(millis(usage.ru_stime)),
        // The kernel counts in units of 1024 bytes.
        peak_memory: u64::try_from(usage.ru_maxrss)
            .unwrap_or(0)
            .saturating_mul(1024),
    })
}

/// Takes ownership of a descriptor that this process was started with.
pub(crate) fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_SETFD fails with EBADF when the number is no open descriptor and touches no memory.
    check(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: it is open (checked above), was named to us by our parent, and nothing in this process owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
