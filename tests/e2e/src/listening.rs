//! A program that says where it listens, as `ringfence model serve` and `connect` do.

use std::io::{BufRead, BufReader, Error};
use std::process::{Child, Command, Stdio};

/// It runs until it is stopped, or dropped.
#[derive(Debug)]
pub struct Listening {
    child: Child,
    /// Where: an address and a port, or the path of a socket.
    pub address: String,
}

impl Listening {
    /// Starts it, and waits until it has said so.
    ///
    /// # Errors
    /// When it does not start, or says something else first.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut said)?;
        }
        let whole = Self {
            child,
            address: String::new(),
        };
        match said.trim().strip_prefix("listening at ") {
            Some(address) => Ok(Self::at(whole, address)),
            None => Err(Error::other(format!("it said {said:?}"))),
        }
    }

    fn at(mut self, address: &str) -> Self {
        address
            .strip_prefix("http://")
            .unwrap_or(address)
            .clone_into(&mut self.address);
        self
    }

    /// Asks it to end, and waits for that; whether it ended well.
    ///
    /// # Errors
    /// When it can not be asked.
    pub fn stop(mut self) -> std::io::Result<bool> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status()?;
        Ok(told.success() && self.child.wait()?.success())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
