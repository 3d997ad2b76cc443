//! Device nodes: none without asking, exactly those that were asked for, and nothing else that has such a name. In the
//! `/dev` of [`own_dev`](ringfence_runner::testing::own_dev); no graphics processor was ever seen here.

use std::path::{Path, PathBuf};

use ringfence_policy::SandboxSpec;
use ringfence_policy::spec::Source;
use ringfence_runner::testing::{DEVICE, DEVICE_GROUP, SENTENCE, attacks};
use ringfence_runner::{Config, DeviceError, Devices, Runner, sandbox};

use crate::Case;
use crate::fixture::{Fixture, Outcome, answer, digest, greedy, holds, same, small, text};

pub const CASES: &[Case] = &[
    ("a device is there only when it was asked for", asked_for),
    ("each lock on a device holds by itself", locks),
    ("what has a device's name and is none is refused", no_device),
    ("a group that may use the device is enough", groups),
    ("a granted device is another fence", another_fence),
];

const GPU: &str = "/dev/dri/renderD128";

fn granted(paths: &[&str]) -> Result<Devices, DeviceError> {
    Devices::unused(paths.iter().map(PathBuf::from))
}

fn config(paths: &[&str]) -> Result<Config, String> {
    let mut config = small();
    config.grant(granted(paths).map_err(text)?);
    Ok(config)
}

/// A runner in a changed sandbox, which tries a device.
fn start(
    f: &Fixture<'_>,
    config: &Config,
    device: &str,
    change: impl FnOnce(&mut SandboxSpec),
) -> Result<Runner, String> {
    let mut spec = sandbox("test", config, f.script.len() as u64).map_err(text)?;
    spec.claim.env.insert(DEVICE.into(), device.into());
    change(&mut spec);
    let model = f.file(&f.script);
    let loading = &config.loading;
    Runner::start_in(f.spawner, &spec, model, digest(&f.script), loading, 7).map_err(text)
}

/// What came of one attempt.
fn tried(runner: &mut Runner, name: &str) -> Result<String, String> {
    let found = runner.attacked().map_err(text)?;
    let of = found.iter().find(|(of, _)| of == name);
    Ok(of.map_or("not tried", |(_, found)| found).to_owned())
}

const OPEN: &str = "open the device";
const TELL: &str = "tell the device";
const REFUSED: &str = "Operation not permitted (os error 1)";

fn asked_for(f: &Fixture<'_>) -> Outcome {
    let mut runner = start(f, &config(&[])?, GPU, |_| {})?;
    same(tried(&mut runner, OPEN)?.as_str(), REFUSED)?;
    same(tried(&mut runner, "tell a device")?.as_str(), REFUSED)?;
    let names = |runner: &Runner| {
        let all = runner.protections().iter();
        let devices = all.filter(|name| name.starts_with("-device"));
        devices.cloned().collect::<Vec<_>>()
    };
    same(names(&runner), Vec::new())?;

    let config = config(&[GPU])?;
    let mut runner = start(f, &config, GPU, |_| {})?;
    for what in [OPEN, "read the device", TELL, "tell a device"] {
        same(tried(&mut runner, what)?.as_str(), "done").map_err(|why| format!("{what}: {why}"))?;
    }
    same(names(&runner), vec!["-device-renderD128".to_owned()])?;
    holds(runner.words().contains("-device-renderd128"), || {
        format!("{:?}", runner.words())
    })?;
    // All else is sealed as ever.
    let found = runner.attacked().map_err(text)?;
    for (name, found) in found.iter().take(attacks().len()) {
        holds(
            name == "tell a device" || found.contains("not permitted"),
            || format!("{name}: {found}"),
        )?;
    }
    let said = answer(&mut runner, greedy("x")).map_err(text)?.0;
    same(said.as_str(), SENTENCE)?;
    // And no other device than this one.
    let mut runner = start(f, &config, "/dev/zero", |_| {})?;
    let found = tried(&mut runner, OPEN)?;
    holds(found.starts_with("No such file"), || found)
}

