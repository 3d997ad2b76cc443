//! A tmux server of a test's own: the terminal of a person.

use std::process::Stdio;

use super::{Place, finish, until};

/// A shell in the workspace, 100 columns by 30 rows. The server ends with the value.
pub struct Screen<'a> {
    place: &'a Place,
    name: &'static str,
}

impl<'a> Screen<'a> {
    pub fn start(place: &'a Place) -> Self {
        Self::start_as(place, "screen")
    }

    /// One of several.
    pub fn start_as(place: &'a Place, name: &'static str) -> Self {
        let screen = Self { place, name };
        screen.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "100",
            "-y",
            "30",
            "env -u TMUX -u TMUX_PANE PS1=ready: ENV= sh",
        ]);
        screen.until("ready:");
        screen
    }

    pub fn tmux(&self, args: &[&str]) -> String {
        let mut command = self.place.command("tmux");
        command
            .env("TMUX_TMPDIR", self.place.path("run"))
            .env("LC_ALL", "C.UTF-8")
            .args(["-L", self.name])
            .args(args);
        // The server inherits what it is started with and would hold a pipe open.
        if args.contains(&"new-session") {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        finish(command.spawn().unwrap()).exits(0).out.clone()
    }

    pub fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Types a line.
    pub fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.key("Enter");
    }

    /// Presses a key by its tmux name.
    pub fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    #[track_caller]
    pub fn until(&self, text: &str) {
        let mut seen = String::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            until(text, || {
                seen = self.text();
                seen.contains(text)
            });
        }));
        assert!(
            found.is_ok(),
            "{text:?} never came, as {}, on\n{seen}",
            self.place.who()
        );
    }

    /// `ringfence run ARGS`, to be typed.
    pub fn run(&self, args: &str) -> String {
        format!("clear; {} run {args}", self.place.binary().display())
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        let mut command = self.place.command("tmux");
        command
            .env("TMUX_TMPDIR", self.place.path("run"))
            .args(["-L", self.name, "kill-server"]);
        let _ = command.output();
    }
}
