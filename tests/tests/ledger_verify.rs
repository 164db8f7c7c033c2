//! `isobath ledger verify`: it passes what a node wrote, and names what a node with a defect or a forger wrote.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use isobath_node::{BlockNotice, Node, NodeConfig, Preflight, Store};
use isobath_runtime::PlantedBug;
use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::{Genesis, dev_keypairs};
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::record::BlockRecord;
use isobath_sdk::program::Frame;
use isobath_sdk::{Hash, InstructionError, Pubkey, ids};
use isobath_storage::FileStorage;
use isobath_testkit::node_process::{NodeProcess, dev_command};
use isobath_testkit::programs::program_table;
use isobath_testkit::transactions::transfer;
use isobath_testkit::world::World;
use isobath_tests::crash::client::LoadClient;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_isobath-test-node");
/// A ledger of an earlier format.
const EARLIER_LEDGER: &[u8] = include_bytes!("../../node/tests/store/fixtures/2026-11-28.blocks.log");
const SLOT_MS: u64 = 20;
const PATIENCE: Duration = Duration::from_secs(60);

fn verify(ledger: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["ledger", "verify", "--ledger"]).arg(ledger);
    command.stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The line that says why a ledger does not pass.
fn refusal(ledger: &Path) -> String {
    let output = verify(ledger);
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty(), "{}", stdout(&output));
    let last = stderr.lines().last().unwrap().to_owned();
    assert!(last.starts_with("error: "), "{stderr}");
    last
}

/// A ledger of three blocks with two transactions each; the second of a block fails after it has allocated data.
fn write_ledger(dir: &Path, bug: Option<PlantedBug>, forge: impl Fn(&mut Vec<u8>)) {
    write_ledger_with_last(dir, bug, forge, |_| ());
}

/// As [`write_ledger`], with another third block.
fn write_ledger_with_last(
    dir: &Path,
    bug: Option<PlantedBug>,
    forge: impl Fn(&mut Vec<u8>),
    forge_last: impl FnOnce(&mut BlockRecord),
) {
    let genesis = Genesis::development();
    let storage = Box::new(FileStorage::open(dir).unwrap());
    let (store, _) = Store::open(storage, &genesis, &mut |_| Ok(())).unwrap();
    let mut world = World::new(genesis, program_table());
    if let Some(bug) = bug {
        world.runtime = world.runtime.with_planted_bug(bug);
    }
    let keys = dev_keypairs();
    let mut last = None;
    for block in 0..3_u8 {
        let (payer, to) = (&keys[0], Pubkey([50 + block; 32]));
        let allocated = &keys[usize::from(block) + 1];
        let good = [system::transfer(&payer.pubkey(), &to, 2_000_000)];
        let bad = [
            system::allocate(&allocated.pubkey(), 10),
            system::transfer(&payer.pubkey(), &to, u64::MAX),
        ];
        let signed = [world.tx(&[payer], &good), world.tx(&[payer, allocated], &bad)];
        let admitted = signed.map(|tx| {
            let mut wire = tx.wire().to_vec();
            forge(&mut wire);
            world.admit(&wire).unwrap()
        });
        let record = world.dry_block(&admitted);
        if block < 2 {
            store.publish(store.commit_received(record.clone()).unwrap());
            world.advance(record).unwrap();
        } else {
            last = Some(record);
        }
    }
    let mut last = last.expect("the third block");
    forge_last(&mut last);
    store.publish(store.commit_received(last).unwrap());
}

fn sound_ledger() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_ledger(dir.path(), None, |_| ());
    dir
}

#[test]
fn a_node_of_two_threads_killed_under_load_leaves_a_ledger_that_verifies() {
    kill_under_load_and_verify("2");
}

#[test]
fn a_node_of_eight_threads_killed_under_load_leaves_a_ledger_that_verifies() {
    kill_under_load_and_verify("8");
}

fn kill_under_load_and_verify(threads: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = dev_command(BINARY, dir.path(), SLOT_MS);
    command.args(["--execution-threads", threads]);
    let (node, ready) = NodeProcess::spawn(&mut command).unwrap();
    let addresses = ready.wait(PATIENCE).unwrap().expect("the node becomes ready");
    let client = std::thread::spawn(move || {
        // It ends when the node is gone.
        drop(LoadClient::new(addresses.rpc).load());
    });
    std::thread::sleep(Duration::from_secs(3));
    let in_use = refusal(dir.path());
    assert!(
        in_use.contains("in use by another process; stop the node, or copy"),
        "{in_use}"
    );
    node.kill().unwrap();
    client.join().unwrap();
    let before = fs::read(dir.path().join("blocks.log")).unwrap();
    let output = verify(dir.path());
    let line = stdout(&output);
    assert!(output.status.success(), "{output:?}");
    assert!(line.starts_with("verified "), "{line}");
    let numbers: Vec<u64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    // A busy machine makes few blocks in that time.
    assert!(numbers[0] > 2 && numbers[1] > 10, "{line}");
    assert_eq!(
        fs::read(dir.path().join("blocks.log")).unwrap(),
        before,
        "nothing is written"
    );
}

