//! A `/dev` of the tests' own, where `/dev/zero` stands in for graphics processors; and what a process can do with a device node, tried
//! before and after it seals itself.

use std::fs::File;
use std::io::Read;
use std::process::Command;
use std::sync::OnceLock;

/// Set where [`own_dev`] made `/dev`.
pub const OWN_DEV: &str = "RINGFENCE_TEST_OWN_DEV";
/// The group of `/dev/nvidia0` and `/dev/nvidia1` there.
pub const DEVICE_GROUP: u32 = 61_996;

/// `$0` is the tests' program, `$1` what it is to run.
const SCRIPT: &str = r#"
skip() { echo "SKIPPED: a /dev of the tests' own can not be made here" >&2; exit 0; }
mount -t tmpfs -o mode=755 ringfence-test /dev && cd /dev && mkdir dri dri/renderD130 || skip
mknod -m 666 null c 1 3 && mknod -m 666 zero c 1 5 && mknod -m 666 urandom c 1 9 || skip
mknod -m 666 dri/renderD128 c 1 5 && mknod -m 600 kfd c 1 5 && mknod -m 666 nvidia-uvm b 7 99 || skip
for n in 0 1 2; do mknod -m 660 nvidia$n c 1 5 && chgrp $((61996 - n / 2)) nvidia$n || skip; done
: > nvidiactl; ln -s /dev/zero dri/renderD129; ln -s /dev/nvidiactl nvidia-uvm-tools
echo 1 > null 2> /dev/zero && head -c 1 zero > null || skip
exec "$0" "$1"
"#;

/// Runs this very program (as root, with this filter and [`OWN_DEV`] set) in a mount namespace with such a `/dev`; how many runs failed.
/// `/dev/dri/renderD128` is open to all there, `/dev/kfd` to root, `/dev/nvidia0` and `1` to one group and `2` to another; all others
/// that have a name of a graphics processor's are something else.
pub fn own_dev(filter: &str) -> u32 {
    let status = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", SCRIPT])
        .arg(std::env::current_exe().expect("own path"))
        .arg(filter)
        .env(OWN_DEV, "1")
        .current_dir("/")
        .status();
    match status {
        Ok(status) => u32::from(!status.success()),
        Err(error) => {
            // A word on standard error, which is the tests' place for it.
            #[allow(clippy::print_stderr, reason = "support of tests")]
            {
                eprintln!("SKIPPED: unshare: {error}");
            }
            0
        }
    }
}

/// The variable with the path of a device to try; nothing is tried without it.
pub const DEVICE: &str = "RINGFENCE_TEST_DEVICE";

static OPENED: OnceLock<Result<File, String>> = OnceLock::new();

/// Opens the device for reading and writing, while anything can be opened.
pub(crate) fn open() {
    if let Some(path) = std::env::var_os(DEVICE) {
        let opened = File::options().read(true).write(true).open(path);
        let _ = OPENED.set(opened.map_err(|error| error.to_string()));
    }
}

/// What came of opening it, and of using it now: each by name, with `done` or the error.
pub(crate) fn found() -> Vec<(String, String)> {
    let Some(opened) = OPENED.get() else {
        return Vec::new();
    };
    let told = |result: std::io::Result<()>| match result {
        Ok(()) => "done".to_owned(),
        Err(error) => error.to_string(),
    };
    let mut found = vec![(
        "open the device".to_owned(),
        opened.as_ref().err().cloned().unwrap_or("done".into()),
    )];
    if let Ok(mut device) = opened.as_ref() {
        found.push((
            "read the device".to_owned(),
            told(device.read_exact(&mut [0; 8])),
        ));
        found.push((
            "tell the device".to_owned(),
            told(super::attacks::tell(device)),
        ));
    }
    found
}
