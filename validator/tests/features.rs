//! The features of a ledger, from the command line of the real binary to its accounts.

// The helpers unwrap as the tests do; the lint knows only functions marked as tests.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use isobath_sdk::rules::Feature;
use isobath_testkit::node_process::{Ended, NodeProcess, dev_command};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_isobath");

/// How long a test waits for what should take a second.
const PATIENCE: Duration = Duration::from_secs(30);

const SLOT_MS: u64 = 100;

const PREFUND: Feature = Feature::CREATE_ACCOUNT_ALLOW_PREFUND;
const DEEP_CALLS: Feature = Feature::RAISE_CPI_NESTING_LIMIT_TO_8;

/// What the client says about the account of a feature.
fn account(rpc: SocketAddr, feature: Feature) -> Output {
    let url = format!("http://{rpc}");
    let address = feature.id().to_string();
    let mut command = Command::new(BINARY);
    command.args(["account", &address, "--output", "json", "--url", &url]);
    command.output().unwrap()
}

/// Runs a node with these flags, asserts which of two features have accounts, and stops it.
fn run(ledger: &Path, flags: &[&str], (has_prefund, has_deep_calls): (bool, bool)) -> Ended {
    let mut command = dev_command(BINARY, ledger, SLOT_MS);
    let (process, ready) = NodeProcess::spawn(command.args(flags)).unwrap();
    let rpc = ready.wait(PATIENCE).unwrap().unwrap().rpc;
    for (feature, is_active) in [(PREFUND, has_prefund), (DEEP_CALLS, has_deep_calls)] {
        let shown = account(rpc, feature);
        assert_eq!(shown.status.success(), is_active, "{feature} {shown:?}");
        let text = String::from_utf8(shown.stdout).unwrap();
        // One, and eight bytes of zeros.
        let is_shown = text.contains("AQAAAAAAAAAA") && text.contains("Feature1111111");
        assert_eq!(is_shown, is_active, "{feature} {text}");
    }
    process.stop(PATIENCE).unwrap()
}

/// The refusal of a command that does not start a node.
fn refusal(ledger: &Path, flags: &[&str]) -> String {
    let mut command = dev_command(BINARY, ledger, SLOT_MS);
    let ended = command.args(flags).output().unwrap();
    assert!(!ended.status.success());
    String::from_utf8(ended.stderr).unwrap()
}

#[test]
fn a_ledger_keeps_the_features_that_it_was_created_with() {
    let folder = TempDir::new().unwrap();
    let address = PREFUND.id().to_string();
    let flags = ["--features", "all", "--deactivate-feature", &address];
    let ended = run(folder.path(), &flags, (false, true));
    assert!(
        ended.stderr.contains("  features all (1 deactivated)\n"),
        "{}",
        ended.stderr
    );
    for flags in [&flags[..], &flags[2..], &[]] {
        run(folder.path(), flags, (false, true));
    }
    let text = refusal(folder.path(), &["--features", "mainnet"]);
    assert!(
        text.contains(
            "the ledger has the features all (1 deactivated), but --features and --deactivate-feature ask for mainnet; \
             omit the flags to keep the ledger, or add --reset to delete it"
        ),
        "{text}"
    );
    let text = refusal(folder.path(), &["--deactivate-feature", DEEP_CALLS.name()]);
    assert!(text.contains("ask for all (2 deactivated)"), "{text}");
    let ended = run(folder.path(), &["--reset"], (true, false));
    assert!(ended.stderr.contains("  features mainnet\n"), "{}", ended.stderr);
}

#[test]
fn features_that_cannot_be_chosen_are_refused_with_a_reason() {
    let folder = TempDir::new().unwrap();
    let cases = [
        (
            ["--deactivate-feature", "create_account_prefund"],
            "unknown feature create_account_prefund; the most similar name is create_account_allow_prefund",
        ),
        (
            ["--deactivate-feature", "enable_durable_nonce"],
            "feature enable_durable_nonce cannot be inactive: only the active form of its rule is supported",
        ),
        (["--features", "testnet"], "unknown profile; give mainnet or all"),
    ];
    for (flags, expected) in cases {
        let text = refusal(folder.path(), &flags);
        assert!(text.contains(expected), "{text}");
    }
}
