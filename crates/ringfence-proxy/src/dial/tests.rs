use std::net::TcpListener;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn resolver(hosts: &[(&str, &str)]) -> Resolver {
    let mut setup = ResolverSetup::default();
    for (name, address) in hosts {
        let known = setup.hosts.entry((*name).into()).or_default();
        known.push(ip(address));
    }
    Resolver::new(setup).unwrap()
}

#[test]
fn families_take_turns() {
    let given = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"];
    let ordered = interleave(given.map(ip).to_vec());
    let expected = ["2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"];
    assert_eq!(ordered, expected.map(ip));
    assert!(interleave(Vec::new()).is_empty());
}

#[tokio::test]
async fn the_hosts_table_and_localhost_need_no_server() {
    let resolver = resolver(&[("gw.corp", "10.1.2.3"), ("gw.corp", "10.1.2.4")]);
    let found = resolver.addresses("gw.corp").await;
    assert_eq!(found, Ok(vec![ip("10.1.2.3"), ip("10.1.2.4")]));
    let local = resolver.addresses("app.localhost").await.unwrap();
    assert!(local.iter().all(IpAddr::is_loopback));
    let error = resolver.addresses("api.example.com").await.unwrap_err();
    assert_eq!(error, "no DNS server is configured");
}

#[tokio::test]
async fn a_dead_address_does_not_hide_a_live_one() {
    // Nothing listens on 127.0.0.9, so the first attempt fails and the second is made at once.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let addresses = vec![ip("127.0.0.9"), ip("127.0.0.1")];
    let (_, address) = race(addresses, port).await.unwrap();
    assert_eq!(address, ip("127.0.0.1"));
    let error = race(vec![ip("127.0.0.9")], port).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}
