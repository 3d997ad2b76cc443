//! Sockets of the desktop, other processes, system calls, limits (INCIDENTS P).

use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use crate::case::{Case, Seen, Stage, Trouble};
use crate::limits::{MEMORY, PIDS};
use crate::world::{DECOY, SECRET};

/// Sockets below `XDG_RUNTIME_DIR` through which programs of the host can be run (P1, P2).
const SOCKETS: [(&str, &str, &str); 9] = [
    ("P1-session-bus", "bus", "connect to the D-Bus session bus"),
    (
        "P1-systemd",
        "systemd/private",
        "connect to the user's systemd",
    ),
    (
        "P1-ssh-agent",
        "ssh-agent.socket",
        "connect to the ssh agent",
    ),
    (
        "P1-gpg-agent",
        "gnupg/S.gpg-agent",
        "connect to the gpg agent",
    ),
    (
        "P1-keyring",
        "keyring/control",
        "connect to the desktop's keyring",
    ),
    (
        "P1-wayland",
        "wayland-0",
        "connect to the Wayland compositor",
    ),
    ("P1-pipewire", "pipewire-0", "connect to PipeWire"),
    (
        "P2-docker",
        "docker.sock",
        "connect to a rootless Docker engine",
    ),
    ("P2-podman", "podman/podman.sock", "connect to Podman"),
];

/// System calls, and whether they need the privileges of a namespace of one's own to be reached at all.
const CALLS: [(&str, &str, bool); 26] = [
    ("P6-ptrace", "ptrace", false),
    ("P6-process-vm-readv", "process_vm_readv", false),
    ("P6-process-vm-writev", "process_vm_writev", false),
    ("P6-pidfd-getfd", "pidfd_getfd", false),
    ("P6-kcmp", "kcmp", false),
    ("P6-io-uring", "io_uring_setup", false),
    ("P6-userfaultfd", "userfaultfd", false),
    ("P6-bpf", "bpf", false),
    ("P6-perf-event-open", "perf_event_open", false),
    ("P6-clone3", "clone3", false),
    ("P6-unshare-network", "unshare-network", false),
    ("P6-setns", "setns", false),
    ("P6-mount", "mount", true),
    ("P6-umount", "umount2", true),
    ("P6-pivot-root", "pivot_root", true),
    ("P6-fsopen", "fsopen", true),
    ("P6-open-tree", "open_tree", true),
    ("P6-move-mount", "move_mount", true),
    ("P6-mount-setattr", "mount_setattr", true),
    ("P6-open-by-handle", "open_by_handle_at", false),
    ("P6-init-module", "init_module", false),
    ("P6-finit-module", "finit_module", false),
    ("P6-kexec-load", "kexec_load", false),
    ("P6-quotactl", "quotactl", true),
    ("P6-swapon", "swapon", false),
    ("P6-syslog", "syslog", false),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(SOCKETS.iter().map(|(id, path, title)| {
        Case::attack(id, title, move |stage| {
            let socket = stage.world.socket(&format!("run/{path}"))?;
            stage
                .world
                .env
                .insert("SSH_AUTH_SOCK".into(), socket.clone());
            stage.world.env.insert(
                "DBUS_SESSION_BUS_ADDRESS".into(),
                format!("unix:path={socket}"),
            );
            stage
                .world
                .env
                .insert("DOCKER_HOST".into(), format!("unix://{socket}"));
            stage.probe("unix-socket", &[&socket])
        })
    }));
    cases.push(Case::attack(
        "P1-in-granted-directory",
        "connect to agent sockets below a granted home directory",
        |stage| {
            let sockets = [
                stage.world.socket("home/.gnupg/S.gpg-agent")?,
                stage.world.socket("home/.ssh/agent.socket")?,
            ];
            stage.config = grant_home(stage);
            stage.probe("unix-socket", &[&sockets[0], &sockets[1]])
        },
    ));
    cases.push(Case::attack(
        "P3-abstract-socket",
        "connect to an abstract socket of the host",
        |stage| {
            let name = format!("ringfence-prove-{}", std::process::id());
            let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
            let seen = stage.probe("abstract-socket", &[&name]);
            drop(listener);
            seen
        },
    ));
    cases.push(Case::attack(
        "P3-x11",
        "connect to an X11 display by its abstract socket",
        |stage| {
            let name = format!("/tmp/.X11-unix/X{}", 10_000 + std::process::id());
            let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
            let seen = stage.probe("abstract-socket", &[&name]);
            drop(listener);
            seen
        },
    ));
    cases.push(Case::attack(
        "P3-descriptor",
        "read a file through a descriptor that the caller left open",
        |stage| {
            let path = stage.world.file("outside/file", DECOY)?;
            let file = std::fs::File::open(path)?;
            rustix::io::fcntl_setfd(file.as_fd(), rustix::io::FdFlags::empty())
                .map_err(std::io::Error::from)?;
            let seen = stage.probe("descriptors", &[DECOY]);
            drop(file);
            seen
        },
    ));
    cases.extend(CALLS.iter().map(|(id, call, own)| {
        let title: &'static str = Box::leak(format!("call {call}").into_boxed_str());
        Case::attack(id, title, move |stage| {
            stage.own_network = *own && !rustix::process::geteuid().is_root();
            stage.probe("syscall", &[call])
        })
    }));
    cases.push(Case::attack(
        "P7-typed-input",
        "type into the terminal (TIOCSTI)",
        |stage| stage.probe("push-back-input", &[]),
    ));
    cases.push(
        Case::promise(
            "P8-no-namespaces",
            "without user namespaces nothing runs, and the reason is said",
            refuses_without_namespaces,
        )
        .fence_only(),
    );
    cases.push(
        Case::promise(
            "P9-level",
            "a level that can not be had stops the run instead of being lowered",
            |stage| {
                stage.config = "[sandbox]\nlevel = \"high\"\n".into();
                let ran = stage.run("nothing", &[])?;
                let started = ran.stdout.contains("verdict");
                Ok(Seen {
                    achieved: !started && ran.code != Some(0) && ran.stderr.contains("high"),
                    detail: ran.describe(),
                })
            },
        )
        .fence_only(),
    );
    cases.push(Case::attack(
        "P13-privileges",
        "gain something by a set-user-id program (no_new_privs, bounding set)",
        |stage| stage.probe("privileges", &[]),
    ));
    cases.push(Case::attack(
        "P13-root",
        "be root inside because the caller is",
        |stage| stage.probe("root", &[]),
    ));
    cases.push(Case::attack(
        "P0-signal",
        "signal a process of the host",
        |stage| {
            with_neighbour(stage, &["60"], |stage, pid| {
                stage.probe("signal-process", &[pid])
            })
        },
    ));
    cases.push(Case::attack(
        "C5-arguments",
        "read a secret from the arguments of a process of the host",
        |stage| {
            with_neighbour(stage, &["60", SECRET], |stage, _| {
                stage.probe("other-processes", &["cmdline", SECRET])
            })
        },
    ));
    cases.push(Case::attack(
        "P0-environ",
        "read a secret from the environment of another process, /proc/1 included",
        |stage| {
            stage.world.env.insert("SOME_TOKEN".into(), SECRET.into());
            with_neighbour(stage, &["60"], |stage, _| {
                stage.probe("other-processes", &["environ", SECRET])
            })
        },
    ));
    cases.push(Case::attack(
        "L1-fork-bomb",
        "make more processes than the limit",
        |stage| {
            stage.config = format!("[limits]\npids = {PIDS}\nbest_effort = [\"pids\"]\n");
            stage.probe("fork-bomb", &[])
        },
    ));
    cases.push(Case::attack(
        "L2-memory",
        "use more memory than the limit",
        |stage| {
            stage.config =
                format!("[limits]\nmemory = {MEMORY}\nbest_effort = [\"memory\", \"pids\"]\n");
            let ran = stage.run("memory-hog", &[])?;
            // Behind a second kernel everything goes at once, the one who would tell of it included.
            if stage.fenced() && ran.code == Some(137) && !ran.stdout.contains("verdict") {
                return Ok(Seen {
                    achieved: false,
                    detail: "killed with everything else inside".into(),
                });
            }
            stage.judge(ran)
        },
    ));
    cases.push(
        Case::promise(
            "L3-wall-time",
            "the time limit ends the session with its own exit code",
            |stage| {
                stage.config = "[limits]\nwall_time = \"1s\"\n".into();
                let ran = stage.run("sleep", &["30"])?;
                Ok(Seen {
                    achieved: ran.code == Some(124) && !ran.stdout.contains("slept"),
                    detail: ran.describe(),
                })
            },
        )
        .fence_only(),
    );
    cases.push(Case::promise(
        "P0-exit-code",
        "the program's exit code comes through",
        |stage| {
            let ran = stage.run("exit-code", &["43"])?;
            Ok(Seen {
                achieved: ran.code == Some(43),
                detail: ran.describe(),
            })
        },
    ));
    cases
}

