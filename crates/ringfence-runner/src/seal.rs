//! The two filters of a runner: one for loading, installed by the launcher, and one for the rest of its life, installed by the runner
//! on all its threads at once when the model is loaded.

use std::borrow::Cow;
use std::io;

use ringfence_policy::spec::SeccompProfile;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType};
use serde_json::Value;

/// A filter: name and text, in the format of the OCI runtime specification.
const LOAD: (&str, &str) = ("runner-load.json", include_str!("load.json"));
const SEAL: (&str, &str) = ("runner-seal.json", include_str!("seal.json"));
/// What is added to each for a graphics processor.
const DEVICE: &str = include_str!("device.json");

/// The filter for loading; `device` when one is granted.
///
/// # Errors
/// When it can not be read, which its test rules out.
pub(crate) fn for_loading(device: bool) -> io::Result<SeccompProfile> {
    let (name, json) = LOAD;
    Ok(match device {
        false => SeccompProfile::Custom {
            name: name.into(),
            json: json.into(),
        },
        true => SeccompProfile::Custom {
            name: "runner-load-device.json".into(),
            json: with_device(json, "load")?,
        },
    })
}

/// A filter with the calls that a driver needs at this stage.
fn with_device(json: &str, stage: &str) -> io::Result<String> {
    let mut filter: Value = serde_json::from_str(json)?;
    let mut more: Value = serde_json::from_str(DEVICE)?;
    match (
        filter.get_mut("syscalls").and_then(Value::as_array_mut),
        more.get_mut(stage).and_then(Value::as_array_mut),
    ) {
        (Some(calls), Some(more)) => calls.append(more),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    }
    Ok(filter.to_string())
}

/// Gives up what is not needed any more, and looks that it is gone. `device` keeps what a driver needs with a device that is open.
///
/// # Errors
/// When the filter can not be installed, or does not hold.
pub(crate) fn seal(device: bool) -> Result<(), String> {
    let (name, json) = SEAL;
    let json = match device {
        false => Cow::Borrowed(json),
        true => Cow::Owned(with_device(json, "seal").map_err(|error| error.to_string())?),
    };
    ringfence_sandbox::seal(name, &json).map_err(|error| error.to_string())?;
    let opened = rustix::fs::open("/", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map(drop);
    let connected = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None).map(drop);
    match (opened, connected) {
        (Err(Errno::PERM), Err(Errno::PERM)) => Ok(()),
        (opened, connected) => Err(format!(
            "the filter is installed and does not hold: open: {opened:?}, socket: {connected:?}"
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn calls(json: &str, name: &str) -> usize {
        let filter: Value = serde_json::from_str(json).unwrap();
        let entries = filter["syscalls"].as_array().unwrap();
        let names = entries.iter().flat_map(|e| e["names"].as_array().unwrap());
        names.filter(|found| *found == name).count()
    }

    #[test]
    fn only_with_a_device_anything_can_be_told_to_one() {
        for (json, stage) in [(LOAD.1, "load"), (SEAL.1, "seal")] {
            assert_eq!(calls(json, "ioctl"), 0, "{stage}");
            assert_eq!(
                calls(&with_device(json, stage).unwrap(), "ioctl"),
                1,
                "{stage}"
            );
        }
        let sealed = with_device(SEAL.1, "seal").unwrap();
        assert!(
            ["openat", "recvmsg", "clone", "socket"]
                .iter()
                .all(|name| calls(&sealed, name) == 0)
        );
    }
}
