//! What a transaction cost its block, in the units of Solana's cost model (`solana-cost-model` 4.2.2): `costUnits`.
//!
//! ```text
//! 720 per signature + 300 per requested write lock + 1 per 4 bytes of instruction data
//!   + compute units consumed + 8 per begun 32 KiB of loaded account data
//! ```
//!
//! It limits nothing here; budgets of blocks are in compute units. Signatures that precompiles verify would count too,
//! but there are no precompiles.

use isobath_sdk::TransactionView;
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::record::Execution;

const SIGNATURE_UNITS: u64 = 720;
const WRITE_LOCK_UNITS: u64 = 300;
const DATA_BYTES_PER_UNIT: u64 = 4;
const LOADED_PAGE_BYTES: u64 = 32 * 1024;
const LOADED_PAGE_UNITS: u64 = 8;

/// The cost; `None` for a record from before the bytes that a transaction loads were recorded.
pub(crate) fn cost_units(view: TransactionView<'_>, execution: &Execution) -> Option<u64> {
    let loaded_len = execution.events.iter().find_map(|event| match event {
        Event::Loaded { data_len } => Some(u64::from(*data_len)),
        _ => None,
    })?;
    let signatures = view.signatures().len() as u64;
    let write_locks = (0..view.key_count())
        .filter(|index| view.is_requested_writable(*index))
        .count() as u64;
    let data_len = view.instructions().fold(0_u64, |sum, instruction| {
        sum.saturating_add(instruction.data.len() as u64)
    });
    let parts = [
        signatures.saturating_mul(SIGNATURE_UNITS),
        write_locks.saturating_mul(WRITE_LOCK_UNITS),
        data_len / DATA_BYTES_PER_UNIT,
        execution.outcome.compute_units,
        loaded_len
            .div_ceil(LOADED_PAGE_BYTES)
            .saturating_mul(LOADED_PAGE_UNITS),
    ];
    Some(parts.into_iter().fold(0, u64::saturating_add))
}
