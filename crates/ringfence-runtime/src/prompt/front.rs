//! Puts the question in front of the person: popup, pane, or the overlay of the terminal relay.
//!
//! Nothing that came out of the sandbox enters a multiplexer's command line: it holds our own binary's path, a
//! directory of ours and the session's id. The popup asks the approvals socket for the rest.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::approvals::is_session_id;
use super::desk::Desk;
use super::limits::PANE_START;

/// Where questions are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrontEnd {
    /// A tmux popup or pane.
    Tmux {
        /// `$TMUX_PANE`, checked.
        pane: Option<String>,
    },
    /// A floating zellij pane.
    Zellij,
    /// The session's own terminal.
    Overlay,
    /// Only `ringfence approvals`.
    None,
}

impl FrontEnd {
    /// Chooses by the caller's environment; `terminal` says whether the session has one.
    pub fn choose(env: &BTreeMap<String, String>, terminal: bool) -> Self {
        let set = |name: &str| env.get(name).is_some_and(|v| !v.is_empty());
        if set("TMUX") {
            let pane = env.get("TMUX_PANE").filter(|p| is_pane(p)).cloned();
            return Self::Tmux { pane };
        }
        match (set("ZELLIJ"), terminal) {
            (true, _) => Self::Zellij,
            (false, true) => Self::Overlay,
            (false, false) => Self::None,
        }
    }

    /// Name in the audit log.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Tmux { .. } => "tmux",
            Self::Zellij => "zellij",
            Self::Overlay => "overlay",
            Self::None => "none",
        }
    }
}

fn is_pane(text: &str) -> bool {
    text.strip_prefix('%')
        .is_some_and(|n| (1..=10).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()))
}

/// What a popup needs to be started.
#[derive(Debug, Clone)]
pub struct Popups {
    /// Multiplexer.
    pub front: FrontEnd,
    /// Absolute path of this binary.
    pub program: PathBuf,
    /// Runtime directory with the approvals sockets.
    pub dir: PathBuf,
    /// Session's id.
    pub session: String,
    /// The session has a terminal, on which the overlay can take over when popups don't work.
    pub terminal: bool,
}

impl Popups {
    /// Shows a popup whenever questions are open, until `stop`. With [`FrontEnd::Overlay`] it hands over to the relay
    /// and returns; with [`FrontEnd::None`] it returns.
    ///
    /// A popup that does not work (too old a tmux, no client attached) gives way to a pane and then to the overlay.
    /// One that the person closes without an answer is not opened again for the same questions.
    pub async fn run(self, desk: Arc<Desk>, stop: CancellationToken) {
        if !is_session_id(&self.session) || !self.program.is_absolute() {
            return self.give_up(&desk);
        }
        let ways = self.ways();
        self.run_ways(ways, desk, stop).await;
    }

    async fn run_ways(
        self,
        mut ways: Vec<Vec<OsString>>,
        desk: Arc<Desk>,
        stop: CancellationToken,
    ) {
        let _attached = (!ways.is_empty()).then(|| desk.attach());
        let mut changes = desk.changes();
        let mut seen = 0;
        while let Some(argv) = ways.first() {
            let newest = desk.pending().last().map_or(0, |p| p.id);
            if newest <= seen {
                tokio::select! {
                    () = stop.cancelled() => return,
                    changed = changes.changed() => if changed.is_err() { return },
                }
                continue;
            }
            let worked = match spawn(argv) {
                Ok(mut child) => tokio::select! {
                    () = stop.cancelled() => { let _ = child.kill().await; return }
                    status = finished(&mut child, argv, &desk) => status,
                },
                Err(error) => {
                    tracing::debug!(%error, "popup did not start");
                    false
                }
            };
            if worked {
                seen = newest;
            } else {
                ways.remove(0);
            }
        }
        self.give_up(&desk);
    }

    fn give_up(&self, desk: &Desk) {
        if self.terminal && self.front != FrontEnd::None {
            desk.want_overlay();
        }
    }

    /// Command lines to try, best first.
    fn ways(&self) -> Vec<Vec<OsString>> {
        let mut client: Vec<OsString> = vec![
            self.program.clone().into(),
            "approvals".into(),
            "--session".into(),
        ];
        client.extend([
            self.session.clone().into(),
            "--dir".into(),
            self.dir.clone().into(),
        ]);
        let with = |head: &[&str], via: &str| {
            let mut argv: Vec<OsString> = head.iter().map(Into::into).collect();
            argv.extend(client.iter().cloned());
            argv.extend(["--popup".into(), via.into()]);
            argv
        };
        match &self.front {
            FrontEnd::Tmux { pane } => {
                let target: Vec<&str> = pane.as_deref().map_or(Vec::new(), |p| vec!["-t", p]);
                let popup = [
                    &["tmux", "display-popup"][..],
                    &target,
                    &["-E", "-w", "80%", "-h", "20"],
                ]
                .concat();
                let split = [&["tmux", "split-window"][..], &target, &["-l", "16"]].concat();
                vec![with(&popup, "tmux"), with(&split, "tmux")]
            }
            FrontEnd::Zellij => {
                let run = [
                    "zellij",
                    "run",
                    "--floating",
                    "--close-on-exit",
                    "--name",
                    "ringfence",
                    "--",
                ];
                vec![with(&run, "zellij")]
            }
            FrontEnd::Overlay | FrontEnd::None => Vec::new(),
        }
    }
}

fn spawn(argv: &[OsString]) -> std::io::Result<Child> {
    let (program, args) = argv.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

/// Waits for the popup; `false` when it did not work. `display-popup -E` stays as long as the popup does and passes its
/// status on. A pane's command returns at once: there the client has to attach to the desk in time, and the pane then
/// counts as open until nothing is asked any more.
async fn finished(child: &mut Child, argv: &[OsString], desk: &Desk) -> bool {
    let before = desk.attached();
    let ok = child.wait().await.is_ok_and(|status| status.success());
    let blocks = argv
        .get(1)
        .is_some_and(|command| command == "display-popup");
    if !ok || blocks {
        return ok;
    }
    let start = Instant::now();
    while desk.attached() <= before && !desk.pending().is_empty() {
        if start.elapsed() > PANE_START {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut changes = desk.changes();
    while !desk.pending().is_empty() {
        if changes.changed().await.is_err() {
            break;
        }
    }
    true
}

#[cfg(test)]
mod tests;
