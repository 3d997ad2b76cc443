//! What the kernel offers, and what its administrator allows.

use std::fs;

use super::{Probe, child};
use crate::capture::{Choice, Method, establish_with};

/// The oldest kernel with everything that has no fall-back: `mount_setattr` (5.12).
const OLDEST: (u32, u32) = (5, 12);

pub(super) fn version() -> Probe {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy();
    match parse_release(&release) {
        Some(version) if version < OLDEST => Probe::lacks(
            "kernel",
            format!("Linux {release} is too old"),
            format!("boot Linux {}.{} or newer", OLDEST.0, OLDEST.1),
        ),
        _ => Probe::works("kernel", format!("Linux {release}")),
    }
    .required()
}

/// User namespaces for an ordinary user, tried.
pub(super) fn user_namespaces() -> Probe {
    let name = "user namespaces";
    match child::ordinary(|| child::namespaces().map(|()| String::new())) {
        Ok(_) => Probe::works(name, "an ordinary user can make them"),
        Err(reason) => {
            let (why, mend) = explain(setting);
            Probe::lacks(name, format!("{reason}{why}"), mend)
        }
    }
    .required()
}

/// Which setting forbids namespaces, and how to allow them.
fn explain(setting: impl Fn(&str) -> Option<String>) -> (String, String) {
    let is = |name: &str, value: &str| setting(name).is_some_and(|text| text.trim() == value);
    let because = |name: &str, value: &str| format!(" ({name} = {value})");
    if is("kernel/unprivileged_userns_clone", "0") {
        let mend = "sudo sysctl -w kernel.unprivileged_userns_clone=1";
        return (
            because("kernel.unprivileged_userns_clone", "0"),
            mend.into(),
        );
    }
    if is("user/max_user_namespaces", "0") {
        let mend = "sudo sysctl -w user.max_user_namespaces=15000";
        return (because("user.max_user_namespaces", "0"), mend.into());
    }
    if is("kernel/apparmor_restrict_unprivileged_userns", "1") {
        let mend = "sudo install -m 644 deploy/apparmor/ringfence /etc/apparmor.d/ringfence && \
                    sudo apparmor_parser -r /etc/apparmor.d/ringfence (the profile names /usr/bin/ringfence and \
                    /usr/local/bin/ringfence; deploy/apparmor/README.md says what to change for another place)";
        return (
            because("kernel.apparmor_restrict_unprivileged_userns", "1"),
            mend.into(),
        );
    }
    let mend = "no sysctl forbids it, so it is the container or service manager around this process: in Docker or Podman \
                use `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`, in systemd \
                `RestrictNamespaces=no`";
    (String::new(), mend.into())
}

fn setting(name: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/sys/{name}")).ok()
}

/// Network capture and the better of its two methods, tried in namespaces that end with the attempt.
pub(super) fn capture() -> [Probe; 2] {
    let attempt = |method| {
        child::ordinary(move || {
            child::namespaces()?;
            let capture = ringfence_policy::spec::Capture {
                http_proxy_port: 3128,
                socks_port: 1080,
                fallback_ports: vec![80, 443],
            };
            let sockets =
                establish_with(&capture, Choice::Only(method)).map_err(|e| e.to_string())?;
            Ok(if sockets.dns_udp.len() == 2 {
                "IPv4 and IPv6"
            } else {
                "IPv4; this kernel has no IPv6"
            }
            .to_owned())
        })
    };
    let tproxy = match attempt(Method::Tproxy) {
        Ok(families) => Probe::works("tproxy", format!("every TCP port is captured, {families}")),
        Err(reason) => Probe::lacks(
            "tproxy",
            format!(
                "{reason}; without it only the ports that the policy names are captured and the others refused"
            ),
            "sudo modprobe nft_tproxy (a kernel with CONFIG_NFT_TPROXY)",
        ),
    };
    let capture = match attempt(Method::AnyIp) {
        Ok(families) => Probe::works(
            "capture",
            format!("connections and DNS reach the policy engine, {families}"),
        ),
        Err(reason) => Probe::lacks("capture", reason, "see `user namespaces`"),
    };
    [capture.required(), tproxy]
}

pub(super) fn landlock() -> Probe {
    match crate::landlock::available() {
        Ok(abi) => Probe::works("landlock", format!("ABI {abi}")),
        Err(error) => Probe::lacks(
            "landlock",
            error.to_string(),
            "boot with `lsm=landlock,…` on the kernel command line (Linux 5.13 or newer, CONFIG_SECURITY_LANDLOCK), or set \
             `landlock = \"best_effort\"` in [sandbox]",
        ),
    }
    .required()
}

pub(super) fn seccomp() -> Probe {
    match crate::seccomp::available() {
        Ok(()) => Probe::works("seccomp", "filters with errno and kill"),
        Err(error) => Probe::lacks(
            "seccomp",
            error.to_string(),
            "boot a kernel with CONFIG_SECCOMP_FILTER",
        ),
    }
    .required()
}

/// Only a start as root uses them: the workspace belongs to somebody else than the unprivileged user inside.
pub(super) fn idmapped_mounts() -> Probe {
    let name = "idmapped mounts";
    let release = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    if parse_release(&release).is_some_and(|version| version >= OLDEST) {
        Probe::works(
            name,
            "in this kernel; used when started as root, where the file system supports them",
        )
    } else {
        Probe::lacks(
            name,
            "this kernel has none",
            "start ringfence as an ordinary user, or boot Linux 5.12 or newer",
        )
    }
}

/// Not a protection that ringfence relies on; told because debuggers inside depend on it.
pub(super) fn yama() -> Probe {
    match setting("kernel/yama/ptrace_scope") {
        Some(scope) => Probe::works("yama", format!("ptrace_scope = {}", scope.trim())),
        None => Probe::works("yama", "not in this kernel; not needed"),
    }
}

/// `6.18.44-fc` → (6, 18).
fn parse_release(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        assert_eq!(parse_release("6.18.44-fc-v657"), Some((6, 18)));
        assert_eq!(parse_release("5.9-rc1"), Some((5, 9)));
        assert!(parse_release("5.9.0") < Some(OLDEST));
        assert_eq!(parse_release("strange"), None);
    }

    #[test]
    fn the_setting_that_forbids_is_the_one_that_is_named() {
        for (name, value, mend) in [
            (
                "kernel/unprivileged_userns_clone",
                "0\n",
                "sysctl -w kernel.unprivileged_userns_clone=1",
            ),
            (
                "user/max_user_namespaces",
                "0\n",
                "sysctl -w user.max_user_namespaces",
            ),
            (
                "kernel/apparmor_restrict_unprivileged_userns",
                "1\n",
                "apparmor_parser -r",
            ),
            ("kernel/other", "1\n", "--security-opt"),
        ] {
            let (_, got) = explain(|asked| (asked == name).then(|| value.to_owned()));
            assert!(got.contains(mend), "{name}: {got}");
        }
    }
}
