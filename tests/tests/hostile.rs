//! A real node among hostile clients, for a minute.
//!
//! Malformed packets and JSON, absurd sizes and wrong types on both ports of a process of its own, over the loopback
//! address only. `ISOBATH_HOSTILE_SECONDS` sets how long (60), `ISOBATH_HOSTILE_SEED` repeats a run.
//!
//! What must hold: every answer that is owed comes, in the right form and with a code of `docs/rpc.md`; the process
//! never panics and says that it is healthy; transfers confirm during and after; the memory that the process holds
//! after the whole time is within a tenth of what it held after a sixth of it, under the same traffic; the books
//! balance; and the process ends with exit code 0 when it is asked to.
//!
//! How memory is measured: the round is run in two parts, the first of a sixth of the time. Each part ends with all
//! connections closed and a pause in which the node lets go of what it held for them. What stays are caches, pools and
//! what the allocator keeps, which have reached their size by then; whatever grows with traffic shows in the second
//! part, which is five times as long. What confirmed transactions leave behind grows by design (`docs/operators.md`),
//! so the hostile clients confirm few.

use std::path::Path;
use std::thread;
use std::time::Duration;

use isobath_node::Store;
use isobath_sdk::chain::genesis::Genesis;
use isobath_storage::FileStorage;
use isobath_testkit::node_process::{NodeProcess, dev_command};
use isobath_tests::crash::audit::Audit;
use isobath_tests::hostile::attacker::Target;
use isobath_tests::hostile::honest::Wallet;
use isobath_tests::hostile::load::{Report, run_round};
use isobath_tests::hostile::memory::Memory;

const BINARY: &str = env!("CARGO_BIN_EXE_isobath-test-node");

const SEED: u64 = 20_261_122;
const SECONDS: u64 = 60;
const SLOT_MS: u64 = 50;
/// How long a node may take to start and to stop.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a node may take to let go of connections that are closed.
const SETTLE: Duration = Duration::from_secs(4);

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    let text = std::env::var(name);
    text.map_or(default, |text| text.parse().expect("a setting is a whole number"))
}

/// A running node and where it serves.
struct Attacked {
    process: NodeProcess,
    target: Target,
}

impl Attacked {
    fn start(ledger: &Path) -> Self {
        let (process, ready) =
            NodeProcess::spawn(&mut dev_command(BINARY, ledger, SLOT_MS)).expect("the node starts");
        let addresses = ready
            .wait(PATIENCE)
            .expect("the node lives")
            .expect("the node becomes ready");
        let target = Target {
            http: addresses.rpc,
            ws: addresses.ws,
        };
        Self { process, target }
    }

    /// One part of the traffic; the memory that the node holds after it.
    fn attack(&self, seed: u64, duration: Duration) -> (Report, Memory) {
        let report = run_round(self.target, seed, duration);
        thread::sleep(SETTLE);
        let memory = Memory::of(self.process.id()).expect("the process is still there");
        (report, memory)
    }
}

/// Opens the ledger that the node left and checks it from the first block to the last; how many transactions it holds.
fn check_books(ledger: &Path) -> usize {
    let genesis = Genesis::development();
    let mut audit = Audit::new(&genesis);
    let storage = FileStorage::open(ledger).expect("the ledger is free");
    let (db, _) = Store::open(Box::new(storage), &genesis, &mut |record| audit.record(record))
        .expect("the ledger opens");
    audit.accounts(&db).expect("the books balance");
    audit.transactions()
}

fn say(part: &str, report: &Report, memory: Memory) {
    let Memory { resident, anonymous } = memory;
    println!(
        "{part}: {} requests, {} answers; resident {resident} bytes, of which anonymous {anonymous}",
        report.sent(),
        report.answered()
    );
    for (name, tally) in &report.tallies {
        println!("  {name}: sent {}, answered {}", tally.sent, tally.answered);
    }
}

#[test]
fn a_node_among_hostile_clients_answers_right_and_holds_no_more_memory() {
    let seed = setting("ISOBATH_HOSTILE_SEED", SEED);
    let total = Duration::from_secs(setting("ISOBATH_HOSTILE_SECONDS", SECONDS));
    println!("seed {seed}, {total:?}");
    let dir = tempfile::tempdir().expect("a place for the ledger");
    let node = Attacked::start(dir.path());
    Wallet::new(node.target.http).pay().expect("the node serves");

    let warm_up = total / 6;
    let (first, before) = node.attack(seed, warm_up);
    say("warm-up", &first, before);
    let (second, after) = node.attack(seed + 1, total.saturating_sub(warm_up));
    say("attack", &second, after);

    let latency = Wallet::new(node.target.http).pay();
    let ended = node.process.stop(PATIENCE).expect("the node stops");
    let findings: Vec<_> = first.findings.iter().chain(&second.findings).collect();
    println!(
        "afterwards a transfer took {latency:?}; the node wrote {} bytes of log",
        ended.stderr.len()
    );
    assert!(findings.is_empty(), "{} findings: {findings:#?}", findings.len());
    assert!(latency.is_ok(), "{latency:?}");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    println!("{} transactions in the ledger", check_books(dir.path()));
    assert!(
        after.resident <= before.resident + before.resident / 10,
        "resident memory grew from {} to {}",
        before.resident,
        after.resident
    );
}
