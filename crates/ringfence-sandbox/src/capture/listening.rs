//! Which TCP ports something inside listens on, and which socket inode belongs to a local port: read from
//! `/proc/PID/net`, which shows the namespace of that process.

use std::collections::BTreeSet;
use std::io::{self, Read};

use rustix::process::Pid;

/// Longest table read, in bytes: about 13,000 sockets. Longer ones are cut.
const TABLE_BYTES: u64 = 2 * 1024 * 1024;
const STATE_LISTEN: &str = "0A";

/// TCP ports in state LISTEN in the network namespace of `pid`, those in `ours` left out.
pub(crate) fn ports(pid: Pid, ours: &[u16]) -> io::Result<Vec<u16>> {
    let mut ports = BTreeSet::new();
    for name in ["tcp", "tcp6"] {
        match table(pid, name) {
            Ok(text) => ports.extend(listening(&text)),
            // A kernel without IPv6 has no such file.
            Err(error) if error.kind() == io::ErrorKind::NotFound && name == "tcp6" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(ports
        .into_iter()
        .filter(|port| !ours.contains(port))
        .collect())
}

/// Inodes of the sockets (`tcp` and `udp`, both families) whose local port is `port` and that have an owner.
pub(crate) fn inodes(pid: Pid, port: u16) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for name in ["tcp", "tcp6", "udp", "udp6"] {
        if let Ok(text) = table(pid, name) {
            found.extend(
                entries(&text)
                    .filter(|entry| entry.port == port && entry.inode != 0)
                    .map(|entry| entry.inode),
            );
        }
    }
    Ok(found)
}

struct Entry<'a> {
    port: u16,
    state: &'a str,
    inode: u64,
}

fn table(pid: Pid, name: &str) -> io::Result<String> {
    let mut text = String::new();
    let file = std::fs::File::open(format!("/proc/{}/net/{name}", pid.as_raw_nonzero()))?;
    file.take(TABLE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn listening(text: &str) -> impl Iterator<Item = u16> + '_ {
    entries(text)
        .filter(|entry| entry.state == STATE_LISTEN)
        .map(|entry| entry.port)
}

/// `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`
fn entries(text: &str) -> impl Iterator<Item = Entry<'_>> + '_ {
    text.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (_, port) = fields.nth(1)?.rsplit_once(':')?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?;
        Some(Entry {
            port: u16::from_str_radix(port, 16).ok()?,
            state,
            inode: inode.parse().ok()?,
        })
    })
}

#[cfg(test)]
mod unit {
    use super::*;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0
   1: 0100007F:0BB9 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 100 0 0 10 0
garbage line
   2: 0100007F";

    #[test]
    fn listeners_and_inodes_are_read_and_garbage_is_skipped() {
        assert_eq!(listening(TABLE).collect::<Vec<_>>(), [3000]);
        assert_eq!(
            entries(TABLE).map(|entry| entry.inode).collect::<Vec<_>>(),
            [4711, 4712]
        );
    }
}
