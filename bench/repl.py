#!/usr/bin/env python3
"""A warm cell's round trip through `ringfence repl --json`, beside a plain `python3 -i` behind a pipe in the same run. Milliseconds.

Rounds are interleaved, so that a busy moment hits every row. Usage: repl.py PATH/TO/ringfence [ROUNDS]
"""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ringfence = str(Path(sys.argv[1]).resolve())
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
home = tempfile.mkdtemp(prefix="ringfence-bench-")
environment = {"HOME": home, "PATH": "/usr/bin:/bin", "TERM": "dumb"}


def start(*argv, **more):
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, bufsize=0, **more)


class Fenced:
    def __init__(self, *options):
        self.name = " ".join(("ringfence repl --json", *options))
        self.process = start(ringfence, "repl", "--json", *options)
        self.lines = os.fdopen(self.process.stdout.fileno(), "rb", closefd=False)
        ready = json.loads(self.lines.readline())
        self.level = f"{ready['backend']}, start {ready['start_ms']:.0f} ms"
        self.count = 0

    def cell(self):
        self.count += 1
        self.process.stdin.write(b'{"id":%d,"code":"x = 20 + 1\\nx * 2"}\n' % self.count)
        while True:
            event = json.loads(self.lines.readline())
            if event["event"] == "result":
                assert event["data"]["text/plain"] == "42", event
                return


class Bare:
    name, level = "python3 -i behind a pipe", "no fence"

    def __init__(self):
        self.process = start("/usr/bin/python3", "-i", "-q", "-u", stderr=subprocess.DEVNULL)

    def cell(self):
        self.process.stdin.write(b"x = 20 + 1\nx * 2\n")
        answer = b""
        while not answer.endswith(b"\n"):
            answer += os.read(self.process.stdout.fileno(), 100)
        assert answer == b"42\n", answer


rows = [Bare(), Fenced()]
for language in ("bubblewrap",):
    try:
        rows.append(Fenced("--backend", language))
    except (ValueError, KeyError, BrokenPipeError):
        print(f"{language}: not run, the backend is not here")
times = {row.name: [] for row in rows}
for _ in range(100):
    for row in rows:
        row.cell()
for _ in range(rounds):
    for row in rows:
        began = time.perf_counter()
        row.cell()
        times[row.name].append((time.perf_counter() - began) * 1000)
print(f"a warm cell, {rounds} rounds, load {os.getloadavg()[0]:.1f}")
print(f"{'':44} {'p50':>7} {'p90':>7} {'p99':>7} ms")
for row in rows:
    ordered = sorted(times[row.name])
    p50, p90, p99 = (ordered[int(len(ordered) * q)] for q in (0.5, 0.9, 0.99))
    print(f"{row.name:44} {p50:7.3f} {p90:7.3f} {p99:7.3f}    {row.level}")
    row.process.stdin.close()
    while row.process.stdout.read(65536):
        pass
    row.process.wait()
fenced = sorted(times[rows[1].name])[len(times[rows[1].name]) // 2]
print(f"goal: p50 <= 1 ms: {'met' if fenced <= 1 else 'NOT MET'}")
