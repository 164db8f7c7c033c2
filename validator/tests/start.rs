//! The start and the end of the real binary: what clients and the terminal see while a long ledger is replayed, which
//! signals stop it, and what it says last.

// The helpers unwrap as the tests do; the lint knows only functions marked as tests.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use isobath_ledger::Ledger;
use isobath_node::program_table;
use isobath_sdk::Keypair;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::record::RecordedDelta;
use isobath_storage::LossyStorage;
use isobath_testkit::keys::dev_key;
use isobath_testkit::node_process::{Addresses, Ended, NodeProcess, Ready, dev_command, with_default_hangup};
use isobath_testkit::world::World;
use serde_json::{Value, json};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_isobath");

/// How long a test waits for what should take a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// The shortest slot.
const FAST_SLOT_MS: u64 = 20;

/// Blocks of the long ledger; replaying them takes a few tenths of a second or more.
const BLOCKS: u64 = 50_000;

/// A folder with a ledger of [`BLOCKS`] empty blocks.
fn long_ledger() -> TempDir {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = BYTES.get_or_init(|| {
        let genesis = Genesis::development();
        let mut world = World::new(genesis.clone(), program_table());
        let disk = LossyStorage::new();
        let (ledger, _) = Ledger::open(Box::new(disk.clone()), &genesis, &mut |_| Ok(())).unwrap();
        for _ in 0..BLOCKS {
            let record = world.block(&[]);
            let delta = RecordedDelta::new(&record.delta, |_| None);
            let (appended, ()) = ledger.append(&record.history, || Ok((delta, ()))).unwrap();
            ledger.publish(&appended, || ());
        }
        disk.bytes()
    });
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("blocks.log"), bytes).unwrap();
    folder
}

