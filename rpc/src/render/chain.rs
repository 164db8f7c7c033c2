//! Parts of the chain that several answers hold: blockhashes, the epoch schedule, times.

use isobath_sdk::Hash;
use isobath_sdk::sysvar::epoch_schedule::EpochSchedule;
use serde::Serialize;

/// A blockhash and the last height at which a transaction with it can enter a block.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiBlockhash {
    pub(crate) blockhash: Hash,
    pub(crate) last_valid_block_height: u64,
}

/// The epoch schedule.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UiEpochSchedule {
    slots_per_epoch: u64,
    leader_schedule_slot_offset: u64,
    warmup: bool,
    first_normal_epoch: u64,
    first_normal_slot: u64,
}

impl From<EpochSchedule> for UiEpochSchedule {
    fn from(schedule: EpochSchedule) -> Self {
        Self {
            slots_per_epoch: schedule.slots_per_epoch,
            leader_schedule_slot_offset: schedule.leader_schedule_slot_offset,
            warmup: schedule.warmup,
            first_normal_epoch: schedule.first_normal_epoch,
            first_normal_slot: schedule.first_normal_slot,
        }
    }
}

/// The time of a block in seconds, as clients read it.
pub(crate) const fn block_time(timestamp_ms: i64) -> i64 {
    timestamp_ms.div_euclid(1_000)
}
