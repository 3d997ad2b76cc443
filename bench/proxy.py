#!/usr/bin/env python3
"""The MITM proxy against a local nginx TLS origin: direct, ringfence (captured, from inside the fence), squid ssl-bump, mitmproxy.

One run, rounds interleaved, medians; every figure also as a difference or ratio to the direct row of the same run.
Usage: proxy.py PATH/TO/ringfence PATH/TO/ringfence-bench-load [ROUNDS]
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

ringfence, load = (str(Path(p).resolve()) for p in sys.argv[1:3])
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
here = Path(__file__).resolve().parent
work = Path(tempfile.mkdtemp(prefix="ringfence-bench-"))
work.chmod(0o755)
NAME = "origin.bench.example"
TICK = os.sysconf("SC_CLK_TCK")
started = []


def sh(*words, **kw):
    return subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True, **kw)


def start(*words, **kw):
    process = subprocess.Popen([str(w) for w in words], **kw)
    started.append(process)
    return process


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    import socket
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def certificates():
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
       "/CN=bench CA", "-keyout", work / "ca.key", "-out", work / "ca.pem")
    sh("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=bench", "-keyout",
       work / "key.pem", "-out", work / "leaf.csr")
    (work / "san").write_text(f"subjectAltName=DNS:{NAME},DNS:localhost\n")
    sh("openssl", "x509", "-req", "-in", work / "leaf.csr", "-CA", work / "ca.pem", "-CAkey", work / "ca.key", "-CAcreateserial",
       "-days", "2", "-extfile", work / "san", "-out", work / "leaf.pem")
    (work / "both.pem").write_text((work / "ca.pem").read_text() + (work / "ca.key").read_text())


def nginx():
    root = work / "www"
    root.mkdir()
    (root / "1k").write_bytes(os.urandom(1024))
    (root / "10m").write_bytes(os.urandom(10 << 20))
    port = free_port()
    (work / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.log;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; tcp_nodelay on; keepalive_requests 10000000; client_body_temp_path {work}/b;
  proxy_temp_path {work}/p; fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {work}/leaf.pem; ssl_certificate_key {work}/key.pem; root {root};
    default_type application/octet-stream; }} }}
""")
    start("nginx", "-c", work / "nginx.conf", "-e", work / "nginx.log", stderr=subprocess.DEVNULL)
    assert wait_for(port), (work / "nginx.log").read_text()
    return port


