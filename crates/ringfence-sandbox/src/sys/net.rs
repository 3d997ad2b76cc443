//! Socket options and control messages that rustix does not wrap, and the fork of the namespace helper.

use std::io;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// `NS_GET_USERNS`, `_IO(0xb7, 1)`.
const NS_GET_USERNS: libc::c_ulong = 0xb701;
/// Room for one `in6_pktinfo` and some slack for options that nobody asked for.
const CONTROL_BYTES: usize = 128;

/// Sets an integer socket option to 1.
pub(crate) fn enable(socket: impl AsFd, level: i32, name: i32) -> io::Result<()> {
    let one: libc::c_int = 1;
    // SAFETY: the pointer and the length describe `one`, which outlives the call; the descriptor is borrowed.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            name,
            (&raw const one).cast(),
            mem::size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The user namespace that owns a namespace.
pub(crate) fn owning_user_namespace(namespace: impl AsFd) -> io::Result<OwnedFd> {
    // SAFETY: NS_GET_USERNS takes no argument and returns a new descriptor or -1.
    let fd = unsafe { libc::ioctl(namespace.as_fd().as_raw_fd(), NS_GET_USERNS) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the ioctl just made this descriptor (close-on-exec) and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Forks; the child runs `work` and exits with its result, never returning into the caller's frames.
///
/// Meant for the single-threaded spawner. In a process with other threads `work` must not wait for a lock that one of
/// them may have held at the fork.
pub(crate) fn fork_and_run(work: impl FnOnce() -> u8) -> io::Result<rustix::process::Pid> {
    // SAFETY: the child runs only `work` and leaves by _exit, so no destructor or exit handler of the parent runs twice.
    let pid = unsafe { libc::fork() };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    if pid == 0 {
        let code = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(u8::MAX);
        // SAFETY: _exit ends the process at once and takes a plain integer.
        unsafe { libc::_exit(i32::from(code)) };
    }
    rustix::process::Pid::from_raw(pid).ok_or_else(io::Error::last_os_error)
}

/// Receives one datagram together with the address it was sent *to*. The socket needs `IP_PKTINFO` or
/// `IPV6_RECVPKTINFO`.
pub(crate) fn receive_with_destination(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> io::Result<(usize, SocketAddr, Option<IpAddr>)> {
    // SAFETY: all-zero is a valid value of these plain C structures.
    let (mut name, mut header): (libc::sockaddr_storage, libc::msghdr) = unsafe { mem::zeroed() };
    let mut control = Control([0; CONTROL_BYTES]);
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    header.msg_name = (&raw mut name).cast();
    header.msg_namelen = mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = CONTROL_BYTES as _;
    // SAFETY: every pointer in `header` describes a live local buffer with its true length.
    let length = unsafe {
        libc::recvmsg(
            socket.as_fd().as_raw_fd(),
            &raw mut header,
            libc::MSG_CMSG_CLOEXEC,
        )
    };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    let peer = address_of(&name)
        .ok_or_else(|| io::Error::other("datagram from an unknown address family"))?;

    let mut destination = None;
    // SAFETY: the CMSG macros walk the control buffer within msg_controllen, which the kernel has set; the payload is
    // read unaligned and only after its type and length say that it is there.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(&raw const header);
        while !message.is_null() {
            let size = (*message).cmsg_len as usize;
            let data = libc::CMSG_DATA(message);
            match ((*message).cmsg_level, (*message).cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO)
                    if size >= message_size::<libc::in_pktinfo>() =>
                {
                    let info = data.cast::<libc::in_pktinfo>().read_unaligned();
                    destination = Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(
                        info.ipi_addr.s_addr,
                    ))));
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO)
                    if size >= message_size::<libc::in6_pktinfo>() =>
                {
                    let info = data.cast::<libc::in6_pktinfo>().read_unaligned();
                    destination = Some(IpAddr::V6(Ipv6Addr::from(info.ipi6_addr.s6_addr)));
                }
                _ => {}
            }
            message = libc::CMSG_NXTHDR(&raw const header, message);
        }
    }
    Ok((length, peer, destination))
}

