#!/usr/bin/env python3
"""Start to exit of `true`: ringfence beside bare bubblewrap with a like mount table, and beside its peers when present.

Rounds are interleaved, so that a busy moment hits every row; medians; every figure is also a ratio to bare bwrap.
Usage: start.py PATH/TO/ringfence [ROUNDS]
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ringfence = Path(sys.argv[1]).resolve()
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 60

home = Path(tempfile.mkdtemp(prefix="ringfence-bench-"))
workspace = home / "project"
workspace.mkdir()
environment = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "dumb"}


def bwrap():
    links = [a for link in ("bin", "sbin", "lib", "lib32", "lib64") if os.path.islink(f"/{link}")
             for a in ("--symlink", os.readlink(f"/{link}"), f"/{link}")]
    return ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc",
            "--ro-bind-try", "/opt", "/opt", *links, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run",
            "--tmpfs", "/var", "--tmpfs", str(home), "--bind", str(workspace), str(workspace), "--chdir", str(workspace),
            "--", "/usr/bin/true"]


modules = Path(__file__).parent.parent / "tests/e2e/node_modules/.bin"
rows = {
    "fork + exec (floor)": ["/usr/bin/true"],
    "bwrap --unshare-all": bwrap(),
    "ringfence, native": [str(ringfence), "run", "--backend", "native", "--", "true"],
    "ringfence, bubblewrap": [str(ringfence), "run", "--backend", "bubblewrap", "--", "true"],
}
srt = shutil.which("srt") or next(iter(Path(__file__).parent.glob("node_modules/.bin/srt")), None)
if srt:
    rows["srt (npm)"] = [str(srt), "true"]
codex = modules / "codex"
if codex.exists():
    rows["codex sandbox (npm)"] = [str(codex), "sandbox", "--", "true"]

times = {name: [] for name in rows}
failed = {}
for number in range(rounds + 2):
    for name, command in rows.items():
        slow = "npm" in name
        if name in failed or (slow and number > 8):
            continue
        start = time.perf_counter_ns()
        done = subprocess.run(command, cwd=workspace, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        took = (time.perf_counter_ns() - start) / 1e6
        if done.returncode != 0:
            failed[name] = (done.stderr.strip().splitlines() or ["no message"])[-1][:100]
        elif number >= 2:
            times[name].append(took)
shutil.rmtree(home, ignore_errors=True)

base = statistics.median(times["bwrap --unshare-all"]) if times["bwrap --unshare-all"] else None
print(f"start to exit of `true`, {rounds} interleaved rounds, ms")
print(f"{'':24}{'min':>8}{'median':>9}{'p90':>8}{'× bwrap':>9}")
for name, taken in times.items():
    if not taken:
        print(f"{name:24}  not run: {failed.get(name, 'absent')}")
        continue
    taken.sort()
    median = statistics.median(taken)
    ratio = f"{median / base:9.2f}" if base else f"{'—':>9}"
    print(f"{name:24}{taken[0]:8.2f}{median:9.2f}{taken[int(len(taken) * 0.9)]:8.2f}{ratio}")
