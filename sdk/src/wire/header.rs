//! The version of a message and its header: how its static keys divide.

/// The message formats that this crate reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageVersion {
    /// The first format, without a version byte.
    Legacy,
    /// Version 0: legacy plus address table lookups.
    V0,
}

/// How the static keys of a message divide into signers and others, writable and read-only.
///
/// With N keys their order is: writable signers (fee payer first), read-only signers, writable others, read-only
/// others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageHeader {
    /// Number of keys that must sign, counted from the first.
    pub num_required_signatures: u8,
    /// Number of read-only signers, the last of the signers.
    pub num_readonly_signed: u8,
    /// Number of read-only keys, the last of the other static keys.
    pub num_readonly_unsigned: u8,
}

impl MessageHeader {
    /// Whether the static key at `index`, of `key_count` static keys, is requested writable.
    pub(crate) fn is_writable(self, index: usize, key_count: usize) -> bool {
        let signers = usize::from(self.num_required_signatures);
        if index < signers {
            index < signers.saturating_sub(self.num_readonly_signed.into())
        } else {
            index < key_count.saturating_sub(self.num_readonly_unsigned.into())
        }
    }
}
