//! Where diagnostics go: standard error, or a file of the session while an agent owns the terminal.

use std::fs::File;
use std::io::IsTerminal;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::arguments::LogLevel;

/// Starts logging. Call once.
pub fn start(level: Option<LogLevel>, configured: Option<&str>, file: Option<File>) {
    let level = match level {
        Some(LogLevel::Trace) => "trace",
        Some(LogLevel::Debug) => "debug",
        Some(LogLevel::Info) => "info",
        Some(LogLevel::Warn) => "warn",
        Some(LogLevel::Error) => "error",
        // On a terminal of the user's, `info` of every connection would be noise: the audit log has it.
        None => configured.filter(|_| file.is_some()).unwrap_or("warn"),
    };
    // Other crates' chatter starts at warnings, whatever ours is.
    let ours = [
        "ringfence",
        "ringfence_model",
        "ringfence_runtime",
        "ringfence_proxy",
        "ringfence_sandbox",
        "ringfence_store",
    ];
    let filter = ours.iter().fold(String::from("warn"), |all, name| {
        format!("{all},{name}={level}")
    });
    let start = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        // Who reads standard error may be gone. Saying that there would end whoever says it.
        .log_internal_errors(false)
        .with_target(false);
    match file {
        Some(file) => start.with_ansi(false).with_writer(Mutex::new(file)).init(),
        // A person reads standard error as it comes: no clock, one line.
        None => {
            let color = std::io::stderr().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
            start
                .without_time()
                .with_ansi(color)
                .with_writer(std::io::stderr)
                .init();
        }
    }
}
