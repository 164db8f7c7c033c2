# `just` with no argument lists everything. CI runs .ci/run, which `just ci` calls.

set shell := ["bash", "-euo", "pipefail", "-c"]

_default:
    @just --list --unsorted

# Format check, clippy, docs and tidy; required before every push
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
    cargo run --locked -q -p isobath-tidy

# All Rust tests
test:
    cargo test --locked --workspace

# Random transaction sequences through Solana's runtime and ours, starting at seed FIRST (the first build is slow)
conformance-compare FIRST=`date +%s` COUNT="2000":
    cargo run --locked --manifest-path tests/comparator/Cargo.toml -- compare {{FIRST}} $(({{FIRST}} + {{COUNT}}))

# The same for sequences of the token, associated token account and memo programs
conformance-compare-deployed FIRST=`date +%s` COUNT="1000":
    cargo run --locked --manifest-path tests/comparator/Cargo.toml -- compare-deployed {{FIRST}} $(({{FIRST}} + {{COUNT}}))

# One sequence in full: its accounts and the first difference
conformance-explain NAME:
    cargo run --locked --manifest-path tests/comparator/Cargo.toml -- explain {{NAME}}

# Record the fixtures that `cargo test` replays
conformance-record:
    cargo run --locked --manifest-path tests/comparator/Cargo.toml -- record 0 21000 tests/conformance/fixtures

# The same for the token, associated token account and memo programs
conformance-record-deployed:
    cargo run --locked --manifest-path tests/comparator/Cargo.toml -- record-deployed 0 20000 tests/conformance/fixtures

# Every JSON-RPC answer beside that of Agave's solana-test-validator. The first build of that takes half an hour and
# needs the packages clang, libclang-dev, protobuf-compiler, libudev-dev and pkg-config; ISOBATH_REFERENCE names a
# binary that is there already. `just compare-answers record` records its answers for `cargo test`
compare-answers COMMAND="compare":
    #!/usr/bin/env bash
    set -euo pipefail
    target="${CARGO_TARGET_DIR:-target}"
    reference="${ISOBATH_REFERENCE:-$target/agave/bin/solana-test-validator}"
    if [ ! -x "$reference" ]; then
        export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
        cargo install agave-validator --version 4.2.2 --bin solana-test-validator --locked --root "$target/agave"
    fi
    cargo run --locked -p isobath-tests --bin isobath-compare-answers -- "{{COMMAND}}" "$reference"

# The JavaScript clients against a release build
test-clients:
    cargo build --locked --release -p isobath-validator
    cd tests/clients && npm ci && node --test

# Solana's RPC client for Rust, in its own workspace, against a release build
test-rust-client:
    cargo build --locked --release -p isobath-validator
    cargo run --locked --manifest-path tests/rust-client/Cargo.toml -- --node "${CARGO_TARGET_DIR:-target}/release/isobath"

# Every interleaving of readers and the writer of the resident accounts, and of threads in the schedule, by a model checker
loom:
    cargo test --locked -p isobath-accounts-db --lib --features loom
    cargo test --locked -p isobath-scheduler --lib --features loom loom_tests

# Licences, sources and bans of the dependencies (needs cargo-deny)
deny:
    cargo deny --locked check --hide-inclusion-graph licenses bans sources

# Random whole transactions against the executor's invariants, e.g. `just fuzz-transactions --cases 10000000 --seed 1`
fuzz-transactions *ARGS:
    cargo run --locked --release -p isobath-tests --bin isobath-fuzz-transactions -- {{ARGS}}

# Large random blocks by 1 to 16 threads against the oracle, e.g. `just parallel-blocks --blocks 100000 --seed 1 --jobs 2`
parallel-blocks *ARGS:
    cargo run --locked --release -p isobath-tests --bin isobath-parallel-blocks -- {{ARGS}}

# A search for transactions that make a node do more than their cost says, e.g. `just hostile-costs --seed 1 --rounds 100`
hostile-costs *ARGS:
    cargo run --locked --release -p isobath-tests --bin isobath-hostile-costs -- {{ARGS}}

