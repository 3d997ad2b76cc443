//! Who inside owns a socket, which ports listen, what is left running: read from the sandbox's own `/proc`.

use std::collections::{BTreeSet, HashSet};
use std::fs;

use crate::launch::Process;
use crate::spawner::read_small;

/// The listening state in `/proc/net/tcp`.
const LISTEN: &str = "0A";

/// TCP ports with a listener that the payload made: not the capture's, which the supervisor holds.
pub(crate) fn listening() -> Vec<u16> {
    let rows = rows(&["tcp", "tcp6"])
        .into_iter()
        .filter(|row| row.state == LISTEN);
    let mut wanted: Vec<Row> = rows.collect();
    let owned = owned_inodes();
    wanted.retain(|row| owned.contains(&row.inode));
    wanted
        .into_iter()
        .map(|row| row.port)
        .collect::<BTreeSet<u16>>()
        .into_iter()
        .collect()
}

/// The first process with a socket bound to this port.
pub(crate) fn process_of(port: u16) -> Option<Process> {
    let inodes: HashSet<u64> = rows(&["tcp", "tcp6", "udp", "udp6"])
        .into_iter()
        .filter(|r| r.port == port)
        .map(|r| r.inode)
        .collect();
    let pid = pids()
        .into_iter()
        .find(|pid| sockets(*pid).iter().any(|inode| inodes.contains(inode)))?;
    let name = read_small(&format!("/proc/{pid}/comm")).ok()?;
    Some(Process {
        pid,
        name: name.trim_end().escape_default().to_string(),
    })
}

/// How many processes besides the init are there.
pub(crate) fn leftover() -> u32 {
    u32::try_from(pids().len()).unwrap_or(u32::MAX)
}

struct Row {
    port: u16,
    state: String,
    inode: u64,
}

fn rows(tables: &[&str]) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in tables {
        let Ok(text) = read_small(&format!("/proc/self/net/{table}")) else {
            continue;
        };
        rows.extend(text.lines().skip(1).filter_map(|line| {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            let port = fields.get(1)?.rsplit_once(':')?.1;
            Some(Row {
                port: u16::from_str_radix(port, 16).ok()?,
                state: (*fields.get(3)?).to_owned(),
                inode: fields.get(9)?.parse().ok()?,
            })
        }));
    }
    rows
}

/// Every process but the init.
pub(crate) fn pids() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .collect()
}

fn sockets(pid: u32) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return Vec::new();
    };
    let links = entries
        .flatten()
        .filter_map(|e| fs::read_link(e.path()).ok());
    links
        .filter_map(|l| {
            l.to_str()?
                .strip_prefix("socket:[")?
                .strip_suffix(']')?
                .parse()
                .ok()
        })
        .collect()
}

fn owned_inodes() -> HashSet<u64> {
    pids().into_iter().flat_map(sockets).collect()
}
