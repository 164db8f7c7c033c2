//! `isobath block`: a block and its transactions.

use anyhow::bail;
use clap::Args;
use isobath_rpc_client::{Encoding, Refusal, code};
use serde::Deserialize;
use serde_json::Value;

use crate::calendar::utc;
use crate::context::Context;
use crate::output::Report;
use crate::transaction::show::{ServedTransaction, indent};

/// Arguments of `block`.
#[derive(Debug, Args)]
pub struct BlockArgs {
    /// Slot of the block [default: the newest].
    #[arg(value_name = "SLOT")]
    slot: Option<u64>,
}

/// The fields of an answer to `getBlock` that are shown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    blockhash: String,
    previous_blockhash: String,
    parent_slot: u64,
    block_time: Option<i64>,
    block_height: Option<u64>,
    transactions: Vec<ServedTransaction>,
}

impl Block {
    fn describe(&self, slot: u64) -> anyhow::Result<String> {
        let time = self.block_time.map_or_else(|| "unknown".to_owned(), utc);
        let height = self
            .block_height
            .map_or_else(|| "unknown".to_owned(), |height| height.to_string());
        let mut text = format!(
            "Slot: {slot}\nParent Slot: {}\nBlockhash: {}\nPrevious Blockhash: {}\nBlock Time: {time}\n\
             Block Height: {height}",
            self.parent_slot, self.blockhash, self.previous_blockhash
        );
        for (index, served) in self.transactions.iter().enumerate() {
            text.push_str(&format!("\nTransaction {index}:\n{}", indent(&served.lines()?)));
        }
        Ok(text)
    }
}

/// Runs `block`.
///
/// # Errors
/// The slot has no block, or a call of the node fails.
pub(crate) async fn run(args: &BlockArgs, context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let slot = match args.slot {
        Some(slot) => slot,
        None => rpc.slot().await?,
    };
    let encoding = if context.is_display() {
        Encoding::Base64
    } else {
        Encoding::JsonParsed
    };
    let found: Option<Value> = match rpc.block(slot, encoding).await {
        Ok(found) => found,
        Err(error) => match error.refusal() {
            Some(Refusal {
                code: code::BLOCK_NOT_AVAILABLE,
                ..
            }) => None,
            Some(Refusal {
                code: code::BLOCK_CLEANED_UP,
                message,
                ..
            }) => bail!("{message}; ask a node that serves more history"),
            _ => return Err(error.into()),
        },
    };
    let Some(json) = found else {
        bail!("slot {slot} has no block: it was skipped or is in the future; see `isobath slot`");
    };
    let text = if context.is_display() {
        Block::deserialize(&json)?.describe(slot)?
    } else {
        String::new()
    };
    Ok(Report { text, json })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_block_is_shown_with_its_slot_and_time() {
        let block = Block::deserialize(json!({
            "blockhash": "b", "previousBlockhash": "a", "parentSlot": 6, "blockTime": 1_700_000_000,
            "blockHeight": 5, "transactions": [],
        }))
        .unwrap();
        let expected = "Slot: 7\nParent Slot: 6\nBlockhash: b\nPrevious Blockhash: a\n\
                        Block Time: 2023-11-14T22:13:20Z\nBlock Height: 5";
        assert_eq!(block.describe(7).unwrap(), expected);
    }
}
