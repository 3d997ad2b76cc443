//! Code that may make threads and no process, whatever it calls; and what untrusted code finds when it looks around.

use std::path::Path;

use ringfence_policy::spec::{SandboxSpec, SeccompProfile, Source};
use ringfence_sandbox::LaunchError;

use crate::Case;
use crate::fixture::{Fixture, Outcome, mount, same};

pub const CASES: &[Case] = &[
    ("one process makes no other", one_process),
    ("one process may have threads", with_threads),
    ("one process that does not exist", missing),
    ("interpreters run under their profiles", interpreters),
    ("a profile of the user's takes rights away", custom),
    ("a broken profile is told with its place", broken),
    ("no network is told as unreachable", unreachable),
    ("a secret file is there and closed", closed_file),
    ("the host does not show in proc and sys", looking_around),
];

const PYTHON: &str = "/usr/bin/python3";

fn python(f: &Fixture<'_>, script: &str) -> SandboxSpec {
    let mut spec = f.shell("");
    spec.shape.seccomp = SeccompProfile::Python;
    spec.claim.program = PYTHON.into();
    spec.claim.argv = ["python3", "-I", "-c", script].map(String::from).to_vec();
    spec
}

fn lacks(program: &str) -> bool {
    let lacks = !Path::new(program).exists();
    if lacks {
        eprintln!("SKIPPED: no {program}");
    }
    lacks
}

/// Every way to make a process or to become another program, and what the kernel says to it.
const WAYS: &str = "
import os, ctypes, subprocess, errno
libc = ctypes.CDLL(None, use_errno=True)
def say(name, call):
    try: r = call()
    except OSError as e: print(name, errno.errorcode[e.errno]); return
    if isinstance(r, int) and r < 0: print(name, errno.errorcode[ctypes.get_errno()])
    elif r == 0 and name != 'system': os._exit(9)
    else: print(name, 'done')
argv = (ctypes.c_char_p * 2)(b'true', None)
say('fork', os.fork)
say('posix_spawn', lambda: os.posix_spawn('/usr/bin/true', ['true'], {}))
say('subprocess', lambda: subprocess.run(['/usr/bin/true']).pid if False else subprocess.Popen(['/usr/bin/true']).pid)
say('libc fork', libc.fork)
say('vfork', lambda: libc.syscall(58))
say('clone', lambda: libc.syscall(56, 17, 0, 0, 0, 0))
say('clone3', lambda: libc.syscall(435, ctypes.create_string_buffer(88), 88))
say('execve', lambda: libc.syscall(59, b'/usr/bin/true', argv, None))
say('execve guess', lambda: libc.syscall(59, b'/usr/bin/true', argv, None, ctypes.c_ulong(1), ctypes.c_ulong(2), ctypes.c_ulong(3)))
say('execv', lambda: os.execv('/usr/bin/true', ['true']))
say('execveat', lambda: libc.syscall(322, -100, b'/usr/bin/true', argv, None, 0))
";

fn one_process(f: &Fixture<'_>) -> Outcome {
    if lacks(PYTHON) {
        return Ok(());
    }
    let mut spec = python(f, WAYS);
    let free = f.run(&spec)?;
    // Without the promise the first of them work.
    same(free.out.contains("fork E"), false).map_err(|why| format!("{why}: {free:?}"))?;
    spec.shape.single_process = true;
    let ways = [
        "fork",
        "posix_spawn",
        "subprocess",
        "libc fork",
        "vfork",
        "clone",
        "execve",
        "execve guess",
        "execv",
        "execveat",
    ];
    let mut wanted: Vec<String> = ways.iter().map(|way| format!("{way} EPERM")).collect();
    wanted.insert(6, "clone3 ENOSYS".into());
    let ended = f.run(&spec)?;
    same(
        ended.out.lines().map(String::from).collect::<Vec<_>>(),
        wanted,
    )
    .map_err(|why| format!("{why}: {ended:?}"))
}

fn with_threads(f: &Fixture<'_>) -> Outcome {
    if lacks(PYTHON) {
        return Ok(());
    }
    let script = "import threading, concurrent.futures as c\nprint(sum(c.ThreadPoolExecutor(8).map(lambda n: n * n, range(50))))\nimport asyncio; asyncio.run(asyncio.sleep(0)); print('fine')";
    let mut spec = python(f, script);
    spec.shape.single_process = true;
    same(f.expect_ok(&spec)?.as_str(), "40425\nfine\n")
}

fn missing(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("");
    spec.shape.single_process = true;
    spec.claim.program = "/usr/bin/no-such-program".into();
    match f.begin(&spec) {
        Err(LaunchError::Exec { source, .. }) => same(source.kind(), std::io::ErrorKind::NotFound),
        other => Err(format!("{other:?}")),
    }
}

