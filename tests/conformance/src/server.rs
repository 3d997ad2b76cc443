//! The servers of the network cases: an origin that tells what reached it, a name server that answers everything, and a proxy
//! without any policy. They run on this machine's loopback beside a fence, and in namespaces of their own for the unfenced half.

mod names;
mod open_proxy;
mod origin;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use open_proxy::serve as serve_open_proxy;
pub(crate) use origin::{MARK, serve as serve_origin};

use crate::limits::LOG;

/// Where every name leads in the namespaces of the unfenced half; that network's addresses are all local.
pub(crate) const ANYWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

/// Answer to names below `exfil.test`: seeing it means that the question reached the name server.
pub(crate) const EXFILTRATED: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 77);

/// What reached a server, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, entry: String) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() < LOG {
            entries.push(entry);
        }
    }

    /// The first entry that holds a text.
    pub(crate) fn find(&self, text: &str) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .find(|entry| entry.contains(text))
            .cloned()
    }
}

/// Tells the accepting threads to end.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The servers beside a fence.
pub(crate) struct HostNetwork {
    stop: Stop,
    port: u16,
    resolver: SocketAddr,
    /// Requests that reached the origin.
    pub(crate) requests: Log,
    /// Names that reached the name server.
    pub(crate) names: Log,
}

impl HostNetwork {
    /// Starts them on 127.0.0.1; they end when this is dropped.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (requests, names) = (Log::default(), Log::default());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let questions = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let resolver = questions.local_addr()?;
        let stop = Stop::default();
        serve_origin(listener, requests.clone(), stop.clone())?;
        serve_names(questions, Ipv4Addr::LOCALHOST, names.clone(), stop.clone())?;
        Ok(HostNetwork {
            stop,
            port,
            resolver,
            requests,
            names,
        })
    }

    /// Port of the origin.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The name server.
    pub(crate) fn resolver(&self) -> SocketAddr {
        self.resolver
    }
}

impl Drop for HostNetwork {
    fn drop(&mut self) {
        self.stop.0.store(true, Ordering::SeqCst);
        // Wakes both threads, so that they look.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|socket| socket.send_to(&[0], self.resolver));
    }
}

/// Answers questions on a thread.
pub(crate) fn serve_names(
    socket: UdpSocket,
    anywhere: Ipv4Addr,
    log: Log,
    stop: Stop,
) -> std::io::Result<()> {
    thread("names", move || {
        let mut question = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if stop.asked() {
                return;
            }
            if let Some((name, answer)) = names::answer(&question[..length], anywhere) {
                log.add(name);
                let _ = socket.send_to(&answer, from);
            }
        }
    })
}

/// The same over TCP, one question a connection.
pub(crate) fn serve_names_tcp(listener: TcpListener, anywhere: Ipv4Addr) -> std::io::Result<()> {
    thread("names", move || {
        for mut stream in listener.incoming().flatten() {
            let mut question = [0; 1500];
            let read = stream.read(&mut question).unwrap_or(0);
            // A question of this suite comes in one piece, its length in front.
            if let Some((_, answer)) = question
                .get(2..read)
                .and_then(|question| names::answer(question, anywhere))
            {
                let _ = stream
                    .write_all(&[&(answer.len() as u16).to_be_bytes(), answer.as_slice()].concat());
            }
        }
    })
}

/// Sends every datagram back, marked.
pub(crate) fn serve_echo(socket: UdpSocket) -> std::io::Result<()> {
    thread("echo", move || {
        let mut datagram = [0; 1500];
        while let Ok((_, from)) = socket.recv_from(&mut datagram) {
            let _ = socket.send_to(MARK.as_bytes(), from);
        }
    })
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .map(drop)
}
