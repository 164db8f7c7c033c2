//! The report of `client` and `demo`: figures and checks of a run, in two forms.
//!
//! The JSON form has stable field names, documented in `docs/bench.md`; [`human`] renders the same as text. Invariant:
//! `ok` is true only if every transfer of the run was confirmed and every check that ran holds.

pub(crate) mod human;

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::cli::{ClientArgs, DemoArgs, LoadArgs};
use crate::client::{Conservation, CpuUse, DriveResult, Late};
use crate::machine::Machine;
use crate::stop::StopReason;

/// Slots that a run must cover for its figures to mean much: fewer, and they depend on how it fell into them.
const SLOTS_MIN: u64 = 5;

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) command: &'static str,
    pub(crate) version: &'static str,
    /// Git revision of the build, with `-modified` if the tree differed; `None` for a build outside git.
    pub(crate) revision: Option<&'static str>,
    pub(crate) machine: Machine,
    /// Before and after the load.
    pub(crate) load_average: [Option<f64>; 2],
    pub(crate) seed: u64,
    pub(crate) settings: Settings,
    pub(crate) sent: u64,
    pub(crate) confirmed: u64,
    pub(crate) failed: u64,
    pub(crate) unresolved: u64,
    pub(crate) resigned: u64,
    pub(crate) busy_answers: u64,
    pub(crate) elapsed_seconds: f64,
    pub(crate) tps: f64,
    pub(crate) compute_units: u64,
    pub(crate) cu_per_second: f64,
    pub(crate) latency_us: Option<Latency>,
    /// Where latency begins.
    pub(crate) latency_from: LatencyFrom,
    /// What was sent later than due; `None` without a rate.
    pub(crate) late: Option<Late>,
    /// Slots from the first to the last one in which a transfer was confirmed.
    pub(crate) slots: u64,
    /// Whether these are too few for the figures to mean much.
    pub(crate) too_short: bool,
    pub(crate) failures: BTreeMap<String, u64>,
    /// `None` if the balances could not be read after the load; `last_error` says why.
    pub(crate) conservation: Option<Conservation>,
    pub(crate) chain: Option<ChainCheck>,
    pub(crate) reopened: Option<Reopened>,
    pub(crate) cpu: Option<CpuShares>,
    pub(crate) interrupted: bool,
    pub(crate) stalled: bool,
    pub(crate) last_error: Option<String>,
    pub(crate) ok: bool,
}

/// The configuration of the run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Settings {
    pub(crate) url: String,
    pub(crate) accounts: u64,
    /// `client`: number of transfers requested.
    pub(crate) txs: Option<u64>,
    /// `demo`: duration in seconds.
    pub(crate) seconds: Option<u64>,
    /// `demo`: slot time of the node.
    pub(crate) slot_ms: Option<u64>,
    pub(crate) window: u32,
    pub(crate) batch: u32,
    pub(crate) connections: u32,
    pub(crate) threads: usize,
    pub(crate) rate: Option<u32>,
}

/// Where latency begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LatencyFrom {
    /// When a transfer was due.
    Due,
    /// When it was first sent.
    Sent,
}

/// Microseconds from where [`LatencyFrom`] says to the confirmation of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: u64,
    pub(crate) p90: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
    pub(crate) max: u64,
}

/// All lamports of the chain after the load, and the expected ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChainCheck {
    pub(crate) holds: bool,
    pub(crate) slot: u64,
    pub(crate) genesis_lamports: u64,
    pub(crate) burned_lamports: u64,
    pub(crate) capitalization_lamports: u64,
    pub(crate) sum_lamports: u64,
}

/// The check of the ledger that a power loss left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Reopened {
    pub(crate) holds: bool,
    /// Blocks in the ledger.
    pub(crate) blocks: u64,
    /// Bytes of the ledger folder.
    pub(crate) ledger_bytes: u64,
    /// Transfers that were reported as confirmed.
    pub(crate) looked_up: u64,
    /// Those of them that succeeded in the block that their status named.
    pub(crate) found: u64,
    /// Whether the sums of [`ChainCheck`] hold again.
    pub(crate) lamports_hold: bool,
    /// Blocks that were published before the power loss and are gone.
    pub(crate) lost_blocks: u64,
    /// Accounts of the load that do not hold what its transfers left.
    pub(crate) wrong_accounts: u64,
}

/// CPU time while sending, by side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct CpuShares {
    pub(crate) wall_seconds: f64,
    pub(crate) node_seconds: f64,
    pub(crate) generator_seconds: f64,
    /// Other programs on the machine.
    pub(crate) elsewhere_seconds: f64,
}

/// The report of `client`.
pub(crate) fn of_client(args: &ClientArgs, result: &DriveResult) -> Report {
    let settings = Settings {
        url: args.url.clone(),
        txs: Some(args.txs),
        ..Settings::of_load(&args.load)
    };
    let mut report = Report::new("client", args.load.seed, settings, result);
    report.judge();
    report
}

