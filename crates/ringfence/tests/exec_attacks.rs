//! What untrusted code tries. Each attack first works without the fence, in a small and harmless form.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Place, Ran, finish, places, signal, skipped, until};

/// The script on the bare host.
fn unfenced(place: &Place, script: &str) -> Ran {
    finish(
        place
            .command("python3")
            .args(["-c", script])
            .spawn()
            .unwrap(),
    )
}

/// The same in the fence, with the result as JSON, and nothing of it left.
fn fenced(place: &Place, options: &[&str], script: &str) -> (Ran, Value) {
    let args = [
        &["exec", "--json"],
        options,
        &["-l", "python", "-c", script],
    ]
    .concat();
    let ran = place.run(args);
    let json = ran.json();
    nothing_is_left(&json);
    (ran, json)
}

fn text<'j>(json: &'j Value, key: &str) -> &'j str {
    json[key].as_str().unwrap()
}

/// No cgroup of the session, no mount of it, no process that mentions it.
fn nothing_is_left(json: &Value) {
    let session = text(json, "session");
    assert!(
        !mentions(Path::new("/sys/fs/cgroup"), session, 6),
        "a cgroup of {session} is left"
    );
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(
        !mounts.contains(session) && !mounts.contains("/workspace"),
        "{mounts}"
    );
}

fn mentions(dir: &Path, name: &str, depth: usize) -> bool {
    let Ok(entries) = fs::read_dir(dir) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        is_dir
            && (entry.file_name().to_string_lossy().contains(name)
                || (depth > 0 && mentions(&entry.path(), name, depth - 1)))
    })
}

/// Processes of this machine with this word among their arguments.
fn running(marker: &str) -> usize {
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| {
            line.windows(marker.len())
                .any(|part| part == marker.as_bytes())
        })
        .count()
}

#[test]
fn a_socket_reaches_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for place in places() {
        let connect = |host: &str, port: u16| {
            format!(
                "import socket\ns = socket.socket()\ns.settimeout(5)\ns.connect(({host:?}, {port}))\nprint('connected')"
            )
        };
        unfenced(&place, &connect("127.0.0.1", port))
            .exits(0)
            .prints("connected");
        let (ran, json) = fenced(&place, &[], &connect("127.0.0.1", port));
        ran.exits(1);
        assert!(
            text(&json, "stderr").contains("Connection refused"),
            "{json}"
        );
        for outside in ["192.0.2.1", "169.254.169.254", "10.0.0.1"] {
            let (ran, json) = fenced(&place, &[], &connect(outside, 80));
            ran.exits(1);
            let said = text(&json, "stderr");
            assert!(
                said.ends_with("OSError: [Errno 101] Network is unreachable\n"),
                "{said}"
            );
        }
        let (_, json) = fenced(
            &place,
            &[],
            "import socket\nsocket.getaddrinfo('example.com', 80)",
        );
        assert!(text(&json, "stderr").contains("gaierror"), "{json}");
    }
}

#[test]
fn a_memory_bomb_is_killed_as_such() {
    for place in places() {
        let bomb = |size: &str| format!("x = 'a' * {size}\nprint(len(x))");
        unfenced(&place, &bomb("10**7")).exits(0).prints("10000000");
        fenced(&place, &[], &bomb("10**7")).0.exits(0);
        let (ran, json) = fenced(&place, &[], &bomb("10**9"));
        ran.exits(137).says("memory limit of 512 MiB");
        assert_eq!(
            (text(&json, "reason"), text(&json, "status")),
            ("oom", "killed")
        );
        assert_eq!(text(&json, "stdout"), "");
    }
}

#[test]
fn files_of_the_host_are_not_there() {
    for place in places() {
        let script = "open('/etc/shadow').read()";
        if place.is_root() {
            unfenced(&place, script).exits(0);
        }
        let (ran, json) = fenced(&place, &[], script);
        ran.exits(1);
        let said = text(&json, "stderr");
        assert!(
            said.ends_with("PermissionError: [Errno 13] Permission denied: '/etc/shadow'\n"),
            "{said}"
        );
        let key = place.write("home/key", "mine");
        let read = format!("print(open({key:?}).read())");
        unfenced(&place, &read).exits(0).prints("mine");
        let (_, json) = fenced(&place, &[], &read);
        assert!(
            text(&json, "stderr").contains("FileNotFoundError"),
            "{json}"
        );
    }
}

