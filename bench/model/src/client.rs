//! A client of the server: plain HTTP on loopback, answers read line by line as they come.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// An answer as it came.
pub struct Answer {
    pub tokens: usize,
    pub first: Duration,
    pub whole: Duration,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("server");
        stream.set_nodelay(true).expect("nodelay");
        Self {
            address,
            stream: BufReader::new(stream),
        }
    }

    /// Asks for the likeliest tokens after a prompt that no template is put around.
    pub fn generate(&mut self, model: &str, prompt: &str, tokens: u32) -> Answer {
        let body = format!(
            r#"{{"model":"{model}","prompt":"{prompt}","raw":true,"keep_alive":-1,"options":{{"temperature":0,"repeat_penalty":1.0,"num_predict":{tokens}}}}}"#
        );
        let request = format!(
            "POST /api/generate HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        // Before the time begins: one that was idle for 20 seconds is closed by the server.
        *self = Self::new(self.address);
        let began = Instant::now();
        self.stream
            .get_mut()
            .write_all(request.as_bytes())
            .expect("request");
        let head = self.head();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        if let Some(length) = length(&head) {
            // An answer without a single token.
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).expect("body");
            return Answer {
                tokens: 0,
                first: Duration::ZERO,
                whole: began.elapsed(),
            };
        }
        let (mut count, mut first) = (0, None);
        // A line of the answer may come in several chunks, and several in one.
        let mut line = Vec::new();
        while let Some(chunk) = self.chunk() {
            for byte in chunk {
                if byte != b'\n' {
                    line.push(byte);
                    continue;
                }
                let text = String::from_utf8_lossy(&line).into_owned();
                assert!(!text.contains("\"error\""), "{text}");
                match text.split_once("\"eval_count\":") {
                    // Of the last line. A token that is part of a character has no line of its own.
                    Some((_, rest)) => {
                        let digits = rest.find(|c: char| !c.is_ascii_digit());
                        count = rest[..digits.unwrap_or(rest.len())]
                            .parse()
                            .expect("a count");
                    }
                    None => {
                        first.get_or_insert_with(|| began.elapsed());
                    }
                }
                line.clear();
            }
        }
        Answer {
            tokens: count,
            first: first.unwrap_or_default(),
            whole: began.elapsed(),
        }
    }

    fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(
                self.stream.read_line(&mut head).expect("head") > 0,
                "{head}"
            );
        }
        head
    }

    /// A chunk of the body; none after the last.
    fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut size = String::new();
        self.stream.read_line(&mut size).expect("size");
        let size = usize::from_str_radix(size.trim(), 16).expect("size");
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk).expect("chunk");
        chunk.truncate(size);
        (size > 0).then_some(chunk)
    }
}

fn length(head: &str) -> Option<usize> {
    let head = head.to_ascii_lowercase();
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))?;
    line.trim().parse().ok()
}
