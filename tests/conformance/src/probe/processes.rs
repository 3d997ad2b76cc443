//! Attacks on other processes, on what a process inherits, and on the machine's resources.

use std::fs;
use std::io::{Read, Seek};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::limits::{FORKS, HOG, MEMORY, PIDS};
use crate::probe::{Verdict, raw};

/// `TEXT`: the environment holds the text somewhere.
pub(super) fn environment(args: &[&str]) -> std::io::Result<Verdict> {
    let [text] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    let found = std::env::vars_os().find(|(_, value)| value.to_string_lossy().contains(text));
    Ok(match found {
        Some((name, _)) => Verdict::yes(format!("${} holds it", name.to_string_lossy())),
        None => Verdict::no(format!(
            "{} variables, none with it",
            std::env::vars_os().count()
        )),
    })
}

/// `FILE TEXT`: a `/proc/PID/FILE` of any process but this one holds the text.
pub(super) fn other_processes(args: &[&str]) -> std::io::Result<Verdict> {
    let [file, text] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    let own = std::process::id().to_string();
    let mut seen = 0;
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == own || !name.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let Ok(bytes) = fs::read(entry.path().join(file)) else {
            continue;
        };
        seen += 1;
        // The text stands in the arguments of the probe as well, and those of its own supervisor.
        let content = String::from_utf8_lossy(&bytes);
        if content.contains(text) && !content.contains("other-processes") {
            return Ok(Verdict::yes(format!("read it from /proc/{name}/{file}")));
        }
    }
    Ok(Verdict::no(format!(
        "{seen} processes readable, none with it"
    )))
}

/// `PID`: the process exists and takes signals from here (none is sent).
pub(super) fn signal_process(args: &[&str]) -> std::io::Result<Verdict> {
    let pid = args
        .first()
        .and_then(|text| text.parse().ok())
        .and_then(Pid::from_raw);
    let Some(pid) = pid else {
        return Ok(Verdict::missing("arguments"));
    };
    rustix::process::test_kill_process(pid)?;
    let stat = fs::read_to_string(format!("/proc/{}/cmdline", pid.as_raw_nonzero()))?;
    Ok(if stat.contains("sleep") {
        Verdict::yes("it can be signalled")
    } else {
        Verdict::no("another process has that number here")
    })
}

/// `TEXT`: an inherited descriptor leads to a file with the text.
pub(super) fn descriptors(args: &[&str]) -> std::io::Result<Verdict> {
    let [text] = args else {
        return Ok(Verdict::missing("arguments"));
    };
    let mut open = Vec::new();
    let numbers = fs::read_dir("/proc/self/fd")?.flatten();
    let numbers =
        numbers.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    for number in numbers.filter(|number| *number > 2) {
        let path = format!("/proc/self/fd/{number}");
        let Ok(target) = fs::read_link(&path) else {
            continue;
        };
        open.push(format!("{number} -> {}", target.display()));
        let Ok(mut file) = fs::File::open(&path) else {
            continue;
        };
        let mut bytes = Vec::new();
        if file.metadata()?.is_file()
            && file.rewind().is_ok()
            && file.take(4096).read_to_end(&mut bytes).is_ok()
        {
            let content = String::from_utf8_lossy(&bytes);
            if content.contains(text) {
                return Ok(Verdict::yes(format!("read it through descriptor {number}")));
            }
        }
    }
    Ok(Verdict::no(format!(
        "open besides the first three: {}",
        open.join(", ")
    )))
}

/// Makes up to [`FORKS`] processes. Achieved when they are more than a fence with a limit of [`PIDS`] grants.
pub(super) fn fork_bomb() -> std::io::Result<Verdict> {
    let mut children = Vec::new();
    let mut error = None;
    while children.len() < FORKS as usize {
        match raw::fork_sleeper() {
            Ok(pid) => children.push(pid),
            Err(e) => {
                error = Some(e);
                break;
            }
        }
    }
    for pid in &children {
        let _ = rustix::process::kill_process(*pid, Signal::KILL);
        let _ = rustix::process::waitpid(Some(*pid), rustix::process::WaitOptions::empty());
    }
    let made = children.len();
    let stopped = error.map_or(String::new(), |e| format!(", then {e}"));
    Ok(if made > PIDS as usize {
        Verdict::yes(format!("{made} processes"))
    } else {
        Verdict::no(format!("{made} processes{stopped}"))
    })
}

/// Touches up to [`HOG`] bytes in a child. Achieved when it gets past [`MEMORY`] and a half.
pub(super) fn memory_hog() -> std::io::Result<Verdict> {
    let touched = raw::touch_in_child(HOG)?;
    let text = format!("touched {} MiB", touched >> 20);
    Ok(if touched > MEMORY + MEMORY / 2 {
        Verdict::yes(text)
    } else {
        Verdict::no(text)
    })
}

/// A set-user-id program could still gain something, or there are capabilities already.
pub(super) fn privileges() -> std::io::Result<Verdict> {
    let status = fs::read_to_string("/proc/self/status")?;
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let bounding = field("CapBnd:");
    // The kernel is asked, because older gVisors do not show it in the file.
    let locked = rustix::thread::no_new_privs()?;
    let facts = format!(
        "no_new_privs {locked}, CapEff {}, CapBnd {bounding}",
        field("CapEff:")
    );
    let open = !locked || bounding.bytes().any(|b| b != b'0');
    Ok(if open {
        Verdict::yes(facts)
    } else {
        Verdict::no(facts)
    })
}

/// The effective user is root.
pub(super) fn root() -> std::io::Result<Verdict> {
    let uid = rustix::process::geteuid();
    let text = format!("uid {}", uid.as_raw());
    Ok(if uid.is_root() {
        Verdict::yes(text)
    } else {
        Verdict::no(text)
    })
}

/// `SECONDS [TEXT]`: stays; the text is only there to be seen in the process list.
pub(super) fn sleep(args: &[&str]) -> std::io::Result<Verdict> {
    let seconds = args.first().and_then(|text| text.parse().ok()).unwrap_or(1);
    std::thread::sleep(Duration::from_secs(seconds));
    Ok(Verdict::yes("slept"))
}
