//! How this host resolves names, read from its files: a static binary has no NSS, and the sandbox's names must not depend on one.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use ringfence_proxy::ResolverSetup;

const DNS_PORT: u16 = 53;
/// Servers that are used at most, as in resolv.conf(5).
const SERVER_LIMIT: usize = 3;

/// The configured servers, or those of `/etc/resolv.conf`; and the table of `/etc/hosts`.
pub fn setup(configured: &[SocketAddr]) -> ResolverSetup {
    let servers = if configured.is_empty() {
        servers(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
    } else {
        configured.to_vec()
    };
    let hosts = hosts(&std::fs::read_to_string("/etc/hosts").unwrap_or_default());
    ResolverSetup {
        servers,
        hosts,
        timeout_ms: None,
    }
}

fn servers(text: &str) -> Vec<SocketAddr> {
    let named = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver"))
            .then(|| words.next()?.split('%').next()?.parse::<IpAddr>().ok())?
    });
    named
        .take(SERVER_LIMIT)
        .map(|ip| SocketAddr::new(ip, DNS_PORT))
        .collect()
}

fn hosts(text: &str) -> HashMap<String, Vec<IpAddr>> {
    let mut table: HashMap<String, Vec<IpAddr>> = HashMap::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(address) = words.next().and_then(|w| w.parse().ok()) else {
            continue;
        };
        for name in words {
            table
                .entry(name.trim_end_matches('.').to_ascii_lowercase())
                .or_default()
                .push(address);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_files_as_their_manuals_say() {
        let found = servers(
            "# c\nnameserver 192.0.2.1\nsearch x\nnameserver fe80::1%eth0\nnameserver bad\n",
        );
        assert_eq!(
            found,
            [
                "192.0.2.1:53".parse().unwrap(),
                "[fe80::1]:53".parse().unwrap()
            ]
        );
        let table =
            hosts("127.0.0.1 localhost Origin.Example. # c\n::1 localhost\nnonsense here\n");
        assert_eq!(
            table["localhost"],
            [
                "127.0.0.1".parse::<IpAddr>().unwrap(),
                "::1".parse().unwrap()
            ]
        );
        assert_eq!(table["origin.example"].len(), 1);
        assert_eq!(table.len(), 2);
    }
}
