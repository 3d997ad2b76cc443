#!/usr/bin/env bash
# Damaged model files, 100,000 of them unless `FILES=n` says otherwise, each the tiny model with one to four changes, most of them in
# its header. What the reader refuses is counted, every eighth of it by a runner as well; the rest is loaded and asked in a runner of
# its own. The server's side has to hear of every end, no runner may end with SIGSEGV, and a sound file is answered afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
RINGFENCE_TEST_MUTATIONS=${FILES:-100000} cargo test --quiet --release --locked -p ringfence-runner --test runner -- mutated
