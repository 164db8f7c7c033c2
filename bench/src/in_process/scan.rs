//! What a getProgramAccounts over many accounts costs block execution.
//!
//! Intervals without and with a client that scans back to back alternate, and each is compared with its neighbour. For
//! the producer's work on blocks (execution, sealing, publication; not the sync of the record) the node counts its
//! duration, and how much of it the thread ran or was runnable without a core ([`Counters`](isobath_node::Counters)).
//! Three figures per transaction follow:
//! - *ran*: the CPU time of the thread. A scan raises it through caches and spinning locks.
//! - *ran or waited*: the duration less the time without a core, that is, running and waiting for locks. This is the
//!   target: what a scan costs the producer beside the core that the scan itself uses.
//! - *wall*: the whole duration. On a machine with too few cores it includes the CPU time of the scan.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_node::Node;
use isobath_sdk::Pubkey;
use isobath_sdk::chain::genesis::GenesisAccount;
use isobath_timing::load_average;
use serde::Serialize;
use serde_json::json;

use super::feeder::{Feeder, payers};
use super::fixture::Fixture;
use super::http::{Http, result_of};
use super::{print, ratio};
use crate::cli::ScanArgs;
use crate::machine::{GENERATOR_THREAD_PREFIX, Machine};

/// The target.
const TARGET_SLOWDOWN: f64 = 0.05;
/// The program whose accounts are scanned.
const PROGRAM: Pubkey = Pubkey([77; 32]);
/// Bytes of each of its accounts: a token account's.
const DATA_LEN: usize = 165;
/// More than the rent minimum of that.
const LAMPORTS: u64 = 3_000_000;
/// First bytes of the data of a matching account.
const MARK: &[u8; 8] = b"wanted!!";
/// Context of the addresses.
const ADDRESS_CONTEXT: &str = "isobath 2026-11 bench scanned account v1";
/// Time of full blocks before the first interval.
const WARM_UP: Duration = Duration::from_secs(5);

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    command: &'static str,
    version: &'static str,
    machine: Machine,
    load_average: [Option<f64>; 2],
    accounts: u64,
    matching: u64,
    block_transactions: u64,
    slot_ms: u64,
    pairs: Vec<Pair>,
    scans: u64,
    scan_ms_mean: f64,
    /// Medians over the pairs: with a scan over without one, less 1.
    slowdown: Slowdown,
    target_slowdown: f64,
    ok: bool,
}

/// An interval without and one with scans.
#[derive(Clone, Copy, Debug, Serialize)]
struct Pair {
    without: Cost,
    with: Cost,
}

/// The producer's work in an interval, in nanoseconds per transaction.
#[derive(Clone, Copy, Debug, Serialize)]
struct Cost {
    transactions: u64,
    ran_ns: f64,
    ran_or_waited_ns: f64,
    wall_ns: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Slowdown {
    ran: f64,
    ran_or_waited: f64,
    wall: f64,
}

/// The node's counters at one moment.
#[derive(Clone, Copy)]
struct Reading {
    transactions: u64,
    work_ns: u64,
    ran_ns: u64,
    ready_ns: u64,
}

impl Reading {
    fn of(node: &Node) -> Self {
        let counters = node.counters();
        Self {
            transactions: counters.executed_ok.get(),
            work_ns: counters.producer_work_ns.get(),
            ran_ns: counters.producer_ran_ns.get(),
            ready_ns: counters.producer_ready_ns.get(),
        }
    }

