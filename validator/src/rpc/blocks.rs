//! Which blocks there are, and when they were made.
//!
//! Slots are consecutive: every slot from the first one after the genesis to that of the view has its block.

use isobath_accounts_db::History;

use super::context::Context;
use super::errors::RpcFailure;
use super::params::Arguments;

/// The slot of the first block. Slot 0 is the genesis, which is no block.
const FIRST_SLOT: u64 = 1;
/// The most slots of one getBlocks.
const RANGE_MAX: u64 = 500_000;

/// getFirstAvailableBlock(), minimumLedgerSlot()
pub(crate) fn get_first_slot(_: &Context, _: Arguments) -> Result<u64, RpcFailure> {
    Ok(FIRST_SLOT)
}

/// The block of a slot. Reads the disk.
pub(crate) fn load_block(context: &Context, slot: u64) -> Result<History, RpcFailure> {
    let newest = context.node.published().chain().slot();
    if slot > newest {
        return Err(RpcFailure::BlockNotAvailable(slot));
    }
    if slot < FIRST_SLOT {
        return Err(RpcFailure::BlockCleanedUp {
            slot,
            first: FIRST_SLOT,
        });
    }
    context
        .node
        .history(slot)
        .map_err(|error| cannot_read(slot, &error))?
        .ok_or(RpcFailure::SlotSkipped(slot))
}

/// A record of the ledger that cannot be read.
pub(crate) fn cannot_read(slot: u64, error: &dyn std::error::Error) -> RpcFailure {
    tracing::error!(%error, slot, "cannot read a block");
    RpcFailure::Internal(format!("cannot read the ledger: {error}"))
}

/// getBlockTime(slot): the genesis has a time too.
pub(crate) fn get_block_time(context: &Context, mut arguments: Arguments) -> Result<i64, RpcFailure> {
    let slot: u64 = arguments.required(0, "slot")?;
    let timestamp_ms = if slot < FIRST_SLOT {
        context.node.genesis().start_time_ms
    } else {
        load_block(context, slot)?.header.timestamp_ms
    };
    Ok(seconds(timestamp_ms))
}

/// A timestamp as clients read it.
pub(crate) const fn seconds(timestamp_ms: i64) -> i64 {
    timestamp_ms.div_euclid(1_000)
}

/// getBlocks(first slot, last slot, config); the last slot may be left out.
pub(crate) fn get_blocks(context: &Context, mut arguments: Arguments) -> Result<Vec<u64>, RpcFailure> {
    let first: u64 = arguments.required(0, "startSlot")?;
    let last = arguments.number_or_shift(1, "endSlot")?;
    let newest = newest_slot(context, &mut arguments)?;
    let last = last.unwrap_or(newest).min(newest);
    if last.saturating_sub(first) > RANGE_MAX {
        return Err(too_many());
    }
    Ok((first.max(FIRST_SLOT)..=last).collect())
}

/// getBlocksWithLimit(first slot, limit, config)
pub(crate) fn get_blocks_with_limit(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Vec<u64>, RpcFailure> {
    let first: u64 = arguments.required(0, "startSlot")?;
    let limit: u64 = arguments.required(1, "limit")?;
    if limit > RANGE_MAX {
        return Err(too_many());
    }
    let newest = newest_slot(context, &mut arguments)?;
    let first = first.max(FIRST_SLOT);
    let end = first.saturating_add(limit).min(newest.saturating_add(1));
    Ok((first..end).collect())
}

fn too_many() -> RpcFailure {
    RpcFailure::InvalidParams(format!("Slot range too large; max {RANGE_MAX}"))
}

fn newest_slot(context: &Context, arguments: &mut Arguments) -> Result<u64, RpcFailure> {
    Ok(context.view(arguments.config(2)?)?.chain().slot())
}
