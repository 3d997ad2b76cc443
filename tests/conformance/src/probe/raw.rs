//! The attacks that need system calls without a safe wrapper: the one module of this crate with `unsafe` in it.
#![allow(unsafe_code)]

use std::io::{Error, Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode};
use rustix::process::Pid;

use crate::limits::ANSWER;
use crate::probe::{HIDDEN, Verdict};
use crate::server::MARK;

/// System calls with arguments that do nothing: no valid pointer, no valid descriptor, an invalid flag. A kernel that was reached
/// says so (`EFAULT`, `EBADF`, `EINVAL`, success); a filter answers `EPERM` or `ENOSYS` before it.
const HARMLESS: [(&str, libc::c_long, [libc::c_long; 6]); 31] = [
    // Attaching to process 0, which does not exist.
    ("ptrace", libc::SYS_ptrace, [16, 0, 0, 0, 0, 0]),
    (
        "process_vm_readv",
        libc::SYS_process_vm_readv,
        [0x7fff_fff0, 0, 0, 0, 0, 0],
    ),
    (
        "process_vm_writev",
        libc::SYS_process_vm_writev,
        [0x7fff_fff0, 0, 0, 0, 0, 0],
    ),
    ("pidfd_getfd", libc::SYS_pidfd_getfd, [-1, -1, 0, 0, 0, 0]),
    (
        "kcmp",
        libc::SYS_kcmp,
        [0x7fff_fff0, 0x7fff_fff0, 0, 0, 0, 0],
    ),
    (
        "io_uring_setup",
        libc::SYS_io_uring_setup,
        [1, 0, 0, 0, 0, 0],
    ),
    // Descriptor for faults of user mode only, closed when the probe ends.
    ("userfaultfd", libc::SYS_userfaultfd, [1, 0, 0, 0, 0, 0]),
    ("bpf", libc::SYS_bpf, [0, 0, 0, 0, 0, 0]),
    (
        "perf_event_open",
        libc::SYS_perf_event_open,
        [0, 0, -1, -1, 0, 0],
    ),
    ("clone3", libc::SYS_clone3, [0, 0, 0, 0, 0, 0]),
    // CLONE_NEWUSER, for this short-lived process only; so the next ones.
    (
        "unshare-user",
        libc::SYS_unshare,
        [0x1000_0000, 0, 0, 0, 0, 0],
    ),
    (
        "unshare-user-and-mounts",
        libc::SYS_unshare,
        [0x1002_0000, 0, 0, 0, 0, 0],
    ),
    (
        "unshare-network",
        libc::SYS_unshare,
        [0x5000_0000, 0, 0, 0, 0, 0],
    ),
    ("setns", libc::SYS_setns, [-1, 0, 0, 0, 0, 0]),
    ("mount", libc::SYS_mount, [0, 0, 0, 0, 0, 0]),
    ("umount2", libc::SYS_umount2, [0, 0, 0, 0, 0, 0]),
    ("pivot_root", libc::SYS_pivot_root, [0, 0, 0, 0, 0, 0]),
    ("fsopen", libc::SYS_fsopen, [0, 0, 0, 0, 0, 0]),
    ("open_tree", libc::SYS_open_tree, [-1, 0, 0, 0, 0, 0]),
    ("move_mount", libc::SYS_move_mount, [-1, 0, -1, 0, 0, 0]),
    (
        "mount_setattr",
        libc::SYS_mount_setattr,
        [-1, 0, 0, 0, 0, 0],
    ),
    (
        "open_by_handle_at",
        libc::SYS_open_by_handle_at,
        [-1, 0, 0, 0, 0, 0],
    ),
    ("keyctl", libc::SYS_keyctl, [0, -3, 0, 0, 0, 0]),
    ("add_key", libc::SYS_add_key, [0, 0, 0, 0, 0, 0]),
    ("request_key", libc::SYS_request_key, [0, 0, 0, 0, 0, 0]),
    ("init_module", libc::SYS_init_module, [0, 0, 0, 0, 0, 0]),
    ("finit_module", libc::SYS_finit_module, [-1, 0, 0, 0, 0, 0]),
    // An invalid number of segments.
    ("kexec_load", libc::SYS_kexec_load, [0, 1000, 0, 0, 0, 0]),
    ("quotactl", libc::SYS_quotactl, [-1, 0, 0, 0, 0, 0]),
    ("swapon", libc::SYS_swapon, [0, -1, 0, 0, 0, 0]),
    // SYSLOG_ACTION_SIZE_BUFFER: reads a number.
    ("syslog", libc::SYS_syslog, [10, 0, 0, 0, 0, 0]),
];

