//! Where connections and queries of a payload arrive.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, ipproto};

use super::harness::{PATIENCE, dial, expect, fenced, hear};
use crate::capture::{Choice, Method};

const TPROXY: Choice = Choice::Only(Method::Tproxy);
const ANYIP: Choice = Choice::Only(Method::AnyIp);

#[test]
fn any_address_and_port_arrives_with_its_original_destination() {
    fenced(TPROXY, || {
        for address in [
            "1.2.3.4:443",
            "93.184.216.34:80",
            "8.8.8.8:65535",
            "192.168.1.1:22",
            "198.18.0.7:5432",
            "169.254.169.254:80",
            "10.200.0.2:1",
            "255.255.255.254:9",
            "[2001:db8::1]:443",
            "[fd00:ec2::254]:80",
            "[fd00:200::2]:8443",
            "[64:ff9b::102:304]:25",
        ] {
            expect(address, dial(address)?, format!("tcp {address}"))?;
        }
        // Dialling the listener itself shows an own address as the destination: nothing is hidden from the proxy.
        expect(
            "self",
            dial("127.0.0.1:15001")?,
            "tcp 127.0.0.1:15001".into(),
        )
    });
}

#[test]
fn link_local_mapped_and_multipath_connections_are_captured() {
    fenced(TPROXY, || {
        let scoped = dial("[fe80::1%1]:80")?;
        expect("link-local", scoped.starts_with("tcp [fe80::1"), true)?;
        let mapped = dial("[::ffff:1.2.3.4]:8080")?;
        expect("v4-mapped", mapped, "tcp 1.2.3.4:8080".into())?;

        let multipath = rustix::net::socket_with(
            AddressFamily::INET,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            Some(ipproto::MPTCP),
        );
        match multipath {
            Ok(socket) => expect("MPTCP", over(socket)?, "tcp 5.6.7.8:4444".into()),
            Err(rustix::io::Errno::PROTONOSUPPORT | rustix::io::Errno::INVAL) => Ok(()),
            Err(error) => Err(format!("MPTCP socket: {error}")),
        }
    });
}

fn over(socket: OwnedFd) -> Result<String, String> {
    let address: SocketAddr = "5.6.7.8:4444".parse().map_err(|_| "address")?;
    rustix::net::connect(&socket, &address).map_err(|e| format!("MPTCP connect: {e}"))?;
    hear(socket.into())
}

#[test]
fn loopback_stays_the_sandboxes_own() {
    fenced(TPROXY, || {
        for own in [
            "127.0.0.1:9999",
            "127.8.9.10:9998",
            "[::1]:9999",
            "10.200.0.1:9997",
            "[fd00:200::1]:9997",
        ] {
            let listener = TcpListener::bind(own).map_err(|e| format!("{own}: {e}"))?;
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept()?;
                stream.write_all(b"my own server")
            });
            expect(own, dial(own)?, "my own server".into())?;
            server
                .join()
                .map_err(|_| "server")?
                .map_err(|e| e.to_string())?;
        }
        let nobody = dial("127.0.0.1:9996").err().unwrap_or_default();
        expect("nobody listens", nobody.contains("ConnectionRefused"), true)
    });
}

#[test]
fn a_payload_listening_everywhere_is_not_hit_by_foreign_destinations() {
    fenced(TPROXY, || {
        let mine = TcpListener::bind("0.0.0.0:9999").map_err(|e| e.to_string())?;
        let mine_v6 = TcpListener::bind("[::]:9998").map_err(|e| e.to_string())?;
        // Every address is local, so the payload can even bind a foreign one.
        let exact = TcpListener::bind("1.2.3.4:9997").map_err(|e| e.to_string())?;
        for address in [
            "1.2.3.4:9999",
            "[2001:db8::1]:9998",
            "1.2.3.4:9998",
            "1.2.3.4:9997",
        ] {
            expect(address, dial(address)?, format!("tcp {address}"))?;
        }
        for listener in [mine, mine_v6, exact] {
            listener.set_nonblocking(true).map_err(|e| e.to_string())?;
            expect("nothing came", listener.accept().is_err(), true)?;
        }
        Ok(())
    });
}