#[test]
fn a_profile_without_processes_says_so_early_and_the_kernel_means_it() {
    let alone = ["--profile", "no-processes"];
    for place in places() {
        let import = "import subprocess\nprint('imported')";
        unfenced(&place, import).exits(0).prints("imported");
        let (ran, json) = fenced(&place, &alone, import);
        ran.exits(1);
        assert!(text(&json, "stderr").contains("ImportError"), "{json}");
        // Libraries may import what they do not use, and threads are no processes.
        let (ran, _) = fenced(
            &place,
            &alone,
            "import asyncio, threading\nt = threading.Thread(target=print)\nt.start(); t.join()",
        );
        ran.exits(0);
        for attack in [
            "import os\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)\nprint('worked')",
            "import os\npid = os.posix_spawn('/bin/true', ['true'], {})\nos.waitpid(pid, 0)\nprint('worked')",
            "import os\npid = os.spawnv(os.P_WAIT, '/bin/true', ['true'])\nprint('worked' if pid == 0 else pid)",
            "import os\nos.execv('/bin/echo', ['echo', 'worked'])",
            "import ctypes\nargv = (ctypes.c_char_p * 3)(b'echo', b'worked', None)\nctypes.CDLL(None).execve(b'/bin/echo', argv, None)",
            "import importlib\ns = importlib.import_module('sub' + 'process')\nprint(s.check_output(['echo', 'worked']).decode())",
        ] {
            unfenced(&place, attack).exits(0).prints("worked");
            let (_, json) = fenced(&place, &alone, attack);
            assert!(
                !text(&json, "stdout").contains("worked"),
                "{attack}\n{json}"
            );
        }
    }
}

#[test]
fn a_fork_bomb_ends_at_the_limit() {
    let script = |count: u32| {
        format!(
            "import os, time\nmade = []\ntry:\n  for i in range({count}):\n    pid = os.fork()\n    if pid == 0:\n      time.sleep(3); os._exit(0)\n    made.append(pid)\nexcept OSError as e:\n  print('stopped', e.errno)\nprint('made', len(made))\nfor pid in made: os.kill(pid, 9)"
        )
    };
    for place in places() {
        unfenced(&place, &script(60)).exits(0).prints("made 60");
        let (ran, json) = fenced(&place, &[], &script(60));
        ran.exits(0);
        assert!(text(&json, "stdout").contains("stopped 11"), "{json}");
        let bomb = ":(){ :|:& };:; sleep 30";
        let began = Instant::now();
        place.run(["exec", "--limit", "time=2", "-l", "bash", "-c", bomb]);
        assert!(began.elapsed() < Duration::from_secs(25));
    }
}

#[test]
fn a_cpu_burner_ends_at_its_time() {
    for place in places() {
        let spin =
            "import time\nend = time.time() + 0.05\nwhile time.time() < end: pass\nprint('spun')";
        unfenced(&place, spin).exits(0).prints("spun");
        let (ran, json) = fenced(&place, &["--limit", "time=500ms"], "while True: pass");
        ran.exits(124).says("time limit");
        assert_eq!(text(&json, "reason"), "timeout");
    }
}

#[test]
fn a_disk_filler_finds_its_disk_full_and_100k_files_leave_nothing() {
    for place in places() {
        let fill = |path: &str, size: u32| {
            format!(
                "f = open({path:?}, 'wb')\nfor i in range({size}): f.write(b'x' * 1048576)\nf.flush()\nprint('filled')"
            )
        };
        unfenced(&place, &fill(&place.text("work/big"), 8))
            .exits(0)
            .prints("filled");
        for path in ["/tmp/big", "/workspace/big", "/dev/shm/big"] {
            let (ran, json) = fenced(&place, &["--limit", "disk=4m"], &fill(path, 300));
            assert_ne!(ran.code, Some(0), "{path}: {json}");
        }
        let before = fs::read_dir("/tmp").unwrap().count();
        let many = "made = 0\ntry:\n  for i in range(100000):\n    open(f'/tmp/f{i}', 'w').close(); made += 1\nexcept OSError as e: print(e)\nprint('made', made)";
        let (ran, _) = fenced(&place, &["--limit", "time=60s"], many);
        ran.exits(0).prints("made");
        assert!(fs::read_dir("/tmp").unwrap().count() < before + 1000);
    }
}

