//! The real binary: what it writes where, how it ends, and what a second start finds.

// The helpers unwrap as the tests do; the lint knows only functions marked as tests.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use base64::Engine;
use isobath_rpc_client::{BlockingRpcClient, ClientConfig, Encoding, Preflight, RpcClient, Search};
use isobath_sdk::chain::genesis::{Genesis, dev_keypairs};
use isobath_sdk::{Hash, Keypair, Signature};
use isobath_testkit::keys::{dev_key, unfunded_key};
use isobath_testkit::node_process::{NodeProcess, Ready, dev_command, with_file_size_limit};
use isobath_testkit::transactions;
use serde_json::Value;
use support::{FAST_SLOT_MS, PATIENCE};

/// The parameters of a method that has none.
const NO_PARAMS: [(); 0] = [];

const BINARY: &str = env!("CARGO_BIN_EXE_isobath");

/// A started binary.
struct Running {
    process: NodeProcess,
    ready: Ready,
}

/// How a binary ended.
struct Ended {
    status: ExitStatus,
    /// What it wrote after the ready line.
    stdout: Vec<String>,
    stderr: String,
}

fn dev(ledger: &Path, args: &[&str]) -> Command {
    let mut command = dev_command(BINARY, ledger, FAST_SLOT_MS);
    command.args(args);
    command
}

impl Running {
    fn start(mut command: Command) -> Self {
        let (process, ready) = NodeProcess::spawn(&mut command).unwrap();
        Self { process, ready }
    }

    /// Waits for the ready line; returns a client of the address in it.
    fn ready(&self) -> BlockingRpcClient {
        let addresses = self.ready.wait(PATIENCE).unwrap();
        let addresses = addresses.expect("the node becomes ready");
        let next = addresses.rpc.port().checked_add(1).unwrap();
        assert_eq!(addresses.ws, SocketAddr::new(addresses.rpc.ip(), next));
        BlockingRpcClient::new(&format!("http://{}", addresses.rpc), ClientConfig::default()).unwrap()
    }

    fn signal(&self, name: &str) {
        self.process.signal(name).unwrap();
    }

    fn wait(self) -> Ended {
        let ended = self.process.wait(PATIENCE).expect("the process ends in time");
        Ended {
            status: ended.status,
            stdout: self.ready.rest(),
            stderr: ended.stderr,
        }
    }

    fn stop(self) -> Ended {
        self.signal("TERM");
        self.wait()
    }
}

/// The newest slot; `None` when the node is not there.
fn slot(rpc: &BlockingRpcClient) -> Option<u64> {
    rpc.wait(RpcClient::slot).ok()
}

fn genesis_hash(rpc: &BlockingRpcClient) -> Hash {
    rpc.wait(|rpc| rpc.call("getGenesisHash", NO_PARAMS)).unwrap()
}

/// Waits until the node is past `slot`.
fn wait_past(rpc: &BlockingRpcClient, past: u64) -> u64 {
    let patience = Instant::now();
    loop {
        match slot(rpc) {
            Some(now) if now > past => return now,
            _ => assert!(patience.elapsed() < PATIENCE, "slots pass"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a transfer and waits for it; its signature once a client has seen it confirmed.
fn transfer_and_confirm(rpc: &BlockingRpcClient) -> Option<Signature> {
    let blockhash = rpc.wait(RpcClient::latest_blockhash).ok()?.blockhash;
    let wire = transactions::transfer(blockhash, &dev_key(0), &unfunded_key(1).pubkey(), 1_000_000);
    let wire = base64::engine::general_purpose::STANDARD.encode(wire);
    let signature = rpc
        .wait(|rpc| rpc.send_transaction(&wire, Preflight::Simulate))
        .ok()?;
    let patience = Instant::now();
    loop {
        let status = rpc.wait(|rpc| rpc.status(&signature, Search::Recent)).ok()?;
        if status.is_some() {
            return Some(signature);
        }
        assert!(
            patience.elapsed() < PATIENCE,
            "a transfer that was accepted is confirmed"
        );
    }
}

fn refused(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stdout.is_empty());
    let line = stderr.lines().last().unwrap().to_owned();
    assert!(line.starts_with("error: "), "{stderr}");
    line
}

#[test]
fn standard_output_is_one_line_and_a_stop_exits_zero() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["TERM", "INT"] {
        let node = Running::start(dev(dir.path(), &[]));
        let rpc = node.ready();
        wait_past(&rpc, 3);
        node.signal(name);
        let ended = node.wait();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{:?}", ended.stdout);
        for key in dev_keypairs() {
            assert!(ended.stderr.contains(&key.pubkey().to_string()));
        }
    }
}

#[test]
fn keys_are_written_privately_and_banner_is_silent_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let node = Running::start(dev(dir.path(), &["--quiet"]));
    node.ready();
    let ended = node.stop();
    assert_eq!(ended.stderr, "");
    let files = (0..10).map(|index| format!("dev-{index}.json"));
    for name in files.chain(["faucet.json".to_owned(), "producer.json".to_owned()]) {
        let path = dir.path().join("keys").join(name);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        Keypair::from_json(&fs::read_to_string(&path).unwrap()).unwrap();
    }
}

#[test]
fn a_restart_continues_and_a_reset_starts_over() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path()).unwrap();
    let node = Running::start(dev(dir.path(), &[]));
    let before = wait_past(&node.ready(), 20);
    node.stop();
    fs::write(dir.path().join("notes.txt"), "mine").unwrap();

    let node = Running::start(dev(dir.path(), &[]));
    assert!(wait_past(&node.ready(), 0) >= before);
    let busy = refused(&mut dev(dir.path(), &["--reset"]));
    assert!(busy.contains("in use"), "{busy}");
    let busy = refused(&mut dev(dir.path(), &[]));
    assert!(busy.contains("in use"), "{busy}");
    node.stop();

    let node = Running::start(dev(dir.path(), &["--reset"]));
    let rpc = node.ready();
    assert!(slot(&rpc).unwrap() < before);
    assert_eq!(node.stop().status.code(), Some(0));
    assert_eq!(fs::read_to_string(dir.path().join("notes.txt")).unwrap(), "mine");
}

