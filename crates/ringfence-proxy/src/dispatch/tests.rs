use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ringfence_policy::{Event, Grant, RefusalClass};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio_util::sync::CancellationToken;

use super::world::{Site, StubDns, Wish, World};
use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A world in which `name` is on loopback and one rule for it and the site's port says `rule`.
fn world(name: &'static str, port: u16, rule: &str) -> World {
    World::new(Wish {
        network: format!(
            "[[network.rules]]\nhost = \"{name}\"\nports = [{port}]\naction = \"allow\"\n{rule}\n"
        ),
        hosts: vec![(name, HERE)],
        ..Wish::default()
    })
}

async fn ends_by_reset(mut stream: TcpStream) -> bool {
    let mut byte = [0];
    matches!(stream.read(&mut byte).await, Err(error) if error.kind() == ErrorKind::ConnectionReset)
}

fn denied(event: &Event, wanted: RefusalClass) -> bool {
    matches!(event, Event::Decision { grant: Grant::Deny, class: Some(class), .. } if *class == wanted)
}

fn hello(name: &str) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(name.to_string()).unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn an_opaque_rule_carries_any_protocol_and_counts_it() {
    let site = Site::new().await;
    let world = world("db.example.com", site.port(), "private = true");
    let mut client = world.connect("db.example.com", site.port()).await;
    client.write_all(b"\0\0\0\x08startup").await.unwrap();
    let mut origin = site.accept().await;
    let mut got = [0; 11];
    origin.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"\0\0\0\x08startup");
    client.shutdown().await.unwrap();
    assert_eq!(origin.read(&mut got).await.unwrap(), 0, "half-close");
    origin.write_all(b"answer").await.unwrap();
    drop(origin);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "answer");
    let event = world
        .kept
        .wait(|event| matches!(event, Event::Exchange { .. }))
        .await;
    let Event::Exchange {
        host,
        address,
        bytes_out,
        bytes_in,
        error,
        ..
    } = event
    else {
        panic!()
    };
    assert_eq!(
        (host.as_str(), address, error),
        ("db.example.com", Some(HERE), None)
    );
    assert_eq!((bytes_out, bytes_in), (11, 6));
}

#[tokio::test]
async fn a_server_that_speaks_first_is_heard() {
    let site = Site::new().await;
    let world = world("mail.example.com", site.port(), "private = true");
    let mut client = world.connect("mail.example.com", site.port()).await;
    let mut origin = site.accept().await;
    origin.write_all(b"220 ready\r\n").await.unwrap();
    let mut banner = [0; 11];
    client.read_exact(&mut banner).await.unwrap();
    assert_eq!(&banner, b"220 ready\r\n");
}

#[tokio::test]
async fn without_a_rule_an_opaque_connection_is_reset_and_nothing_is_dialled() {
    let site = Site::new().await;
    // Unfenced, the same bytes arrive.
    TcpStream::connect(site.address)
        .await
        .unwrap()
        .write_all(b"SSH-2.0-x\r\n")
        .await
        .unwrap();
    site.accept().await;
    let other_port = world("ssh.example.com", 1, "private = true");
    let mut client = other_port.connect("ssh.example.com", site.port()).await;
    client.write_all(b"SSH-2.0-x\r\n").await.unwrap();
    assert!(ends_by_reset(client).await);
    other_port
        .kept
        .wait(|event| denied(event, RefusalClass::NotAllowed))
        .await;
    assert!(!site.was_reached().await);
}

#[tokio::test]
async fn an_ordinary_rule_is_no_hole_for_other_protocols() {
    let site = Site::new().await;
    let world = World::new(Wish {
        network: "[network]\nallowlist = [\"web.example.com\"]".into(),
        hosts: vec![("web.example.com", HERE)],
        ..Wish::default()
    });
    for port in [443, 80] {
        let mut client = world.connect("web.example.com", port).await;
        client.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        assert!(ends_by_reset(client).await);
    }
    world
        .kept
        .wait(|event| denied(event, RefusalClass::Malformed))
        .await;
    assert!(!site.was_reached().await);
}

#[tokio::test]
async fn pass_through_replays_the_hello_untouched() {
    let site = Site::new().await;
    let world = world(
        "pinned.example.com",
        site.port(),
        "private = true\ninspect = false",
    );
    let mut client = world.connect("pinned.example.com", site.port()).await;
    let bytes = hello("pinned.example.com");
    let (start, end) = bytes.split_at(7);
    client.write_all(start).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    client.write_all(end).await.unwrap();
    let mut origin = site.accept().await;
    let mut got = vec![0; bytes.len()];
    origin.read_exact(&mut got).await.unwrap();
    assert_eq!(got, bytes);
}