fn locks(f: &Fixture<'_>) -> Outcome {
    let granted = config(&[GPU])?;
    // The root: all filters allow it, and it is not there.
    let mut runner = start(f, &granted, GPU, |spec| {
        spec.shape
            .root
            .retain(|mount| mount.target != Path::new(GPU));
    })?;
    let found = tried(&mut runner, OPEN)?;
    holds(found.starts_with("No such file"), || found)?;
    // Landlock: it is there, and not for writing.
    let mut runner = start(f, &granted, GPU, |spec| {
        for mount in &mut spec.shape.root {
            if let Source::Bind { writable, .. } = &mut mount.source {
                *writable = false;
            }
        }
    })?;
    let found = tried(&mut runner, OPEN)?;
    holds(found.starts_with("Permission denied"), || found)?;
    // The filter for loading.
    let strict = sandbox("test", &small(), 1).map_err(text)?.shape.seccomp;
    let mut runner = start(f, &granted, GPU, |spec| spec.shape.seccomp = strict)?;
    same(tried(&mut runner, OPEN)?.as_str(), REFUSED)?;
    // The seal: it is open, and nothing can be told to it.
    let mut sealed = granted.clone();
    sealed.loading.gpu = None;
    let mut runner = start(f, &sealed, GPU, |_| {})?;
    same(tried(&mut runner, OPEN)?.as_str(), "done")?;
    same(tried(&mut runner, TELL)?.as_str(), REFUSED)
}

fn no_device(_: &Fixture<'_>) -> Outcome {
    let of = |path: &str| granted(&[path]).map(drop);
    of(GPU).map_err(text)?;
    for (path, why) in [
        ("/dev/zero", "no device of a graphics processor"),
        ("/dev/dri/../zero", "no device of a graphics processor"),
        ("/dev/dri/renderD129", "a symlink"),
        ("/dev/nvidia-uvm-tools", "a symlink"),
        ("/dev/dri/renderD130", "not a character device"),
        ("/dev/nvidiactl", "not a character device"),
        ("/dev/nvidia-uvm", "not a character device"),
        ("/dev/nvidia9", "not there"),
        ("/dev/kfd", "can not be used"),
    ] {
        let refused = of(path).err().map(text).unwrap_or_default();
        holds(refused.contains(why) && refused.contains(path), || {
            format!("{path}: {refused:?}")
        })?;
    }
    Ok(())
}

/// As root the runner gets the group; an ordinary user is in it, or is not.
fn groups(f: &Fixture<'_>) -> Outcome {
    let both = ["/dev/nvidia0", "/dev/nvidia1"];
    for device in both {
        let mut runner = start(f, &config(&both)?, device, |_| {})?;
        same(tried(&mut runner, OPEN)?.as_str(), "done")?;
        same(tried(&mut runner, TELL)?.as_str(), "done")?;
    }
    let spec = sandbox("test", &config(&both)?, 1).map_err(text)?;
    same(
        spec.shape.identity.gid == DEVICE_GROUP,
        rustix::process::getuid().is_root(),
    )?;
    let two = granted(&["/dev/nvidia0", "/dev/nvidia2"]);
    let refused = two.err().map(text).unwrap_or_default();
    holds(refused.contains("group"), || refused)
}

fn another_fence(f: &Fixture<'_>) -> Outcome {
    let of = |paths: &[&str]| {
        let started = f.start_with(&f.script, &config(paths)?);
        started.map(|runner| runner.described()).map_err(text)
    };
    let none = of(&[])?;
    let one = of(&[GPU])?;
    let two = of(&[GPU, "/dev/nvidia0"])?;
    holds(none != one && none != two && one != two, || {
        format!("{none:?} {one:?} {two:?}")
    })?;
    same(of(&["/dev/nvidia0", GPU])?, two)?;
    same(of(&[])?, none)
}
