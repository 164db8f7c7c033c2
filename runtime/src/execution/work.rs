//! What a transaction costs by being recorded, besides the accounts that it changes.
//!
//! Invariant: an upper bound, and a function of the transaction and its outcome alone.

use isobath_sdk::chain::event::Events;
use isobath_sdk::chain::outcome::Outcome;
use isobath_sdk::program::work::{HASH_BLOCK_LEN, Work};

use crate::admission::Tx;
use crate::admission::cost::{BALANCES_LEN, HASH_BLOCKS_PER_TRANSACTION, PROBES_PER_TRANSACTION};

/// Bytes of class, error, fee, units, returning program and lengths in the record of a transaction, at most.
const OUTCOME_LEN_MAX: u64 = 128;
/// Bytes of a key that a lookup loads.
const KEY_LEN: u64 = 32;

/// What a record holds of the accounts of a transaction.
pub(crate) struct Recorded {
    /// Number of its accounts.
    pub(crate) key_count: usize,
    /// How many of them its lookups load.
    pub(crate) loaded_count: usize,
}

/// The work of recording `tx` with its outcome and events. Its bytes are hashed twice: as a message, and as a leaf.
pub(crate) fn work_of_record(tx: &Tx, accounts: &Recorded, events: &Events, outcome: &Outcome) -> Work {
    let wire_len = tx.wire().len() as u64;
    let returned = outcome.return_data.as_ref();
    let returned_len = returned.map_or(0, |returned| returned.data.len() as u64);
    let parts = [
        wire_len,
        events.encoded_len() as u64,
        returned_len,
        BALANCES_LEN.saturating_mul(accounts.key_count as u64),
        KEY_LEN.saturating_mul(accounts.loaded_count as u64),
        OUTCOME_LEN_MAX,
    ];
    let hashed = wire_len.saturating_mul(2).saturating_add(returned_len);
    Work {
        recorded_bytes: parts.into_iter().fold(0, u64::saturating_add),
        hash_blocks: hashed
            .div_ceil(HASH_BLOCK_LEN as u64)
            .saturating_add(HASH_BLOCKS_PER_TRANSACTION),
        table_probes: PROBES_PER_TRANSACTION,
        ..Work::default()
    }
}
