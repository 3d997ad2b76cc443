//! How far something is: a bar on a terminal; else a line now and then.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Percent between two lines where there is no bar.
const STEP: u64 = 25;

/// Progress of one thing after another, on standard error.
pub struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    /// Steps that were told of the present thing.
    told: u64,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Self {
            bar: (std::io::stderr().is_terminal() && !plain).then(bar),
            what: String::new(),
            told: 0,
        }
    }

    /// `done` of `all` bytes of `what`.
    pub fn show(&mut self, what: &str, done: u64, all: u64) {
        let new = self.what != what;
        if new {
            what.clone_into(&mut self.what);
            self.told = 0;
        }
        if let Some(bar) = &self.bar {
            if new {
                bar.reset();
                bar.set_message(what.to_owned());
            }
            bar.set_length(all);
            bar.set_position(done);
            return;
        }
        let percent = done.min(all) * 100 / all.max(1);
        if percent / STEP > self.told {
            self.told = percent / STEP;
            let mut out = std::io::stderr().lock();
            // Nobody may be reading, and the work goes on.
            let _ = writeln!(out, "{what}: {percent} % of {}", super::bytes(all));
        }
    }

    /// Takes the bar away.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
    );
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