def dns():
    """The demo's origin brings a DNS server that answers every name with 127.0.0.1."""
    process = start(sys.executable, here.parent / "scripts/demo_origin.py", work / "leaf.pem", work / "key.pem", work / "x.log",
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process.stdout.readline().split()[1]


def squid():
    program = shutil.which("squid") or "/usr/sbin/squid"
    generator = next((p for p in ("/usr/lib/squid/security_file_certgen", "/usr/lib64/squid/security_file_certgen") if os.path.exists(p)), None)
    if not os.path.exists(program) or not generator:
        return None, "squid with ssl-bump is not installed"
    port, base = free_port(), work / "squid"
    base.mkdir()
    sh(generator, "-c", "-s", base / "db", "-M", "4MB")
    (base / "squid.conf").write_text(f"""
http_port 127.0.0.1:{port} ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB cert={work}/both.pem
sslcrtd_program {generator} -s {base}/db -M 4MB
acl step1 at_step SslBump1
ssl_bump peek step1
ssl_bump bump all
http_access allow all
cache deny all
access_log none
cache_log {base}/cache.log
pid_filename {base}/pid
tls_outgoing_options cafile={work}/ca.pem
shutdown_lifetime 1 seconds
coredump_dir {base}
""")
    if os.geteuid() == 0:
        sh("chown", "-R", "proxy:proxy", base, work / "both.pem")
    process = start(program, "-N", "-f", base / "squid.conf", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (port, process.pid) if wait_for(port) else (None, "squid did not start")


def mitmproxy():
    program = shutil.which("mitmdump") or next(iter(map(str, here.glob(".venv/bin/mitmdump"))), None)
    if not program:
        return None, "mitmproxy is not installed (pip install mitmproxy)"
    port, conf = free_port(), work / "mitm"
    conf.mkdir()
    shutil.copy(work / "both.pem", conf / "mitmproxy-ca.pem")
    process = start(program, "--quiet", "--listen-host", "127.0.0.1", "-p", port, "--set", f"confdir={conf}", "--set",
                    f"ssl_verify_upstream_trusted_ca={work}/ca.pem", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (port, process.pid) if wait_for(port) else (None, "mitmproxy did not start")


def cpu(pid):
    """User and system time of a process in seconds."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK
    except OSError:
        return 0.0


def inside(port, *words, stdin=subprocess.DEVNULL):
    """The client inside the fence, as a user would start it; returns the supervisor."""
    return subprocess.Popen([ringfence, "run", "--ro", load, "--", load, *map(str, words)], cwd=home / "project", env=environment,
                            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_inside(port, mode, count):
    process = inside(port, mode, NAME, port, CA_INSIDE, count)
    before = 0.0
    out, err = process.communicate(timeout=300)
    if process.returncode:
        raise RuntimeError(err.strip())
    return json.loads(out.splitlines()[-1])


def client(mode, port, count, proxy):
    words = [load, mode, "localhost", port, work / "ca.pem", count] + ([proxy] if proxy else [])
    return json.loads(sh(*words, timeout=300).stdout.splitlines()[-1])


CA_INSIDE = "/run/ringfence/ca.pem"
home = work / "home"
try:
    certificates()
    origin, dns_port = nginx(), dns()
    sse = start(load, "serve-sse", work / "leaf.pem", work / "key.pem", stdout=subprocess.PIPE, text=True)
    sse_port = int(sse.stdout.readline())
    (home / "project").mkdir(parents=True)
    (home / ".config/ringfence").mkdir(parents=True)
    (home / ".config/ringfence/config.toml").write_text(f"""
[network]
resolver = ["127.0.0.1:{dns_port}"]
rules = [{{ host = "{NAME}", ports = [{origin}, {sse_port}], action = "allow", private = true }}]
""")
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "SSL_CERT_FILE": str(work / "ca.pem")}

    rows = {"direct": None}
    notes = []
    for name, made in (("squid ssl-bump", squid), ("mitmproxy", mitmproxy)):
        port, more = made()
        if port:
            rows[name] = (f"127.0.0.1:{port}", more)
        else:
            notes.append(f"{name}: not run, {more}")
    rows["ringfence"] = "inside"

    counts = {"keepalive": 4000, "connect": 300, "bulk": 20, "sse": 1}
    slow = {"keepalive": 500, "connect": 60, "bulk": 5, "sse": 1}
    seen = {name: {mode: [] for mode in counts} | {"cpu": []} for name in rows}
    for _ in range(rounds):
        for mode in counts:
            port = sse_port if mode == "sse" else origin
            for name, row in rows.items():
                count = (slow if name == "mitmproxy" else counts)[mode]
                if row == "inside":
                    usage = os.times()
                    seen[name][mode].append(run_inside(port, mode, count))
                else:
                    proxy, pid = row or (None, None)
                    spent = cpu(pid) if pid else 0.0
                    seen[name][mode].append(client(mode, port, count, proxy))
                    if pid and mode == "keepalive":
                        seen[name]["cpu"].append((cpu(pid) - spent) / (count * 1.1) * 1e6)

    # CPU a request and memory a connection of the supervisor, on a long run and with idle connections.
    process = inside(origin, "keepalive", NAME, origin, CA_INSIDE, 40000)
    time.sleep(0.3)
    children, last = 0.0, 0.0
    while process.poll() is None:
        last = cpu(process.pid) or last
        time.sleep(0.01)
    process.communicate()
    seen["ringfence"]["cpu"].append(last / 44000 * 1e6)

    held = 500
    process = inside(origin, "hold", NAME, origin, CA_INSIDE, held, stdin=subprocess.PIPE)
    rss = lambda: int(next(l for l in Path(f"/proc/{process.pid}/status").read_text().splitlines() if l.startswith("VmRSS")).split()[1])
    process.stdout.readline()
    full = rss()
    process.communicate(timeout=60)
    process = inside(origin, "hold", NAME, origin, CA_INSIDE, 0, stdin=subprocess.PIPE)
    process.stdout.readline()
    idle = rss()
    process.communicate(timeout=60)

    def median(name, mode, key):
        values = [r[key] for r in seen[name][mode]]
        return statistics.median(values) if values else float("nan")

    print(f"MITM against nginx on loopback, {rounds} interleaved rounds, medians")
    print(f"{'':16}{'1 KiB p50 µs':>14}{'added µs':>10}{'CPU µs/req':>12}{'new TLS ms':>12}{'10 MiB MB/s':>13}{'× direct':>10}{'SSE lag ms':>12}")
    base, bulk = median("direct", "keepalive", "p50_us"), median("direct", "bulk", "mb_per_s")
    for name in rows:
        p50 = median(name, "keepalive", "p50_us")
        used = f"{statistics.median(seen[name]['cpu']):.1f}" if seen[name]["cpu"] else "—"
        mb = median(name, "bulk", "mb_per_s")
        print(f"{name:16}{p50:14.1f}{p50 - base:10.1f}{used:>12}{median(name, 'connect', 'p50_us') / 1e3:12.2f}{mb:13.0f}{mb / bulk:10.2f}"
              f"{median(name, 'sse', 'p50_us') / 1e3:12.2f}")
    print(f"supervisor: {idle / 1024:.1f} MB with no connection open, {(full - idle) / held:.1f} KB a connection ({held} held)")
    for note in notes:
        print(note)
finally:
    for process in started:
        process.terminate()
    for process in started:
        process.wait(timeout=10)
    shutil.rmtree(work, ignore_errors=True)