/// The report of `demo`, with the checks that only the node's own process can run.
pub(crate) fn of_demo(
    args: &DemoArgs,
    url: String,
    result: &DriveResult,
    chain: ChainCheck,
    reopened: Reopened,
) -> Report {
    let settings = Settings {
        url,
        seconds: Some(args.seconds),
        slot_ms: Some(args.slot_ms),
        ..Settings::of_load(&args.load)
    };
    let mut report = Report::new("demo", args.load.seed, settings, result);
    report.chain = Some(chain);
    report.reopened = Some(reopened);
    report.cpu = result.load.cpu.map(CpuShares::from);
    report.judge();
    report
}

impl Report {
    fn new(command: &'static str, seed: u64, settings: Settings, result: &DriveResult) -> Self {
        let load = &result.load;
        let compute_units = load.confirmed.saturating_mul(result.compute_units_each);
        Self {
            command,
            version: env!("CARGO_PKG_VERSION"),
            revision: option_env!("ISOBATH_BENCH_REVISION"),
            machine: Machine::detect(),
            load_average: result.load_average,
            seed,
            settings,
            sent: load.sent,
            confirmed: load.confirmed,
            failed: load.failures.values().sum(),
            unresolved: load.unresolved,
            resigned: load.resigned,
            busy_answers: load.busy_answers,
            elapsed_seconds: load.elapsed.as_secs_f64(),
            tps: per_second(load.confirmed, load.elapsed),
            compute_units,
            cu_per_second: per_second(compute_units, load.elapsed),
            latency_us: Latency::of(&load.latency_us),
            latency_from: LatencyFrom::of(load.late),
            late: load.late,
            slots: load.slots,
            too_short: load.confirmed > 0 && load.slots < SLOTS_MIN,
            failures: load.failures.clone(),
            conservation: result.conservation.clone().ok(),
            chain: None,
            reopened: None,
            cpu: None,
            interrupted: load.stop_reason == Some(StopReason::Interrupted),
            stalled: load.stop_reason == Some(StopReason::Stalled),
            last_error: error_of(result),
            ok: false,
        }
    }

    /// Sets `ok` from all other fields.
    fn judge(&mut self) {
        let complete = match self.settings.txs {
            Some(txs) => self.confirmed == txs,
            None => self.confirmed > 0 && self.confirmed == self.sent,
        };
        self.ok = complete && !self.stalled && self.checks_hold();
    }

    /// Whether every check holds, for whatever was sent.
    fn checks_hold(&self) -> bool {
        self.conservation.is_some_and(|check| check.holds)
            && self.chain.is_none_or(|check| check.holds)
            && self.reopened.is_none_or(|check| check.holds)
    }

    /// One JSON object on one line.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a report has string keys and finite numbers")
    }
}

impl Settings {
    fn of_load(load: &LoadArgs) -> Self {
        Self {
            url: String::new(),
            accounts: load.accounts,
            txs: None,
            seconds: None,
            slot_ms: None,
            window: load.window,
            batch: load.batch_used(),
            connections: load.connections,
            threads: load.thread_count(),
            rate: load.rate,
        }
    }
}

impl LatencyFrom {
    const fn of(late: Option<Late>) -> Self {
        match late {
            Some(_) => Self::Due,
            None => Self::Sent,
        }
    }
}

impl Latency {
    /// `None` if nothing was confirmed.
    pub(crate) fn of(histogram: &Histogram<u64>) -> Option<Self> {
        if histogram.is_empty() {
            return None;
        }
        Some(Self {
            p50: histogram.value_at_quantile(0.5),
            p90: histogram.value_at_quantile(0.9),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        })
    }
}

impl From<CpuUse> for CpuShares {
    fn from(used: CpuUse) -> Self {
        let seconds = |nanoseconds| Duration::from_nanos(nanoseconds).as_secs_f64();
        Self {
            wall_seconds: used.wall.as_secs_f64(),
            node_seconds: seconds(used.times.node_ns),
            generator_seconds: seconds(used.times.generator_ns),
            elsewhere_seconds: seconds(used.times.elsewhere_ns()),
        }
    }
}

/// A rate; 0 for an empty duration, so that a report has finite numbers only.
#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is shown with far fewer digits than a float has"
)]
fn per_second(count: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() {
        0.0
    } else {
        count as f64 / elapsed.as_secs_f64()
    }
}

/// The latest connection error, if the run failed.
fn error_of(result: &DriveResult) -> Option<String> {
    let load = &result.load;
    if let Err(error) = &result.conservation {
        return Some(error.clone());
    }
    let has_failed =
        load.unresolved > 0 || !load.failures.is_empty() || load.stop_reason == Some(StopReason::Stalled);
    load.last_error
        .as_ref()
        .filter(|_| has_failed)
        .map(ToString::to_string)
}

#[cfg(test)]
mod tests;