#[test]
fn a_sound_ledger_verifies_and_a_planted_bug_is_named() {
    let line = stdout(&verify(sound_ledger().path()));
    assert!(
        line.starts_with("verified 3 blocks with 6 transactions in "),
        "{line}"
    );

    let dir = tempfile::tempdir().unwrap();
    write_ledger(dir.path(), Some(PlantedBug::LeakyRollback), |_| ());
    let named = refusal(dir.path());
    let key = dev_keypairs()[1].pubkey();
    let difference =
        format!("block 1 differs: whether the block changes account {key} is true in the record");
    assert!(named.contains(&difference), "{named}");
    assert!(named.contains("start from a backup that verifies"), "{named}");
}

/// A System program that spends one compute unit more.
fn call_for_more(frame: &mut Frame<'_>) -> Result<(), InstructionError> {
    frame.consume(1)?;
    let call = program_table().get(&ids::SYSTEM_PROGRAM).unwrap();
    call(frame)
}

#[test]
fn a_node_with_another_program_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = NodeConfig::at(dir.path());
    config.slot_ms = Some(SLOT_MS);
    config.programs.insert(ids::SYSTEM_PROGRAM, call_for_more);
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let keys = dev_keypairs();
    let blockhash = node.published().chain().blockhash();
    let wire = transfer(blockhash, &keys[0], &keys[1].pubkey(), 5);
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tokio.block_on(async {
        let signature = node.submit(wire, Preflight::Skip).await.unwrap();
        let is_in = |notice: &BlockNotice| notice.signatures.iter().any(|(listed, _)| *listed == signature);
        while !is_in(&notices.recv().await.unwrap()) {}
    });
    node.shutdown();
    drop(node);
    let named = refusal(dir.path());
    assert!(
        named.contains(
            "the number of compute units of transaction 0 is 151 in the record, but execution gives 150"
        ),
        "{named}"
    );
}

#[test]
fn a_forged_signature_is_named() {
    let dir = tempfile::tempdir().unwrap();
    write_ledger(dir.path(), None, |wire| wire[5] ^= 1);
    let named = refusal(dir.path());
    assert!(
        named.contains("block 1 differs: transaction 0 has an invalid signature"),
        "{named}"
    );
}

#[test]
fn a_wrong_anchor_is_named() {
    let forged = |forge: fn(&mut Anchor)| {
        let dir = tempfile::tempdir().unwrap();
        let forge_last = |record: &mut BlockRecord| {
            let (header, result) = (&mut record.history.header, &mut record.history.result);
            forge(&mut header.anchor);
            result.block_hash = header.blockhash();
        };
        write_ledger_with_last(dir.path(), None, |_| (), forge_last);
        refusal(dir.path())
    };
    let result = forged(|anchor| anchor.result_hash = Hash([1; 32]));
    assert!(
        result.contains("block 3 differs: the anchor is wrong: the result of slot 2 is "),
        "{result}"
    );
    let back = forged(|anchor| anchor.slot = 0);
    assert!(
        back.contains("slot 0 is before slot 1, which the anchor of the parent names"),
        "{back}"
    );
}

/// Why the ledger does not pass after its log was changed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let dir = sound_ledger();
    let log = dir.path().join("blocks.log");
    let mut bytes = fs::read(&log).unwrap();
    change(&mut bytes);
    fs::write(&log, bytes).unwrap();
    refusal(dir.path())
}

#[test]
fn damage_is_told_from_differences() {
    let middle = changed(|bytes| {
        // In the second of three records, which are of about one size at the end of the file.
        let at = bytes.len() - 3_000;
        bytes[at] ^= 1;
    });
    assert!(middle.contains("the ledger is damaged in slot "), "{middle}");
    assert!(middle.contains("restore the ledger from a backup"), "{middle}");
    let foreign = changed(|bytes| *bytes = b"no ledger at all, but a text of some length".repeat(100));
    assert!(foreign.contains("does not begin as a ledger does"), "{foreign}");
    let earlier = changed(|bytes| *bytes = EARLIER_LEDGER.to_vec());
    assert!(earlier.contains("was written by format 1"), "{earlier}");
    let dir = tempfile::tempdir().unwrap();
    let none = refusal(dir.path());
    assert!(
        none.contains("holds no ledger; give the folder of one with --ledger"),
        "{none}"
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is created");
    let absent = refusal(&dir.path().join("absent"));
    assert!(absent.contains("holds no ledger"), "{absent}");
}

#[test]
fn a_torn_tail_is_reported_and_left() {
    let dir = sound_ledger();
    let log = dir.path().join("blocks.log");
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() - 7]).unwrap();
    let output = verify(dir.path());
    assert!(stdout(&output).starts_with("verified 2 blocks with 4 transactions in "));
    let warning = String::from_utf8(output.stderr).unwrap();
    assert!(warning.starts_with("warning: the last "), "{warning}");
    assert!(warning.contains("are an incomplete record"), "{warning}");
    assert_eq!(fs::read(&log).unwrap().len(), bytes.len() - 7);
}