#[test]
fn a_damaged_ledger_is_refused_until_it_is_reset() {
    let dir = tempfile::tempdir().unwrap();
    let node = Running::start(dev(dir.path(), &[]));
    wait_past(&node.ready(), 20);
    node.stop();
    let log = dir.path().join("blocks.log");
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len().checked_div(2).unwrap();
    bytes[middle] ^= 0x10;
    fs::write(&log, &bytes).unwrap();
    let line = refused(&mut dev(dir.path(), &[]));
    assert!(
        line.contains("damaged in slot") && line.contains("--reset"),
        "{line}"
    );
    assert_eq!(fs::read(&log).unwrap(), bytes, "nothing was cut");

    let node = Running::start(dev(dir.path(), &["--reset"]));
    node.ready();
    assert_eq!(node.stop().status.code(), Some(0));
}

#[test]
fn a_reset_leaves_a_foreign_folder_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.txt"), "years").unwrap();
    let line = refused(&mut dev(dir.path(), &["--reset"]));
    assert!(line.contains("--ledger"), "{line}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_limit_on_file_sizes_stops_the_node_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let node = Running::start(with_file_size_limit(&dev(dir.path(), &[]), 64));
    let rpc = node.ready();
    let mut seen = 0;
    let mut confirmed = Vec::new();
    while let Some(slot) = slot(&rpc) {
        seen = seen.max(slot);
        confirmed.extend(transfer_and_confirm(&rpc));
    }
    let ended = node.wait();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let line = ended.stderr.lines().last().unwrap();
    assert!(
        line.starts_with("error: ") && line.contains("room"),
        "{}",
        ended.stderr
    );
    assert!(seen > 0 && !confirmed.is_empty());

    let node = Running::start(dev(dir.path(), &[]));
    let rpc = node.ready();
    assert!(slot(&rpc).unwrap() >= seen);
    for signature in confirmed {
        let found: Option<Value> = rpc
            .wait(|rpc| rpc.transaction(signature, Encoding::Base64))
            .unwrap();
        assert!(found.is_some_and(|found| found.is_object()), "{signature}");
    }
    wait_past(&rpc, seen.saturating_add(10));
    assert_eq!(node.stop().status.code(), Some(0));
}

#[test]
fn a_port_in_use_is_named_with_the_cure() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut command = Command::new(BINARY);
    command
        .args(["dev", "--rpc-port", &port, "--ledger"])
        .arg(dir.path());
    let line = refused(&mut command);
    assert!(line.contains(&port) && line.contains("--rpc-port"), "{line}");
}

#[test]
fn history_is_served_as_far_back_as_asked() {
    let dir = tempfile::tempdir().unwrap();
    let first = |args: &[&str]| {
        let node = Running::start(dev(dir.path(), args));
        let rpc = node.ready();
        wait_past(&rpc, 20);
        let first: u64 = rpc
            .wait(|rpc| rpc.call("getFirstAvailableBlock", NO_PARAMS))
            .unwrap();
        node.stop();
        first
    };
    assert!(first(&["--history-blocks", "5"]) > 15);
    assert_eq!(first(&[]), 0);
}

#[test]
fn slots_that_are_too_short_are_refused_with_the_reason() {
    let output = Command::new(BINARY)
        .args(["dev", "--slot-ms", "5"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text.starts_with("error: ") && text.contains("synced to disk"),
        "{text}"
    );
}

#[test]
fn the_genesis_template_is_the_development_genesis_and_starts_a_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(BINARY).arg("genesis").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut genesis = Genesis::from_json(&text).unwrap();
    assert_eq!(genesis, Genesis::development());

    let kept = dev_keypairs()[4].pubkey();
    genesis
        .accounts
        .retain(|account| account.pubkey == kept || genesis.producers.contains(&account.pubkey));
    genesis.faucet = None;
    let file = dir.path().join("genesis.json");
    fs::write(&file, genesis.to_json()).unwrap();
    let ledger = dir.path().join("ledger");
    let from_file = || dev(&ledger, &["--genesis", file.to_str().unwrap()]);
    let node = Running::start(from_file());
    let rpc = node.ready();
    assert_eq!(genesis_hash(&rpc), genesis.hash());
    let ended = node.stop();
    assert!(
        ended.stderr.contains("dev-4.json") && !ended.stderr.contains("dev-3.json"),
        "{}",
        ended.stderr
    );
    assert!(!ledger.join("keys/faucet.json").exists());

    // A restart needs no --genesis, and refuses another one by both hashes.
    let node = Running::start(dev(&ledger, &[]));
    let rpc = node.ready();
    assert_eq!(genesis_hash(&rpc), genesis.hash());
    node.stop();
    fs::write(&file, Genesis::development().to_json()).unwrap();
    let line = refused(&mut from_file());
    for part in [
        genesis.hash().to_string(),
        Genesis::development().hash().to_string(),
        "--reset".to_owned(),
    ] {
        assert!(line.contains(&part), "{line}");
    }
}

#[test]
fn an_existing_genesis_file_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("genesis.json");
    let write = || {
        Command::new(BINARY)
            .args(["genesis", "--out"])
            .arg(&file)
            .output()
            .unwrap()
    };
    assert!(write().status.success());
    fs::write(&file, "mine").unwrap();
    assert_eq!(write().status.code(), Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}
