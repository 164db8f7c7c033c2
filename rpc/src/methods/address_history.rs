//! getSignaturesForAddress: the transactions that name an address, newest first.
//!
//! Answered from memory; only the positions of `before` and `until` may have to be looked up in the ledger. The index
//! covers the newest history: see [`HistoryLimits`](isobath_node::HistoryLimits).

use isobath_node::{AddressEntry, AddressQuery};
use isobath_sdk::{Signature, TransactionError};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::blocks::cannot_read;
use crate::params::arguments::{Arguments, parse_text};
use crate::params::configs::ContextConfig;
use crate::render::chain::block_time;

/// The most signatures of one answer, and the default limit.
const SIGNATURES_MAX: usize = 1_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AddressConfig {
    before: Option<String>,
    until: Option<String>,
    limit: Option<usize>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// One transaction of the answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignatureInfo {
    signature: Signature,
    slot: u64,
    err: Option<TransactionError>,
    memo: Option<String>,
    block_time: Option<i64>,
    confirmation_status: &'static str,
    transaction_index: u32,
}

impl From<AddressEntry> for SignatureInfo {
    fn from(entry: AddressEntry) -> Self {
        Self {
            signature: entry.signature,
            slot: entry.slot,
            err: entry.error,
            memo: None,
            block_time: Some(block_time(entry.timestamp_ms)),
            confirmation_status: "finalized",
            transaction_index: entry.index,
        }
    }
}

/// getSignaturesForAddress(address, config)
pub(crate) fn get_signatures_for_address(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Vec<SignatureInfo>, RpcFailure> {
    let address = arguments.pubkey(0, "address")?;
    let config: AddressConfig = arguments.config(1)?;
    let count_max = config.limit.unwrap_or(SIGNATURES_MAX);
    if !(1..=SIGNATURES_MAX).contains(&count_max) {
        let text = format!("Invalid limit; max {SIGNATURES_MAX}");
        return Err(RpcFailure::InvalidParams(text));
    }
    let parse =
        |text: Option<String>, name| text.map(|text| parse_text::<Signature>(&text, name)).transpose();
    let before = parse(config.before, "before")?;
    let until = parse(config.until, "until")?;
    let (slot_min, slot_max) = {
        let view = context.view(config.context.require_confirmed()?)?;
        (view.first_slot(), view.chain().slot())
    };
    let find = |signature: Signature| position(context, &signature, slot_max);
    let before = before.map(find).transpose()?;
    let after = until.map(find).transpose()?;
    let query = AddressQuery {
        slot_min,
        slot_max,
        before,
        after,
        count_max,
    };
    let found = context.node.transactions_of(&address, query);
    Ok(found.into_iter().map(SignatureInfo::from).collect())
}

/// Slot of a transaction of the served history, up to `slot_max`, and its index in the block.
fn position(context: &Context, signature: &Signature, slot_max: u64) -> Result<(u64, u32), RpcFailure> {
    let recent = context.node.status(signature);
    if let Some(status) = recent {
        return Ok((status.slot, status.index));
    }
    let found = context
        .node
        .find(signature)
        .map_err(|error| cannot_read(slot_max, &error))?;
    found
        .filter(|found| found.slot <= slot_max)
        .map(|found| (found.slot, found.index))
        .ok_or(RpcFailure::TransactionNotFound(*signature))
}