#[test]
fn an_output_flood_and_one_long_line_end_at_the_limit() {
    for place in places() {
        let flood = |lines: &str| {
            format!("import sys\nfor i in range({lines}): sys.stdout.write('x' * 4096)")
        };
        assert_eq!(unfenced(&place, &flood("32")).out.len(), 32 * 4096);
        let (ran, json) = fenced(&place, &["--limit", "output=64k"], &flood("10**9"));
        ran.exits(123).says("output limit");
        assert_eq!(text(&json, "reason"), "output");
        assert_eq!(text(&json, "stdout").len(), 64 << 10);
        assert_eq!(json["usage"]["bytes_out"], 64 << 10);
    }
}

#[test]
fn a_program_that_ignores_the_end_is_ended_and_a_daemon_does_not_outlive_it() {
    for place in places() {
        let stubborn = "import signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)";
        let mut child = place
            .command("python3")
            .args(["-c", stubborn])
            .spawn()
            .unwrap();
        wait_for_line(&mut child);
        signal("TERM", child.id());
        std::thread::sleep(Duration::from_millis(200));
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let mut child = place
            .ringfence(["exec", "-l", "python", "-c", stubborn])
            .spawn()
            .unwrap();
        wait_for_line(&mut child);
        signal("TERM", child.id());
        finish(child).exits(137);

        let marker = format!("rf-daemon-{}-{}", std::process::id(), place.who().len());
        let daemon = format!(
            "import os, time, sys\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    os.execv('/bin/sh', ['sh', '-c', 'sleep 20 > /dev/null 2>&1 < /dev/null; true', {marker:?}])\n  os._exit(0)\nos.wait()\ntime.sleep(0.2)\nos._exit(0)"
        );
        // The daemon holds the pipes of the test otherwise.
        let mut command = place.command("python3");
        let mut bare = command
            .args(["-c", &daemon])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        bare.wait().unwrap();
        let pid_of = || {
            fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
                let line = fs::read(entry.path().join("cmdline")).ok()?;
                let found = line
                    .windows(marker.len())
                    .any(|part| part == marker.as_bytes())
                    && line.starts_with(b"sh\0");
                found.then(|| entry.file_name().to_str().unwrap().parse::<u32>().unwrap())
            })
        };
        signal(
            "KILL",
            pid_of().expect("the daemon outlives its parent without the fence"),
        );
        until("the bare daemon to be gone", || running(&marker) == 0);
        fenced(&place, &[], &daemon).0.exits(0);
        until("every process of the sandbox to be gone", || {
            running(&marker) == 0
        });
    }
}

fn wait_for_line(child: &mut std::process::Child) {
    use std::io::Read as _;
    let mut byte = [0];
    let out = child.stdout.as_mut().unwrap();
    while out.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {}
}

#[test]
fn proc_and_sys_tell_nothing_of_the_host_and_change_nothing() {
    let script = "
import os
pids = [p for p in os.listdir('/proc') if p.isdigit()]
print('pids', len(pids))
def tried(what, path, mode):
    try:
        with open(path, mode) as f:
            if mode == 'r': f.read(1)
            print('OPENED', what)
    except OSError as e: print('refused', what)
tried('environ', '/proc/1/environ', 'r')
tried('mem', '/proc/1/mem', 'r')
tried('core_pattern', '/proc/sys/kernel/core_pattern', 'a')
tried('sysrq', '/proc/sysrq-trigger', 'a')
tried('root', '/proc/1/root/etc/passwd', 'r')
tried('sys', '/sys/kernel/uevent_helper', 'a')
tried('cgroup', '/sys/fs/cgroup/cgroup.procs', 'r')
print('sys', os.path.exists('/sys/class'))
";
    for place in places() {
        let bare = unfenced(&place, script);
        bare.exits(0).prints("sys True");
        let count = |out: &str| {
            out.split_whitespace()
                .nth(1)
                .unwrap()
                .parse::<usize>()
                .unwrap()
        };
        assert!(count(&bare.out) > 3);
        let (ran, json) = fenced(&place, &[], script);
        ran.exits(0);
        let out = text(&json, "stdout");
        assert!(count(out) <= 2, "{out}");
        assert!(!out.contains("OPENED"), "{out}");
        assert!(out.contains("sys False"), "{out}");
    }
}

