//! Which of Solana's features are active: all but those whose rules Isobath has not or has not yet.

use agave_feature_set::{self as features, FeatureSet};

/// Every feature, without
///
/// - another agreement protocol, which has transactions and accounts of its own;
/// - version 1 transactions (`docs/differences.md`, "Not yet");
/// - lower rent and shorter slots, which are numbers of a genesis here.
pub(crate) fn active() -> FeatureSet {
    let mut set = FeatureSet::all_enabled();
    for id in [
        features::alpenglow::id(),
        features::alpenglow_fast_leader_handover::id(),
        features::validator_admission_ticket::id(),
        features::enable_tx_v1::id(),
        features::set_lamports_per_byte_to_6333::id(),
        features::set_lamports_per_byte_to_5080::id(),
        features::set_lamports_per_byte_to_2575::id(),
        features::set_lamports_per_byte_to_1322::id(),
        features::set_lamports_per_byte_to_696::id(),
        features::reduce_slot_time_to_350ms::id(),
        features::reduce_slot_time_to_300ms::id(),
        features::reduce_slot_time_to_250ms::id(),
        features::reduce_slot_time_to_200ms::id(),
    ] {
        set.deactivate(&id);
    }
    set
}
