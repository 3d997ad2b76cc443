//! What a payload tries against its capture. Each attack is shown to work with the capabilities that it needs first.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;

use rustix::net::netlink::NETFILTER;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};
use rustix::process::{Signal, WaitOptions};
use rustix::thread::{LinkNameSpaceType, UnshareFlags};

use super::harness::{PATIENCE, Payload, alone, announce, dial, expect, fenced, unshare};
use crate::capture::{Choice, Method, OWN_V4, OWN_V6};
use crate::netlink::{ACK, Batch, nft, open, text};
use crate::sys;

const TPROXY: Choice = Choice::Only(Method::Tproxy);
const PERM: i32 = libc::EPERM;

/// `nft delete table inet ringfence`.
fn delete_rules() -> Result<(), i32> {
    let socket = open(Some(NETFILTER)).map_err(errno)?;
    let mut batch = Batch::default();
    let header = |out: &mut Vec<u8>, family: u8, resource: u16| {
        out.extend_from_slice(&[family, 0]);
        out.extend_from_slice(&resource.to_be_bytes());
    };
    batch.request(0x10, 0, |out| header(out, 0, 10));
    batch.request((10 << 8) | 2, ACK, |out| {
        header(out, 1, 0);
        text(out, 1, "ringfence");
    });
    batch.request(0x11, 0, |out| header(out, 0, 10));
    let outcomes = batch.send(&socket).map_err(errno)?;
    match outcomes.first() {
        Some(outcome) if outcome.errno == 0 => Ok(()),
        Some(outcome) => Err(outcome.errno),
        None => Err(0),
    }
}

/// `ip link set lo down`.
fn loopback_down() -> Result<(), i32> {
    let mut batch = Batch::default();
    batch.request(16, ACK, |out| {
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&1u32.to_ne_bytes());
        out.extend_from_slice(&0u32.to_ne_bytes());
        out.extend_from_slice(&1u32.to_ne_bytes());
    });
    let outcomes = batch.send(&open(None).map_err(errno)?).map_err(errno)?;
    outcomes.first().map_or(Err(0), |outcome| {
        if outcome.errno == 0 {
            Ok(())
        } else {
            Err(outcome.errno)
        }
    })
}

fn raw_socket() -> Result<(), i32> {
    let raw = SocketType::RAW;
    rustix::net::socket_with(
        AddressFamily::INET,
        raw,
        SocketFlags::CLOEXEC,
        Some(ipproto::TCP),
    )
    .map(drop)
    .map_err(|e| e.raw_os_error())
}

fn packet_socket() -> Result<(), i32> {
    let raw = SocketType::RAW;
    rustix::net::socket_with(AddressFamily::PACKET, raw, SocketFlags::CLOEXEC, None)
        .map(drop)
        .map_err(|e| e.raw_os_error())
}

fn transparent() -> Result<(), i32> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(errno)?;
    sys::net::enable(&listener, libc::IPPROTO_IP, libc::IP_TRANSPARENT).map_err(errno)
}

fn errno(error: io::Error) -> i32 {
    error.raw_os_error().unwrap_or(0)
}

#[test]
fn with_capabilities_every_attack_works() {
    let _alone = alone();
    let (child, sockets) = Payload::captured(TPROXY, true, || {
        expect(
            "captured before",
            dial("1.2.3.4:9999")?,
            "tcp 1.2.3.4:9999".into(),
        )?;
        expect("raw socket", raw_socket(), Ok(()))?;
        expect("packet socket", packet_socket(), Ok(()))?;
        expect("IP_TRANSPARENT", transparent(), Ok(()))?;
        expect("bind 443", TcpListener::bind("0.0.0.0:443").is_ok(), true)?;
        expect("delete the rules", delete_rules(), Ok(()))?;
        expect("not captured after", dial("1.2.3.4:9999").is_err(), true)?;
        expect("loopback down", loopback_down(), Ok(()))
    });
    announce(sockets);
    child.go();
    child.finish();
}