/// Configuration that grants the whole home directory, as the seed's own example does.
pub(super) fn grant_home(stage: &Stage<'_>) -> String {
    format!(
        "[filesystem]\nbind_rw = [\"{}\"]\n",
        stage.world.home().display()
    )
}

/// Runs an action beside a process of this user that is no child of the fence.
fn with_neighbour(
    stage: &mut Stage<'_>,
    args: &[&str],
    action: impl Fn(&Stage<'_>, &str) -> Result<Seen, Trouble>,
) -> Result<Seen, Trouble> {
    let program = std::fs::read_link("/proc/self/exe")?;
    let mut neighbour = std::process::Command::new(program)
        .args([crate::probe::HIDDEN, "sleep"])
        .args(args)
        .envs(&stage.world.env)
        .stdout(std::process::Stdio::null())
        .spawn()?;
    // A child is told to be there a moment before its arguments can be read.
    let arguments = format!("/proc/{}/cmdline", neighbour.id());
    let begun = std::time::Instant::now();
    while std::fs::read(&arguments)?.is_empty() && begun.elapsed().as_secs() < 5 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let seen = action(stage, &neighbour.id().to_string());
    neighbour.kill()?;
    neighbour.wait()?;
    seen
}

/// In a user namespace that allows no further ones.
fn refuses_without_namespaces(stage: &mut Stage<'_>) -> Result<Seen, Trouble> {
    let inner = stage.fence.start_in(
        &[
            "unshare",
            "--user",
            "--map-root-user",
            "--",
            "sh",
            "-c",
            "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"",
            "sh",
        ],
        &stage.job("nothing", &[]),
    )?;
    let ran = crate::fence::finish(inner)?;
    let started = ran.stdout.contains("verdict");
    Ok(Seen {
        achieved: !started && ran.code.is_some_and(|code| code != 0) && !ran.stderr.is_empty(),
        detail: ran.describe(),
    })
}
