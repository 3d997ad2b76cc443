//! Names the process behind a connection of the sandbox, for prompts. Reads `/proc` only when a person is asked.

use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ringfence_proxy::Peers;

/// Most processes that are looked at for one question.
const PROCESS_LIMIT: usize = 4096;
/// Longest command name that is shown (the kernel's own limit is 15).
const NAME_LIMIT: usize = 32;

/// Looks into the namespaces of one sandbox.
pub struct SandboxPeers {
    init: PathBuf,
}

impl SandboxPeers {
    /// `init` is the sandbox's pid 1 as the host numbers it.
    pub fn new(init: u32) -> Self {
        Self { init: PathBuf::from(format!("/proc/{init}")) }
    }

    fn inode(&self, peer: SocketAddr) -> Option<u64> {
        let table = if peer.is_ipv4() { "net/tcp" } else { "net/tcp6" };
        let local = kernel_address(peer);
        let text = std::fs::read_to_string(self.init.join(table)).ok()?;
        text.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            (fields.get(1) == Some(&local.as_str())).then(|| fields.get(9)?.parse().ok())?
        })
    }
}

impl Peers for SandboxPeers {
    fn process(&self, peer: SocketAddr) -> Option<String> {
        let wanted = format!("socket:[{}]", self.inode(peer)?);
        let namespace = self.init.join("ns/net").metadata().ok().map(|m| (m.dev(), m.ino()));
        let processes = std::fs::read_dir("/proc").ok()?.flatten().map(|e| e.path());
        let numbered = processes.filter(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())));
        numbered
            .take(PROCESS_LIMIT)
            .filter(|p| namespace.is_none() || p.join("ns/net").metadata().ok().map(|m| (m.dev(), m.ino())) == namespace)
            .find(|p| holds(p, &wanted))
            .and_then(|p| describe(&p))
    }
}

/// The spelling of `/proc/net/tcp`: hexadecimal, each 32-bit word in host order.
fn kernel_address(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = octets.chunks_exact(4).map(|w| format!("{:08X}", u32::from_ne_bytes([w[0], w[1], w[2], w[3]])));
    format!("{}:{:04X}", words.collect::<String>(), address.port())
}

fn holds(process: &Path, socket: &str) -> bool {
    let descriptors = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    descriptors.filter_map(|fd| std::fs::read_link(fd.path()).ok()).any(|target| target.as_os_str() == socket)
}

/// `name (pid)`; the name is the sandbox's own choice, so whoever shows it escapes it.
fn describe(process: &Path) -> Option<String> {
    let name: String = std::fs::read_to_string(process.join("comm")).ok()?.trim_end().chars().take(NAME_LIMIT).collect();
    Some(format!("{name} ({})", process.file_name()?.to_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn finds_this_process_behind_its_own_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let peers = SandboxPeers::new(std::process::id());
        let found = peers.process(client.local_addr().unwrap()).unwrap();
        assert!(found.ends_with(&format!("({})", std::process::id())), "{found}");
        drop(client);
        assert_eq!(peers.process("127.0.0.1:1".parse().unwrap()), None);
    }
}