#[test]
fn what_a_terminal_would_obey_is_shown_and_a_pipe_gets_the_bytes() {
    let attack = r#"printf '\033]52;c;ZXZpbA==\007\033[31mred\033[0m\033[6n'"#;
    for place in places() {
        let on_terminal = |line: String| {
            let mut command = place.command("script");
            finish(command.args(["-qec", &line, "/dev/null"]).spawn().unwrap())
        };
        let bare = on_terminal(format!("bash -c {}", quoted(attack)));
        if bare.code != Some(0) {
            return skipped("script (util-linux) can not make a terminal here");
        }
        assert!(bare.out.contains("\u{1b}]52;"), "{:?}", bare.out);
        let line = format!(
            "{} exec -l bash -c {}",
            place.binary().display(),
            quoted(attack)
        );
        let seen = on_terminal(line);
        seen.exits(0)
            .prints("^[]52;c;ZXZpbA==^G")
            .prints("\u{1b}[31mred\u{1b}[0m^[[6n");
        assert!(!seen.out.contains("\u{1b}]"), "{:?}", seen.out);
        place
            .run(["exec", "-l", "bash", "-c", attack])
            .exits(0)
            .prints("\u{1b}]52;c;ZXZpbA==\u{7}");
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn the_terminal_of_the_caller_is_out_of_reach() {
    let attack = "import sys, fcntl, termios\nprint(sys.stdin.isatty())\ntry:\n  fd = open('/dev/tty', 'w').fileno()\n  print('tty')\nexcept OSError as e: print('none')";
    for place in places() {
        let line = |program: &str| format!("{program} -c {}", quoted(attack));
        let on_terminal = |line: String| {
            let mut command = place.command("script");
            finish(command.args(["-qec", &line, "/dev/null"]).spawn().unwrap())
        };
        let bare = on_terminal(line("python3"));
        if bare.code != Some(0) {
            return skipped("script (util-linux) can not make a terminal here");
        }
        bare.prints("True").prints("tty");
        let seen = on_terminal(line(&format!(
            "{} exec -l python",
            place.binary().display()
        )));
        seen.exits(0).prints("False").prints("none");
    }
}

#[test]
fn a_file_as_standard_input_can_not_be_changed_through_its_descriptor() {
    let attack = "
import os
print(os.read(0, 99))
for what, change in (('mode', lambda: os.fchmod(0, 0o777)), ('times', lambda: os.utime(0, (1, 1)))):
    try: change()
    except OSError as e: print(what, e)
";
    for place in places() {
        let victim = place.write("work/victim", "data of the host");
        let state = || {
            let meta = fs::metadata(&victim).unwrap();
            (meta.permissions().mode() & 0o777, meta.mtime())
        };
        let ran = |mut command: Command| {
            let shell = format!("exec \"$@\" < {}", quoted(&victim.display().to_string()));
            let args: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
            let program = command.get_program().to_owned();
            command = place.command("sh");
            command.args(["-c", &shell, "sh"]).arg(program).args(args);
            finish(command.spawn().unwrap())
        };
        let before = state();
        let mut fenced = Command::new(place.binary());
        fenced.args(["exec", "-l", "python", "-c", attack]);
        ran(fenced).exits(0).prints("data of the host");
        assert_eq!(state(), before, "as {}", place.who());
        let mut bare = Command::new("python3");
        bare.args(["-c", attack]);
        ran(bare).exits(0).prints("data of the host");
        assert_eq!(state(), (0o777, 1), "as {}", place.who());
    }
}