# Changes to the rules that the tests of their own package do not notice, e.g. `just mutants isobath-runtime 0/8` for the
# first of eight parts. .cargo/mutants.toml names the files
mutants PACKAGE="isobath-program-system" SHARD="0/1" *ARGS:
    #!/usr/bin/env bash
    set -euo pipefail
    root="${CARGO_TARGET_DIR:-$PWD/target}/mutants"
    if [ ! -x "$root/bin/cargo-mutants" ]; then
        cargo install cargo-mutants --version 25.3.1 --locked --root "$root"
    fi
    export CARGO_PROFILE_DEV_DEBUG=false PROPTEST_FAILURE_PERSISTENCE=off
    "$root/bin/cargo-mutants" mutants --package "{{PACKAGE}}" --shard "{{SHARD}}" --jobs 1 --output "$root" {{ARGS}}

# The strict Python types of solders read every answer of a node
python-types:
    cargo build --locked -p isobath-validator
    python3 -m venv "${CARGO_TARGET_DIR:-target}/python-types"
    "${CARGO_TARGET_DIR:-target}/python-types/bin/pip" install -q -r tests/python-types/requirements.txt
    "${CARGO_TARGET_DIR:-target}/python-types/bin/python" tests/python-types/read_answers.py "${CARGO_TARGET_DIR:-target}/debug/isobath"

# Crowds of hostile clients against a release build, with the latency of honest ones (under five minutes)
hostile-clients *ARGS:
    cargo build --locked --release -p isobath-tests --bins
    "${CARGO_TARGET_DIR:-target}/release/isobath-hostile-clients" {{ARGS}}

# Crafted signature batches on every path, e.g. `just fuzz-signatures --count 100000000 --seed 1 --jobs 2`
fuzz-signatures *ARGS:
    cargo run --locked --release -p isobath-signature-tests --bin isobath-fuzz-signatures -- {{ARGS}}

# Check that the generator reproduces the table of edge cases
edge-cases *ARGS="--check":
    cargo run --locked -p isobath-signature-tests --bin isobath-edge-cases -- {{ARGS}}

# The AVX-512 backend on an emulated processor, for machines without AVX-512 (tests/emulated/avx512 lists the packages)
emulate-avx512 *ARGS:
    tests/emulated/avx512 {{ARGS}}

# CPU time per signature, by batch size and instruction set
bench-sigverify *ARGS:
    cargo run --locked --release -p isobath-bench -- sigverify {{ARGS}}

# The same beside other projects' verifiers (its own workspace; the first build takes minutes)
bench-peers *ARGS:
    cargo run --locked --release --manifest-path bench/peers/Cargo.toml -- {{ARGS}}

# Execution and scheduling beside Solana's, and what the simulated prio-graph is held against (the first build takes half an hour)
bench-solana *ARGS:
    cargo run --locked --release --manifest-path bench/peers/solana/Cargo.toml -- {{ARGS}}

# The unsafe code of shared bytes, and cells, images and index with their prefetches, under valgrind's memcheck (needs
# valgrind; Miri, where it is installed, is `cargo +nightly miri test -p isobath-program-abi shared_bytes`)
memcheck:
    #!/usr/bin/env bash
    set -euo pipefail
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="valgrind --error-exitcode=1 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite"
    export PROPTEST_CASES=40
    cargo test --locked -p isobath-program-abi --lib shared_bytes
    cargo test --locked -p isobath-accounts-db --lib
    cargo test --locked -p isobath-sdk --lib threads_that_hash

# Style checks of the source tree
tidy:
    cargo run --locked -q -p isobath-tidy

# A throw-away node under load, then checked
demo *ARGS:
    cargo run --locked --release -p isobath-bench -- demo {{ARGS}}

# A development node
dev *ARGS:
    cargo run --locked --release -- dev {{ARGS}}

# Everything that CI runs
ci:
    .ci/run
