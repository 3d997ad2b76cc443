//! The journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram of `FIELD=value` lines an entry.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use crate::sink::syslog::{send_datagram, severity};
use crate::sink::{Entry, Wire};

/// The journal.
pub(crate) struct Journal {
    path: PathBuf,
    session: String,
    socket: Option<UnixDatagram>,
}

impl Journal {
    pub(crate) fn new(path: &Path, session: &str) -> Self {
        Journal {
            path: path.to_owned(),
            session: session.to_owned(),
            socket: None,
        }
    }

    /// No value holds a newline (a line of the log is printable ASCII), so the length-prefixed form is never needed.
    fn message(&self, entry: &Entry) -> String {
        format!(
            "MESSAGE={}\nPRIORITY={}\nSYSLOG_FACILITY=13\nSYSLOG_IDENTIFIER=ringfence\nRINGFENCE_SESSION={}\nRINGFENCE_SEQ={}\n",
            entry.line,
            severity(entry.severity),
            self.session,
            entry.seq
        )
    }
}

impl Wire for Journal {
    fn send(&mut self, entry: &Entry) -> std::io::Result<()> {
        let message = self.message(entry);
        send_datagram(&mut self.socket, &self.path, message.as_bytes())
    }
}
