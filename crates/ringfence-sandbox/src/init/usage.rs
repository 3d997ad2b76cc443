//! What the payload used, as its pid 1 can see: times and sizes of everything that was waited for, and the times of what
//! is still running.

use super::peers;
use crate::spawner::read_small;
use crate::sys::process;
use crate::wire::Seen;

/// To be asked when the payload has been waited for.
pub(crate) fn at_the_end() -> Seen {
    let waited = process::usage_of_children();
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    let running: u64 = peers::pids().into_iter().filter_map(ticks_of).sum();
    Seen {
        cpu_ms: waited.map(|used| {
            used.cpu_ms
                .saturating_add(running.saturating_mul(1000) / ticks)
        }),
        largest_process: waited.map(|used| used.peak_memory),
        ..Seen::default()
    }
}

/// User and system time of a process and of its children that it waited for.
fn ticks_of(pid: u32) -> Option<u64> {
    let stat = read_small(&format!("/proc/{pid}/stat")).ok()?;
    // Fields are counted after the command name, which may hold spaces and parentheses: utime is the 14th of all.
    let fields = stat
        .rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .skip(11)
        .take(4);
    fields.map(|field| field.parse::<u64>().ok()).sum()
}
