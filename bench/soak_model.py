#!/usr/bin/env python3
"""64 clients at once ask a model through `ringfence model serve` for two minutes: whole answers, streamed ones, and every eighth one
hangs up in the middle. Memory and descriptors of the server and of the model's process are looked at all the while: they may not
grow once everybody has been served, and afterwards the server holds as many descriptors as before.

Usage: soak_model.py PATH/TO/ringfence PATH/TO/ringfence-bench-model.  `DURATION=n` (default 120), `CLIENTS=n` (default 64).
"""
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ringfence, bench = (str(Path(word).resolve()) for word in sys.argv[1:3])
seconds, clients = (int(os.environ.get(name, default)) for name, default in (("DURATION", 120), ("CLIENTS", 64)))
home = tempfile.TemporaryDirectory(prefix="ringfence-soak-")
environment = {"HOME": home.name, "PATH": os.environ["PATH"], "TERM": "dumb"}
model = Path(home.name) / "tiny.gguf"
subprocess.run([bench, "--write", str(model)], check=True)
subprocess.run([ringfence, "model", "import", str(model), "--name", "tiny"], check=True, env=environment, capture_output=True)


def free_port():
    import socket
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


port = free_port()
log = open(Path(home.name) / "serve.log", "w+")
server = subprocess.Popen([ringfence, "model", "serve", "--listen", f"127.0.0.1:{port}"], env=environment, stdin=subprocess.DEVNULL,
                          stdout=log, stderr=log)
counts = {"whole": 0, "streamed": 0, "hung up": 0, "busy": 0}
failures = []
lock = threading.Lock()
end = None


def count(what):
    with lock:
        counts[what] += 1


def ask(number, rng):
    body = {"model": "tiny", "messages": [{"role": "user", "content": f"{number} {rng.random()}"}]}
    path = rng.choice(["/api/chat", "/v1/chat/completions", "/api/generate"])
    if path == "/api/generate":
        body = {"model": "tiny", "prompt": f"{number} {rng.random()}"}
    kind = rng.choice(["whole"] * 4 + ["streamed"] * 3 + ["hung up"])
    body["stream"] = kind != "whole"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        if answer.status == 503:
            answer.read()
            count("busy")
            time.sleep(0.2)
            return
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {answer.read()[:200]}")
        if kind == "hung up":
            answer.read(20)
        else:
            text = answer.read().decode()
            said = "".join(re.findall(r'"(?:content|response)":"((?:[^"\\]|\\.)*)"', text))
            if "tiny local model" not in said:
                raise RuntimeError(f"{path}: {text[:200]}")
        count(kind)
    finally:
        connection.close()


def client(number):
    rng = random.Random(number)
    while time.monotonic() < end and not failures:
        try:
            ask(number, rng)
        except Exception as error:  # Whatever it is, it is the finding.
            with lock:
                failures.append(repr(error))


def of(pid):
    """Resident MiB and open descriptors."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
    try:
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        descriptors = 0
    return resident, descriptors


def runner():
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"--ringfence-hidden-runner" in (entry / "cmdline").read_bytes():
                parents = (entry / "stat").read_text()
                if lineage(parents):
                    return int(entry.name)
        except OSError:
            pass
    return None


def lineage(stat):
    """Whether a process descends from the server."""
    while True:
        parent = int(stat.rsplit(") ", 1)[1].split()[1])
        if parent == server.pid:
            return True
        if parent <= 1:
            return False
        stat = Path(f"/proc/{parent}/stat").read_text()


try:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()
            break
        except OSError:
            if server.poll() is not None:
                log.seek(0)
                sys.exit(f"the server ended: {log.read()}")
            time.sleep(0.1)
    end = time.monotonic() + 1e9
    ask(0, random.Random(1))
    time.sleep(1)
    before = of(server.pid)
    end = time.monotonic() + seconds
    began = time.monotonic()
    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    seen = []
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        process = runner()
        seen.append((time.monotonic() - began, *of(server.pid), of(process)[0] if process else 0.0))
    for thread in threads:
        thread.join()
    # Connections that were hung up on, and answers to them, end.
    for _ in range(100):
        after = of(server.pid)
        if after[1] <= before[1]:
            break
        time.sleep(0.1)
finally:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()

early = [row for row in seen if row[0] < seconds / 3] or seen[:1]
late = [row for row in seen if row[0] > seconds * 2 / 3] or seen[-1:]
most = lambda rows, column: max(row[column] for row in rows)
print(f"{clients} clients, {seconds} s: {', '.join(f'{n} {what}' for what, n in counts.items())}")
print(f"server: {before[0]:.0f} MiB before, at most {most(early, 1):.0f} in the first third, {most(late, 1):.0f} in the last, {after[0]:.0f} after;"
      f" descriptors {before[1]}, at most {most(seen, 2)}, {after[1]} after")
print(f"the model's process: at most {most(early, 3):.0f} MiB in the first third, {most(late, 3):.0f} in the last")
bad = list(failures[:3])
if most(late, 1) > most(early, 1) * 1.25 + 8:
    bad.append("the server's memory grows")
if most(late, 3) > most(early, 3) * 1.25 + 8:
    bad.append("the memory of the model's process grows")
if after[1] > before[1]:
    bad.append("descriptors are left open")
if not counts["whole"] or not counts["streamed"]:
    bad.append("nobody was answered")
sys.exit("; ".join(bad) if bad else 0)
