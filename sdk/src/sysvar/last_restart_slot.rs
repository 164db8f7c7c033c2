//! The LastRestartSlot sysvar: the slot of the last restart of the whole cluster, 0 if there was none.
//!
//! ```text
//!  last_restart_slot u64      8 bytes
//! ```

use super::{SysvarDecodeError, decode};
use crate::reader::Reader;

/// Contents of the LastRestartSlot sysvar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastRestartSlot {
    /// The slot.
    pub last_restart_slot: u64,
}

impl LastRestartSlot {
    /// Bytes of the sysvar.
    pub const LEN: usize = 8;

    /// The account data.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.last_restart_slot.to_le_bytes().to_vec()
    }

    /// Reads the account data.
    ///
    /// # Errors
    /// The bytes are too few.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SysvarDecodeError> {
        decode(bytes, Reader::u64).map(|last_restart_slot| Self { last_restart_slot })
    }
}
