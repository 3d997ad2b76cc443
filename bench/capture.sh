#!/bin/sh
# Capture against plain loopback: connect latency, throughput and the cost of setting up, as tables of medians. The
# ratios are taken within one run and are what counts; the times depend on the machine and on what else it does.
# Targets: connect <= 1.10, throughput >= 0.95. ROUNDS (default 9) sets how often each variant is measured.
set -eu
cd "$(dirname "$0")/.."
out=$(cargo test --quiet --release -p ringfence-sandbox --lib -- --ignored --nocapture --test-threads=1 capture::tests::bench)
printf '%s\n' "$out" | grep -E '^(\||medians|$)'
