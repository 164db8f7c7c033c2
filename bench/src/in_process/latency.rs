//! The latency of sendTransaction with preflight under full blocks.
//!
//! The client follows the clock: call `i` is due `i / rate` seconds after the start, independent of earlier calls, and
//! its latency runs from its due time. So a stalled node is charged for every call that it should have answered. The
//! calls are spread over a few connections, each with its own thread, and signed before they are due.
//!
//! First the same calls go to the idle node, whose blocks hold nothing else. Their latency is the cost of the machine,
//! its network stack and thread wake-ups; the report shows it beside the share of time stolen by the hypervisor.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use isobath_node::Node;
use isobath_sdk::chain::genesis::GenesisAccount;
use isobath_sdk::{Hash, Message, MessageVersion, Signature, Transaction, builtins::system};
use isobath_timing::load_average;
use serde::Serialize;
use serde_json::json;

use super::feeder::{Feeder, ProducedBlock, payers};
use super::fixture::Fixture;
use super::http::{Http, result_of};
use super::{print, ratio};
use crate::cli::LatencyArgs;
use crate::keys::Keys;
use crate::machine::{GENERATOR_THREAD_PREFIX, Machine, core_count, stolen_ns};

/// The target.
const TARGET_P99_US: u64 = 5_000;
/// How full blocks must be for the run to be valid.
const FULL_SHARE: f64 = 0.99;
/// Time of full blocks before the measurement.
const WARM_UP: Duration = Duration::from_secs(3);
/// Connections of the client.
const CONNECTIONS: u64 = 8;
/// Accounts that the client pays from.
const PAYERS: u64 = 64;
/// Balance of each of them.
const PAYER_LAMPORTS: u64 = 100_000_000_000;
/// How long before its due time a call is signed.
const SIGN_AHEAD: Duration = Duration::from_millis(20);
/// How long after the last answer the client's transactions may take to enter a block.
const CONFIRM_MAX: Duration = Duration::from_secs(30);

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    command: &'static str,
    version: &'static str,
    machine: Machine,
    load_average: [Option<f64>; 2],
    seconds: u64,
    slot_ms: u64,
    requests_per_second: u32,
    block_transactions: u64,
    blocks: u64,
    block_transactions_mean: f64,
    block_transactions_min: u64,
    slot_ms_mean: f64,
    slot_ms_max: f64,
    tps: f64,
    producer_ran_us: f64,
    answered: u64,
    refused: u64,
    last_refusal: Option<String>,
    unconfirmed: u64,
    latency_us: Latency,
    stolen_share: Option<f64>,
    idle: Idle,
    target_p99_us: u64,
    blocks_full: bool,
    ok: bool,
}

/// The same calls to the idle node.
#[derive(Debug, Serialize)]
struct Idle {
    latency_us: Latency,
    stolen_share: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Latency {
    p50: u64,
    p90: u64,
    p99: u64,
    p999: u64,
    max: u64,
}

/// The calls of one connection, or of all.
#[derive(Default)]
struct Calls {
    latencies: Vec<Duration>,
    signatures: Vec<Signature>,
    refused: u64,
    last_refusal: Option<String>,
    /// Share of all cores' time that the hypervisor stole.
    stolen_share: Option<f64>,
}

/// When calls are due.
#[derive(Clone, Copy)]
struct Schedule {
    start: Instant,
    rate: u64,
    count: u64,
    /// Number of the first call, so that no two calls of a run have the same message.
    first: u64,
}

impl Schedule {
    /// Calls that begin now.
    fn new(args: &LatencyArgs, first: u64) -> Self {
        Self {
            start: Instant::now(),
            rate: u64::from(args.requests_per_second),
            count: args.seconds.saturating_mul(u64::from(args.requests_per_second)),
            first,
        }
    }

