//! Address lookup tables: accounts that list keys, so that a message can refer to a key by one byte.
//!
//! ```text
//!  type u32 (0 uninitialized, 1 lookup table) | deactivation_slot u64 (MAX while active) | last_extended_slot u64
//!  | last_extended_slot_start_index u8 | authority option(32) | padding      56 bytes in all, then keys of 32 bytes
//! ```
//!
//! Keys appended in a slot can be used from the next one. A table that is being deactivated can be used until its
//! deactivation slot has left the slot hashes.

use crate::pubkey::Pubkey;
use crate::reader::Reader;
use crate::sysvar::slot_hashes::{SLOT_HASHES_MAX, SlotHashes};

/// Bytes before the keys.
pub const LOOKUP_TABLE_META_LEN: usize = 56;
/// Maximum number of keys of one table.
pub const LOOKUP_TABLE_KEYS_MAX: usize = 256;

const TYPE_UNINITIALIZED: u32 = 0;
const TYPE_LOOKUP_TABLE: u32 = 1;

/// Why bytes are not a lookup table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupTableError {
    /// The account belongs to the right program but holds no table.
    #[error("the lookup table is not initialized")]
    Uninitialized,
    /// The data is not a lookup table.
    #[error("the data is not a lookup table")]
    Invalid,
}

/// Whether a table can be used and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupTableStatus {
    /// Usable and not deactivated.
    Activated,
    /// Usable while the deactivation slot is recent.
    Deactivating {
        /// Blocks until it can be closed, if no slot is skipped.
        remaining_blocks: usize,
    },
    /// Not usable any more: it can be closed.
    Deactivated,
}

/// The header before the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupTableMeta {
    /// Slot in which deactivation began; `u64::MAX` while active.
    pub deactivation_slot: u64,
    /// Slot in which keys were last appended.
    pub last_extended_slot: u64,
    /// Number of keys before that append.
    pub last_extended_slot_start_index: u8,
    /// Key that may change the table; `None` if frozen.
    pub authority: Option<Pubkey>,
}

impl LookupTableMeta {
    /// An active table without keys.
    #[must_use]
    pub const fn new(authority: Option<Pubkey>) -> Self {
        Self {
            deactivation_slot: u64::MAX,
            last_extended_slot: 0,
            last_extended_slot_start_index: 0,
            authority,
        }
    }

    /// The status of the table for a transaction in `slot`, which has these slot hashes.
    #[must_use]
    pub fn status(&self, slot: u64, slot_hashes: &SlotHashes) -> LookupTableStatus {
        if self.deactivation_slot == u64::MAX {
            return LookupTableStatus::Activated;
        }
        let remaining_blocks = if self.deactivation_slot == slot {
            Some(SLOT_HASHES_MAX.saturating_add(1))
        } else {
            let position = slot_hashes.position(self.deactivation_slot);
            position.map(|position| SLOT_HASHES_MAX.saturating_sub(position))
        };
        remaining_blocks.map_or(LookupTableStatus::Deactivated, |remaining_blocks| {
            LookupTableStatus::Deactivating { remaining_blocks }
        })
    }

    /// The bytes of the header.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; LOOKUP_TABLE_META_LEN] {
        let mut bytes = [0; LOOKUP_TABLE_META_LEN];
        bytes[..4].copy_from_slice(&TYPE_LOOKUP_TABLE.to_le_bytes());
        bytes[4..12].copy_from_slice(&self.deactivation_slot.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.last_extended_slot.to_le_bytes());
        bytes[20] = self.last_extended_slot_start_index;
        if let Some(authority) = &self.authority {
            bytes[21] = 1;
            bytes[22..54].copy_from_slice(&authority.0);
        }
        bytes
    }
}

/// A table in account data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupTable<'a> {
    /// The header before the keys.
    pub meta: LookupTableMeta,
    /// All keys, usable or not.
    pub keys: &'a [[u8; 32]],
}

impl<'a> LookupTable<'a> {
    /// Reads account data.
    ///
    /// # Errors
    /// [`LookupTableError::Uninitialized`]; [`LookupTableError::Invalid`] for an unknown type, too few bytes or an
    /// incomplete key.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LookupTableError> {
        let mut reader = Reader::new(bytes);
        match reader.u32() {
            Some(TYPE_UNINITIALIZED) => return Err(LookupTableError::Uninitialized),
            Some(TYPE_LOOKUP_TABLE) => {}
            _ => return Err(LookupTableError::Invalid),
        }
        let meta = read_meta(&mut reader).ok_or(LookupTableError::Invalid)?;
        let keys = bytes
            .get(LOOKUP_TABLE_META_LEN..)
            .ok_or(LookupTableError::Invalid)?;
        match keys.as_chunks() {
            (keys, []) => Ok(Self { meta, keys }),
            _ => Err(LookupTableError::Invalid),
        }
    }

    /// The keys that a transaction in `slot` may use; `None` if the table is deactivated.
    #[must_use]
    pub fn usable_keys(&self, slot: u64, slot_hashes: &SlotHashes) -> Option<&'a [[u8; 32]]> {
        if self.meta.status(slot, slot_hashes) == LookupTableStatus::Deactivated {
            return None;
        }
        if slot > self.meta.last_extended_slot {
            return Some(self.keys);
        }
        let before = usize::from(self.meta.last_extended_slot_start_index).min(self.keys.len());
        Some(&self.keys[..before])
    }
}

