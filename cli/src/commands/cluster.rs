//! Facts about a chain and its node in one line: `cluster-version`, `genesis-hash`, `epoch`, `first-available-block`,
//! `block-time` and `cluster-date`.

use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::calendar::utc;
use crate::context::Context;
use crate::output::Report;

/// Arguments of `block-time`.
#[derive(Debug, Args)]
pub struct BlockTimeArgs {
    /// Slot of the block [default: the newest].
    #[arg(value_name = "SLOT")]
    slot: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Version {
    #[serde(rename = "solana-core")]
    core: String,
}

/// Runs `cluster-version`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn version(context: &Context) -> anyhow::Result<Report> {
    let json: Value = context.rpc()?.call("getVersion", ()).await?;
    let text = Version::deserialize(&json)?.core;
    Ok(Report { text, json })
}

/// Runs `genesis-hash`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn genesis_hash(context: &Context) -> anyhow::Result<Report> {
    let hash: String = context.rpc()?.call("getGenesisHash", ()).await?;
    Ok(Report::value(hash))
}

/// Runs `epoch`.
///
/// # Errors
/// The call of the node fails, or its answer has no epoch.
pub(crate) async fn epoch(context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let info: Value = rpc.call("getEpochInfo", (rpc.config(),)).await?;
    match info["epoch"].as_u64() {
        Some(epoch) => Ok(Report::value(epoch)),
        None => bail!("the answer of the node has no epoch; check `--url`"),
    }
}

/// Runs `first-available-block`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn first_available_block(context: &Context) -> anyhow::Result<Report> {
    let slot: u64 = context.rpc()?.call("getFirstAvailableBlock", ()).await?;
    Ok(Report::value(slot))
}

/// Runs `block-time`.
///
/// # Errors
/// The slot has no block, or a call of the node fails.
pub(crate) async fn block_time(args: &BlockTimeArgs, context: &Context) -> anyhow::Result<Report> {
    let (slot, time) = time_of(args.slot, context).await?;
    Ok(Report {
        text: format!("\nBlock: {slot}\nDate: {}", utc(time)),
        json: json!({"slot": slot, "timestamp": time}),
    })
}

/// Runs `cluster-date`.
///
/// # Errors
/// A call of the node fails.
pub(crate) async fn date(context: &Context) -> anyhow::Result<Report> {
    let (slot, time) = time_of(None, context).await?;
    Ok(Report {
        text: format!("{} (slot {slot})", utc(time)),
        json: json!({"slot": slot, "timestamp": time}),
    })
}

/// A slot, else the newest, and the time of its block in seconds since 1970.
async fn time_of(slot: Option<u64>, context: &Context) -> anyhow::Result<(u64, i64)> {
    let rpc = context.rpc()?;
    let slot = match slot {
        Some(slot) => slot,
        None => rpc.slot().await?,
    };
    match rpc.call("getBlockTime", (slot,)).await? {
        Some(time) => Ok((slot, time)),
        None => bail!("slot {slot} has no block: it was skipped or is in the future; see `isobath slot`"),
    }
}
