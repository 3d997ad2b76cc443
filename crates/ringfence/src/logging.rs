//! Where diagnostics go: standard error, or a file of the session while an agent owns the terminal.

use std::fs::File;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

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
    let color = file.is_none() && std::env::var_os("NO_COLOR").is_none();
    let writer = match file {
        Some(file) => BoxMakeWriter::new(Mutex::new(file)),
        None => BoxMakeWriter::new(std::io::stderr),
    };
    // Other crates' chatter starts at warnings, whatever ours is.
    let ours = ["ringfence", "ringfence_runtime", "ringfence_proxy", "ringfence_sandbox", "ringfence_store"];
    let filter = ours.iter().fold(String::from("warn"), |all, name| format!("{all},{name}={level}"));
    tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_ansi(color).with_writer(writer).with_target(false).init();
}
