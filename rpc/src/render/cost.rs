//! What a transaction cost its block, in the units of Solana's cost model: `costUnits`.

use isobath_runtime::cost_units;
use isobath_sdk::TransactionView;
use isobath_sdk::chain::event::Event;
use isobath_sdk::chain::record::ExecutionRef;

/// The cost. What was loaded is recorded for every transaction that has an effect.
pub(crate) fn cost_units_of(view: TransactionView<'_>, execution: ExecutionRef<'_>) -> u64 {
    let loaded_len = execution.events.iter().find_map(|event| match event {
        Event::Loaded { data_len } => Some(u64::from(data_len)),
        _ => None,
    });
    cost_units(
        &view,
        execution.outcome.compute_units,
        loaded_len.unwrap_or_default(),
    )
}