#[test]
fn without_capabilities_nothing_can_be_undone() {
    fenced(TPROXY, || {
        expect("delete the rules", delete_rules(), Err(PERM))?;
        expect("loopback down", loopback_down(), Err(PERM))?;
        expect("raw socket", raw_socket(), Err(PERM))?;
        expect("packet socket", packet_socket(), Err(PERM))?;
        expect("IP_TRANSPARENT", transparent(), Err(PERM))?;
        let routes = crate::netlink::route::capture_everything(OWN_V4, OWN_V6).map_err(errno);
        expect("addresses and routes", routes.map(|_| ()), Err(PERM))?;
        expect("own rules", nft::steer(4444, OWN_V4, OWN_V6).is_err(), true)?;
        for (address, wanted) in [
            ("0.0.0.0:443", libc::EACCES),
            ("0.0.0.0:53", libc::EACCES),
            ("0.0.0.0:15001", libc::EADDRINUSE),
            ("127.0.0.1:15001", libc::EADDRINUSE),
            ("127.0.0.1:3128", libc::EADDRINUSE),
            ("[::]:15001", libc::EADDRINUSE),
        ] {
            let bound = TcpListener::bind(address).map(|_| ()).map_err(errno);
            expect(address, bound, Err(wanted))?;
        }
        expect(
            "still captured",
            dial("1.2.3.4:443")?,
            "tcp 1.2.3.4:443".into(),
        )
    });
}

#[test]
fn the_hosts_network_namespace_can_not_be_entered() {
    // Opened before the fence: worse than anything that a real payload can reach.
    let host = std::fs::File::open("/proc/self/ns/net").unwrap();
    fenced(TPROXY, || {
        let kind = Some(LinkNameSpaceType::Network);
        let joined = rustix::thread::move_into_link_name_space(host.as_fd(), kind);
        expect("setns", joined, Err(rustix::io::Errno::PERM))
    });
}

#[test]
fn nested_namespaces_lead_nowhere() {
    fenced(TPROXY, || {
        unshare(UnshareFlags::NEWUSER)?;
        // All capabilities, but over a user namespace that does not own the network.
        expect("delete the rules", delete_rules(), Err(PERM))?;
        expect("loopback down", loopback_down(), Err(PERM))?;
        expect("raw socket", raw_socket(), Err(PERM))?;
        expect(
            "still captured",
            dial("1.2.3.4:443")?,
            "tcp 1.2.3.4:443".into(),
        )?;
        unshare(UnshareFlags::NEWNET)?;
        let refusal = TcpStream::connect("1.2.3.4:443").map(|_| ()).map_err(errno);
        expect("an empty network", refusal, Err(libc::ENETUNREACH))
    });
}

#[test]
fn a_killed_owner_of_the_sockets_means_refusal() {
    let _alone = alone();
    let (child, sockets) = Payload::captured(TPROXY, false, || {
        let started = std::time::Instant::now();
        // Children of other tests may hold a copy of the sockets for a moment.
        while started.elapsed() < PATIENCE {
            match TcpStream::connect("1.2.3.4:443").map_err(|e| e.kind()) {
                Err(io::ErrorKind::ConnectionRefused) => return Ok(()),
                Err(other) => return Err(format!("{other:?}")),
                Ok(_) => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        }
        Err("still connected".into())
    });
    let (ours, theirs) = rustix::pipe::pipe().unwrap();
    let owner = sys::net::fork_and_run(|| {
        let _sockets = &sockets;
        let _ = rustix::io::write(&theirs, b"x");
        std::thread::sleep(PATIENCE * 10);
        0
    })
    .unwrap();
    drop((sockets, theirs));
    // The owner lives and holds the only sockets; now it dies without any goodbye.
    let mut byte = [0];
    assert_eq!(rustix::io::read(&ours, &mut byte), Ok(1));
    rustix::process::kill_process(owner, Signal::KILL).unwrap();
    rustix::process::waitpid(Some(owner), WaitOptions::empty()).unwrap();
    child.go();
    child.finish();
}
