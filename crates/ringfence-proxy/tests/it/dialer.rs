//! Connections that Ringfence makes for itself, against real TLS servers.

use ringfence_policy::{Access, Decision, Host, Permit, Policy, RefusalClass, Scheme, What};
use ringfence_proxy::{Dialer, ResolverSetup};

use crate::origin::{Authority, Origin};

/// A port on 127.0.0.1 at which nobody listens.
fn free() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn permit(host: &str, port: u16, private: bool) -> Permit {
    let text = format!(
        "[network]\ndefault = \"deny\"\nrules = [{{ host = \"{host}\", ports = [{port}], action = \"allow\", private = {private} }}]\n"
    );
    let policy = Policy::from_toml(&text, None).unwrap();
    let host = Host::parse(host).unwrap();
    let access = Access {
        host: &host,
        port,
        what: What::Http {
            scheme: Scheme::Https,
            method: "GET",
            path: "/",
        },
    };
    match policy.decide(&access) {
        Decision::Allow(permit) => permit,
        other => panic!("{other:?}"),
    }
}

fn dialer(trusted: Option<&Authority>) -> Dialer {
    let mut resolvers = ResolverSetup::default();
    for name in ["registry.test", "other.test"] {
        let address = "127.0.0.1".parse().unwrap();
        resolvers.hosts.insert(name.into(), vec![address]);
    }
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(trusted.map(|authority| authority.root.clone()));
    Dialer::new(resolvers, Box::new(move || roots)).unwrap()
}

#[tokio::test]
async fn only_who_proves_its_name_at_a_permitted_address_is_spoken_to() {
    let authority = Authority::new();
    let port = free();
    let tls = authority.server(&["registry.test"], &["http/1.1"]);
    let origin = Origin::serve(([127, 0, 0, 1], port).into(), Some(tls)).unwrap();

    let good = dialer(Some(&authority));
    let (_, address) = good
        .connect(&permit("registry.test", port, true))
        .await
        .map_err(|refusal| refusal.full())
        .unwrap();
    assert!(address.is_loopback());
    let refused = |result: Result<_, ringfence_policy::Refusal>| match result {
        Ok(_) => panic!("connected"),
        Err(refusal) => refusal,
    };
    let other_name = refused(good.connect(&permit("other.test", port, true)).await);
    assert!(other_name.full().contains("TLS"), "{}", other_name.full());
    let unknown = refused(
        dialer(None)
            .connect(&permit("registry.test", port, true))
            .await,
    );
    assert!(unknown.full().contains("TLS"), "{}", unknown.full());
    let before = origin.connections();
    let private = refused(good.connect(&permit("registry.test", port, false)).await);
    assert_eq!(private.class, RefusalClass::Address);
    assert_eq!(origin.connections(), before, "not even connected");
}
