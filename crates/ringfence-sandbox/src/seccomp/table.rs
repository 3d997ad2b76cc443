//! Numbers of the system calls that profiles name.

use super::SeccompError;
use super::profile::broken;

macro_rules! calls {
    ($($name:ident = $number:expr),* $(,)?) => {
        &[$((stringify!($name), $number as u32)),*]
    };
}

/// On every architecture that we build for.
const COMMON: &[(&str, u32)] = calls![
    acct = libc::SYS_acct,
    add_key = libc::SYS_add_key,
    bpf = libc::SYS_bpf,
    chroot = libc::SYS_chroot,
    clone = libc::SYS_clone,
    clone3 = libc::SYS_clone3,
    delete_module = libc::SYS_delete_module,
    finit_module = libc::SYS_finit_module,
    fchmod = libc::SYS_fchmod,
    fchmodat = libc::SYS_fchmodat,
    fsconfig = libc::SYS_fsconfig,
    fsmount = libc::SYS_fsmount,
    fsopen = libc::SYS_fsopen,
    fspick = libc::SYS_fspick,
    init_module = libc::SYS_init_module,
    io_uring_enter = libc::SYS_io_uring_enter,
    io_uring_register = libc::SYS_io_uring_register,
    io_uring_setup = libc::SYS_io_uring_setup,
    ioctl = libc::SYS_ioctl,
    kcmp = libc::SYS_kcmp,
    kexec_load = libc::SYS_kexec_load,
    keyctl = libc::SYS_keyctl,
    mknodat = libc::SYS_mknodat,
    mount = libc::SYS_mount,
    mount_setattr = libc::SYS_mount_setattr,
    move_mount = libc::SYS_move_mount,
    name_to_handle_at = libc::SYS_name_to_handle_at,
    open_by_handle_at = libc::SYS_open_by_handle_at,
    open_tree = libc::SYS_open_tree,
    openat = libc::SYS_openat,
    openat2 = libc::SYS_openat2,
    perf_event_open = libc::SYS_perf_event_open,
    personality = libc::SYS_personality,
    pidfd_getfd = libc::SYS_pidfd_getfd,
    pivot_root = libc::SYS_pivot_root,
    process_vm_readv = libc::SYS_process_vm_readv,
    process_vm_writev = libc::SYS_process_vm_writev,
    ptrace = libc::SYS_ptrace,
    quotactl = libc::SYS_quotactl,
    quotactl_fd = libc::SYS_quotactl_fd,
    reboot = libc::SYS_reboot,
    request_key = libc::SYS_request_key,
    setns = libc::SYS_setns,
    socket = libc::SYS_socket,
    socketpair = libc::SYS_socketpair,
    swapoff = libc::SYS_swapoff,
    swapon = libc::SYS_swapon,
    syslog = libc::SYS_syslog,
    umount2 = libc::SYS_umount2,
    unshare = libc::SYS_unshare,
    userfaultfd = libc::SYS_userfaultfd,
    // Numbers from 424 on are the same everywhere; libc does not name these yet.
    fchmodat2 = 452,
    open_tree_attr = 467,
];

/// Only there on x86-64 (`kexec_file_load` elsewhere too, under another number).
#[cfg(target_arch = "x86_64")]
const OWN: &[(&str, u32)] = calls![
    chmod = libc::SYS_chmod,
    creat = libc::SYS_creat,
    iopl = libc::SYS_iopl,
    ioperm = libc::SYS_ioperm,
    kexec_file_load = libc::SYS_kexec_file_load,
    mknod = libc::SYS_mknod,
    modify_ldt = libc::SYS_modify_ldt,
    open = libc::SYS_open,
];
#[cfg(target_arch = "aarch64")]
const OWN: &[(&str, u32)] = calls![kexec_file_load = 294];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("the seccomp profiles know x86_64 and aarch64");

/// Known names that this architecture does not have.
#[cfg(target_arch = "x86_64")]
const FOREIGN: &[&str] = &[];
#[cfg(not(target_arch = "x86_64"))]
const FOREIGN: &[&str] = &[
    "chmod",
    "creat",
    "iopl",
    "ioperm",
    "mknod",
    "modify_ldt",
    "open",
];

/// The number of a system call, `None` where this architecture does not have it.
pub(super) fn number(name: &str) -> Result<Option<u32>, SeccompError> {
    let known = COMMON.iter().chain(OWN).find(|(known, _)| *known == name);
    match known {
        Some((_, number)) => Ok(Some(*number)),
        None if FOREIGN.contains(&name) => Ok(None),
        None => Err(broken(format!("unknown system call `{name}`"))),
    }
}
