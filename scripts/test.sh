#!/usr/bin/env bash
# Runs every test. Tests that need what this machine lacks print `SKIPPED: reason`; the list stands at the end again.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

npm ci --silent --no-fund --no-audit --prefix tests/e2e
/usr/bin/python3 -m venv tests/e2e/.venv
tests/e2e/.venv/bin/pip install --quiet --disable-pip-version-check -r tests/e2e/requirements.txt

target=$(realpath "${CARGO_TARGET_DIR:-target}")
export RINGFENCE_BIN=$target/debug/ringfence

status=0
cargo test --workspace --locked --no-fail-fast -- --nocapture 2>&1 | tee "$log" || status=$?

# The second engine, which no release has: what it says of the same files, and as a runner. Built as the step before built everything,
# but for the engine itself.
cargo test --workspace --locked --features ringfence-runner/engine-candle --test candle 2>&1 | tee -a "$log" || status=$?

# The attack table once more as somebody who is not root; on docker the suite itself does that, on an engine of its own.
# The account is made for it and goes with it.
if [ "$(id -u)" -eq 0 ]; then
    user=ringfence-test-$$
    useradd --create-home --home-dir "/tmp/$user" --shell /bin/sh "$user"
    trap 'rm -f "$log"; userdel --remove "$user" 2>/dev/null || true' EXIT
    install -m 0755 "$RINGFENCE_BIN" "/tmp/$user/ringfence"
    echo
    echo "The attack table as an ordinary user:"
    if runuser -u "$user" -- env -i HOME="/tmp/$user" PATH="$PATH" TERM=dumb "/tmp/$user/ringfence" prove 2>&1 |
            sed 's/^gvisor: not run:/SKIPPED: the attack table behind gVisor as an ordinary user:/; /^docker: not run:/d' | tee -a "$log"; then
        echo "test result: ok. 1 passed; 0 failed" >> "$log"
    else
        echo "test result: FAILED. 0 passed; 1 failed" >> "$log"
        status=1
    fi
fi

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
