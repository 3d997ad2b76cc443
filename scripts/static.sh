#!/usr/bin/env bash
# Builds one static binary: musl where the toolchain has that target, else glibc with crt-static. Then runs it in a root
# directory that holds nothing but the binary, to show that it needs nothing else. Prints where it is.
set -euo pipefail
cd "$(dirname "$0")/.."
arch=$(uname -m)
target=$arch-unknown-linux-gnu
flags="-C target-feature=+crt-static -C relocation-model=static"
if rustup target list --installed 2>/dev/null | grep -qx "$arch-unknown-linux-musl" && command -v musl-gcc >/dev/null; then
    target=$arch-unknown-linux-musl
    flags="-C target-feature=+crt-static"
fi
# Without a loader the crate that asks for randomness finds no `getrandom` by name and opens a device, and a model's process has none.
flags="$flags --cfg getrandom_backend=\"linux_getrandom\""
profile=${PROFILE:-release}
RUSTFLAGS="$flags" cargo build --locked --profile "$profile" --target "$target" -p ringfence
binary=${CARGO_TARGET_DIR:-target}/$target/$([ "$profile" = dev ] && echo debug || echo "$profile")/ringfence

if readelf -l "$binary" | grep -q INTERP || readelf -d "$binary" 2>/dev/null | grep -q NEEDED; then
    echo "static: $binary still names a loader or a library" >&2
    exit 1
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cp "$binary" "$root/ringfence"
in_root() { unshare --user --map-root-user --root="$root" /ringfence "$@"; }
in_root --version
HOME=/ in_root policy explain example.org --json >/dev/null || [ $? -eq 1 ]
echo "static: $binary ($target, $(du -h "$binary" | cut -f1)) runs in an empty root"
