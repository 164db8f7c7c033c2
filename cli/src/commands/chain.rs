//! `isobath slot`, `block-height`, `epoch-info`, `transaction-count` and `rent`: numbers of the chain.

use clap::Args;
use isobath_sdk::builtins::nonce::NONCE_ACCOUNT_LEN;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::amount::Unit;
use crate::context::Context;
use crate::output::Report;

/// Arguments of `rent`.
#[derive(Debug, Args)]
pub struct RentArgs {
    /// Bytes of data in the account, or a kind of account: nonce, stake, system or vote.
    #[arg(value_name = "DATA_LENGTH", value_parser = parse_data_length)]
    data_length: usize,
    /// Show lamports instead of SOL.
    #[arg(long)]
    lamports: bool,
}

/// The most bytes that an account can have.
const DATA_LEN_MAX: usize = 10 << 20;

/// A number of bytes, also by the kind of account.
fn parse_data_length(text: &str) -> Result<usize, String> {
    match text {
        "nonce" => Ok(NONCE_ACCOUNT_LEN),
        "stake" => Ok(200),
        "system" => Ok(0),
        "vote" => Ok(3_762),
        _ => match text.parse() {
            Ok(len) if len <= DATA_LEN_MAX => Ok(len),
            _ => Err(format!("give 0 to {DATA_LEN_MAX}, nonce, stake, system or vote")),
        },
    }
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
    let lamports = context.rpc()?.minimum_balance(args.data_length).await?;
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