/// A node that replays the long ledger, and where it listens.
fn start_long(ledger: &Path) -> (NodeProcess, Ready, Addresses) {
    let mut command = with_default_hangup(&dev_command(BINARY, ledger, FAST_SLOT_MS));
    let (process, ready) = NodeProcess::spawn(&mut command).unwrap();
    let line = process.wait_for_log(" listening ", PATIENCE).unwrap();
    let field = |name: &str| {
        let (_, rest) = line.split_once(name).unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    let addresses = Addresses {
        rpc: field(" rpc="),
        ws: field(" ws="),
    };
    (process, ready, addresses)
}

/// A connection that stays open from answer to answer.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends a request with these headers and body; returns the status and the body of the answer.
    fn ask(&mut self, request: &str, headers: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let text = format!(
            "{request} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_ascii_lowercase()),
            }
        }
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let length = lines
            .iter()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).unwrap();
        (status, String::from_utf8(body).unwrap())
    }

    fn call(&mut self, body: &str) -> Value {
        let (status, text) = self.ask("POST /", "content-type: application/json\r\n", body);
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// Asserts that `text` is the progress of a start, and returns the slot that it has reached.
fn slot_in(text: &str) -> u64 {
    let slots = text
        .split_once("starting, slot ")
        .unwrap_or_else(|| panic!("{text}"))
        .1;
    let (slot, last) = slots.split_once(" of ").unwrap();
    assert_eq!(last.parse(), Ok(BLOCKS), "{text}");
    slot.parse().unwrap()
}

fn last_line(ended: &Ended) -> &str {
    ended.stderr.lines().last().unwrap_or_default()
}

/// Asserts that a node stopped cleanly, and returns the slot that it names last.
fn safe_slot(ended: &Ended) -> u64 {
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let slot = last_line(ended).split_once("stopped; ledger safe at slot ");
    slot.unwrap_or_else(|| panic!("{}", ended.stderr))
        .1
        .parse()
        .unwrap()
}

const HEALTH: &str = r#"{"jsonrpc":"2.0","id":7,"method":"getHealth"}"#;
const HANDSHAKE: &str = "upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n\
                         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

#[test]
fn clients_see_how_far_a_start_has_come_and_are_served_on_the_same_connection() {
    let ledger = long_ledger();
    let (process, ready, addresses) = start_long(ledger.path());
    let mut connection = Connection::open(addresses.rpc);
    let answer = connection.call(HEALTH);
    assert_eq!(
        (&answer["id"], &answer["error"]["code"]),
        (&json!(7), &json!(-32005)),
        "{answer}"
    );
    assert_eq!(answer["error"]["data"], json!({ "numSlotsBehind": null }));
    let first = slot_in(answer["error"]["message"].as_str().unwrap());
    let (status, text) = connection.ask("GET /health", "", "");
    assert_eq!(status, 503);
    assert!(slot_in(&text) >= first, "{first}, then {text}");
    let answers = connection.call(&format!("[{HEALTH},{HEALTH}]"));
    assert_eq!(answers.as_array().map(Vec::len), Some(2));
    let mut socket = Connection::open(addresses.ws);
    let (status, text) = socket.ask("GET /", HANDSHAKE, "");
    assert_eq!(status, 503);
    slot_in(&text);

    assert_eq!(ready.wait(PATIENCE), Ok(Some(addresses)));
    assert_eq!(
        connection.call(HEALTH),
        json!({ "jsonrpc": "2.0", "id": 7, "result": "ok" })
    );
    assert_eq!(connection.ask("GET /health", "", ""), (200, "ok".to_owned()));
    assert_eq!(socket.ask("GET /", HANDSHAKE, "").0, 101);
    slot_in(&process.wait_for_log("starting, slot ", PATIENCE).unwrap());
    assert!(safe_slot(&process.stop(PATIENCE).unwrap()) >= BLOCKS);
}

#[test]
fn a_signal_during_the_replay_stops_it_at_once_and_says_so() {
    let ledger = long_ledger();
    let log = ledger.path().join("blocks.log");
    let before = fs::metadata(&log).unwrap().len();
    for signal in ["TERM", "INT", "HUP"] {
        let (process, ready, _) = start_long(ledger.path());
        process.signal(signal).unwrap();
        let ended = process.wait(PATIENCE).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        let line = last_line(&ended);
        let said = format!("stopped by SIG{signal} while starting, slot ");
        assert!(
            line.contains(&said) && line.ends_with("the ledger is safe"),
            "{line}"
        );
        assert!(ready.rest().is_empty(), "a node that never served is never ready");
        assert_eq!(fs::metadata(&log).unwrap().len(), before);
    }
}

#[test]
fn a_closed_terminal_drains_the_node_unless_it_was_started_to_outlive_it() {
    let ledger = TempDir::new().unwrap();
    let command = dev_command(BINARY, ledger.path(), FAST_SLOT_MS);
    let (process, ready) = NodeProcess::spawn(&mut with_default_hangup(&command)).unwrap();
    ready.wait(PATIENCE).unwrap().unwrap();
    process.signal("HUP").unwrap();
    let ended = process.wait(PATIENCE).unwrap();
    assert!(ended.stderr.contains("stopping after SIGHUP"), "{}", ended.stderr);
    let stopped = safe_slot(&ended);

    // As `nohup` starts it.
    let mut outliving = Command::new("sh");
    outliving
        .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args());
    let (process, ready) = NodeProcess::spawn(&mut outliving).unwrap();
    let addresses = ready.wait(PATIENCE).unwrap().unwrap();
    process.signal("HUP").unwrap();
    let answer = Connection::open(addresses.rpc).call(HEALTH);
    assert_eq!(answer["result"], "ok");
    let ended = process.stop(PATIENCE).unwrap();
    assert!(
        ended.stderr.contains("stopping after SIGTERM"),
        "{}",
        ended.stderr
    );
    assert!(safe_slot(&ended) >= stopped);
}

/// A node that has thousands of blocks to write before it may stop: one for each pending transaction.
fn start_busy(folder: &Path) -> NodeProcess {
    let genesis = Genesis {
        blockhash_max_age_blocks: 4_096,
        ..Genesis::development()
    };
    let file = folder.join("genesis.json");
    fs::write(&file, genesis.to_json()).unwrap();
    let mut command = dev_command(BINARY, &folder.join("ledger"), 500);
    command
        .args(["--block-max-transactions", "1", "--genesis"])
        .arg(&file);
    let (process, ready) = NodeProcess::spawn(&mut command).unwrap();
    let addresses = ready.wait(PATIENCE).unwrap().unwrap();
    let airdrop = json!({
        "jsonrpc": "2.0", "id": 1, "method": "requestAirdrop", "params": [dev_key(0).pubkey().to_string(), 1],
    });
    let batch = Value::from(vec![airdrop; 512]).to_string();
    let mut connection = Connection::open(addresses.rpc);
    for _ in 0..4 {
        let answers = connection.call(&batch);
        let mut answers = answers.as_array().unwrap().iter();
        assert!(answers.all(|answer| answer["result"].is_string()));
    }
    process
}