    fn cost_since(self, before: Self) -> Cost {
        let transactions = self.transactions.saturating_sub(before.transactions);
        let work = self.work_ns.saturating_sub(before.work_ns);
        let ready = self.ready_ns.saturating_sub(before.ready_ns);
        Cost {
            transactions,
            ran_ns: ratio(self.ran_ns.saturating_sub(before.ran_ns), transactions),
            ran_or_waited_ns: ratio(work.saturating_sub(ready), transactions),
            wall_ns: ratio(work, transactions),
        }
    }
}

/// Runs `scan`; true if the target was reached.
///
/// # Errors
/// When the node cannot be started or fails, or a scan does not return exactly the matching accounts.
pub(crate) fn run(args: &ScanArgs) -> anyhow::Result<bool> {
    let load_before = load_average();
    let block_transactions = usize::try_from(args.block_transactions)?;
    let mut accounts = payers(block_transactions);
    accounts.extend(scanned(args.accounts, args.matching));
    let fixture = Fixture::start(accounts, block_transactions, args.slot_ms)?;
    let feeder = Feeder::start(fixture.node().clone(), block_transactions)?;
    std::thread::sleep(WARM_UP);
    let interval = Duration::from_secs(args.stretch_seconds);
    let mut pairs = Vec::new();
    let mut scans = Vec::new();
    for _ in 0..args.pairs {
        let without = measure(fixture.node(), interval)?;
        let (with, took) = measure_beside_scans(&fixture, interval, args.matching)?;
        scans.extend(took);
        pairs.push(Pair { without, with });
    }
    drop(feeder.stop()?);
    fixture.stop()?;
    let mut report = report(args, pairs, &scans);
    report.load_average = [load_before, load_average()];
    print(&report, args.output.json, &render(&report))?;
    Ok(report.ok)
}

/// The accounts of the program; the matching ones are spread evenly.
fn scanned(count: u64, matching: u64) -> impl Iterator<Item = GenesisAccount> {
    let every = count.checked_div(matching).unwrap_or(u64::MAX).max(1);
    (0..count).map(move |index| {
        let key = Pubkey(blake3::derive_key(ADDRESS_CONTEXT, &index.to_le_bytes()));
        let mut account = GenesisAccount::funded(key, LAMPORTS);
        account.owner = PROGRAM;
        account.data = vec![7; DATA_LEN];
        let is_matching =
            index.is_multiple_of(every) && index.checked_div(every).is_some_and(|at| at < matching);
        if is_matching && let Some(start) = account.data.get_mut(..MARK.len()) {
            start.copy_from_slice(MARK);
        }
        account
    })
}

fn measure(node: &Node, interval: Duration) -> anyhow::Result<Cost> {
    let before = Reading::of(node);
    std::thread::sleep(interval);
    let cost = Reading::of(node).cost_since(before);
    if cost.transactions == 0 {
        bail!("the node produced no block with a transaction in {interval:?}");
    }
    Ok(cost)
}

fn measure_beside_scans(
    fixture: &Fixture,
    interval: Duration,
    matching: u64,
) -> anyhow::Result<(Cost, Vec<Duration>)> {
    let stop = AtomicBool::new(false);
    let (address, stop) = (fixture.address(), &stop);
    std::thread::scope(|scope| {
        let scanner = std::thread::Builder::new()
            .name(format!("{GENERATOR_THREAD_PREFIX}scanner"))
            .spawn_scoped(scope, move || scan(address, matching, stop))?;
        let cost = measure(fixture.node(), interval);
        stop.store(true, Ordering::Relaxed);
        let Ok(took) = scanner.join() else {
            bail!("the scanner panicked");
        };
        Ok((cost?, took?))
    })
}

/// Scans back to back until `stop`; the duration of each scan.
fn scan(address: SocketAddr, matching: u64, stop: &AtomicBool) -> anyhow::Result<Vec<Duration>> {
    let mut http = Http::connect(address)?;
    let mark = STANDARD.encode(MARK);
    let filters =
        json!([{"dataSize": DATA_LEN}, {"memcmp": {"offset": 0, "bytes": mark, "encoding": "base64"}}]);
    let params = json!([PROGRAM.to_string(), {"encoding": "base64", "filters": filters}]);
    let call = Http::call("getProgramAccounts", &params);
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let body = http.exchange(&call)?;
        took.push(begun.elapsed());
        let result = result_of(&body).context("a scan was rejected")?;
        let found = result.as_array().map_or(0, Vec::len) as u64;
        if found != matching {
            bail!("a scan returned {found} accounts, expected {matching}");
        }
    }
    Ok(took)
}

fn report(args: &ScanArgs, pairs: Vec<Pair>, scans: &[Duration]) -> Report {
    let slowdown = |of: fn(&Cost) -> f64| {
        let mut slowdowns: Vec<f64> = pairs
            .iter()
            .map(|pair| of(&pair.with) / of(&pair.without) - 1.0)
            .collect();
        slowdowns.sort_unstable_by(f64::total_cmp);
        slowdowns.get(slowdowns.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let slowdown = Slowdown {
        ran: slowdown(|cost| cost.ran_ns),
        ran_or_waited: slowdown(|cost| cost.ran_or_waited_ns),
        wall: slowdown(|cost| cost.wall_ns),
    };
    let total: Duration = scans.iter().sum();
    Report {
        command: "scan",
        version: env!("CARGO_PKG_VERSION"),
        machine: Machine::detect(),
        load_average: [None, None],
        accounts: args.accounts,
        matching: args.matching,
        block_transactions: args.block_transactions,
        slot_ms: args.slot_ms,
        scans: scans.len() as u64,
        scan_ms_mean: total.as_secs_f64() * 1e3 / ratio(scans.len() as u64, 1).max(1.0),
        ok: slowdown.ran_or_waited <= TARGET_SLOWDOWN,
        pairs,
        slowdown,
        target_slowdown: TARGET_SLOWDOWN,
    }
}

fn render(report: &Report) -> String {
    let load = |at: Option<f64>| at.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    let [before, after] = report.load_average.map(load);
    let mut text = format!(
        "machine     {} cores, {}; load average {before} before, {after} after\n\
         scans       {} over {} accounts, {} matches and {:.0} ms each\n\
         producer    microseconds per transaction: ran / ran or waited for locks / wall\n",
        report.machine.cores,
        report.machine.cpu,
        report.scans,
        report.accounts,
        report.matching,
        report.scan_ms_mean,
    );
    let cost = |cost: &Cost| {
        let [ran, waited, wall] = [cost.ran_ns, cost.ran_or_waited_ns, cost.wall_ns].map(|ns| ns / 1e3);
        format!("{ran:.2} / {waited:.2} / {wall:.2}")
    };
    for pair in &report.pairs {
        let (without, with) = (cost(&pair.without), cost(&pair.with));
        text.push_str(&format!("            without {without}   with {with}\n"));
    }
    let percent = |share: f64| share * 100.0;
    let slowdown = &report.slowdown;
    let verdict = if report.ok { "reached" } else { "not reached" };
    text.push_str(&format!(
        "slowdown    median of the pairs: ran {:+.1} %, ran or waited {:+.1} %, wall {:+.1} %\n\
         target      at most {:+.0} % excluding the scan's own CPU time: {verdict}\n",
        percent(slowdown.ran),
        percent(slowdown.ran_or_waited),
        percent(slowdown.wall),
        percent(report.target_slowdown),
    ));
    text
}
