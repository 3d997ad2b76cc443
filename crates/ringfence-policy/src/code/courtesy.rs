//! What tells Python code early that it can not start processes. A courtesy: the wall is the kernel's
//! (INCIDENTS P14), and this can be taken down from inside without anything being gained.

use crate::spec::{Mount, Source};

/// Directory inside that is put on `PYTHONPATH`.
pub(super) const DIR: &str = "/run/ringfence/python";

/// `sitecustomize.py`: run by the interpreter before the code.
pub(super) fn mount() -> Mount {
    Mount {
        target: format!("{DIR}/sitecustomize.py").into(),
        source: Source::File {
            text: include_str!("courtesy.py").to_owned(),
            mode: 0o444,
        },
        why: "says early that processes can not be started; the kernel refuses them".into(),
    }
}
