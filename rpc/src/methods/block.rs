//! getBlock: one block with as much of its transactions as the client requests.
//!
//! ```text
//! ledger record --> effective transactions --> each rendered as JSON --> answer
//!                                              error when the answer would be too large
//! ```

use isobath_node::effective_transactions;
use isobath_sdk::chain::record::History;
use isobath_sdk::{Hash, Pubkey, Signature};
use jsonrpsee::core::{JsonRawValue, to_json_raw_value};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::methods::blocks::{cannot_read, load_block};
use crate::params::arguments::Arguments;
use crate::params::configs::ContextConfig;
use crate::params::encoding::TransactionEncoding;
use crate::render::chain::block_time;
use crate::render::transaction::{Details, RenderConfig, render_transaction};

/// How much of the transactions of a block is rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum TransactionDetails {
    #[default]
    Full,
    Accounts,
    Signatures,
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BlockConfig {
    encoding: Option<TransactionEncoding>,
    transaction_details: Option<TransactionDetails>,
    rewards: Option<bool>,
    max_supported_transaction_version: Option<u8>,
    #[serde(flatten)]
    context: ContextConfig,
}

/// The answer of getBlock.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiBlock {
    blockhash: Hash,
    previous_blockhash: Hash,
    parent_slot: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    transactions: Option<Vec<Box<JsonRawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatures: Option<Vec<Signature>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rewards: Option<Vec<Reward>>,
    block_time: i64,
    block_height: u64,
}

/// What the producer was credited with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reward {
    pubkey: Pubkey,
    lamports: u64,
    post_balance: u64,
    reward_type: &'static str,
    commission: Option<u8>,
}

/// getBlock(slot, config)
pub(crate) fn get_block(context: &Context, mut arguments: Arguments) -> Result<UiBlock, RpcFailure> {
    let slot: u64 = arguments.required(0, "slot")?;
    let config: BlockConfig = arguments.config_or_encoding(1)?;
    drop(context.view(config.context.require_confirmed()?)?);
    if slot == 0 {
        return Ok(genesis_block(context, &config));
    }
    let block = load_block(context, slot)?;
    let has_rewards = config.rewards.unwrap_or(true);
    let how = |details| RenderConfig {
        encoding: config.encoding.unwrap_or(TransactionEncoding::Json),
        version_max: config.max_supported_transaction_version,
        details,
        rewards: has_rewards,
    };
    let (mut transactions, mut signatures) = (None, None);
    match config.transaction_details.unwrap_or_default() {
        TransactionDetails::Full => {
            transactions = Some(render_transactions(context, &block, how(Details::Full))?);
        }
        TransactionDetails::Accounts => {
            transactions = Some(render_transactions(context, &block, how(Details::Accounts))?);
        }
        TransactionDetails::Signatures => signatures = Some(list_signatures(&block)),
        TransactionDetails::None => {}
    }
    Ok(UiBlock {
        blockhash: block.result.block_hash,
        previous_blockhash: previous_blockhash(context, &block),
        parent_slot: block.header.parent_slot,
        transactions,
        signatures,
        rewards: has_rewards.then(|| list_rewards(context, &block)).transpose()?,
        block_time: block_time(block.header.timestamp_ms),
        block_height: block.header.height,
    })
}

/// The block of slot 0: no transactions, and the blockhash that the first transactions use. As on Solana, it is its own
/// parent.
fn genesis_block(context: &Context, config: &BlockConfig) -> UiBlock {
    let genesis = context.node.genesis();
    let details = config.transaction_details.unwrap_or_default();
    let has_transactions = matches!(details, TransactionDetails::Full | TransactionDetails::Accounts);
    UiBlock {
        blockhash: genesis.first_blockhash,
        previous_blockhash: genesis.first_blockhash,
        parent_slot: 0,
        transactions: has_transactions.then(Vec::new),
        signatures: (details == TransactionDetails::Signatures).then(Vec::new),
        rewards: config.rewards.unwrap_or(true).then(Vec::new),
        block_time: block_time(genesis.start_time_ms),
        block_height: 0,
    }
}

/// The parent of the first block is the genesis, whose blockhash is not its hash but the first blockhash.
fn previous_blockhash(context: &Context, block: &History) -> Hash {
    if block.header.height == 1 {
        context.node.genesis().first_blockhash
    } else {
        block.header.parent_hash
    }
}

fn render_transactions(
    context: &Context,
    block: &History,
    how: RenderConfig,
) -> Result<Vec<Box<JsonRawValue>>, RpcFailure> {
    let bytes_max = usize::try_from(context.limits.response_bytes_max).unwrap_or(usize::MAX);
    let mut bytes_left = bytes_max;
    let mut rendered = Vec::new();
    for tx in effective_transactions(block) {
        let json = to_json_raw_value(&render_transaction(tx.view, tx.execution, how)?)
            .map_err(|error| RpcFailure::Internal(format!("cannot encode the response: {error}")))?;
        bytes_left = bytes_left.checked_sub(json.get().len()).ok_or_else(|| {
            RpcFailure::InvalidRequest(format!(
                "the block exceeds the response limit of {bytes_max} bytes; use transactionDetails `signatures` and \
                 fetch transactions individually"
            ))
        })?;
        rendered.push(json);
    }
    Ok(rendered)
}

fn list_signatures(block: &History) -> Vec<Signature> {
    let effective = effective_transactions(block).into_iter();
    effective.map(|tx| tx.view.signature(0)).collect()
}

/// The fees that the producer was credited with, if any.
fn list_rewards(context: &Context, block: &History) -> Result<Vec<Reward>, RpcFailure> {
    let lamports = block.result.fees.credited();
    if lamports == 0 {
        return Ok(Vec::new());
    }
    let (slot, pubkey) = (block.header.slot, block.header.producer);
    let delta = context
        .node
        .delta(slot)
        .map_err(|error| cannot_read(slot, &error))?;
    Ok(vec![Reward {
        pubkey,
        lamports,
        post_balance: delta
            .and_then(|delta| delta.lamports(&pubkey))
            .unwrap_or_default(),
        reward_type: "Fee",
        commission: None,
    }])
}
