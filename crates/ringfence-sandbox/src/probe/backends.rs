//! Who can build a sandbox here.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Probe, child};
use crate::docker::{DockerError, DockerHost};
use crate::gvisor::{GvisorError, Tool};

/// From this version on bubblewrap does not follow a symlink when it makes a mount point (CVE-2026-87766).
const SAFE: (u32, u32) = (0, 12);

pub(super) fn native(namespaces: &Probe) -> Probe {
    if namespaces.available {
        Probe::works("native", "level standard")
    } else {
        Probe::lacks(
            "native",
            "needs user namespaces",
            namespaces.mend.clone().unwrap_or_default(),
        )
    }
}

/// Finds `bwrap`, asks its version and builds a sandbox with it as an ordinary user.
pub(super) fn bubblewrap() -> Probe {
    let name = "bubblewrap";
    let install = "install it: `sudo apt-get install bubblewrap`, `sudo dnf install bubblewrap` or `sudo pacman -S bubblewrap`";
    let Some(path) = find("bwrap") else {
        return Probe::lacks(name, "no bwrap on PATH", install);
    };
    let Some(version) = output(Command::new(&path).arg("--version")) else {
        return Probe::lacks(name, format!("{} does not run", path.display()), install);
    };
    let version = version.trim().trim_start_matches("bubblewrap ").to_owned();
    let mut attempt = Command::new(&path);
    attempt.args([
        "--unshare-all",
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--",
        "true",
    ]);
    if child::can_become_ordinary() {
        attempt.uid(child::ORDINARY).gid(child::ORDINARY);
    }
    attempt
        .current_dir("/")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null());
    match attempt.output() {
        Ok(done) if done.status.success() => {}
        Ok(done) => {
            let said = String::from_utf8_lossy(&done.stderr)
                .trim()
                .chars()
                .take(200)
                .collect::<String>();
            return Probe::lacks(
                name,
                format!("{version}, but it builds nothing: {said}"),
                "see `user namespaces`",
            );
        }
        Err(error) => {
            return Probe::lacks(
                name,
                format!("{version}, but it does not start: {error}"),
                install,
            );
        }
    }
    if parse(&version).is_some_and(|version| version >= SAFE) {
        return Probe::works(
            name,
            format!("{version}, {}, level standard", path.display()),
        );
    }
    let note = "older than 0.12, so it is never asked to make a mount point (CVE-2026-87766)";
    let mut probe = Probe::works(
        name,
        format!("{version}, {}, level standard; {note}", path.display()),
    );
    probe.mend = Some("upgrade bubblewrap to 0.12 or newer".into());
    probe
}

/// Asks the engine that `DOCKER_HOST` names what it is, and whether it knows gVisor.
pub(super) fn docker() -> [Probe; 2] {
    let (name, second) = ("docker", "docker with gVisor");
    let variable = std::env::var_os("DOCKER_HOST");
    let asked = DockerHost::from_variable(variable.as_deref())
        .and_then(|host| crate::docker::facts(&host).map(|facts| (host, facts)));
    let (host, facts) = match asked {
        Ok(asked) => asked,
        Err(error) => {
            let text = error.to_string();
            let text = text.trim_start_matches("docker: ");
            let (why, mend) = text.split_once(';').unwrap_or((text, "see `docker info`"));
            return [
                Probe::lacks(name, why, mend.trim()),
                Probe::lacks(second, "needs docker", mend.trim()),
            ];
        }
    };
    let who = if facts.rootless {
        "rootless"
    } else {
        "runs as root"
    };
    let detail = format!(
        "{}, API {}, {who}, {host}, level standard",
        facts.version, facts.api
    );
    let runsc = facts.runtimes.iter().any(|runtime| runtime == "runsc");
    let engine = if facts.runtimes.iter().any(|runtime| runtime == "runc") {
        Probe::works(name, detail)
    } else {
        let mend = "register runc with the engine, under that name";
        Probe::lacks(name, format!("{detail}; it knows no runtime `runc`"), mend)
    };
    let gvisor = if runsc {
        Probe::works(second, "the runtime runsc is registered, level high")
    } else {
        let error = DockerError::NoRunsc.to_string();
        let mend = error.split_once("; ").map_or("", |(_, mend)| mend);
        Probe::lacks(second, "the engine knows no runtime `runsc`", mend)
    };
    [engine, gvisor]
}

/// Finds `runsc` and asks it what it is. It runs in the namespaces that the native backend makes, so what those need it needs.
pub(super) fn gvisor(namespaces: &Probe) -> Probe {
    let name = "gvisor";
    let tool = match Tool::find() {
        Ok(tool) => tool,
        Err(error @ GvisorError::Missing) => {
            let mend = "install it: `sudo apt-get install runsc`, or see https://gvisor.dev/docs/user_guide/install/";
            return Probe::lacks(name, first_part(&error), mend);
        }
        Err(error) => {
            return Probe::lacks(
                name,
                error.to_string(),
                "reinstall runsc: `sudo apt-get install runsc`",
            );
        }
    };
    let version = &tool.version;
    if !namespaces.available {
        let mend = namespaces.mend.clone().unwrap_or_default();
        return Probe::lacks(
            name,
            format!("{version}, but it needs user namespaces"),
            mend,
        );
    }
    let platform = tool.platform().unwrap_or_else(|| "unknown".to_owned());
    let mut detail = format!(
        "{version}, {}, platform {platform}, also without root, level high",
        tool.path.display()
    );
    let mut probe = Probe::works(name, String::new());
    if tool.old() {
        detail.push_str(
            "; `ls` and `stat` of newer distributions do not work on a runsc from before 2023",
        );
        probe.mend = Some("upgrade runsc".into());
    }
    probe.detail = detail;
    probe
}

fn first_part(error: &GvisorError) -> String {
    let text = error.to_string();
    text.split("; ").next().unwrap_or_default().to_owned()
}

/// First executable file of that name on `PATH`.
pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(program))
        .find(|file| executable(file))
}

fn executable(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}

fn output(command: &mut Command) -> Option<String> {
    let done = command
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|done| done.status.success())?;
    String::from_utf8(done.stdout).ok()
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse("0.8.0") < Some(SAFE));
        assert!(parse("0.12.0") >= Some(SAFE));
        assert!(parse("1.0.0") >= Some(SAFE));
        assert_eq!(parse("strange"), None);
    }
}
