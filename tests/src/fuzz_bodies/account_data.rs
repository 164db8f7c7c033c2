//! Bodies of account layouts: sysvars, nonces, lookup tables. Bytes after the value are tolerated.

use isobath_sdk::{
    Hash,
    builtins::lookup_table::{LOOKUP_TABLE_META_LEN, LookupTable},
    builtins::nonce::NonceState,
    sysvar::{
        clock::Clock, epoch_rewards::EpochRewards, epoch_schedule::EpochSchedule,
        last_restart_slot::LastRestartSlot, recent_blockhashes::RecentBlockhashes, rent::Rent,
        slot_hashes::SlotHashes,
    },
};

use super::prefix::assert_prefix;

/// Bytes of a list's count.
const COUNT_LEN: usize = 8;
/// Bytes of an entry of SlotHashes (slot, hash) and of RecentBlockhashes (hash, fee).
const ENTRY_LEN: usize = 40;

/// Bytes of the tags of a nonce account, which are all that counts while it is uninitialized.
const NONCE_TAGS_LEN: usize = 8;
/// Bytes of a lookup table up to the optional authority, with its tag and without its key.
const TABLE_FIELDS_LEN: usize = 22;
/// Bytes of a key.
const KEY_LEN: usize = 32;

/// Asserts the promise for a value of fixed length.
fn check_fixed<E>(bytes: &[u8], written: Result<Vec<u8>, E>) -> bool {
    let Ok(written) = written else { return false };
    assert_prefix(bytes, &written, written.len());
    true
}

/// Asserts the promise for a list that its account pads with zeros.
fn check_list(bytes: &[u8], written: &[u8], count: usize) -> bool {
    assert_prefix(
        bytes,
        written,
        count.saturating_mul(ENTRY_LEN).saturating_add(COUNT_LEN),
    );
    true
}

/// The Clock sysvar.
pub(super) fn clock(bytes: &[u8]) -> bool {
    check_fixed(bytes, Clock::from_bytes(bytes).map(|value| value.to_bytes()))
}

/// The Rent sysvar.
pub(super) fn rent(bytes: &[u8]) -> bool {
    check_fixed(bytes, Rent::from_bytes(bytes).map(|value| value.to_bytes()))
}

/// The EpochSchedule sysvar.
pub(super) fn epoch_schedule(bytes: &[u8]) -> bool {
    check_fixed(
        bytes,
        EpochSchedule::from_bytes(bytes).map(|value| value.to_bytes()),
    )
}

/// The LastRestartSlot sysvar.
pub(super) fn last_restart_slot(bytes: &[u8]) -> bool {
    check_fixed(
        bytes,
        LastRestartSlot::from_bytes(bytes).map(|value| value.to_bytes()),
    )
}

/// The EpochRewards sysvar.
pub(super) fn epoch_rewards(bytes: &[u8]) -> bool {
    check_fixed(
        bytes,
        EpochRewards::from_bytes(bytes).map(|value| value.to_bytes()),
    )
}

/// The SlotHashes sysvar.
pub(super) fn slot_hashes(bytes: &[u8]) -> bool {
    let Ok(value) = SlotHashes::from_bytes(bytes) else {
        return false;
    };
    check_list(bytes, &value.to_bytes(), value.entries().len())
}

/// The RecentBlockhashes sysvar.
pub(super) fn recent_blockhashes(bytes: &[u8]) -> bool {
    let Ok(value) = RecentBlockhashes::from_bytes(bytes) else {
        return false;
    };
    check_list(bytes, &value.to_bytes(), value.entries().len())
}

/// A nonce account.
pub(super) fn nonce(bytes: &[u8]) -> bool {
    let Ok(state) = NonceState::from_bytes(bytes) else {
        return false;
    };
    let written = state.to_bytes();
    let len = if state.data.is_some() {
        written.len()
    } else {
        NONCE_TAGS_LEN
    };
    assert_prefix(bytes, &written, len);
    true
}

/// A lookup table account: its fields, its keys, and which keys may be used in any slot.
pub(super) fn lookup_table(bytes: &[u8]) -> bool {
    let Ok(table) = LookupTable::parse(bytes) else {
        return false;
    };
    let key_len = if table.meta.authority.is_some() {
        KEY_LEN
    } else {
        0
    };
    assert_prefix(
        bytes,
        &table.meta.to_bytes(),
        TABLE_FIELDS_LEN.saturating_add(key_len),
    );
    assert_eq!(table.keys.concat(), bytes[LOOKUP_TABLE_META_LEN..]);
    let slot_hashes = SlotHashes::new([(5, Hash([5; 32])), (4, Hash([4; 32]))]);
    for slot in [
        0,
        5,
        6,
        table.meta.last_extended_slot,
        table.meta.deactivation_slot,
        u64::MAX,
    ] {
        if let Some(keys) = table.usable_keys(slot, &slot_hashes) {
            assert!(table.keys.starts_with(keys));
        }
    }
    true
}
