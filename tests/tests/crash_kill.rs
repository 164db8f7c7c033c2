//! SIGKILL of a real node under load, twenty times, on one ledger.
//!
//! A client sends transfers and writes down which were reported confirmed. After each restart all of them must be
//! found, and what was sent without an answer is sent again and must be applied at most once. The processes execute their
//! blocks by two and by eight threads in turn. In the end the ledger is opened in this process and every lamport is
//! accounted for, and `isobath ledger verify` must give every result.
//!
//! A killed process loses nothing that it had handed to the kernel, so this does not test the syncs (that is
//! `crash_lossy`); it tests that nothing is reported before it is written, that a half-written record is cut, and that
//! replay rebuilds everything. `ISOBATH_KILL_SEED` repeats the moments of a run as far as a scheduler lets it.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use isobath_sdk::{Hash, Keypair};
use isobath_storage::FileStorage;
use isobath_testkit::Random;
use isobath_testkit::node_process::{Ended, NodeProcess, dev_command};
use isobath_tests::crash::claims::Landed;
use isobath_tests::crash::client::{LoadClient, Stop};
use rand::Rng;

const BINARY: &str = env!("CARGO_BIN_EXE_isobath-test-node");
const KILLS: u32 = 20;
const SIGKILL: i32 = 9;
const PATIENCE: Duration = Duration::from_secs(30);

fn seed() -> u64 {
    let given = std::env::var("ISOBATH_KILL_SEED").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| u64::from(now.subsec_nanos()))
    })
}

/// When a node is killed.
struct Moment {
    slot_ms: u64,
    /// Threads that execute a block.
    threads: u8,
    /// Whether the time runs from the start of the process, not from the start of the load.
    is_early: bool,
    after: Duration,
}

impl Moment {
    fn draw(rng: &mut Random, round: u32) -> Self {
        let is_early = round % 4 == 3;
        Self {
            slot_ms: rng.random_range(20..=50),
            threads: if round.is_multiple_of(2) { 2 } else { 8 },
            is_early,
            after: Duration::from_millis(rng.random_range(if is_early { 1..400 } else { 50..900 })),
        }
    }

    /// Waits for the moment, then kills and reaps.
    fn kill(&self, node: NodeProcess, loaded: &Receiver<()>) -> Ended {
        if !self.is_early {
            // An error says that the client has ended without a load: then it is time as well.
            let _ = loaded.recv_timeout(PATIENCE);
        }
        thread::sleep(self.after);
        node.kill().expect("a child can be killed")
    }
}

/// What the client does between a start and a kill.
fn serve(
    client: &mut Option<LoadClient>,
    address: SocketAddr,
    on_load: impl FnOnce() -> bool,
) -> Result<(), Stop> {
    let client = match client {
        Some(client) => {
            client.connect(address);
            client
        }
        None => client.insert(LoadClient::new(address)),
    };
    client.check()?;
    client.resend()?;
    // The killer waits for this; it is there until it has killed.
    let _ = on_load();
    client.load()
}

/// One process from its start to its death; whether it came to serve.
fn round(ledger: &Path, moment: &Moment, client: &mut Option<LoadClient>) -> Result<bool, String> {
    let mut command = dev_command(BINARY, ledger, moment.slot_ms);
    command.args(["--execution-threads", &moment.threads.to_string()]);
    let (node, ready) = NodeProcess::spawn(&mut command).map_err(|error| error.to_string())?;
    let (on_load, loaded) = channel();
    let (outcome, ended) = thread::scope(|scope| {
        let killer = scope.spawn(move || moment.kill(node, &loaded));
        let outcome = match ready.wait(PATIENCE) {
            Ok(Some(addresses)) => serve(client, addresses.rpc, || on_load.send(()).is_ok()).map(|()| true),
            Ok(None) => Ok(false),
            Err(what) => Err(Stop::Wrong(what)),
        };
        drop(on_load);
        (outcome, killer.join().expect("the killer does not panic"))
    });
    if ended.status.signal() != Some(SIGKILL) {
        return Err(format!("ended by itself, {}\n{}", ended.status, ended.stderr));
    }
    match outcome {
        Err(Stop::Gone) => Ok(true),
        Ok(served) => Ok(served),
        Err(Stop::Wrong(what)) => Err(format!("{what}\n{}", ended.stderr)),
    }
}

