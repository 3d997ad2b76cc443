//! The network of the test alone: an interface of loopback that nobody else uses, and everything that passes over it.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, eth};

/// Sets loopback up, which has the first index in every network namespace.
pub fn loopback_up() -> io::Result<()> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    // RTM_NEWLINK, to be acknowledged: index 1, the flag IFF_UP set.
    let mut message = Vec::new();
    message.extend(32_u32.to_ne_bytes());
    message.extend(16_u16.to_ne_bytes());
    message.extend(5_u16.to_ne_bytes());
    message.extend([0; 12]);
    message.extend(1_i32.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes());
    rustix::net::sendto(
        &socket,
        &message,
        SendFlags::empty(),
        &SocketAddrNetlink::new(0, 0),
    )?;
    let mut answer = [0; 64];
    let (_, size) = rustix::net::recv(&socket, &mut answer, RecvFlags::empty())?;
    let error = answer[..size]
        .get(16..20)
        .ok_or(io::ErrorKind::InvalidData)?;
    match i32::from_ne_bytes([error[0], error[1], error[2], error[3]]) {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(-error)),
    }
}

/// The bytes of a TCP connection in one direction, by the ports that they go from and to.
type Flows = BTreeMap<(u16, u16), BTreeMap<u32, Vec<u8>>>;

/// Records until it is told to stop.
pub struct Capture {
    flows: Arc<Mutex<Flows>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Capture {
    /// Begins. Needs `CAP_NET_RAW` in this network namespace.
    pub fn start() -> io::Result<Self> {
        let socket = rustix::net::socket_with(
            AddressFamily::PACKET,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(eth::ALL),
        )?;
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 64 << 20)?;
        rustix::net::sockopt::set_socket_timeout(
            &socket,
            rustix::net::sockopt::Timeout::Recv,
            Some(Duration::from_millis(50)),
        )?;
        let flows = Arc::new(Mutex::new(Flows::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (into, until) = (Arc::clone(&flows), Arc::clone(&stop));
        let thread = std::thread::spawn(move || record(&socket, &into, &until));
        Ok(Self {
            flows,
            stop,
            thread: Some(thread),
        })
    }

    /// What was said so far on connections whose ports are such, each direction by itself; gaps are errors.
    pub fn said(&self, wanted: impl Fn(u16, u16) -> bool) -> Vec<Vec<u8>> {
        // What is on its way to the recording thread.
        std::thread::sleep(Duration::from_millis(500));
        let flows = self.flows.lock().expect("flows");
        flows
            .iter()
            .filter(|((from, to), _)| wanted(*from, *to))
            .map(|(_, segments)| joined(segments))
            .collect()
    }

    /// Begins anew.
    pub fn forget(&self) {
        std::thread::sleep(Duration::from_millis(500));
        self.flows.lock().expect("flows").clear();
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn record(socket: &OwnedFd, flows: &Mutex<Flows>, stop: &AtomicBool) {
    // Loopback sends segments of up to 64 KiB at once.
    let mut packet = vec![0; 128 << 10];
    while !stop.load(Ordering::Acquire) {
        let Ok((_, size)) = rustix::net::recv(socket, &mut packet[..], RecvFlags::empty()) else {
            continue;
        };
        if let Some((ends, sequence, data)) = segment(&packet[..size])
            && !data.is_empty()
        {
            let mut flows = flows.lock().expect("flows");
            // Each packet is seen twice, when it is sent and when it is received.
            let known = flows.entry(ends).or_default().entry(sequence).or_default();
            if known.len() < data.len() {
                *known = data.to_vec();
            }
        }
    }
}

/// Ports, sequence number and data of a TCP segment in an Ethernet frame.
fn segment(frame: &[u8]) -> Option<((u16, u16), u32, &[u8])> {
    let number =
        |bytes: &[u8], at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let (kind, packet) = (number(frame, 12)?, frame.get(14..)?);
    let tcp = match kind {
        0x0800 => {
            let head = usize::from(packet.first()? & 15) * 4;
            let length = usize::from(number(packet, 2)?);
            // 0 where the card, which is none, would have cut the segment.
            let end = if length == 0 {
                packet.len()
            } else {
                length.min(packet.len())
            };
            (*packet.get(9)? == 6).then(|| packet.get(head..end))??
        }
        0x86dd => (*packet.get(6)? == 6).then(|| packet.get(40..))??,
        _ => return None,
    };
    let head = usize::from(tcp.get(12)? >> 4) * 4;
    let sequence = u32::from_be_bytes(tcp.get(4..8)?.try_into().ok()?);
    Some((
        (number(tcp, 0)?, number(tcp, 2)?),
        sequence,
        tcp.get(head..)?,
    ))
}

/// Segments one after the other. A connection here is far shorter than what sequence numbers wrap at, but may begin next to it.
fn joined(segments: &BTreeMap<u32, Vec<u8>>) -> Vec<u8> {
    let (low, high): (Vec<_>, Vec<_>) = segments.iter().partition(|(at, _)| **at < 1 << 31);
    let wraps = high
        .last()
        .is_some_and(|(at, _)| **at > u32::MAX - (1 << 28));
    let order = if wraps { [high, low] } else { [low, high] };
    let mut all = Vec::new();
    let mut next: Option<u32> = None;
    for (at, data) in order.into_iter().flatten() {
        let skip = next.map_or(0, |next| next.wrapping_sub(*at) as i32);
        assert!(skip >= 0, "the capture lost {} bytes", -i64::from(skip));
        all.extend(data.iter().skip(skip as usize));
        let end = at.wrapping_add(data.len() as u32);
        next = Some(match next {
            Some(next) if next.wrapping_sub(end) as i32 > 0 => next,
            _ => end,
        });
    }
    all
}