#[test]
fn proxy_endpoints_are_on_loopback_only() {
    fenced(TPROXY, || {
        expect(
            "http",
            dial("127.0.0.1:3128")?,
            "http 127.0.0.1:3128".into(),
        )?;
        expect(
            "socks",
            dial("127.0.0.1:1080")?,
            "socks 127.0.0.1:1080".into(),
        )?;
        expect(
            "elsewhere",
            dial("1.2.3.4:3128")?,
            "tcp 1.2.3.4:3128".into(),
        )
    });
}

#[test]
fn dns_is_answered_from_the_address_that_was_asked() {
    for choice in [TPROXY, ANYIP] {
        fenced(choice, || {
            for server in [
                "8.8.8.8",
                "9.9.9.9",
                "127.0.0.53",
                "10.200.0.1",
                "2001:4860:4860::8888",
                "::1",
            ] {
                expect(server, ask(server)?, format!("query {server}"))?;
            }
            for address in ["8.8.8.8:53", "127.0.0.53:53", "[2001:db8::53]:53"] {
                expect(address, dial(address)?, format!("dns {address}"))?;
            }
            Ok(())
        });
    }
}

/// A connected socket: the kernel drops a reply from any other address.
fn ask(server: &str) -> Result<String, String> {
    let server: std::net::IpAddr = server.parse().map_err(|_| "server")?;
    let any: SocketAddr = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (std::net::Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let text = |e: std::io::Error| format!("{server}: {e}");
    let socket = UdpSocket::bind(any).map_err(text)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(text)?;
    socket.connect((server, 53)).map_err(text)?;
    socket.send(b"query").map_err(text)?;
    let mut buffer = [0; 512];
    let length = socket.recv(&mut buffer).map_err(text)?;
    Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

#[test]
fn other_udp_and_other_protocols_are_refused() {
    fenced(TPROXY, || {
        for address in ["1.2.3.4:443", "8.8.8.8:123", "[2001:db8::1]:443"] {
            let any = if address.starts_with('[') {
                "[::]:0"
            } else {
                "0.0.0.0:0"
            };
            let socket = UdpSocket::bind(any).map_err(|e| e.to_string())?;
            socket
                .set_read_timeout(Some(PATIENCE))
                .map_err(|e| e.to_string())?;
            socket.connect(address).map_err(|e| e.to_string())?;
            socket.send(b"quic").map_err(|e| e.to_string())?;
            let answer = socket.recv(&mut [0; 16]).map_err(|e| e.kind());
            expect(address, answer, Err(std::io::ErrorKind::ConnectionRefused))?;
        }
        // SCTP and DCCP have no listener and no way out, if the kernel knows them at all.
        for protocol in [132, 33].into_iter().filter_map(std::num::NonZero::new) {
            let kind = if protocol.get() == 132 {
                SocketType::STREAM
            } else {
                SocketType::from_raw(6)
            };
            let socket = rustix::net::socket(
                AddressFamily::INET,
                kind,
                Some(Protocol::from_raw(protocol)),
            );
            if let Ok(socket) = socket {
                let target: SocketAddr = ([1, 2, 3, 4], 443).into();
                expect(
                    "not captured, so refused",
                    rustix::net::connect(&socket, &target).is_err(),
                    true,
                )?;
            }
        }
        Ok(())
    });
}

#[test]
fn without_tproxy_listed_ports_are_served_and_others_refused() {
    fenced(ANYIP, || {
        for address in ["1.2.3.4:443", "1.2.3.4:80", "[2001:db8::1]:443"] {
            expect(address, dial(address)?, format!("tcp {address}"))?;
        }
        for address in ["1.2.3.4:8443", "[2001:db8::1]:22"] {
            let refusal = dial(address).err().unwrap_or_default();
            expect(address, refusal.contains("ConnectionRefused"), true)?;
        }
        expect(
            "http",
            dial("127.0.0.1:3128")?,
            "http 127.0.0.1:3128".into(),
        )
    });
}
