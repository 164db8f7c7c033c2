//! The chain and the node: health, versions, slots, epochs, blockhashes and fees.

use isobath_runtime::Chain;
use isobath_sdk::rules::Feature;
use isobath_sdk::{Hash, Message, Transaction};
use serde::Serialize;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::Arguments;
use crate::params::configs::ContextConfig;
use crate::params::encoding::decode_message;
use crate::render::chain::{UiBlockhash, UiEpochSchedule};
use crate::render::response::{API_VERSION, WithContext};

/// getHealth()
pub(crate) fn get_health(context: &Context, _: Arguments) -> Result<&'static str, RpcFailure> {
    context.health().map_err(RpcFailure::Unhealthy)?;
    Ok("ok")
}

#[derive(Serialize)]
pub(crate) struct Version {
    #[serde(rename = "solana-core")]
    solana_core: &'static str,
    #[serde(rename = "feature-set")]
    feature_set: u32,
    #[serde(rename = "isobath-core")]
    isobath_core: &'static str,
}

/// getVersion()
pub(crate) fn get_version(_: &Context, _: Arguments) -> Result<Version, RpcFailure> {
    Ok(Version {
        solana_core: API_VERSION,
        feature_set: Feature::ALL_DIGEST,
        isobath_core: env!("CARGO_PKG_VERSION"),
    })
}

/// getGenesisHash()
pub(crate) fn get_genesis_hash(context: &Context, _: Arguments) -> Result<Hash, RpcFailure> {
    Ok(context.node.genesis().hash())
}

/// getSlot(config)
pub(crate) fn get_slot(context: &Context, mut arguments: Arguments) -> Result<u64, RpcFailure> {
    Ok(context.view(arguments.config(0)?)?.chain().slot())
}

/// getMaxRetransmitSlot(), getMaxShredInsertSlot(): there are no shreds; the newest slot is the one that has arrived.
pub(crate) fn get_newest_slot(context: &Context, _: Arguments) -> Result<u64, RpcFailure> {
    Ok(context.node.published().chain().slot())
}

/// getBlockHeight(config)
pub(crate) fn get_block_height(context: &Context, mut arguments: Arguments) -> Result<u64, RpcFailure> {
    Ok(context.view(arguments.config(0)?)?.chain().height())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EpochInfo {
    absolute_slot: u64,
    block_height: u64,
    epoch: u64,
    slot_index: u64,
    slots_in_epoch: u64,
    transaction_count: u64,
}

/// getEpochInfo(config)
pub(crate) fn get_epoch_info(context: &Context, mut arguments: Arguments) -> Result<EpochInfo, RpcFailure> {
    let slots_in_epoch = context.node.genesis().slots_per_epoch;
    let view = context.view(arguments.config(0)?)?;
    let slot = view.chain().slot();
    Ok(EpochInfo {
        absolute_slot: slot,
        block_height: view.chain().height(),
        epoch: view.chain().epoch(),
        slot_index: slot.checked_rem(slots_in_epoch).unwrap_or_default(),
        slots_in_epoch,
        transaction_count: view.transaction_count(),
    })
}

/// getTransactionCount(config): transactions that paid a fee.
pub(crate) fn get_transaction_count(context: &Context, mut arguments: Arguments) -> Result<u64, RpcFailure> {
    Ok(context.view(arguments.config(0)?)?.transaction_count())
}

/// getEpochSchedule()
pub(crate) fn get_epoch_schedule(context: &Context, _: Arguments) -> Result<UiEpochSchedule, RpcFailure> {
    Ok(context.node.genesis().epoch_schedule().into())
}

/// getLatestBlockhash(config)
pub(crate) fn get_latest_blockhash(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<UiBlockhash>, RpcFailure> {
    let view = context.view(arguments.config(0)?)?;
    Ok(WithContext::new(
        view.chain().slot(),
        latest_blockhash(view.chain()),
    ))
}

/// The newest blockhash of a view.
pub(crate) fn latest_blockhash(chain: &Chain) -> UiBlockhash {
    let blockhash = chain.blockhash();
    // The newest blockhash is always among the valid ones.
    let last_valid_block_height = chain
        .last_valid_block_height(&blockhash)
        .unwrap_or_else(|| chain.height());
    UiBlockhash {
        blockhash,
        last_valid_block_height,
    }
}

/// Whether a transaction with this blockhash can still enter the block after the view.
fn is_usable(chain: &Chain, blockhash: &Hash) -> bool {
    chain
        .last_valid_block_height(blockhash)
        .is_some_and(|last| chain.height() < last)
}

/// isBlockhashValid(blockhash, config)
pub(crate) fn is_blockhash_valid(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<bool>, RpcFailure> {
    let blockhash = arguments.hash(0, "blockhash")?;
    let view = context.view(arguments.config(1)?)?;
    let is_valid = is_usable(view.chain(), &blockhash);
    Ok(WithContext::new(view.chain().slot(), is_valid))
}

/// getFeeForMessage(message, config): `null` when the message has neither a valid blockhash nor a valid nonce.
pub(crate) fn get_fee_for_message(
    context: &Context,
    mut arguments: Arguments,
) -> Result<WithContext<Option<u64>>, RpcFailure> {
    let message: String = arguments.required(0, "message")?;
    let config: ContextConfig = arguments.config(1)?;
    let wire = with_empty_signatures(&decode_message(&message)?)?;
    let tx = context
        .node
        .runtime()
        .admit(&wire, context.node.key_hasher())
        .map_err(|error| RpcFailure::InvalidParams(format!("invalid message: {error}")))?;
    let view = context.view(config)?;
    let runtime = context.node.runtime();
    let chain = view.chain();
    view.read_accounts(|accounts| runtime.resolve_lookups(chain, accounts, tx.view()))?
        .map_err(|error| RpcFailure::InvalidParams(format!("invalid transaction message: {error}")))?;
    let is_valid = is_usable(chain, &tx.recent_blockhash())
        || view
            .read_accounts(|accounts| runtime.nonce_account(chain, accounts, &tx))?
            .is_some();
    Ok(WithContext::new(
        view.chain().slot(),
        is_valid.then(|| tx.fee().total()),
    ))
}

/// The transaction that a message becomes before it is signed.
fn with_empty_signatures(message: &[u8]) -> Result<Vec<u8>, RpcFailure> {
    let message = Message::parse(message)
        .map_err(|error| RpcFailure::InvalidParams(format!("failed to deserialize the message: {error}")))?;
    Ok(Transaction::unsigned(message).serialize())
}
