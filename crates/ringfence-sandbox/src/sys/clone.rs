//! `clone3`: fork with namespaces and a pidfd.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::process::Pid;

/// Which side of [`clone`] one is on.
#[derive(Debug)]
pub(crate) enum Side {
    /// The caller, with the child's pid and a close-on-exec pidfd of it.
    Parent(Pid, OwnedFd),
    /// The new process.
    Child,
}

/// Every namespace of a native sandbox but the cgroup one, which is entered after the move into its cgroup.
pub(crate) const NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS;

/// libc's constant of this name is too narrow for its value.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Forks, with these `CLONE_NEW*` flags. The caller has one thread (see [`super::process::single_threaded`]).
pub(crate) fn clone(namespaces: i32) -> io::Result<Side> {
    clone_into(namespaces, None)
}

/// The same; the child is born in the cgroup (v2) whose directory is given, which spares the kernel's slow migration.
pub(crate) fn clone_into(namespaces: i32, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Side> {
    let mut pidfd: libc::c_int = -1;
    // SAFETY: all-zero is a valid value of this plain C struct.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = (namespaces as u32 as u64) | (libc::CLONE_PIDFD as u64);
    args.pidfd = (&raw mut pidfd) as u64;
    if let Some(cgroup) = cgroup {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = cgroup.as_raw_fd() as u64;
    }
    args.exit_signal = libc::SIGCHLD as u64;
    // SAFETY: `args` is a valid clone_args of the size given, `pidfd` outlives the call, and no new
    // stack or shared memory is asked for, so this behaves like fork in a single-threaded process.
    let pid = unsafe {
        libc::syscall(
            libc::SYS_clone3,
            &raw mut args,
            size_of::<libc::clone_args>(),
        )
    };
    if pid == 0 {
        return Ok(Side::Child);
    }
    // Not handed to `from_raw` when negative, which it asserts against.
    match i32::try_from(pid.max(0)).ok().and_then(Pid::from_raw) {
        Some(pid) if pidfd >= 0 => {
            // SAFETY: the kernel has just made this descriptor for us and nobody else owns it.
            Ok(Side::Parent(pid, unsafe { OwnedFd::from_raw_fd(pidfd) }))
        }
        _ => Err(io::Error::last_os_error()),
    }
}

/// Forks plainly; `None` in the child. For where the filter stands already, which refuses `clone3`. One thread, as above.
pub(crate) fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: the process has one thread, so the child may do whatever the parent might.
    match unsafe { libc::fork() } {
        0 => Ok(None),
        pid => Pid::from_raw(pid.max(0))
            .map(Some)
            .ok_or_else(io::Error::last_os_error),
    }
}

/// Bytes of stack for what [`spawn_sharing`] runs; only what is touched is ever there.
const SPAWN_STACK: usize = 512 * 1024;

/// Runs `child` in a new process that shares this one's memory, and waits until it has executed a program or is gone, like
/// `posix_spawn`; returning ends that process with code 127. It is for where a copy of the address space is dear. Descriptors and signal handlers are copies. One thread, as
/// above.
pub(crate) fn spawn_sharing(child: &dyn Fn()) -> io::Result<Pid> {
    extern "C" fn run(argument: *mut libc::c_void) -> libc::c_int {
        // SAFETY: the argument is the reference below, which outlives the suspended caller's wait.
        let child = unsafe { *argument.cast::<&dyn Fn()>() };
        child();
        127
    }
    let mut stack = vec![0_u8; SPAWN_STACK];
    let mut argument = child;
    // SAFETY: the stack is large enough for what is called here, is used by nobody else and grows down from its aligned end. The
    // caller's only thread stands still (CLONE_VFORK) as long as the child uses the shared memory.
    let pid = unsafe {
        let end = stack.as_mut_ptr().add(SPAWN_STACK);
        let end = end.sub(end.addr() % 16);
        libc::clone(
            run,
            end.cast(),
            libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
            (&raw mut argument).cast(),
        )
    };
    Pid::from_raw(pid.max(0)).ok_or_else(io::Error::last_os_error)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::path::PathBuf;

    use super::*;

    /// A place to make cgroups in, where this machine has the unified hierarchy mounted and lets us.
    fn unified() -> Option<PathBuf> {
        let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
        let mount = mounts
            .lines()
            .find(|line| line.split(' ').nth(2) == Some("cgroup2"))?;
        let dir = PathBuf::from(mount.split(' ').nth(1)?)
            .join(format!("ringfence-{}-birth", std::process::id()));
        std::fs::create_dir(&dir).ok()?;
        Some(dir)
    }

    #[test]
    fn a_child_is_born_in_the_cgroup_given() {
        let Some(dir) = unified() else { return };
        let place = std::fs::File::open(&dir).unwrap();
        let (read, write) = rustix::pipe::pipe().unwrap();
        // The test harness has threads: the child makes system calls only.
        match clone_into(0, Some(place.as_fd())).unwrap() {
            Side::Child => {
                let file = rustix::fs::open(
                    c"/proc/self/cgroup",
                    rustix::fs::OFlags::RDONLY,
                    rustix::fs::Mode::empty(),
                );
                let mut text = [0_u8; 4096];
                let n = file
                    .and_then(|file| rustix::io::read(&file, &mut text))
                    .unwrap_or(0);
                let _ = rustix::io::write(&write, text.get(..n).unwrap_or_default());
                super::super::process::exit_now(0)
            }
            Side::Parent(pid, _) => {
                drop(write);
                let text = std::io::read_to_string(std::fs::File::from(read)).unwrap();
                rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty()).unwrap();
                let name = dir.file_name().unwrap().to_str().unwrap();
                let own = text
                    .lines()
                    .find(|line| line.starts_with("0::"))
                    .map(str::to_owned);
                std::fs::remove_dir(&dir).unwrap();
                assert!(
                    own.as_deref().is_some_and(|line| line.ends_with(name)),
                    "{text}"
                );
            }
        }
    }
}
