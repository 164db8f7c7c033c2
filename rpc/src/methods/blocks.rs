//! Ranges of blocks, and their times.
//!
//! Slots are consecutive: every slot from the first served one to that of the view has its block. How far back blocks
//! are served is a setting of the node ([`HistoryLimits`](isobath_node::HistoryLimits)). The genesis counts as the block
//! of slot 0; it is always served, and listed while no block after it is missing.

use isobath_node::Published;
use isobath_sdk::chain::record::History;

use crate::context::Context;
use crate::errors::RpcFailure;
use crate::params::arguments::Arguments;
use crate::params::configs::ContextConfig;
use crate::render::chain::{Slots, block_time};

/// The most slots of one getBlocks.
const RANGE_MAX: u64 = 500_000;

/// getFirstAvailableBlock(), minimumLedgerSlot()
pub(crate) fn get_first_slot(context: &Context, _: Arguments) -> Result<u64, RpcFailure> {
    Ok(first_listed(&context.node.published()))
}

/// The oldest slot from which on no block is missing.
fn first_listed(view: &Published<'_>) -> u64 {
    match view.first_slot() {
        1 => 0,
        first => first,
    }
}

/// The block of a slot after that of the genesis. Reads the disk.
pub(crate) fn load_block(context: &Context, slot: u64) -> Result<History, RpcFailure> {
    let (first, newest) = {
        let view = context.node.published();
        (view.first_slot(), view.chain().slot())
    };
    if slot > newest {
        return Err(RpcFailure::BlockNotAvailable(slot));
    }
    if slot < first {
        return Err(RpcFailure::BlockCleanedUp { slot, first });
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
    let timestamp_ms = if slot == 0 {
        context.node.genesis().start_time_ms
    } else {
        load_block(context, slot)?.header.timestamp_ms
    };
    Ok(block_time(timestamp_ms))
}

/// getBlocks(first slot, last slot, config); the last slot may be left out.
pub(crate) fn get_blocks(context: &Context, mut arguments: Arguments) -> Result<Slots, RpcFailure> {
    let first: u64 = arguments.required(0, "startSlot")?;
    let last = arguments.number_or_shift(1, "endSlot")?;
    let (oldest, newest) = listed_slots(context, &mut arguments)?;
    let last = last.unwrap_or(newest).min(newest);
    if last.saturating_sub(first) > RANGE_MAX {
        let text = format!("Slot range too large; max {RANGE_MAX}");
        return Err(RpcFailure::InvalidParams(text));
    }
    Slots::new(first.max(oldest)..last.saturating_add(1), &context.limits)
}

/// getBlocksWithLimit(first slot, limit, config)
pub(crate) fn get_blocks_with_limit(
    context: &Context,
    mut arguments: Arguments,
) -> Result<Slots, RpcFailure> {
    let first: u64 = arguments.required(0, "startSlot")?;
    let limit: u64 = arguments.required(1, "limit")?;
    if limit > RANGE_MAX {
        let text = format!("Limit too large; max {RANGE_MAX}");
        return Err(RpcFailure::InvalidParams(text));
    }
    let (oldest, newest) = listed_slots(context, &mut arguments)?;
    let first = first.max(oldest);
    let end = first.saturating_add(limit).min(newest.saturating_add(1));
    Slots::new(first..end, &context.limits)
}

/// The oldest and the newest slot that ranges list.
fn listed_slots(context: &Context, arguments: &mut Arguments) -> Result<(u64, u64), RpcFailure> {
    let config: ContextConfig = arguments.config(2)?;
    let view = context.view(config.require_confirmed()?)?;
    Ok((first_listed(&view), view.chain().slot()))
}