#[test]
fn a_node_that_drains_for_long_says_what_it_waits_for() {
    let folder = TempDir::new().unwrap();
    let process = start_busy(folder.path());
    process.signal("TERM").unwrap();
    process.wait_for_log("stopping after SIGTERM", PATIENCE).unwrap();
    // A fast disk would be done before the first report.
    process.signal("STOP").unwrap();
    thread::sleep(Duration::from_millis(700));
    process.signal("CONT").unwrap();
    let ended = process.wait(PATIENCE).unwrap();
    assert!(safe_slot(&ended) > 0);
    let lines: Vec<_> = ended.stderr.lines().collect();
    let at = |text: &str| {
        lines
            .iter()
            .position(|line| line.contains(text))
            .unwrap_or_else(|| panic!("{}", ended.stderr))
    };
    let (stopping, waiting) = (
        at("stopping after SIGTERM"),
        at("waiting for transactions and for the block after slot "),
    );
    assert!(stopping < waiting, "{}", ended.stderr);
    assert!(!lines[waiting].contains(" pending=0"), "{}", lines[waiting]);
}

#[test]
fn a_second_signal_ends_a_drain_and_names_the_safe_slot() {
    let folder = TempDir::new().unwrap();
    let process = start_busy(folder.path());
    process.signal("TERM").unwrap();
    process.wait_for_log("stopping after SIGTERM", PATIENCE).unwrap();
    process.signal("INT").unwrap();
    let ended = process.wait(PATIENCE).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", ended.stderr);
    assert!(
        last_line(&ended).contains("exiting after SIGINT; ledger safe at slot "),
        "{}",
        ended.stderr
    );
}

#[test]
fn public_keys_are_not_offered_to_a_network_unless_allowed() {
    let dir = TempDir::new().unwrap();
    let on_all = |ledger: &str, args: &[&str]| {
        let mut command = dev_command(BINARY, &dir.path().join(ledger), FAST_SLOT_MS);
        command.args(["--bind", "0.0.0.0"]).args(args);
        command
    };
    let refused = on_all("public", &[]).output().unwrap();
    let line = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{line}");
    for part in ["0.0.0.0", "development keys", "--genesis", "--allow-public-keys"] {
        assert!(line.contains(part), "{line}");
    }

    let mine = Keypair::from_seed([9; 32]).pubkey();
    let mut genesis = Genesis::development();
    genesis.producers = vec![mine];
    genesis
        .accounts
        .retain(|account| account.pubkey == dev_key(0).pubkey());
    genesis.accounts[0].pubkey = mine;
    genesis.faucet = None;
    let file = dir.path().join("genesis.json");
    fs::write(&file, genesis.to_json()).unwrap();
    for (ledger, args) in [
        ("public", &["--allow-public-keys"][..]),
        ("mine", &["--genesis", file.to_str().unwrap()]),
    ] {
        let (process, ready) = NodeProcess::spawn(&mut on_all(ledger, args)).unwrap();
        assert!(ready.wait(PATIENCE).unwrap().is_some(), "{ledger}");
        let ended = process.stop(PATIENCE).unwrap();
        assert_eq!(
            ended.stderr.contains("anyone who reaches"),
            ledger == "public",
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn hosts_and_origins_are_taken_from_the_command_line() {
    let ledger = TempDir::new().unwrap();
    let mut command = dev_command(BINARY, ledger.path(), FAST_SLOT_MS);
    command.args([
        "--allowed-host",
        "node.example",
        "--cors-origin",
        "https://wallet.example",
    ]);
    let (_process, ready) = NodeProcess::spawn(&mut command).unwrap();
    let addresses = ready.wait(PATIENCE).unwrap().unwrap();
    let mut connection = Connection::open(addresses.rpc);
    assert_eq!(connection.ask("GET http://node.example/health", "", "").0, 200);
    assert_eq!(connection.ask("GET http://evil.example/health", "", "").0, 403);
    let airdrop = json!({
        "jsonrpc": "2.0", "id": 1, "method": "requestAirdrop", "params": [dev_key(0).pubkey().to_string(), 1],
    });
    let mut ask = |origin: &str| {
        let headers = format!("content-type: application/json\r\norigin: {origin}\r\n");
        let (_, text) = connection.ask("POST /", &headers, &airdrop.to_string());
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert!(ask("https://wallet.example")["result"].is_string());
    assert_eq!(ask("https://evil.example")["error"]["code"], -32600);
    for (flag, value) in [
        ("--allowed-host", "http://node"),
        ("--cors-origin", "wallet.example"),
    ] {
        let output = Command::new(BINARY).args(["dev", flag, value]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{flag} {value}");
    }
}
