//! Exit codes. The wrapped program's own code is passed through; these are ours.

use std::process::ExitCode;

/// What the exit code of `ringfence` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything went as asked.
    Success = 0,
    /// A check found something: `policy check`, `policy explain` on a refusal, `audit verify`, `prove`, `doctor`, `filter`
    /// with `--fail` or when it stopped the text; a model that is not there, or was refused.
    Found = 1,
    /// The command line could not be understood.
    Usage = 2,
    /// The audit log could not be kept, so the session was stopped.
    Audit = 74,
    /// Keys or secrets could not be had: the key store is locked or gone, the passphrase is wrong.
    Keys = 77,
    /// The configuration is wrong.
    Config = 78,
    /// The egress filter ended the program.
    Blocked = 122,
    /// The limit on output ended the program.
    Output = 123,
    /// The wall-clock limit ended the program.
    Timeout = 124,
    /// A protection could not be installed, or the fence itself failed. Nothing was run, or it was stopped.
    Fence = 125,
    /// The program is not executable.
    NotExecutable = 126,
    /// There is no such program.
    NotFound = 127,
    /// Ctrl-C ended it: the answer of a model to one prompt.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