    fn due(self, call: u64) -> Instant {
        let offset_ns = call
            .saturating_mul(1_000_000_000)
            .checked_div(self.rate)
            .unwrap_or_default();
        self.start
            .checked_add(Duration::from_nanos(offset_ns))
            .expect("a run is short")
    }
}

/// Runs `latency`; true if the target was reached and the run is valid.
///
/// # Errors
/// When the node cannot be started or fails, or the client loses its connection.
pub(crate) fn run(args: &LatencyArgs) -> anyhow::Result<bool> {
    let load_before = load_average();
    let block_transactions = usize::try_from(args.block_transactions)?;
    let keys = Keys::derive(1, PAYERS, 1);
    let mut accounts = payers(block_transactions);
    let own = keys.addresses().iter();
    accounts.extend(own.map(|address| GenesisAccount::funded(*address, PAYER_LAMPORTS)));
    let fixture = Fixture::start(accounts, block_transactions, args.slot_ms)?;
    let idle = drive(&fixture, &keys, Schedule::new(args, 0))?;
    let feeder = Feeder::start(fixture.node().clone(), block_transactions)?;
    std::thread::sleep(WARM_UP);
    let schedule = Schedule::new(args, idle.latencies.len() as u64);
    let counters = fixture.node().counters();
    let before = (counters.producer_ran_ns.get(), counters.executed_ok.get());
    let calls = drive(&fixture, &keys, schedule);
    let end = Instant::now();
    let ran_ns = counters.producer_ran_ns.get().saturating_sub(before.0);
    let executed = counters.executed_ok.get().saturating_sub(before.1);
    let produced = feeder.stop()?;
    let calls = calls?;
    let sent: Vec<Signature> = [&idle.signatures, &calls.signatures]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    let unconfirmed = count_unconfirmed(fixture.node(), &sent);
    fixture.stop()?;
    let produced: Vec<ProducedBlock> = produced
        .into_iter()
        .filter(|block| block.at >= schedule.start && block.at <= end)
        .collect();
    let mut report = report(args, &idle, &calls, &produced, unconfirmed)?;
    report.load_average = [load_before, load_average()];
    report.producer_ran_us = ratio(ran_ns, executed) / 1e3;
    print(&report, args.output.json, &render(&report))?;
    Ok(report.ok)
}

fn drive(fixture: &Fixture, keys: &Keys, schedule: Schedule) -> anyhow::Result<Calls> {
    let (node, address) = (fixture.node(), fixture.address());
    let mut all = Calls::default();
    let stolen_before = stolen_ns();
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for number in 0..CONNECTIONS {
            let body = move || drive_connection(node, address, keys, schedule, number);
            let name = format!("{GENERATOR_THREAD_PREFIX}calls-{number}");
            threads.push(std::thread::Builder::new().name(name).spawn_scoped(scope, body)?);
        }
        for thread in threads {
            let Ok(calls) = thread.join() else {
                bail!("a client thread panicked");
            };
            let calls = calls?;
            all.latencies.extend(calls.latencies);
            all.signatures.extend(calls.signatures);
            all.refused = all.refused.saturating_add(calls.refused);
            all.last_refusal = calls.last_refusal.or(all.last_refusal.take());
        }
        Ok(())
    })?;
    all.stolen_share = stolen_share(stolen_before, schedule.start.elapsed());
    Ok(all)
}

/// The share of all cores' time that was stolen since `before`.
fn stolen_share(before: Option<u64>, elapsed: Duration) -> Option<f64> {
    let stolen = stolen_ns()?.saturating_sub(before?);
    let whole = elapsed.as_nanos().saturating_mul(core_count() as u128);
    Some(ratio(stolen, u64::try_from(whole).ok()?))
}

fn drive_connection(
    node: &Node,
    address: SocketAddr,
    keys: &Keys,
    schedule: Schedule,
    first: u64,
) -> anyhow::Result<Calls> {
    let mut http = Http::connect(address)?;
    let mut calls = Calls::default();
    let step = usize::try_from(CONNECTIONS)?;
    for number in (first..schedule.count).step_by(step) {
        let due = schedule.due(number);
        sleep_until(due.checked_sub(SIGN_AHEAD).unwrap_or(due));
        let (signature, call) = sign(
            keys,
            number.saturating_add(schedule.first),
            node.published().chain().blockhash(),
        )?;
        sleep_until(due);
        let body = http.exchange(&call)?;
        calls.latencies.push(due.elapsed());
        match result_of(&body) {
            Ok(_) => calls.signatures.push(signature),
            Err(error) => {
                calls.refused = calls.refused.saturating_add(1);
                calls.last_refusal = Some(error.to_string());
            }
        }
    }
    Ok(calls)
}

fn sleep_until(due: Instant) {
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
}

/// A signed transfer of `1 + number` lamports, and the call that sends it.
fn sign(keys: &Keys, number: u64, blockhash: Hash) -> anyhow::Result<(Signature, Vec<u8>)> {
    let index = |number: u64| usize::try_from(number.checked_rem(PAYERS).unwrap_or_default());
    let payer = keys.pair(index(number)?);
    let to = keys.address(index(number.saturating_add(1))?);
    let instruction = system::transfer(&payer.pubkey(), &to, number.saturating_add(1));
    let message = Message::compile(MessageVersion::Legacy, &payer.pubkey(), &[instruction], blockhash)?;
    let transaction = Transaction::sign(message, &[payer])?;
    let signature = *transaction.signatures.first().context("a transfer is signed")?;
    let wire = STANDARD.encode(transaction.serialize());
    let params = json!([wire, {"encoding": "base64", "skipPreflight": false}]);
    Ok((signature, Http::call("sendTransaction", &params)))
}

