# Everything a newcomer needs: `make demo` to see it, `make test` to believe it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

.PHONY: build demo test test-quick test-e2e lint bench soak static install docs clean

build: ## the binary, optimised
	@scripts/install-deps.sh build
	cargo build --release --locked -p ringfence

demo: ## installs what is missing, builds, shows the main job on real traffic
	@scripts/install-deps.sh demo
	cargo build --release --locked -p ringfence
	scripts/demo.sh "$(TARGET_DIR)/release/ringfence"

test: ## installs what the tests need and runs all of them, as root and as an ordinary user where it can
	@scripts/install-deps.sh test
	cargo build --locked -p ringfence
	scripts/test.sh

lint: ## formatting, clippy, licences
	@scripts/install-deps.sh build
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --locked --features ringfence-runner/engine-candle --test candle -- -D warnings
	@command -v cargo-deny >/dev/null || cargo install --locked --quiet cargo-deny
	cargo deny check licenses bans sources

bench: ## ratios against peers and the bare floor, in one run
	@scripts/install-deps.sh bench
	cargo build --release --locked -p ringfence
	bench/run.sh "$(TARGET_DIR)/release/ringfence"

soak: ## a bounded run of many sessions and connections; looks for leaks
	cargo build --release --locked -p ringfence -p ringfence-bench-model
	bench/soak.sh "$(TARGET_DIR)/release/ringfence"
	bench/soak_model.py "$(TARGET_DIR)/release/ringfence" "$(TARGET_DIR)/release/ringfence-bench-model"

static: ## one static binary (glibc, crt-static), and a run of it in an empty root
	scripts/static.sh

install: build ## into PREFIX/bin (default: ~/.local/bin)
	install -D -m 0755 "$(TARGET_DIR)/release/ringfence" "$(or $(PREFIX),$(HOME)/.local)/bin/ringfence"
