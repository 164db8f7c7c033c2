# `just` with no argument lists everything. CI runs .ci/run, which `just ci` calls.

set shell := ["bash", "-euo", "pipefail", "-c"]

_default:
    @just --list --unsorted

# Format check, clippy, docs and tidy: what must hold before every push
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
    cargo run --locked -q -p isobath-tidy

# All Rust tests
test:
    cargo test --locked --workspace

# Random sequences of transactions through Solana's runtime and ours, from seed FIRST on (the first call builds for long)
conformance-compare FIRST=`date +%s` COUNT="2000":
    cargo run --locked --manifest-path tests/comparator/Cargo.toml -- compare {{FIRST}} $(({{FIRST}} + {{COUNT}}))

# One sequence in full: its accounts and where the two part
conformance-explain SEED:
    cargo run --locked --manifest-path tests/comparator/Cargo.toml -- explain {{SEED}}

# Record the fixtures that `cargo test` replays again
conformance-record:
    cargo run --locked --manifest-path tests/comparator/Cargo.toml -- record 0 21000 tests/conformance/fixtures

# The JavaScript clients against a release build
test-clients:
    cargo build --locked --release -p isobath-validator
    cd tests/clients && npm ci && node --test

# Solana's RPC client for Rust, in a workspace of its own, against a release build
test-rust-client:
    cargo build --locked --release -p isobath-validator
    cargo run --locked --manifest-path tests/rust-client/Cargo.toml -- --node "${CARGO_TARGET_DIR:-target}/release/isobath"

# Licences, sources and bans of what is linked (needs cargo-deny)
deny:
    cargo deny --locked check --hide-inclusion-graph licenses bans sources

# Random whole transactions against what the executor promises, e.g. `just fuzz-transactions --cases 10000000 --seed 1`
fuzz-transactions *ARGS:
    cargo run --locked --release -p isobath-tests --bin isobath-fuzz-transactions -- {{ARGS}}

# Crafted batches of signatures through every path, e.g. `just fuzz-signatures --count 100000000 --seed 1 --jobs 2`
fuzz-signatures *ARGS:
    cargo run --locked --release -p isobath-signature-tests --bin isobath-fuzz-signatures -- {{ARGS}}

# The table of edge cases is what its generator makes
edge-cases *ARGS="--check":
    cargo run --locked -p isobath-signature-tests --bin isobath-edge-cases -- {{ARGS}}

# The AVX-512 backend on an emulated processor, where no machine has the instructions (tests/emulated/avx512 says what to install)
emulate-avx512 *ARGS:
    tests/emulated/avx512 {{ARGS}}

# CPU time per signature by size of batch and instructions
bench-sigverify *ARGS:
    cargo run --locked --release -p isobath-bench -- sigverify {{ARGS}}

# The same beside other projects' verifiers (a workspace of its own; the first call builds for some minutes)
bench-peers *ARGS:
    cargo run --locked --release --manifest-path bench/peers/Cargo.toml -- {{ARGS}}

# Size, ASCII and leftovers of the source tree
tidy:
    cargo run --locked -q -p isobath-tidy

# A throw-away node under load, checked afterwards
demo *ARGS:
    cargo run --locked --release -p isobath-bench -- demo {{ARGS}}

# A development node
dev *ARGS:
    cargo run --locked --release -- dev {{ARGS}}

# Everything that CI runs
ci:
    .ci/run
