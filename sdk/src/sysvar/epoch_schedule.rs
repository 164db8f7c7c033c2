//! The EpochSchedule sysvar: how slots are divided into epochs.
//!
//! A chain may begin with short epochs that double until they reach their full length (warmup). This chain never does;
//! schedules with warmup are read and computed all the same, since clients of other chains use the same type.
//!
//! ```text
//!  slots_per_epoch u64 | leader_schedule_slot_offset u64 | warmup u8 | first_normal_epoch u64 | first_normal_slot u64
//! ```

use super::{SysvarDecodeError, decode};

/// Slots of the first epoch of a schedule with warmup.
const WARMUP_SLOTS_FIRST: u64 = 32;

/// Contents of the EpochSchedule sysvar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochSchedule {
    /// Slots of an epoch of full length; at least 1.
    pub slots_per_epoch: u64,
    /// Number of slots before an epoch in which its leaders become known.
    pub leader_schedule_slot_offset: u64,
    /// Whether epochs start short.
    pub warmup: bool,
    /// First epoch of full length.
    pub first_normal_epoch: u64,
    /// First slot of that epoch.
    pub first_normal_slot: u64,
}

impl EpochSchedule {
    /// Bytes of the sysvar.
    pub const LEN: usize = 33;

    /// A schedule whose epochs all have `slots_per_epoch` slots.
    #[must_use]
    pub const fn without_warmup(slots_per_epoch: u64) -> Self {
        Self {
            slots_per_epoch,
            leader_schedule_slot_offset: slots_per_epoch,
            warmup: false,
            first_normal_epoch: 0,
            first_normal_slot: 0,
        }
    }

    /// The epoch of `slot`.
    #[must_use]
    pub const fn epoch(&self, slot: u64) -> u64 {
        match slot.checked_sub(self.first_normal_slot) {
            Some(normal) => match normal.checked_div(self.slots_per_epoch) {
                Some(epochs) => self.first_normal_epoch.saturating_add(epochs),
                // A valid schedule never has 0 slots per epoch.
                None => self.first_normal_epoch,
            },
            None => warmup_epoch(slot),
        }
    }

    /// The first slot of `epoch`. Saturates, which no chain reaches.
    #[must_use]
    pub const fn first_slot(&self, epoch: u64) -> u64 {
        match epoch.checked_sub(self.first_normal_epoch) {
            Some(epochs) => self
                .first_normal_slot
                .saturating_add(epochs.saturating_mul(self.slots_per_epoch)),
            None => warmup_slots_before(epoch),
        }
    }

    /// The epoch whose leaders are known at `slot`.
    #[must_use]
    pub const fn leader_schedule_epoch(&self, slot: u64) -> u64 {
        if slot < self.first_normal_slot {
            self.epoch(slot).saturating_add(1)
        } else {
            self.epoch(slot.saturating_add(self.leader_schedule_slot_offset))
        }
    }

    /// The account data.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.extend(self.slots_per_epoch.to_le_bytes());
        bytes.extend(self.leader_schedule_slot_offset.to_le_bytes());
        bytes.push(u8::from(self.warmup));
        bytes.extend(self.first_normal_epoch.to_le_bytes());
        bytes.extend(self.first_normal_slot.to_le_bytes());
        bytes
    }

    /// Reads the account data.
    ///
    /// # Errors
    /// The bytes are too few, or a boolean is neither 0 nor 1.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SysvarDecodeError> {
        decode(bytes, |reader| {
            Some(Self {
                slots_per_epoch: reader.u64()?,
                leader_schedule_slot_offset: reader.u64()?,
                warmup: reader.bool()?,
                first_normal_epoch: reader.u64()?,
                first_normal_slot: reader.u64()?,
            })
        })
    }
}

/// The epoch of a slot during warmup, where epoch `e` has `32 * 2^e` slots.
const fn warmup_epoch(slot: u64) -> u64 {
    let doublings = slot.saturating_add(WARMUP_SLOTS_FIRST) / WARMUP_SLOTS_FIRST;
    doublings.ilog2() as u64
}

/// The slots of all epochs before `epoch` during warmup: `32 * (2^epoch - 1)`.
const fn warmup_slots_before(epoch: u64) -> u64 {
    let epochs = if epoch < 58 { 1u64 << epoch } else { u64::MAX };
    epochs.saturating_sub(1).saturating_mul(WARMUP_SLOTS_FIRST)
}