fn read_meta(reader: &mut Reader<'_>) -> Option<LookupTableMeta> {
    Some(LookupTableMeta {
        deactivation_slot: reader.u64()?,
        last_extended_slot: reader.u64()?,
        last_extended_slot_start_index: reader.u8()?,
        authority: reader.option_key()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;

    const VECTOR: &str = "01000000ffffffffffffffff000000000000000000018a88e3dd7409f195fd52db2d3cba5d72ca6709bf\
                          1d94121bf3748801b40f6f5c0000ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614\
                          ac8737d18139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";

    fn key(text: &str) -> Pubkey {
        text.parse().unwrap()
    }

    fn authority() -> Option<Pubkey> {
        Some(key("AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"))
    }

    #[test]
    fn table_equals_the_vector() {
        let bytes = crate::test_hex::decode(VECTOR);
        let table = LookupTable::parse(&bytes).unwrap();
        assert_eq!(table.meta, LookupTableMeta::new(authority()));
        let c = key("GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse");
        let b = key("9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu");
        assert_eq!(table.keys, [c.0, b.0]);
        assert_eq!(table.meta.to_bytes().as_slice(), &bytes[..LOOKUP_TABLE_META_LEN]);
    }

    #[test]
    fn a_frozen_table_survives_and_stale_bytes_are_ignored() {
        let meta = LookupTableMeta {
            last_extended_slot: 9,
            ..LookupTableMeta::new(None)
        };
        let mut bytes = meta.to_bytes();
        bytes[22..].fill(9);
        assert_eq!(
            LookupTable::parse(&bytes).unwrap(),
            LookupTable { meta, keys: &[] }
        );
    }

    #[test]
    fn bad_bytes_are_refused() {
        let bytes = crate::test_hex::decode(VECTOR);
        let parse = |bytes: &[u8]| LookupTable::parse(bytes).map(|table| table.keys.len());
        assert_eq!(parse(&bytes), Ok(2));
        assert_eq!(parse(&bytes[..LOOKUP_TABLE_META_LEN]), Ok(0));
        assert_eq!(
            parse(&bytes[..LOOKUP_TABLE_META_LEN - 1]),
            Err(LookupTableError::Invalid)
        );
        assert_eq!(parse(&bytes[..bytes.len() - 1]), Err(LookupTableError::Invalid));
        assert_eq!(parse(&[0; 56]), Err(LookupTableError::Uninitialized));
        assert_eq!(parse(&[2; 56]), Err(LookupTableError::Invalid));
        assert_eq!(parse(&[]), Err(LookupTableError::Invalid));
    }

    #[test]
    fn keys_are_usable_from_the_slot_after_their_append() {
        let meta = LookupTableMeta {
            last_extended_slot: 10,
            last_extended_slot_start_index: 1,
            ..LookupTableMeta::new(None)
        };
        let keys = [[1; 32], [2; 32]];
        let table = LookupTable { meta, keys: &keys };
        let hashes = SlotHashes::default();
        assert_eq!(table.usable_keys(10, &hashes), Some(&keys[..1]));
        assert_eq!(table.usable_keys(11, &hashes), Some(&keys[..]));
    }

    #[test]
    fn a_table_is_usable_until_its_deactivation_leaves_the_slot_hashes() {
        let meta = LookupTableMeta {
            deactivation_slot: 20,
            ..LookupTableMeta::new(None)
        };
        let table = LookupTable { meta, keys: &[] };
        let recent = SlotHashes::new([(21, Hash::ZERO), (20, Hash::ZERO)]);
        let later = SlotHashes::new([(22, Hash::ZERO), (21, Hash::ZERO)]);
        let deactivating = |remaining_blocks| LookupTableStatus::Deactivating { remaining_blocks };
        assert_eq!(
            LookupTableMeta::new(None).status(20, &recent),
            LookupTableStatus::Activated
        );
        assert_eq!(meta.status(20, &SlotHashes::default()), deactivating(513));
        assert_eq!(meta.status(22, &recent), deactivating(511));
        assert_eq!(meta.status(23, &later), LookupTableStatus::Deactivated);
        assert!(table.usable_keys(20, &SlotHashes::default()).is_some());
        assert!(table.usable_keys(22, &recent).is_some());
        assert!(table.usable_keys(23, &later).is_none());
    }
}