#[tokio::test]
async fn a_fronted_name_does_not_pass_through() {
    let site = Site::new().await;
    // Unfenced, the origin is told whatever name the client likes.
    let fronted = hello("evil.example.net");
    TcpStream::connect(site.address)
        .await
        .unwrap()
        .write_all(&fronted)
        .await
        .unwrap();
    let mut got = vec![0; fronted.len()];
    site.accept().await.read_exact(&mut got).await.unwrap();
    let shown = crate::hello::parse(&got).unwrap().unwrap().server_name;
    assert_eq!(shown.as_deref(), Some("evil.example.net"));

    let world = world(
        "pinned.example.com",
        site.port(),
        "private = true\ninspect = false",
    );
    let mut client = world.connect("pinned.example.com", site.port()).await;
    client.write_all(&fronted).await.unwrap();
    let mut alert = Vec::new();
    client.read_to_end(&mut alert).await.unwrap();
    assert_eq!(alert, [0x15, 3, 3, 0, 2, 2, 112]);
    world
        .kept
        .wait(|event| denied(event, RefusalClass::Mismatch))
        .await;
    assert!(!site.was_reached().await);
}

#[tokio::test]
async fn a_literal_address_is_never_dialled_for_a_name() {
    let site = Site::new().await;
    let decoy = tokio::net::TcpListener::bind(("127.0.0.2", site.port()))
        .await
        .unwrap();
    let world = world(
        "pinned.example.com",
        site.port(),
        "private = true\ninspect = false",
    );
    // The client says where the name is: 127.0.0.2. The fence knows better.
    let mut client = world.captured(decoy.local_addr().unwrap()).await;
    client
        .write_all(&hello("pinned.example.com"))
        .await
        .unwrap();
    site.accept().await;
    let nobody = tokio::time::timeout(Duration::from_millis(100), decoy.accept()).await;
    assert!(nobody.is_err());
    // And without a name only a rule for the address itself counts.
    let mut client = world.captured(decoy.local_addr().unwrap()).await;
    client.write_all(b"anything").await.unwrap();
    assert!(ends_by_reset(client).await);
}

#[tokio::test]
async fn dns_over_tls_and_stale_addresses_are_refused() {
    let world = world("dns.example.com", 853, "private = true");
    assert!(ends_by_reset(world.connect("dns.example.com", 853).await).await);
    let stale = SocketAddr::from(([198, 19, 3, 4], 443));
    assert!(ends_by_reset(world.captured(stale).await).await);
    let decisions = world.kept.events();
    assert_eq!(
        decisions
            .iter()
            .filter(|event| denied(event, RefusalClass::NotAllowed))
            .count(),
        2
    );
}

