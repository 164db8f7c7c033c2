//! `isobath block`

use anyhow::bail;
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calendar::utc;
use super::context::Context;
use super::output::Report;
use super::rpc::RpcError;
use super::show::{ServedTransaction, indent};

/// JSON-RPC code of a slot whose block is yet to come.
const NOT_AVAILABLE: i32 = -32_004;

/// JSON-RPC code of a block that the node does not serve any more.
const CLEANED_UP: i32 = -32_001;

/// Which block.
#[derive(Debug, Args)]
pub struct BlockArgs {
    /// Slot of the block [default: the newest].
    #[arg(value_name = "SLOT")]
    slot: Option<u64>,
}

/// What `getBlock` answers, as far as it is shown.
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
/// There is no block in that slot, or the node cannot be asked.
pub(crate) async fn run(args: &BlockArgs, context: &Context) -> anyhow::Result<Report> {
    let rpc = context.rpc()?;
    let slot = match args.slot {
        Some(slot) => slot,
        None => rpc.number("getSlot").await?,
    };
    let encoding = if context.is_display() {
        "base64"
    } else {
        "jsonParsed"
    };
    let config = json!({
        "encoding": encoding,
        "transactionDetails": "full",
        "rewards": false,
        "maxSupportedTransactionVersion": 0,
        "commitment": context.settings.commitment.value,
    });
    let json: Value = match rpc.call("getBlock", vec![json!(slot), config]).await {
        Ok(json) => json,
        Err(RpcError::Refused {
            code: NOT_AVAILABLE, ..
        }) => Value::Null,
        Err(RpcError::Refused {
            code: CLEANED_UP,
            message,
            ..
        }) => bail!("{message}; a node that serves more history may have it"),
        Err(error) => return Err(error.into()),
    };
    if json.is_null() {
        bail!("there is no block in slot {slot}; it was skipped or is yet to come, see `isobath slot`");
    }
    let text = if context.is_display() {
        Block::deserialize(&json)?.describe(slot)?
    } else {
        String::new()
    };
    Ok(Report { text, json })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_shown_with_its_place_and_time() {
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