/// Sends one datagram to `peer` with `source` as its source address.
pub(crate) fn send_from(
    socket: impl AsFd,
    bytes: &[u8],
    peer: SocketAddr,
    source: IpAddr,
) -> io::Result<usize> {
    // SAFETY: all-zero is a valid value of these plain C structures.
    let (mut name, mut header): (libc::sockaddr_storage, libc::msghdr) = unsafe { mem::zeroed() };
    let mut control = Control([0; CONTROL_BYTES]);
    let mut part = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    header.msg_name = (&raw mut name).cast();
    header.msg_namelen = write_address(&mut name, peer);
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    // SAFETY: `control` is large enough for either message (CONTROL_BYTES is far above CMSG_SPACE of both) and aligned;
    // the payload is written unaligned inside it, and recvmsg's counterpart only reads the header's buffers.
    unsafe {
        match source {
            IpAddr::V4(source) => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr {
                        s_addr: u32::from(source).to_be(),
                    },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                put(&mut header, libc::IPPROTO_IP, libc::IP_PKTINFO, info);
            }
            IpAddr::V6(source) => {
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr {
                        s6_addr: source.octets(),
                    },
                    ipi6_ifindex: 0,
                };
                put(&mut header, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, info);
            }
        }
    }
    // SAFETY: every pointer in `header` describes a live buffer with its true length; sendmsg does not write to them.
    let sent = unsafe {
        libc::sendmsg(
            socket.as_fd().as_raw_fd(),
            &raw const header,
            libc::MSG_NOSIGNAL,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// A control buffer with the alignment of `cmsghdr`.
#[repr(C, align(8))]
struct Control([u8; CONTROL_BYTES]);

/// `CMSG_LEN(sizeof T)`.
const fn message_size<T>() -> usize {
    // SAFETY: CMSG_LEN is arithmetic on its argument.
    unsafe { libc::CMSG_LEN(mem::size_of::<T>() as u32) as usize }
}

/// Writes the only control message of `header` and sets its length.
///
/// # Safety
/// `header.msg_control` points to at least `CONTROL_BYTES` writable, aligned bytes.
unsafe fn put<T>(header: &mut libc::msghdr, level: i32, kind: i32, value: T) {
    // SAFETY: the caller promises a buffer of CONTROL_BYTES, which CMSG_SPACE of a pktinfo does not exceed.
    unsafe {
        header.msg_controllen = libc::CMSG_SPACE(mem::size_of::<T>() as u32) as _;
        let message = libc::CMSG_FIRSTHDR(header);
        (*message).cmsg_level = level;
        (*message).cmsg_type = kind;
        (*message).cmsg_len = message_size::<T>() as _;
        libc::CMSG_DATA(message).cast::<T>().write_unaligned(value);
    }
}

fn address_of(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the storage, which is larger, holds a sockaddr_in.
            let v4 = unsafe { (&raw const *name).cast::<libc::sockaddr_in>().read() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::V4(SocketAddrV4::new(
                ip,
                u16::from_be(v4.sin_port),
            )))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that the storage, which is larger, holds a sockaddr_in6.
            let v6 = unsafe { (&raw const *name).cast::<libc::sockaddr_in6>().read() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some(SocketAddr::V6(SocketAddrV6::new(
                ip,
                u16::from_be(v6.sin6_port),
                0,
                v6.sin6_scope_id,
            )))
        }
        _ => None,
    }
}

fn write_address(name: &mut libc::sockaddr_storage, address: SocketAddr) -> libc::socklen_t {
    match address {
        SocketAddr::V4(v4) => {
            let raw = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr {
                    s_addr: u32::from(*v4.ip()).to_be(),
                },
                sin_zero: [0; 8],
            };
            // SAFETY: sockaddr_storage is larger than sockaddr_in and at least as aligned.
            unsafe { (&raw mut *name).cast::<libc::sockaddr_in>().write(raw) };
            mem::size_of::<libc::sockaddr_in>() as libc::socklen_t
        }
        SocketAddr::V6(v6) => {
            let raw = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: 0,
                sin6_addr: libc::in6_addr {
                    s6_addr: v6.ip().octets(),
                },
                sin6_scope_id: v6.scope_id(),
            };
            // SAFETY: sockaddr_storage is larger than sockaddr_in6 and at least as aligned.
            unsafe { (&raw mut *name).cast::<libc::sockaddr_in6>().write(raw) };
            mem::size_of::<libc::sockaddr_in6>() as libc::socklen_t
        }
    }
}

/// Moves the calling thread into new namespaces. Without `CLONE_FILES` and friends there is nothing else to share.
pub(crate) fn unshare_namespaces(flags: rustix::thread::UnshareFlags) -> io::Result<()> {
    // SAFETY: only namespace flags are passed; no descriptor table is unshared under a running thread.
    Ok(unsafe { rustix::thread::unshare_unsafe(flags) }?)
}

/// Turns a forked child of root into an ordinary user that still may write its own id maps.
#[cfg(test)]
pub(crate) fn become_user_for_tests(id: u32) {
    // SAFETY: plain integers; the caller is a forked, single-threaded child.
    unsafe {
        assert_eq!(libc::setgroups(0, std::ptr::null()), 0);
        assert_eq!(libc::setresgid(id, id, id), 0);
        assert_eq!(libc::setresuid(id, id, id), 0);
        assert_eq!(libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
    }
}

/// Closes a descriptor of a forked child without taking it away from the parent's value.
#[cfg(test)]
pub(crate) fn close_for_tests(fd: &OwnedFd) {
    // SAFETY: the child ends by `_exit` and never drops the value; nothing in it uses the number again.
    unsafe { libc::close(fd.as_raw_fd()) };
}