#[tokio::test]
async fn a_name_that_leads_into_this_machine_is_refused() {
    let site = Site::new().await;
    let port = site.port();
    let answers: [&[&str]; 5] = [
        &["127.0.0.1"],
        &["93.184.216.34", "127.0.0.1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["93.184.216.34", "::1"],
    ];
    for set in answers {
        let set: Vec<IpAddr> = set.iter().map(|ip| ip.parse().unwrap()).collect();
        let dns = StubDns::new(vec![set.clone()]).await;
        let wish = |private: &str| Wish {
            network: format!(
                "[[network.rules]]\nhost = \"rebind.example.com\"\nports = [{port}]\naction = \"allow\"\n{private}"
            ),
            servers: vec![dns.address],
            ..Wish::default()
        };
        let world = World::new(wish(""));
        let mut client = world.connect("rebind.example.com", port).await;
        client.write_all(b"attack").await.unwrap();
        assert!(ends_by_reset(client).await, "{set:?}");
        world
            .kept
            .wait(|event| denied(event, RefusalClass::Address))
            .await;
        assert!(!site.was_reached().await, "{set:?}");
    }
    // The attack is real: with the user's own word for it the same answer leads here.
    let dns = StubDns::new(vec![vec![HERE]]).await;
    let world = World::new(Wish {
        network: format!(
            "[[network.rules]]\nhost = \"rebind.example.com\"\nports = [{port}]\naction = \"allow\"\nprivate = true"
        ),
        servers: vec![dns.address],
        ..Wish::default()
    });
    let mut client = world.connect("rebind.example.com", port).await;
    client.write_all(b"attack").await.unwrap();
    site.accept().await;
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_dialled() {
    let site = Site::new().await;
    let port = site.port();
    // Every answer after the first leads elsewhere, and none may be remembered (TTL 0).
    let dns = StubDns::new(vec![vec![HERE], vec!["127.0.0.3".parse().unwrap()]]).await;
    let world = World::new(Wish {
        network: format!(
            "[[network.rules]]\nhost = \"flip.example.com\"\nports = [{port}]\naction = \"allow\"\nprivate = true"
        ),
        servers: vec![dns.address],
        ..Wish::default()
    });
    let mut client = world.connect("flip.example.com", port).await;
    client.write_all(b"x").await.unwrap();
    site.accept().await;
    assert_eq!(
        dns.asked(),
        2,
        "one lookup (A and AAAA), and no second one between check and connect"
    );
}

#[tokio::test]
async fn names_are_resolved_for_permits_only() {
    let dns = StubDns::new(vec![vec![HERE]]).await;
    let site = Site::new().await;
    let port = site.port();
    let world = World::new(Wish {
        network: format!(
            "[[network.rules]]\nhost = \"fine.example.com\"\nports = [{port}]\naction = \"allow\"\nprivate = true"
        ),
        servers: vec![dns.address],
        ..Wish::default()
    });
    let mut client = world.connect("c2VjcmV0.attacker.example.net", port).await;
    client.write_all(b"x").await.unwrap();
    assert!(ends_by_reset(client).await);
    assert_eq!(dns.asked(), 0, "a denied name left the fence");
    let mut client = world.connect("fine.example.com", port).await;
    client.write_all(b"x").await.unwrap();
    site.accept().await;
    assert!(dns.asked() > 0);
}

struct Served {
    world: World,
    shutdown: CancellationToken,
    http: SocketAddr,
    socks: SocketAddr,
    dns: SocketAddr,
    dns6: SocketAddr,
    dns_tcp: SocketAddr,
    done: tokio::task::JoinHandle<Result<(), ProxyError>>,
}

fn serve_all(world: World) -> Served {
    let tcp = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (http, socks, dns_tcp) = (tcp(), tcp(), tcp());
    let dns = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let dns6 = std::net::UdpSocket::bind("[::1]:0").unwrap();
    let shutdown = CancellationToken::new();
    let served = (
        http.local_addr().unwrap(),
        socks.local_addr().unwrap(),
        dns.local_addr().unwrap(),
        dns6.local_addr().unwrap(),
        dns_tcp.local_addr().unwrap(),
    );
    let listeners = Listeners {
        tcp: vec![tcp()],
        dns_udp: vec![dns, dns6],
        dns_tcp: vec![dns_tcp],
        http_proxy: vec![http],
        socks: vec![socks],
    };
    let done = tokio::spawn(serve(
        Arc::clone(&world.server.ctx),
        listeners,
        shutdown.clone(),
    ));
    Served {
        world,
        shutdown,
        http: served.0,
        socks: served.1,
        dns: served.2,
        dns6: served.3,
        dns_tcp: served.4,
        done,
    }
}

async fn reply_to(address: SocketAddr, request: &[u8]) -> String {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(request).await.unwrap();
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).await.unwrap();
    String::from_utf8_lossy(&reply).into_owned()
}

#[tokio::test]
async fn connect_and_socks_lead_to_the_same_flow() {
    let site = Site::new().await;
    let port = site.port();
    let served = serve_all(world("db.example.com", port, "private = true"));
    let socks_request = |name: &[u8]| {
        let mut bytes = vec![5, 1, 0, 5, 1, 0, 3, name.len() as u8];
        bytes.extend(name);
        bytes.extend(port.to_be_bytes());
        bytes
    };
    let connect_request =
        |name: &str| format!("CONNECT {name}:{port} HTTP/1.1\r\n\r\n").into_bytes();
    let through = [
        (
            served.http,
            connect_request("db.example.com"),
            b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec(),
        ),
        (
            served.socks,
            socks_request(b"DB.example.com."),
            vec![5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
        ),
    ];
    for (address, request, greeting) in through {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(&request).await.unwrap();
        let mut got = vec![0; greeting.len()];
        client.read_exact(&mut got).await.unwrap();
        assert_eq!(got, greeting);
        client.write_all(b"hello").await.unwrap();
        let mut origin = site.accept().await;
        let mut got = [0; 5];
        origin.read_exact(&mut got).await.unwrap();
        assert_eq!(&got, b"hello");
    }
    // The same name, denied: the handshake is finished and the flow refuses, as on a captured connection.
    for (address, request) in [
        (served.http, connect_request("evil.example.com")),
        (served.socks, socks_request(b"evil.example.com")),
    ] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client
            .write_all(&[&request[..], b"hello"].concat())
            .await
            .unwrap();
        let mut sink = [0; 256];
        let error = loop {
            match client.read(&mut sink).await {
                Ok(0) => panic!("closed in order"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    assert!(
        reply_to(served.http, b"CONNECT x HTTP/1.1\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 400 ")
    );
    assert!(
        reply_to(served.http, b"CONNECT db.example.com:853 HTTP/1.1\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 403 ")
    );
    let nul = reply_to(served.socks, &socks_request(b"evil\0.db.example.com")).await;
    assert_eq!(nul.as_bytes(), [5, 0, 5, 2, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(
        reply_to(served.socks, &[4, 1, 0, 80, 1, 2, 3, 4, 0])
            .await
            .as_bytes()[1],
        0x5b
    );
    assert!(!site.was_reached().await);
    served.shutdown.cancel();
    served.done.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_endpoints_want_the_token_when_there_is_one() {
    let site = Site::new().await;
    let port = site.port();
    let served = serve_all(World::new(Wish {
        network: format!(
            "[[network.rules]]\nhost = \"db.example.com\"\nports = [{port}]\naction = \"allow\"\nprivate = true"
        ),
        hosts: vec![("db.example.com", HERE)],
        token: Some("s3ss10n"),
        ..Wish::default()
    }));
    let plain = format!("CONNECT db.example.com:{port} HTTP/1.1\r\n\r\n");
    assert!(
        reply_to(served.http, plain.as_bytes())
            .await
            .starts_with("HTTP/1.1 407 ")
    );
    assert_eq!(reply_to(served.socks, &[5, 1, 0]).await.as_bytes()[0], 5);
    assert!(!site.was_reached().await);
    let mut client = TcpStream::connect(served.socks).await.unwrap();
    client
        .write_all(b"\x05\x01\x02\x01\x01x\x07s3ss10n\x05\x01\x00\x03\x0edb.example.com")
        .await
        .unwrap();
    client.write_all(&port.to_be_bytes()).await.unwrap();
    client.write_all(b"hi").await.unwrap();
    site.accept().await;
}

#[tokio::test]
async fn dns_answers_from_the_address_that_was_asked() {
    let served = serve_all(World::new(Wish::default()));
    let mut query =
        b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03api\x07example\x03com\0\0\x01\0\x01".to_vec();
    let asked = [
        (
            SocketAddr::from(([127, 0, 0, 5], served.dns.port())),
            "127.0.0.1:0",
        ),
        (
            SocketAddr::from(([127, 8, 8, 8], served.dns.port())),
            "127.0.0.1:0",
        ),
        (served.dns6, "[::1]:0"),
    ];
    for (server, own) in asked {
        // A connected socket only hears the address it asked.
        let client = UdpSocket::bind(own).await.unwrap();
        client.connect(server).await.unwrap();
        client.send(&query).await.unwrap();
        let mut reply = [0; 512];
        let length = tokio::time::timeout(Duration::from_secs(5), client.recv(&mut reply)).await;
        let length = length
            .expect("a reply from another address is no reply")
            .unwrap();
        assert_eq!(&reply[..2], b"\x12\x34");
        assert_eq!(&reply[length - 4..length - 2], &[198, 18], "{server}");
    }
    let mut framed = (query.len() as u16).to_be_bytes().to_vec();
    framed.append(&mut query);
    let twice = [framed.clone(), framed].concat();
    let mut client = TcpStream::connect(served.dns_tcp).await.unwrap();
    client.write_all(&twice).await.unwrap();
    client.shutdown().await.unwrap();
    let mut replies = Vec::new();
    client.read_to_end(&mut replies).await.unwrap();
    let length = usize::from(u16::from_be_bytes([replies[0], replies[1]]));
    assert_eq!(
        replies.len(),
        2 * (2 + length),
        "two answers on one connection"
    );
    let events = served.world.kept.events();
    assert_eq!(
        events.len(),
        1,
        "one question, however often it is asked: {events:?}"
    );
    served.shutdown.cancel();
    served.done.await.unwrap().unwrap();
}

#[tokio::test]
async fn captured_dns_over_tcp_is_answered_whatever_the_address() {
    let world = World::new(Wish::default());
    let mut client = world.captured("9.9.9.9:53".parse().unwrap()).await;
    let query = b"\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03api\x07example\0\0\x1c\0\x01";
    client.write_all(query).await.unwrap();
    let mut head = [0; 4];
    client.read_exact(&mut head).await.unwrap();
    assert_eq!(&head[2..], b"\x12\x34");
    client.write_all(&[0xff; 2]).await.unwrap();
    client.read_to_end(&mut Vec::new()).await.unwrap();
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_so() {
    let site = Site::new().await;
    let port = site.port();
    let served = serve_all(World::new(Wish {
        network: format!(
            "[[network.rules]]\nhost = \"db.example.com\"\nports = [{port}]\naction = \"allow\"\nprivate = true"
        ),
        hosts: vec![("db.example.com", HERE)],
        connections: Some(1),
        ..Wish::default()
    }));
    let request = format!("CONNECT db.example.com:{port} HTTP/1.1\r\n\r\nx").into_bytes();
    let mut first = TcpStream::connect(served.http).await.unwrap();
    first.write_all(&request).await.unwrap();
    let held = site.accept().await;
    for _ in 0..3 {
        let reply = reply_to(served.http, &request).await;
        assert!(reply.starts_with("HTTP/1.1 503 "), "{reply}");
        assert!(reply.contains("limit"), "{reply}");
    }
    assert!(ends_by_reset(TcpStream::connect(served.socks).await.unwrap()).await);
    let limits = |event: &&Event| matches!(event, Event::Fence { condition, .. } if condition == "connection_limit");
    let events = served.world.kept.events();
    assert_eq!(
        events.iter().filter(limits).count(),
        1,
        "a flood is one event: {events:?}"
    );
    drop((first, held));
    served
        .world
        .kept
        .wait(|event| matches!(event, Event::Exchange { .. }))
        .await;
    // The place is free again.
    for _ in 0..100 {
        let mut next = TcpStream::connect(served.http).await.unwrap();
        next.write_all(&request).await.unwrap();
        let mut start = [0; 12];
        next.read_exact(&mut start).await.unwrap();
        if &start == b"HTTP/1.1 200" {
            return;
        }
    }
    panic!("the place was never given back");
}

#[tokio::test]
async fn the_end_of_the_session_ends_tunnels_and_records_them() {
    let site = Site::new().await;
    let served = serve_all(world("db.example.com", site.port(), "private = true"));
    let request = format!("CONNECT db.example.com:{} HTTP/1.1\r\n\r\nabc", site.port());
    let mut client = TcpStream::connect(served.http).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    let mut origin = site.accept().await;
    origin.read_exact(&mut [0; 3]).await.unwrap();
    served.shutdown.cancel();
    served.done.await.unwrap().unwrap();
    let events = served.world.kept.events();
    let ended = |event: &Event| matches!(event, Event::Exchange { bytes_out: 3, error: Some(why), .. } if why.contains("session"));
    assert!(events.iter().any(ended), "{events:?}");
    assert!(
        TcpStream::connect(served.http).await.is_err(),
        "no listener is left"
    );
}

#[tokio::test]
async fn an_audit_log_that_fails_stops_everything() {
    let site = Site::new().await;
    let served = serve_all(world("db.example.com", site.port(), "private = true"));
    served.world.kept.break_down();
    let request = format!("CONNECT db.example.com:{} HTTP/1.1\r\n\r\nabc", site.port());
    let mut client = TcpStream::connect(served.http).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    // Nobody cancelled anything: the failure alone ends it.
    served.done.await.unwrap().unwrap();
    assert!(!site.was_reached().await, "not a byte without a record");
}

#[tokio::test]
async fn a_socket_error_is_told_from_a_listener_error() {
    for (kind, of_connection) in [
        (ErrorKind::ConnectionAborted, true),
        (ErrorKind::Interrupted, true),
        (ErrorKind::OutOfMemory, false),
    ] {
        assert_eq!(is_of_the_connection(&io::Error::from(kind)), of_connection);
    }
    let emfile = io::Error::from_raw_os_error(24);
    assert!(
        !is_of_the_connection(&emfile),
        "the loop has to wait, not spin"
    );
}
