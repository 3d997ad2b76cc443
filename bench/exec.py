#!/usr/bin/env python3
"""Cold start of code: `ringfence exec -l python -c 'print(1)'` on each backend, beside the bare floor of that backend in the same run.

native and bubblewrap beside `python3 -I -c 'print(1)'`; gvisor beside `runsc run` of a bundle with the host's own root; docker beside
`docker run` of the same image. Rounds are interleaved, so that a busy moment hits every row; medians.
Usage: exec.py PATH/TO/ringfence [ROUNDS]
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ringfence = str(Path(sys.argv[1]).resolve())
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 40
slow_rounds = max(5, rounds // 3)

home = Path(tempfile.mkdtemp(prefix="ringfence-bench-"))
environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "dumb"}
if "DOCKER_HOST" in os.environ:
    environment["DOCKER_HOST"] = os.environ["DOCKER_HOST"]
python = os.path.realpath(shutil.which("python3", path="/usr/bin") or shutil.which("python3"))
code = "print(1)"


def runsc_bundle():
    """A bundle as a person would write it: the host's root read-only, no network."""
    bundle = home / "bundle"
    bundle.mkdir()
    # Bind mounts need their places: an empty root with just those.
    root = bundle / "rootfs"
    mounts = [{"destination": "/proc", "type": "proc", "source": "proc"}, {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"}]
    for name in ("usr", "etc", "tmp", "proc"):
        (root / name).mkdir(parents=True)
    for name in ("usr", "etc"):
        mounts.append({"destination": f"/{name}", "type": "bind", "source": f"/{name}", "options": ["rbind", "ro"]})
    for name in ("bin", "lib", "lib64", "sbin"):
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), root / name)
    config = {
        "ociVersion": "1.0.0",
        "process": {"user": {"uid": 62000, "gid": 62000}, "args": [python, "-I", "-c", code], "cwd": "/", "noNewPrivileges": True,
                    "env": ["PATH=/usr/bin:/bin"], "capabilities": {}},
        "root": {"path": "rootfs", "readonly": True},
        "mounts": mounts,
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "network")]},
    }
    (bundle / "config.json").write_text(json.dumps(config))
    return bundle


def fenced(*arguments):
    return [ringfence, "exec", *arguments, "-l", "python", "-c", code]


groups = {
    "native": ([python, "-I", "-c", code], fenced("--backend", "native"), "1.25 x + 5 ms"),
    "bubblewrap": ([python, "-I", "-c", code], fenced("--backend", "bubblewrap"), "-"),
}
if shutil.which("runsc") and os.geteuid() == 0:
    bundle = runsc_bundle()
    (home / "runsc").mkdir()
    groups["gvisor"] = (["runsc", "--root", str(home / "runsc"), "--network=none", "--ignore-cgroups", "run", "--bundle", str(bundle), "bench"],
                        fenced("--backend", "gvisor", "--level", "high"), "1.10 x")
image = "ringfence/code"
docker = shutil.which("docker") and subprocess.run(["docker", "image", "ls", "-q", image], env=environment, capture_output=True, text=True)
if docker and docker.returncode == 0 and docker.stdout.strip():
    known = subprocess.run(["docker", "info", "-f", "{{json .Runtimes}}"], env=environment, capture_output=True, text=True).stdout
    for runtime, level in (("runc", "standard"), ("runsc", "high")):
        if f'"{runtime}"' in known:
            groups[f"docker ({runtime})"] = (
                ["docker", "run", "--rm", "--runtime", runtime, "--network", "none", "--read-only", "--cap-drop", "ALL", "--user", "62000:62000",
                 image, python, "-I", "-c", code],
                fenced("--backend", "docker", "--level", level, "--image", image), "1.10 x")
else:
    print("docker: not run (no engine reachable, or no image: `ringfence image build`)")

times = {name: ([], []) for name in groups}
failed = {}
for number in range(rounds + 2):
    for name, (floor, command, _) in groups.items():
        if name in failed or (name not in ("native", "bubblewrap") and number > slow_rounds + 1):
            continue
        for which, argv in enumerate((floor, command)):
            start = time.perf_counter_ns()
            done = subprocess.run(argv, cwd=home, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            took = (time.perf_counter_ns() - start) / 1e6
            if done.returncode != 0 or done.stdout.strip() != "1":
                failed[name] = f"{argv[0]}: " + (done.stderr.strip().splitlines() or ["no message"])[-1][:110]
                break
            if number >= 2:
                times[name][which].append(took)

print(f"cold start of {' '.join(fenced()[1:])}, ms, {rounds} rounds ({slow_rounds} of containers)")
print(f"{'backend':<16}{'floor':>9}{'ringfence':>11}{'p90':>9}{'ratio':>8}{'added':>8}   goal")
for name, (_, _, goal) in groups.items():
    if name in failed:
        print(f"{name:<16} not run: {failed[name]}")
        continue
    floor, ours = (statistics.median(column) for column in times[name])
    tail = sorted(times[name][1])[int(len(times[name][1]) * 0.9)]
    print(f"{name:<16}{floor:>9.1f}{ours:>11.1f}{tail:>9.1f}{ours / floor:>8.2f}{ours - floor:>8.1f}   {goal}")
shutil.rmtree(home, ignore_errors=True)