/// `NAME`: the system call reaches the kernel.
pub(super) fn syscall(args: &[&str]) -> std::io::Result<Verdict> {
    let found = args
        .first()
        .and_then(|name| HARMLESS.iter().find(|(known, ..)| known == name));
    let Some((name, number, a)) = found else {
        return Ok(Verdict::missing("no such system call in the table"));
    };
    // SAFETY: the arguments are constants of the table above; none is a valid address, so the kernel writes nothing here.
    let result = unsafe { libc::syscall(*number, a[0], a[1], a[2], a[3], a[4], a[5]) };
    let error = Error::last_os_error();
    Ok(match (result, error.raw_os_error()) {
        (0.., _) => Verdict::yes(format!("{name} succeeded")),
        (_, Some(libc::EPERM | libc::ENOSYS)) => Verdict::no(format!("{name}: {error}")),
        _ => Verdict::yes(format!("{name} reached the kernel: {error}")),
    })
}

const KEY_TYPE: &std::ffi::CStr = c"user";
const KEY_NAME: &std::ffi::CStr = c"ringfence-prove-decoy";
const USER_SESSION_KEYRING: libc::c_long = -5;

/// Puts a decoy key into the keyring that all sessions of this user share.
pub(crate) fn add_decoy_key(text: &str) -> std::io::Result<i64> {
    // SAFETY: both names end with NUL, and `text` is alive and as long as said.
    let key = unsafe {
        libc::syscall(
            libc::SYS_add_key,
            KEY_TYPE.as_ptr(),
            KEY_NAME.as_ptr(),
            text.as_ptr(),
            text.len(),
            USER_SESSION_KEYRING,
        )
    };
    if key < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(key)
    }
}

/// Takes it out again.
pub(crate) fn drop_decoy_key(key: i64) {
    const KEYCTL_UNLINK: libc::c_long = 9;
    // SAFETY: no pointers.
    let _ = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            KEYCTL_UNLINK,
            key,
            USER_SESSION_KEYRING,
            0,
            0,
        )
    };
}

/// `TEXT`: the decoy key can be found and read.
pub(super) fn keyring(args: &[&str]) -> std::io::Result<Verdict> {
    let [text] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    const KEYCTL_SEARCH: libc::c_long = 10;
    const KEYCTL_READ: libc::c_long = 11;
    // SAFETY: both names end with NUL.
    let key = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            KEYCTL_SEARCH,
            USER_SESSION_KEYRING,
            KEY_TYPE.as_ptr(),
            KEY_NAME.as_ptr(),
            0,
        )
    };
    if key < 0 {
        return Err(Error::last_os_error());
    }
    let mut value = [0_u8; 256];
    // SAFETY: the buffer is alive and as long as said.
    let length = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            KEYCTL_READ,
            key,
            value.as_mut_ptr(),
            value.len(),
            0,
        )
    };
    let length = usize::try_from(length).map_err(|_| Error::last_os_error())?;
    let read = String::from_utf8_lossy(&value[..length.min(value.len())]).into_owned();
    Ok(if read.contains(text) {
        Verdict::yes("read a key of the user's keyring")
    } else {
        Verdict::no("another key")
    })
}

/// Types a command into a terminal that others read, as the incident of `TIOCSTI` did. The terminal is made for it.
pub(super) fn push_back_input() -> std::io::Result<Verdict> {
    if rustix::process::setsid().is_err() {
        // Already the leader of a session: a child is not.
        let output = Command::new("/proc/self/exe")
            .args([HIDDEN, "push-back-input"])
            .output()?;
        let verdict = Verdict::find(&String::from_utf8_lossy(&output.stdout));
        return Ok(verdict.unwrap_or_else(|| Verdict::no("the child said nothing")));
    }
    let master =
        rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY)?;
    rustix::pty::grantpt(&master)?;
    rustix::pty::unlockpt(&master)?;
    let path = rustix::pty::ptsname(&master, Vec::new())?;
    let terminal = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(Path::new(&*path.to_string_lossy()))?;
    rustix::process::ioctl_tiocsctty(&terminal)?;
    let byte = b'x';
    // SAFETY: TIOCSTI reads one byte at the address.
    let result = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSTI, &raw const byte) };
    let error = Error::last_os_error();
    // Closing it would hang up on this session, and the verdict is still to be said.
    std::mem::forget(master);
    Ok(match (result, error.raw_os_error()) {
        (0, _) => Verdict::yes("typed into the terminal"),
        (_, Some(libc::EIO)) => {
            Verdict::no("switched off in this kernel (dev.tty.legacy_tiocsti = 0)")
        }
        _ => Verdict::no(error.to_string()),
    })
}

