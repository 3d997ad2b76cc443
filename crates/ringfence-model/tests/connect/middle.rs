//! A server in the middle: it hands requests on and answers back, keeps what it sees, and meddles as a test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request or an answer.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Request line or status line.
    pub first: String,
    /// `name: value`, without those that say how the body is framed.
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

/// Changes a request on its way to the server.
pub type OnRequest = Box<dyn FnMut(&mut Message) + Send>;
/// Sees the request, as it was sent on, and changes its answer.
pub type OnAnswer = Box<dyn FnMut(&Message, &mut Message) + Send>;

pub struct Middle {
    pub address: SocketAddr,
    pub server: Arc<Mutex<SocketAddr>>,
    pub seen: Arc<Mutex<Vec<(Message, Message)>>>,
    pub on_request: Arc<Mutex<Option<OnRequest>>>,
    pub on_answer: Arc<Mutex<Option<OnAnswer>>>,
}

impl Message {
    fn read(stream: &mut TcpStream, to_the_end: bool) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                break end;
            }
            match stream.read(&mut buffer) {
                Ok(n) if n > 0 => bytes.extend_from_slice(&buffer[..n]),
                _ => return None,
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let mut body = bytes.split_off(end + 4);
        let mut lines = head.split("\r\n").map(str::to_owned);
        let first = lines.next()?;
        let (mut headers, mut length, mut chunked) = (Vec::new(), None, false);
        for line in lines {
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse::<usize>().ok(),
                "transfer-encoding" => chunked = true,
                "connection" | "host" => {}
                _ => headers.push(line),
            }
        }
        if let (Some(length), false) = (length, chunked) {
            while body.len() < length {
                match stream.read(&mut buffer) {
                    Ok(n) if n > 0 => body.extend_from_slice(&buffer[..n]),
                    _ => return None,
                }
            }
        } else if to_the_end {
            let _ = stream.read_to_end(&mut body);
        }
        if chunked {
            body = unchunked(&body);
        }
        Some(Self {
            first,
            headers,
            body,
        })
    }

    fn write(&self, stream: &mut TcpStream, host: Option<SocketAddr>) {
        let mut head = format!("{}\r\n", self.first);
        if let Some(host) = host {
            head.push_str(&format!("host: {host}\r\n"));
        }
        for header in &self.headers {
            head.push_str(&format!("{header}\r\n"));
        }
        head.push_str(&format!(
            "content-length: {}\r\nconnection: close\r\n\r\n",
            self.body.len()
        ));
        let _ = stream.write_all(&[head.as_bytes(), &self.body].concat());
    }

    pub fn path(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// Says what a server says that answers in clear.
    pub fn replace(&mut self, status: &str, kind: &str, body: &[u8]) {
        self.first = format!("HTTP/1.1 {status}");
        self.headers = vec![format!("content-type: {kind}")];
        self.body = body.to_vec();
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = body.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).unwrap_or("0");
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let rest = &body[end + 2..];
        if size == 0 || rest.len() < size + 2 {
            break;
        }
        out.extend_from_slice(&rest[..size]);
        body = &rest[size + 2..];
    }
    out
}

/// Asks a server and reads everything.
pub fn ask(server: SocketAddr, request: &Message) -> Option<Message> {
    let mut stream = TcpStream::connect(server).ok()?;
    request.write(&mut stream, Some(server));
    Message::read(&mut stream, true)
}

impl Middle {
    pub fn new(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
        let middle = Self {
            address: listener.local_addr().expect("address"),
            server: Arc::new(Mutex::new(server)),
            seen: Arc::default(),
            on_request: Arc::default(),
            on_answer: Arc::default(),
        };
        let (server, seen) = (Arc::clone(&middle.server), Arc::clone(&middle.seen));
        let (on_request, on_answer) = (
            Arc::clone(&middle.on_request),
            Arc::clone(&middle.on_answer),
        );
        // Ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let (server, seen) = (Arc::clone(&server), Arc::clone(&seen));
                let (on_request, on_answer) = (Arc::clone(&on_request), Arc::clone(&on_answer));
                std::thread::spawn(move || {
                    let Some(mut request) = Message::read(&mut stream, false) else {
                        return;
                    };
                    if let Some(change) = on_request.lock().expect("change").as_mut() {
                        change(&mut request);
                    }
                    let server = *server.lock().expect("server");
                    let mut answer = ask(server, &request).unwrap_or_default();
                    if let Some(change) = on_answer.lock().expect("change").as_mut() {
                        change(&request, &mut answer);
                    }
                    seen.lock().expect("seen").push((request, answer.clone()));
                    answer.write(&mut stream, None);
                });
            }
        });
        middle
    }

    pub fn request(&self, change: impl FnMut(&mut Message) + Send + 'static) {
        *self.on_request.lock().expect("change") = Some(Box::new(change));
    }

    pub fn answer(&self, change: impl FnMut(&Message, &mut Message) + Send + 'static) {
        *self.on_answer.lock().expect("change") = Some(Box::new(change));
    }

    pub fn honest(&self) {
        *self.on_request.lock().expect("change") = None;
        *self.on_answer.lock().expect("change") = None;
    }

    /// Whether these bytes went through it, in whatever direction.
    pub fn saw(&self, needle: &str) -> bool {
        let seen = self.seen.lock().expect("seen");
        seen.iter().any(|(request, answer)| {
            [request, answer].iter().any(|message| {
                let body = message.body.windows(needle.len());
                message.first.contains(needle)
                    || message.headers.iter().any(|h| h.contains(needle))
                    || body.into_iter().any(|w| w == needle.as_bytes())
            })
        })
    }
}
