//! A real node that may not write its ledger any further: it says why, ends with code 1, and loses nothing.
//!
//! The limit on file sizes stands for the full disk of a real process; the kernel answers EFBIG in the middle of a
//! record. Blocks are those of the shell's `ulimit -f`: 512 or 1024 bytes.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use isobath_storage::FileStorage;
use isobath_testkit::node_process::{Ended, NodeProcess, Ready, dev_command, with_file_size_limit};
use isobath_tests::crash::client::{LoadClient, Stop};

const BINARY: &str = env!("CARGO_BIN_EXE_isobath-test-node");
const SLOT_MS: u64 = 20;
const PATIENCE: Duration = Duration::from_secs(30);

fn command(ledger: &Path) -> Command {
    dev_command(BINARY, ledger, SLOT_MS)
}

fn spawn(mut command: Command) -> (NodeProcess, Ready) {
    NodeProcess::spawn(&mut command).expect("the node starts")
}

/// Asserts that a process ended by itself and said why and what to do.
fn assert_clear(ended: &Ended) {
    let stderr = &ended.stderr;
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    let last = stderr.lines().last().unwrap_or_default();
    for part in [
        "error: cannot write the ledger",
        "File too large",
        "raise the limit on file sizes",
        "everything published so far is kept",
    ] {
        assert!(last.contains(part), "{part} is not in: {stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

/// Loads a node under a limit until it ends.
fn fill_up(ledger: &Path, blocks: u64) -> LoadClient {
    let (node, ready) = spawn(with_file_size_limit(&command(ledger), blocks));
    let addresses = ready.wait(PATIENCE).unwrap().expect("there is room to start");
    let mut client = LoadClient::new(addresses.rpc);
    match client.load() {
        Err(Stop::Gone) => {}
        other => panic!("{other:?}"),
    }
    assert_clear(
        &node
            .wait(PATIENCE)
            .expect("a node that cannot write ends by itself"),
    );
    client
}

/// Starts without a limit: everything confirmed is there, and the chain goes on.
fn go_on(ledger: &Path, client: &mut LoadClient) {
    let (node, ready) = spawn(command(ledger));
    let addresses = ready.wait(PATIENCE).unwrap().expect("the node starts");
    client.connect(addresses.rpc);
    let (before, sent) = (client.claims.confirmed().len(), client.tally.sent);
    client.check().unwrap();
    client.resend().unwrap();
    client.burst(10).unwrap();
    while client.outstanding() > 0 {
        client.burst(0).unwrap();
    }
    client.check_balances().unwrap();
    assert!(client.claims.confirmed().len() >= before + 10, "{before} before");
    assert_eq!(client.tally.sent, sent + 10);
    let ended = node.stop(PATIENCE).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_node_at_the_limit_of_file_sizes_stops_clearly_and_keeps_what_it_confirmed() {
    for blocks in [150, 1_001] {
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path().join("ledger");
        let mut client = fill_up(&ledger, blocks);
        let confirmed = client.claims.confirmed().len();
        let size = std::fs::metadata(ledger.join("blocks.log")).unwrap().len();

        // At the limit still: it starts, cuts what was half written, and ends in the same clear way.
        let (node, _ready) = spawn(with_file_size_limit(&command(&ledger), blocks));
        assert_clear(&node.wait(PATIENCE).unwrap());

        go_on(&ledger, &mut client);
        let landed = client
            .claims
            .check_ledger(Box::new(FileStorage::open(&ledger).unwrap()))
            .unwrap();
        println!(
            "limit {blocks}: {size} bytes, {confirmed} confirmed, {:?}, {landed:?}",
            client.tally
        );
        assert!(confirmed > 0 && landed.confirmed > confirmed);
    }
}