fn interpreters(f: &Fixture<'_>) -> Outcome {
    let modules = "import asyncio, ctypes, json, multiprocessing, re, socket, sqlite3, ssl, subprocess, tempfile, threading, zlib\n\
        with tempfile.TemporaryFile() as t: t.write(b'x'); t.flush()\n\
        print(multiprocessing.get_context('fork').Pool(2).map(abs, [-1, -2]))\n\
        print(subprocess.check_output(['sh', '-c', 'ls / | grep -c usr']))\n\
        async def main(): return await asyncio.to_thread(sum, [1, 2])\n\
        print(asyncio.run(main()))";
    if !lacks(PYTHON) {
        let found = f.expect_ok(&python(f, modules))?;
        same(found.as_str(), "[1, 2]\nb'1\\n'\n3\n")?;
    }
    let node = "const {Worker} = require('worker_threads'); require('os').networkInterfaces();\n\
        require('child_process').execSync('true'); new Worker('1', {eval: true}).on('exit', c => console.log('worker', c));\n\
        require('fs').promises.readFile('/etc/hostname').then(() => console.log('read'), () => console.log('read'))";
    if !lacks("/usr/bin/node") {
        let mut spec = f.shell("");
        spec.shape.seccomp = SeccompProfile::Node;
        spec.claim.program = "/usr/bin/node".into();
        spec.claim.argv = ["node", "-e", node].map(String::from).to_vec();
        let found = f.expect_ok(&spec)?;
        same(
            (found.contains("worker 0"), found.contains("read")),
            (true, true),
        )?;
    }
    let mut spec = f.shell("for i in 1 2 3; do echo $i | tr 1 x; done | sort -r | tee list; wc -l < list; find / -maxdepth 1 -name usr; git --version > /dev/null");
    spec.shape.seccomp = SeccompProfile::Code;
    same(f.expect_ok(&spec)?.as_str(), "x\n3\n2\n3\n/usr\n")
}

fn custom(f: &Fixture<'_>) -> Outcome {
    let script = "uname -n; ptrace() { perl -e 'print syscall(101, 0, 0, 0, 0) < 0 ? int($!) : 0'; }; ptrace";
    let with = |json: &str| {
        let mut spec = f.shell(script);
        spec.shape.seccomp = SeccompProfile::Custom {
            name: "mine.json".into(),
            json: json.into(),
        };
        spec
    };
    // It may say what it wants: what the base refuses stays refused.
    let all = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ptrace"], "action": "SCMP_ACT_ALLOW"}]}"#;
    same(f.expect_ok(&with(all))?.as_str(), "fence\n1")?;
    let less = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["uname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}"#;
    let ended = f.run(&with(less))?;
    same(
        (ended.out.as_str(), ended.err.contains("not implemented")),
        ("1", true),
    )
}

fn broken(f: &Fixture<'_>) -> Outcome {
    let mut spec = f.shell("true");
    spec.shape.seccomp = SeccompProfile::Custom {
        name: "mine.json".into(),
        json: "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n \"syscalls\": [{\"names\": [\"raed\"]}]}"
            .into(),
    };
    match f.run(&spec) {
        Err(why) if why.contains("mine.json:2:") && why.contains("did you mean `read`") => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn unreachable(f: &Fixture<'_>) -> Outcome {
    if lacks(PYTHON) {
        return Ok(());
    }
    let script = "import socket\n\
        for family, host in ((2, '1.1.1.1'), (2, '10.0.0.1'), (2, '169.254.169.254'), (10, '2606:4700::1111'), (10, 'fe80::1')):\n\
        \x20   for kind in (1, 2):\n\
        \x20       try: socket.socket(family, kind).connect((host, 80)); print('connected', host)\n\
        \x20       except OSError as e: print(e)";
    let out = f.expect_ok(&python(f, script))?;
    let mut lines = out.lines();
    for _ in 0..6 {
        same(lines.next(), Some("[Errno 101] Network is unreachable"))?;
    }
    same(lines.any(|line| line.starts_with("connected")), false).map_err(|_| out)
}

fn closed_file(f: &Fixture<'_>) -> Outcome {
    let mut spec =
        f.shell("cat /secret; cat < /secret; ls -l /secret | cut -c 1-10; chmod 600 /secret");
    let text = String::new();
    spec.shape
        .root
        .push(mount("/secret", Source::File { text, mode: 0 }));
    let ended = f.run(&spec)?;
    same(
        (
            ended.out.as_str(),
            ended.err.matches("Permission denied").count(),
            ended.report.code != Some(0),
        ),
        ("----------\n", 2, true),
    )
    .map_err(|why| format!("{why}: {ended:?}"))
}

fn looking_around(f: &Fixture<'_>) -> Outcome {
    let script = "
        for p in /proc/1/root /proc/1/environ /proc/1/mem /proc/kcore /proc/keys /proc/kmsg /proc/timer_list /proc/sysrq-trigger \
                 /proc/kallsyms /proc/interrupts; do [ -s $p ] && head -c 1 $p 2>/dev/null | grep -q . && echo readable $p; done
        ls /proc/1/root/ 2>/dev/null | grep -q . && echo root of init
        for p in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/irq/default_smp_affinity \
                 /proc/sysrq-trigger /proc/sys/fs/binfmt_misc/register; do (echo x > $p) 2>/dev/null && echo writable $p; done
        ls /sys 2>/dev/null | grep -q . && echo sys
        ls /proc | grep -E '^[0-9]+$' | wc -l";
    let mut spec = f.shell(script);
    spec.shape.seccomp = SeccompProfile::Code;
    // The shell, `ls`, `grep`, `wc` and the init; nobody of the host.
    let out = f.expect_ok(&spec)?;
    match out.trim().parse::<u32>() {
        Ok(count) if count <= 6 => Ok(()),
        _ => Err(out),
    }
}