/// Starts once more, undisturbed, and holds the node to everything; then kills it.
fn settle(ledger: &Path, client: &mut LoadClient) -> Result<(), String> {
    let mut command = dev_command(BINARY, ledger, 20);
    let (node, ready) = NodeProcess::spawn(&mut command).map_err(|error| error.to_string())?;
    let addresses = ready.wait(PATIENCE)?.ok_or("the node does not start")?;
    client.connect(addresses.rpc);
    let checked = everything(client);
    let ended = node.kill().map_err(|error| error.to_string())?;
    checked.map_err(|stop| format!("{stop:?}\n{}", ended.stderr))
}

fn everything(client: &mut LoadClient) -> Result<(), Stop> {
    client.check()?;
    client.resend()?;
    let start = Instant::now();
    while client.outstanding() > 0 {
        client.burst(0)?;
        if start.elapsed() > PATIENCE {
            return Err(Stop::Wrong(
                "a transfer that was sent again does not land".to_owned(),
            ));
        }
    }
    client.check()?;
    client.check_balances()
}

fn check_ledger(ledger: &Path, client: &LoadClient) -> Result<Landed, String> {
    let storage = FileStorage::open(ledger).map_err(|error| error.to_string())?;
    client.claims.check_ledger(Box::new(storage))
}

/// Executes every block again with the oracle.
fn verify_ledger(ledger: &Path) -> Result<(), String> {
    let mut command = Command::new(BINARY);
    command.args(["ledger", "verify", "--ledger"]).arg(ledger);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn a_node_killed_twenty_times_keeps_what_it_reported_and_applies_nothing_twice() {
    let seed = seed();
    println!("ISOBATH_KILL_SEED={seed}");
    let start = Instant::now();
    let mut rng = Random::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let ledger = dir.path().join("ledger");
    let mut client = None;
    let mut served = 0;
    for number in 0..KILLS {
        let moment = Moment::draw(&mut rng, number);
        let is_serving = round(&ledger, &moment, &mut client);
        served += u32::from(is_serving.unwrap_or_else(|what| panic!("seed {seed}, kill {number}: {what}")));
    }
    let mut client = client.expect("most of the processes came to serve");
    settle(&ledger, &mut client).unwrap_or_else(|what| panic!("seed {seed}, at the end: {what}"));
    let landed = check_ledger(&ledger, &client).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
    println!(
        "{served} of {KILLS} served, {:?}, {landed:?}, {:?}",
        client.tally,
        start.elapsed()
    );
    verify_ledger(&ledger).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
    assert!(served >= KILLS / 2 && landed.confirmed >= 500, "there was load");
    controls(&ledger, client);
}

/// Shows that the last check can fail: with the end of the ledger cut off, and with a claim that is not true.
fn controls(ledger: &Path, mut client: LoadClient) {
    let log = ledger.join("blocks.log");
    let whole = std::fs::read(&log).unwrap();
    std::fs::write(&log, &whole[..whole.len() - whole.len() / 10]).unwrap();
    let said = check_ledger(ledger, &client).unwrap_err();
    assert!(said.starts_with("lost: "), "{said}");
    std::fs::write(&log, &whole).unwrap();
    let never_sent = client.claims.next(&Keypair::from_seed([9; 32]), Hash::ZERO);
    let signature = client.claims.transfers()[never_sent].signature;
    client.claims.confirm(&signature, 1).unwrap();
    let said = check_ledger(ledger, &client).unwrap_err();
    assert!(said.contains(&signature.to_string()), "{said}");
}
