//! The Clock sysvar: slot, epoch and time.
//!
//! ```text
//!  slot u64 | epoch_start_timestamp i64 | epoch u64 | leader_schedule_epoch u64 | unix_timestamp i64      40 bytes
//! ```

use super::{SysvarDecodeError, decode};

/// Contents of the Clock sysvar. Timestamps are seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Slot of the block.
    pub slot: u64,
    /// Time of the first block of the epoch.
    pub epoch_start_timestamp: i64,
    /// Epoch of the slot.
    pub epoch: u64,
    /// Newest epoch whose leaders are known.
    pub leader_schedule_epoch: u64,
    /// Time of the block.
    pub unix_timestamp: i64,
}

impl Clock {
    /// Bytes of the sysvar.
    pub const LEN: usize = 40;

    /// The account data.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            self.slot.to_le_bytes(),
            self.epoch_start_timestamp.to_le_bytes(),
            self.epoch.to_le_bytes(),
            self.leader_schedule_epoch.to_le_bytes(),
            self.unix_timestamp.to_le_bytes(),
        ]
        .concat()
    }

    /// Reads the account data.
    ///
    /// # Errors
    /// The bytes are too few.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SysvarDecodeError> {
        decode(bytes, |reader| {
            Some(Self {
                slot: reader.u64()?,
                epoch_start_timestamp: reader.i64()?,
                epoch: reader.u64()?,
                leader_schedule_epoch: reader.u64()?,
                unix_timestamp: reader.i64()?,
            })
        })
    }
}