/// How many of the answered transactions are in no block after [`CONFIRM_MAX`].
fn count_unconfirmed(node: &Node, signatures: &[Signature]) -> u64 {
    let begun = Instant::now();
    loop {
        let missing = signatures
            .iter()
            .filter(|signature| node.status(signature).is_none_or(|status| status.error.is_some()));
        let missing = missing.count() as u64;
        if missing == 0 || begun.elapsed() > CONFIRM_MAX {
            return missing;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn quantiles(latencies: &[Duration]) -> anyhow::Result<Latency> {
    let mut histogram = Histogram::<u64>::new(3)?;
    for latency in latencies {
        histogram.record(u64::try_from(latency.as_micros())?)?;
    }
    let quantile = |share| histogram.value_at_quantile(share);
    Ok(Latency {
        p50: quantile(0.5),
        p90: quantile(0.9),
        p99: quantile(0.99),
        p999: quantile(0.999),
        max: histogram.max(),
    })
}

fn report(
    args: &LatencyArgs,
    idle: &Calls,
    calls: &Calls,
    produced: &[ProducedBlock],
    unconfirmed: u64,
) -> anyhow::Result<Report> {
    let latency_us = quantiles(&calls.latencies)?;
    let transactions: u64 = produced.iter().map(|block| block.transactions).sum();
    let blocks = produced.len() as u64;
    let gaps = produced.iter().zip(produced.iter().skip(1));
    let gaps: Vec<f64> = gaps
        .map(|(before, after)| after.at.duration_since(before.at).as_secs_f64())
        .collect();
    let span: f64 = gaps.iter().sum();
    let mean = ratio(transactions, blocks);
    let slot = span / ratio(gaps.len() as u64, 1).max(1.0);
    let wanted = ratio(args.block_transactions, 1);
    let blocks_full = mean >= wanted * FULL_SHARE;
    let is_sound = idle.refused == 0 && calls.refused == 0 && unconfirmed == 0 && blocks_full;
    Ok(Report {
        command: "latency",
        version: env!("CARGO_PKG_VERSION"),
        machine: Machine::detect(),
        load_average: [None, None],
        seconds: args.seconds,
        slot_ms: args.slot_ms,
        requests_per_second: args.requests_per_second,
        block_transactions: args.block_transactions,
        blocks,
        block_transactions_mean: mean,
        block_transactions_min: produced.iter().map(|block| block.transactions).min().unwrap_or(0),
        slot_ms_mean: slot * 1e3,
        slot_ms_max: gaps.iter().copied().fold(0.0, f64::max) * 1e3,
        tps: if slot > 0.0 { mean / slot } else { 0.0 },
        producer_ran_us: 0.0,
        answered: calls.signatures.len() as u64,
        refused: calls.refused,
        last_refusal: calls.last_refusal.clone(),
        unconfirmed,
        ok: is_sound && latency_us.p99 < TARGET_P99_US,
        latency_us,
        stolen_share: calls.stolen_share,
        idle: Idle {
            latency_us: quantiles(&idle.latencies)?,
            stolen_share: idle.stolen_share,
        },
        target_p99_us: TARGET_P99_US,
        blocks_full,
    })
}

#[allow(clippy::cast_precision_loss)] // figures to be read
fn latency_line(latency: &Latency, stolen_share: Option<f64>) -> String {
    let ms = |us: u64| us as f64 / 1e3;
    let stolen = stolen_share.map_or_else(|| "unknown".to_owned(), |share| format!("{:.1} %", share * 100.0));
    format!(
        "p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, max {:.2} ms; stolen by the hypervisor: {stolen}",
        ms(latency.p50),
        ms(latency.p90),
        ms(latency.p99),
        ms(latency.p999),
        ms(latency.max),
    )
}

#[allow(clippy::cast_precision_loss)] // figures to be read
fn render(report: &Report) -> String {
    let ms = |us: u64| us as f64 / 1e3;
    let load = |at: Option<f64>| at.map_or_else(|| "unknown".to_owned(), |load| format!("{load:.2}"));
    let [before, after] = report.load_average.map(load);
    let mut text = format!(
        "machine     {} cores, {}; load average {before} before, {after} after\n\
         blocks      {}, {:.0} transactions on average, {} minimum, one per {:.1} ms (max {:.1}); {:.0} tx/s\n\
         producer    {:.1} us CPU time per transaction\n\
         calls       {} answered, {} rejected, {} not confirmed\n\
         blocks idle {}\n\
         blocks full {}\n",
        report.machine.cores,
        report.machine.cpu,
        report.blocks,
        report.block_transactions_mean,
        report.block_transactions_min,
        report.slot_ms_mean,
        report.slot_ms_max,
        report.tps,
        report.producer_ran_us,
        report.answered,
        report.refused,
        report.unconfirmed,
        latency_line(&report.idle.latency_us, report.idle.stolen_share),
        latency_line(&report.latency_us, report.stolen_share),
    );
    if let Some(refusal) = &report.last_refusal {
        text.push_str(&format!("rejection   {refusal}\n"));
    }
    if !report.blocks_full {
        text.push_str(
            "            the blocks were not full: the machine is too slow or too busy for this slot time\n",
        );
    }
    let verdict = if report.ok { "reached" } else { "not reached" };
    text.push_str(&format!(
        "target      p99 below {:.0} ms with full blocks: {verdict}\n",
        ms(report.target_p99_us)
    ));
    text
}
