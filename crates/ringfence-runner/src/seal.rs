//! The two filters of a runner: one for loading, installed by the launcher, and one for the rest of its life, installed by the runner
//! on all its threads at once when the model is loaded.

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};

/// For loading: name and text, in the format of the OCI runtime specification.
pub(crate) const LOAD: (&str, &str) = ("runner-load.json", include_str!("load.json"));
const SEAL: (&str, &str) = ("runner-seal.json", include_str!("seal.json"));

/// Gives up what is not needed any more, and looks that it is gone.
///
/// # Errors
/// When the filter can not be installed, or does not hold.
pub(crate) fn seal() -> Result<(), String> {
    let (name, json) = SEAL;
    ringfence_sandbox::seal(name, json).map_err(|error| error.to_string())?;
    let opened = rustix::fs::open("/", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map(drop);
    let connected = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).map(drop);
    match (opened, connected) {
        (Err(Errno::PERM), Err(Errno::PERM)) => Ok(()),
        (opened, connected) => Err(format!(
            "the filter is installed and does not hold: open: {opened:?}, socket: {connected:?}"
        )),
    }
}
