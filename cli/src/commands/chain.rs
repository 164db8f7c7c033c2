//! `isobath slot`, `block-height`, `epoch-info`, `transaction-count` and `rent`: numbers of the chain.

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::amount::Unit;
use crate::context::Context;
use crate::output::Report;

/// Arguments of `rent`.
#[derive(Debug, Args)]
pub struct RentArgs {
    /// Bytes of data in the account.
    #[arg(value_name = "DATA_LENGTH", value_parser = clap::value_parser!(u32).range(..=10_485_760))]
    data_length: u32,
    /// Show lamports instead of SOL.
    #[arg(long)]
    lamports: bool,
}

/// An answer to `getEpochInfo`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EpochInfo {
    absolute_slot: u64,
    block_height: u64,
    epoch: u64,
    slot_index: u64,
    slots_in_epoch: u64,
    transaction_count: Option<u64>,
}

impl EpochInfo {
    /// Epoch and progress as text.
    fn describe(&self) -> String {
        let first = self.absolute_slot.saturating_sub(self.slot_index);
        let end = first.saturating_add(self.slots_in_epoch);
        let thousandths = u128::from(self.slot_index)
            .saturating_mul(100_000)
            .checked_div(u128::from(self.slots_in_epoch))
            .unwrap_or_default();
        let count = self
            .transaction_count
            .map(|count| format!("Transaction Count: {count}\n"))
            .unwrap_or_default();
        format!(
            "\nBlock height: {}\nSlot: {}\nEpoch: {}\n{count}Epoch Slot Range: [{first}..{end})\n\
             Epoch Completed Percent: {}.{:03}%\nEpoch Completed Slots: {}/{} ({} remaining)",
            self.block_height,
            self.absolute_slot,
            self.epoch,
            thousandths / 1_000,
            thousandths % 1_000,
            self.slot_index,
            self.slots_in_epoch,
            self.slots_in_epoch.saturating_sub(self.slot_index),
        )
    }
}

/// Runs `slot`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn slot(context: &Context) -> anyhow::Result<Report> {
    Ok(Report::value(context.rpc()?.slot().await?))
}

/// Runs `block-height`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn block_height(context: &Context) -> anyhow::Result<Report> {
    Ok(Report::value(context.rpc()?.block_height().await?))
}

/// Runs `epoch-info`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn epoch_info(context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let json: Value = rpc.call("getEpochInfo", (rpc.config(),)).await?;
    let info = EpochInfo::deserialize(&json)?;
    Ok(Report {
        text: info.describe(),
        json,
    })
}

/// Runs `transaction-count`.
///
/// # Errors
/// The call of the node fails, or its answer has no count.
pub(crate) async fn transaction_count(context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let info: EpochInfo = rpc.call("getEpochInfo", (rpc.config(),)).await?;
    let count = info.transaction_count;
    count.map(Report::value).ok_or_else(|| {
        anyhow::anyhow!("this node does not report a transaction count; ask another node with `--url`")
    })
}

/// Runs `rent`.
///
/// # Errors
/// The call of the node fails.
pub(crate) async fn rent(args: &RentArgs, context: &Context) -> anyhow::Result<Report> {
    let len = usize::try_from(args.data_length)?;
    let lamports = context.rpc()?.minimum_balance(len).await?;
    Ok(Report {
        text: format!(
            "Rent-exempt minimum: {}",
            Unit::from_flag(args.lamports).show(lamports)
        ),
        json: json!({"rentExemptMinimumLamports": lamports}),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_shown_in_thousandths_of_a_percent() {
        let info = EpochInfo {
            absolute_slot: 8_193,
            block_height: 8_000,
            epoch: 1,
            slot_index: 1,
            slots_in_epoch: 8_192,
            transaction_count: Some(7),
        };
        let expected = "\nBlock height: 8000\nSlot: 8193\nEpoch: 1\nTransaction Count: 7\n\
                        Epoch Slot Range: [8192..16384)\nEpoch Completed Percent: 0.012%\n\
                        Epoch Completed Slots: 1/8192 (8191 remaining)";
        assert_eq!(info.describe(), expected);
    }
}