/// `KIND`: a socket of this kind can be made.
pub(super) fn socket(args: &[&str]) -> std::io::Result<Verdict> {
    let kind = *args.first().unwrap_or(&"");
    let (family, kind_number, protocol) = match kind {
        "vsock" => (libc::AF_VSOCK, libc::SOCK_STREAM, 0),
        "alg" => (libc::AF_ALG, libc::SOCK_SEQPACKET, 0),
        "packet" => (libc::AF_PACKET, libc::SOCK_RAW, 0),
        "raw" => (libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP),
        "raw-v6" => (libc::AF_INET6, libc::SOCK_RAW, libc::IPPROTO_ICMPV6),
        "netfilter" => (libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_NETFILTER),
        "sctp" => (libc::AF_INET, libc::SOCK_STREAM, libc::IPPROTO_SCTP),
        _ => return Ok(Verdict::missing("no such kind of socket in the table")),
    };
    // SAFETY: no pointers; the descriptor ends with the process.
    let made = unsafe { libc::socket(family, kind_number, protocol) };
    if made < 0 {
        Ok(Verdict::no(Error::last_os_error().to_string()))
    } else {
        Ok(Verdict::yes(format!("made a {kind} socket")))
    }
}

/// Takes the loopback interface down, which holds the capture.
pub(super) fn loopback_down() -> std::io::Result<Verdict> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    // SAFETY: an all-zero `ifreq` is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo\0") {
        *to = *from as libc::c_char;
    }
    // The flags stay all zero: down.
    // SAFETY: SIOCSIFFLAGS reads the `ifreq` at the address.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if result == 0 {
        Ok(Verdict::yes("took the loopback interface down"))
    } else {
        Ok(Verdict::no(Error::last_os_error().to_string()))
    }
}

/// `ADDRESS:PORT`: the origin answers over multipath TCP, which rules for TCP may not cover.
pub(super) fn multipath(args: &[&str]) -> std::io::Result<Verdict> {
    let target: std::net::SocketAddr = args.first().unwrap_or(&"").parse().map_err(Error::other)?;
    // SAFETY: no pointers.
    let made = unsafe {
        libc::socket(
            libc::AF_INET,
            libc::SOCK_STREAM | libc::SOCK_CLOEXEC,
            libc::IPPROTO_MPTCP,
        )
    };
    if made < 0 {
        return Ok(Verdict::missing(format!(
            "multipath TCP: {}",
            Error::last_os_error()
        )));
    }
    // SAFETY: the descriptor was just made and belongs to nobody else.
    let mut stream: std::net::TcpStream = unsafe { std::os::fd::FromRawFd::from_raw_fd(made) };
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(ANSWER))?;
    rustix::net::connect(&stream, &target)?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n")?;
    let mut answer = String::new();
    let mut chunk = [0; 1000];
    while !answer.contains(MARK) {
        match stream.read(&mut chunk)? {
            0 => return Ok(Verdict::no("not answered by the origin")),
            n => answer.push_str(&String::from_utf8_lossy(&chunk[..n])),
        }
    }
    Ok(Verdict::yes("answered"))
}

/// A child that waits until it is killed, and dies with this process.
pub(super) fn fork_sleeper() -> std::io::Result<Pid> {
    // SAFETY: the child calls only functions that are safe after a fork, and does not return.
    match unsafe { libc::fork() } {
        -1 => Err(Error::last_os_error()),
        0 => {
            // SAFETY: no pointers; both are system calls only.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                loop {
                    libc::pause();
                }
            }
        }
        pid => Pid::from_raw(pid).ok_or_else(|| Error::other("no such process")),
    }
}

/// A child touches memory page by page up to a number of bytes; returns how far it came.
pub(super) fn touch_in_child(bytes: usize) -> std::io::Result<usize> {
    const STEP: usize = 1 << 20;
    let (mut reader, writer) = std::io::pipe()?;
    // SAFETY: the probe has one thread; the child calls system calls only and does not return.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: the new mapping is private to this child and `bytes` long; each write is inside it; the pipe is open.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            let memory = libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                flags,
                -1,
                0,
            )
            .cast::<u8>();
            if memory.cast() == libc::MAP_FAILED {
                libc::_exit(1);
            }
            for step in 0..bytes / STEP {
                for page in 0..STEP / 4096 {
                    memory.add(step * STEP + page * 4096).write_volatile(1);
                }
                libc::write(writer.as_raw_fd(), [1_u8].as_ptr().cast(), 1);
            }
            libc::_exit(0);
        }
    }
    drop(writer);
    let child = Pid::from_raw(pid).ok_or_else(Error::last_os_error)?;
    let mut steps = Vec::new();
    reader.read_to_end(&mut steps)?;
    rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty())?;
    Ok(steps.len() * STEP)
}

/// The node of `/dev/zero` at another place.
pub(super) fn make_zero_device(path: &Path) -> std::io::Result<()> {
    let mode = Mode::RUSR | Mode::WUSR;
    Ok(rustix::fs::mknodat(
        CWD,
        path,
        FileType::CharacterDevice,
        mode,
        rustix::fs::makedev(1, 5),
    )?)
}

/// User, network and mount namespaces of this process's own; it is root there.
pub(super) fn enter_own_namespaces() -> std::io::Result<()> {
    let (uid, gid) = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    // SAFETY: no pointers; this process has one thread.
    if unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWNS) } != 0 {
        return Err(Error::last_os_error());
    }
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}
