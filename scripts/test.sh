#!/usr/bin/env bash
# Runs every test. Tests that need what this machine lacks print `SKIPPED: reason`; the list stands at the end again.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

npm ci --silent --no-fund --no-audit --prefix tests/e2e

status=0
cargo test --workspace --locked --no-fail-fast -- --nocapture 2>&1 | tee "$log" || status=$?

count() { grep '^test result:' "$log" | grep -o "[0-9]* $1" | awk '{ n += $1 } END { print n + 0 }'; }
passed=$(count passed)
failed=$(count failed)
skipped=$(grep -c 'SKIPPED:' "$log" || true)
if [ "$skipped" -gt 0 ]; then
    echo
    echo "Not run on this machine:"
    grep -h 'SKIPPED:' "$log" | sort -u | sed 's/^/  /'
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
