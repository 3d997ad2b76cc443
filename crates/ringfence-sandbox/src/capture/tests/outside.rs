//! Entering a sandbox from outside: what the bubblewrap backend does.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use rustix::thread::UnshareFlags;

use super::harness::{PATIENCE, Payload, alone, announce, capture, dial, expect, hear, unshare};
use crate::capture::enter::{Entry, Report};
use crate::capture::{Choice, Method, inner_sockets, loopback_only};
use crate::sys::testing::in_child;

const UNPRIVILEGED: u32 = 62_013;

fn only_namespaces() -> Result<(Report, Vec<OwnedFd>), String> {
    Ok((Report::LoopbackUp, Vec::new()))
}

/// As bubblewrap does: a second user namespace, which does not own the network.
fn nested() -> Result<(Report, Vec<OwnedFd>), String> {
    unshare(UnshareFlags::NEWUSER)?;
    only_namespaces()
}

fn capture_from_outside() {
    let payload = || {
        expect("captured", dial("1.2.3.4:9999")?, "tcp 1.2.3.4:9999".into())?;
        expect("dns", dial("8.8.8.8:53")?, "dns 8.8.8.8:53".into())
    };
    let (child, _, _) = Payload::start(false, nested, payload);
    let entry = Entry::open(child.pid).unwrap();
    let sockets = entry
        .establish_with(&capture(), Choice::Only(Method::Tproxy))
        .unwrap();
    assert_eq!(sockets.method, "tproxy");
    announce(sockets);
    child.go();
    child.finish();
}

#[test]
fn a_nested_sandbox_is_captured_from_outside() {
    let _alone = alone();
    capture_from_outside();
}

#[test]
fn an_ordinary_user_captures_from_outside() {
    if !rustix::process::geteuid().is_root() {
        return; // the test above was that already
    }
    let _alone = alone();
    let code = in_child(|| {
        let outcome = std::panic::catch_unwind(|| {
            crate::sys::net::become_user_for_tests(UNPRIVILEGED);
            capture_from_outside();
        });
        i32::from(outcome.is_err())
    });
    assert_eq!(code, 0);
}

#[test]
fn published_ports_are_reached_through_inner_sockets() {
    let _alone = alone();
    let prepare = || {
        loopback_only().map_err(|e| e.to_string())?;
        let sockets = inner_sockets(2).map_err(|e| e.to_string())?;
        Ok((Report::Sockets, sockets))
    };
    let (child, _, mut sockets) = Payload::start(false, prepare, || {
        let servers = ["127.0.0.1:3000", "[::1]:3001"].map(TcpListener::bind);
        for server in servers {
            let (mut stream, _) = server.and_then(|s| s.accept()).map_err(|e| e.to_string())?;
            stream.write_all(b"inside").map_err(|e| e.to_string())?;
        }
        Ok(())
    });
    child.go();
    for target in ["[::ffff:127.0.0.1]:3000", "[::1]:3001"] {
        let socket = sockets.pop().unwrap();
        let target: SocketAddr = target.parse().unwrap();
        let started = std::time::Instant::now();
        // A refused socket can be tried again, so one is enough until the server is up.
        while rustix::net::connect(&socket, &target).is_err() {
            assert!(started.elapsed() < PATIENCE, "the server never came up");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert_eq!(hear(socket.into()).unwrap(), "inside");
    }
    child.finish();
}

#[test]
fn a_vanished_process_and_a_foreign_namespace_are_errors() {
    let _alone = alone();
    let nobody = rustix::process::Pid::from_raw(i32::MAX).unwrap();
    assert!(Entry::open(nobody).is_err());
    if rustix::process::geteuid().is_root() {
        return; // root may enter anything
    }
    let own = Entry::open(rustix::process::getpid()).unwrap();
    let refusal = own
        .establish_with(&capture(), Choice::Auto)
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("entering"), "{refusal}");
}
