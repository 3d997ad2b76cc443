#!/usr/bin/env bash
# What the vault costs: a rotation of 10,000 conversations (the goal: at most 1 s), sealing a message of 1 KiB (at most 2 µs), and
# adding it to a conversation with both of its writes on the medium.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --quiet --release --locked -p ringfence-store --no-default-features --lib -- --ignored --nocapture figure_rotation |
    grep -E '^(rotation|sealing|appending)'
