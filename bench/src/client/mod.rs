//! The load generator: accounts from a seed, signed transfers, bounded sending, confirmation, conservation.
//!
//! [`run`] is the subcommand; the demo shares [`drive`] with it.
//!
//! ```text
//! connect -> derive keys -> fund -> balances -> load (timed) -> balances -> compare
//! ```
//!
//! The load itself is `engine`: `feed` signs ahead the transfers of `plan`, `deliver` sends them, `tracker` follows
//! them until their fate is known; `load_state` is what these share.

mod body;
mod books;
mod closing;
mod confirmed_log;
mod conservation;
mod deliver;
mod engine;
mod feed;
mod funding;
mod load_state;
mod plan;
mod reaction;
mod sign;
mod ticks;
mod tracker;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use isobath_rpc_client::{ClientConfig, Encoding, RpcClient};
use isobath_sdk::Keypair;
use isobath_timing::load_average;
use serde::Deserialize;
use tokio::runtime::Runtime;

pub(crate) use books::Books;
pub(crate) use confirmed_log::{ConfirmedEntries, ConfirmedLog};
pub(crate) use conservation::Conservation;
#[cfg(test)]
pub(crate) use conservation::{Sums, WrongAccount};
pub(crate) use engine::{CpuUse, Goal, LoadResult};
pub(crate) use funding::Funder;
pub(crate) use load_state::Late;
pub(crate) use plan::Plan;
#[cfg(test)]
pub(crate) use sign::{Signed, sign};

use crate::cli::{ClientArgs, LoadArgs};
use crate::keys::{Keys, derive_funder};
use crate::machine::GENERATOR_THREAD_PREFIX;
use crate::progress;
use crate::stop::{Interrupted, Stop, StopReason, stop_on_ctrl_c};
use engine::{Load, Shape};
use ticks::default_ws_url;
use tracker::Records;

/// Compute units of a system transfer, for a node that does not report the consumption.
const TRANSFER_COMPUTE_UNITS: u64 = 150;

/// Time limit of one call.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// The addresses of the node.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) ws_url: String,
}

/// The result of [`drive`].
#[derive(Debug)]
pub(crate) struct DriveResult {
    pub(crate) load: LoadResult,
    pub(crate) compute_units_each: u64,
    /// Load average of the machine before and after the load.
    pub(crate) load_average: [Option<f64>; 2],
    /// The comparison of the balances, or why they could not be read after the load.
    pub(crate) conservation: Result<Conservation, String>,
}

/// The fields that are read of a transaction in a block.
#[derive(Debug, Deserialize)]
struct FoundTransaction {
    meta: Option<FoundMeta>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FoundMeta {
    compute_units_consumed: Option<u64>,
}

/// Runs `client`.
///
/// # Errors
/// When the load cannot begin or its result cannot be read; the text names cause and cure.
pub(crate) fn run(args: &ClientArgs) -> anyhow::Result<DriveResult> {
    let ws_url = args
        .ws_url
        .clone()
        .or_else(|| default_ws_url(&args.url))
        .unwrap_or_default();
    let target = Target {
        url: args.url.clone(),
        ws_url,
    };
    let funder = match &args.keypair {
        Some(path) => Funder::Given(read_keypair(path)?),
        None => Funder::Airdrop(derive_funder(args.load.seed)),
    };
    let runtime = build_runtime(args.load.thread_count())?;
    runtime.block_on(async {
        let stop = Stop::new();
        stop_on_ctrl_c(stop.clone());
        drive(
            &target,
            &args.load,
            Goal::Transfers(args.txs),
            &funder,
            stop,
            None,
        )
        .await
    })
}

/// The I/O threads of the load generator.
///
/// # Errors
/// When a thread cannot be started.
pub(crate) fn build_runtime(threads: usize) -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name(format!("{GENERATOR_THREAD_PREFIX}io"))
        .enable_all()
        .build()
        .context("cannot start the threads of the load generator; lower --threads")
}

fn read_keypair(path: &std::path::Path) -> anyhow::Result<Keypair> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the keypair file {}", path.display()))?;
    Keypair::from_json(&text).with_context(|| {
        format!(
            "{} is not a keypair file (a JSON array of 64 numbers)",
            path.display()
        )
    })
}

/// Funds the accounts, runs the load and compares the balances.
///
/// # Errors
/// When the node cannot be reached, the accounts cannot be funded, or the balances cannot be read before the load.
pub(crate) async fn drive(
    target: &Target,
    args: &LoadArgs,
    goal: Goal,
    funder: &Funder,
    stop: Stop,
    log: Option<ConfirmedLog>,
) -> anyhow::Result<DriveResult> {
    let config = ClientConfig {
        call_timeout: CALL_TIMEOUT,
        ..ClientConfig::default()
    };
    let rpc = RpcClient::new(&target.url, config)?;
    if let Some(note) = args.batch_note() {
        progress::note(&note);
    }
    // The first call, so that a wrong address fails before any work is done.
    rpc.latest_blockhash().await?;
    let threads = args.thread_count();
    let keys = Arc::new(Keys::derive(args.seed, args.accounts, threads));
    let plan = Plan::new(args.accounts);
    let transfers = match goal {
        Goal::Transfers(transfers) => Some(transfers),
        Goal::Time(_) => None,
    };
    tokio::select! {
        biased;
        () = stop.wait() => return Err(stopped_before_load(&stop)),
        funded = funding::fund(&rpc, &keys, funder, plan.lamports_each(transfers), args.patience()) => funded?,
    }
    let before = rpc.balances(keys.addresses()).await?;
    let load = Load {
        rpc: rpc.clone(),
        ws_url: target.ws_url.clone(),
        keys: Arc::clone(&keys),
        plan,
        shape: shape_of(args, goal, threads),
        stop,
        records: Records {
            books: Books::new(plan, Arc::clone(&keys), before),
            log,
        },
    };
    let load_before = load_average();
    let load = load.run().await?;
    let load_average = [load_before, load_average()];
    let conservation = closing::read_balances(&rpc, &load.books, args.patience()).await;
    let conservation = conservation.map_err(|error| error.to_string());
    let compute_units_each = compute_units_each(&rpc, &load).await;
    Ok(DriveResult {
        load,
        compute_units_each,
        load_average,
        conservation,
    })
}

/// Why the load does not begin.
fn stopped_before_load(stop: &Stop) -> anyhow::Error {
    match stop.reason() {
        Some(StopReason::Interrupted) => Interrupted.into(),
        _ => anyhow::anyhow!("the node stopped while the accounts were funded; see its messages above"),
    }
}

fn shape_of(args: &LoadArgs, goal: Goal, threads: usize) -> Shape {
    Shape {
        goal,
        window: usize::try_from(args.window).unwrap_or(usize::MAX),
        batch: u64::from(args.batch_used()),
        connections: usize::try_from(args.connections).unwrap_or(usize::MAX),
        rate: args.rate,
        patience: args.patience(),
        threads,
    }
}

/// The compute units that the node reports for one of the transfers.
async fn compute_units_each(rpc: &RpcClient, load: &LoadResult) -> u64 {
    let Some(name) = &load.sample else {
        return TRANSFER_COMPUTE_UNITS;
    };
    let found: Option<FoundTransaction> = rpc.transaction(name, Encoding::Base64).await.ok().flatten();
    found
        .and_then(|found| found.meta?.compute_units_consumed)
        .unwrap_or(TRANSFER_COMPUTE_UNITS)
}

#[cfg(test)]
mod tests;
