//! A DNS server on loopback: every name below [`ZONE`] is 127.0.0.1, nothing else exists. It keeps what it was asked.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The names that exist.
pub const ZONE: &str = "test.example";

/// How often the thread looks whether it should end.
const TICK: Duration = Duration::from_millis(50);

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct DnsStub {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    ended: Arc<AtomicBool>,
}

impl DnsStub {
    /// Listens on a free loopback port.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start() -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(TICK))?;
        let address = socket.local_addr()?;
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let ended = Arc::new(AtomicBool::new(false));
        let (kept, end) = (Arc::clone(&asked), Arc::clone(&ended));
        std::thread::spawn(move || {
            let mut packet = [0u8; 1500];
            while !end.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut packet) else {
                    continue;
                };
                let Some((name, reply)) = packet.get(..length).and_then(answer) else {
                    continue;
                };
                kept.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(name);
                let _lost = socket.send_to(&reply, from);
            }
        });
        Ok(Self {
            address,
            asked,
            ended,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every name that it was asked for, lower case.
    pub fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for DnsStub {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// The name asked for, and the reply.
fn answer(query: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let question = query.get(12..at + 4)?;
    let is_a = query.get(at..at + 2)? == [0, 1];
    let name = labels.join(".");
    let exists = name == ZONE || name.ends_with(&format!(".{ZONE}"));
    let answers = u8::from(exists && is_a);
    let mut reply = query.get(..2)?.to_vec();
    // A response, recursion available; NXDOMAIN for what is not in the zone.
    reply.extend([
        0x81,
        if exists { 0x80 } else { 0x83 },
        0,
        1,
        0,
        answers,
        0,
        0,
        0,
        0,
    ]);
    reply.extend(question);
    if answers == 1 {
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some((name, reply))
}
