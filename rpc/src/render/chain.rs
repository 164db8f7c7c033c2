//! Parts of the chain that several answers hold: blockhashes, the epoch schedule, times, lists of slots.

use std::ops::Range;

use isobath_sdk::Hash;
use isobath_sdk::sysvar::epoch_schedule::EpochSchedule;
use serde::{Serialize, Serializer};

use crate::config::RpcLimits;
use crate::errors::RpcFailure;

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

/// Consecutive slots as a list. Its size is known before any of it is built, and none of it is but the text.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Range<u64>);

impl Slots {
    /// The slots of `range`.
    ///
    /// # Errors
    /// Their text may exceed the answer limit.
    pub(crate) fn new(range: Range<u64>, limits: &RpcLimits) -> Result<Self, RpcFailure> {
        let count = range.end.saturating_sub(range.start);
        // The digits of the last slot, and a comma.
        let bytes_each = u64::from(range.end.checked_ilog10().unwrap_or(0)).saturating_add(2);
        let bytes_max = u64::from(limits.response_bytes_max);
        if count.saturating_mul(bytes_each) > bytes_max {
            return Err(RpcFailure::InvalidRequest(format!(
                "a list of {count} slots exceeds the response limit of {bytes_max} bytes"
            )));
        }
        Ok(Self(range))
    }
}

impl Serialize for Slots {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}

/// The time of a block in seconds, as clients read it.
pub(crate) const fn block_time(timestamp_ms: i64) -> i64 {
    timestamp_ms.div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_slots_is_measured_before_it_is_built() {
        let limits = RpcLimits::default();
        let slots = Slots::new(8..12, &limits).expect("four slots fit");
        assert_eq!(serde_json::to_string(&slots).expect("JSON"), "[8,9,10,11]");
        assert!(Slots::new(5..5, &limits).is_ok() && Slots::new(0..1, &limits).is_ok());
        // The longest epoch that a genesis may have.
        assert!(Slots::new(0..4 << 20, &limits).is_ok());
        for too_many in [0..4_000_000_000, 0..u64::MAX, 1..100_000_000] {
            let refused = Slots::new(too_many, &limits).expect_err("too many");
            assert!(
                refused
                    .to_string()
                    .ends_with("exceeds the response limit of 33554432 bytes")
            );
        }
    }

    #[test]
    fn the_estimate_is_never_below_the_text() {
        for range in [0..1, 0..10, 0..11, 99..100, 1..1_001, 123_456..123_999] {
            let text = serde_json::to_string(&Slots(range.clone())).expect("JSON");
            let limits = |bytes: usize| RpcLimits {
                response_bytes_max: u32::try_from(bytes).expect("small"),
                ..RpcLimits::default()
            };
            // Brackets and commas are one more than the numbers.
            assert!(
                Slots::new(range.clone(), &limits(text.len() - 2)).is_err(),
                "{range:?}"
            );
            assert!(
                Slots::new(range.clone(), &limits(text.len() * 2)).is_ok(),
                "{range:?}"
            );
        }
    }
}
