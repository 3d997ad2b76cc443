//! What this machine can do, for `ringfence doctor`: each protection is tried, not guessed, and what is missing comes
//! with its exact mend.

use serde::Serialize;

mod backends;
mod child;
mod kernel;
mod limits;
mod surroundings;

/// One protection or backend and whether this machine offers it.
#[derive(Debug, Clone, Serialize)]
pub struct Probe {
    /// Short name: `native`, `bubblewrap`, `landlock`, `tproxy`, …
    pub name: String,
    /// Whether it works here.
    pub available: bool,
    /// Whether the default run needs it.
    pub required: bool,
    /// Version, mode or the reason why not.
    pub detail: String,
    /// The exact command or setting that mends it.
    pub mend: Option<String>,
}

/// Tries every protection and backend. Starts short-lived processes; leaves nothing behind.
///
/// Call it before the process has other threads: it forks, and what it tries needs a single-threaded child.
pub fn probe() -> Vec<Probe> {
    let namespaces = kernel::user_namespaces();
    let native = backends::native(&namespaces);
    let gvisor = backends::gvisor(&namespaces);
    let mut found = vec![kernel::version(), namespaces];
    found.extend(kernel::capture());
    found.extend([
        kernel::landlock(),
        kernel::seccomp(),
        kernel::idmapped_mounts(),
        kernel::yama(),
    ]);
    found.extend([native, backends::bubblewrap(), gvisor]);
    found.extend(backends::docker());
    found.extend(limits::all());
    found.extend(surroundings::all());
    found
}

impl Probe {
    fn works(name: &str, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            available: true,
            required: false,
            detail: detail.into(),
            mend: None,
        }
    }

    fn lacks(name: &str, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        let mend = Some(mend.into()).filter(|mend| !mend.is_empty());
        Self {
            name: name.into(),
            available: false,
            required: false,
            detail: detail.into(),
            mend,
        }
    }

    fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_named_once_and_every_lack_says_what_to_do() {
        let found = probe();
        for row in &found {
            assert_eq!(
                found.iter().filter(|other| other.name == row.name).count(),
                1,
                "{row:?}"
            );
            assert!(!row.detail.is_empty(), "{row:?}");
            assert!(row.available || row.mend.is_some(), "{row:?}");
            assert!(
                !row.available || row.mend.is_none() || !row.required,
                "{row:?}"
            );
        }
        let names: Vec<_> = found.iter().map(|row| row.name.as_str()).collect();
        for name in [
            "kernel",
            "user namespaces",
            "capture",
            "tproxy",
            "landlock",
            "seccomp",
            "native",
            "bubblewrap",
        ] {
            assert!(names.contains(&name), "{name} is missing from {names:?}");
        }
    }

    #[test]
    fn rows_agree_with_each_other() {
        let found = probe();
        let available = |name: &str| found.iter().any(|row| row.name == name && row.available);
        assert!(!available("tproxy") || available("capture"));
        assert!(!available("native") || available("user namespaces"));
    }
}
