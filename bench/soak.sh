#!/usr/bin/env bash
# Many sessions one after the other and many at once; afterwards nothing may be left: no process, mount, cgroup, socket,
# placeholder or file. `SESSIONS=n` (default 200) and `AT_ONCE=n` (default 20).
set -euo pipefail
ringfence=$(realpath "${1:?usage: soak.sh PATH/TO/ringfence}")
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir "$home/project"
cd "$home/project"
export HOME=$home
unset XDG_STATE_HOME XDG_RUNTIME_DIR

census() {
    pgrep -x ringfence | wc -l
    wc -l < /proc/self/mountinfo
    find /sys/fs/cgroup -maxdepth 4 -name '*ringfence*' 2>/dev/null | wc -l
    ls -A "$home/project" | wc -l
    ls -A "$home/.local/state/ringfence/journal" "$home/.local/state/ringfence/run" 2>/dev/null | grep -vc ':$' || true
}

"$ringfence" run --no-prompt -- true 2>/dev/null
before=$(census | paste -sd' ')
for n in $(seq "${SESSIONS:-200}"); do
    "$ringfence" run --no-prompt -- sh -c 'exit 3' 2>/dev/null && exit 1 || [ $? -eq 3 ]
    [ $((n % 50)) -ne 0 ] || echo "$n sessions"
done
pids=()
for _ in $(seq "${AT_ONCE:-20}"); do
    "$ringfence" run --no-prompt -- sleep 2 2>/dev/null & pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
sleep 0.5
after=$(census | paste -sd' ')
echo "processes mounts cgroups placeholders leftovers: before $before, after $after"
[ "$before" = "$after" ]
