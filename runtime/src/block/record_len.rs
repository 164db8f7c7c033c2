//! How long the record of an open block is at most, and what bounds it.
//!
//! ```text
//! a transaction   its wire bytes, its execution, and an entry of the delta for each account that it may write
//! the end         header, result, and the accounts that fees and the incinerator change
//! ```
//!
//! Invariant: the sum of what is counted here is at least the length of the record. An account counts each time that a
//! transaction may write it, with all its data if that was replaced.

use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::record::{Execution, FULL_DATA_LEN_MAX};

use crate::execution::TxAccounts;

/// Bytes of a delta entry besides the data of its account.
const ENTRY_BYTES: u64 = 1 + 32 + 8 + 32 + 1 + 8 + 4;
/// Bytes of a transaction in its block besides its wire bytes.
const TRANSACTION_BYTES: u64 = 4;

/// The most that one account takes in a delta: 10 MiB of data.
pub(crate) const ENTRY_BYTES_MAX: u64 = ENTRY_BYTES + 10 * 1024 * 1024;

/// The most by which one transaction lengthens the record of its block.
///
/// It writes no more data than it may load, 64 MiB, and grow, 20 MiB. Beside that there are up to 256 entries of the
/// delta, 256 loaded addresses of 32 bytes and twice as many balances; 4 KiB of wire bytes, log text and data of at most
/// 10 KiB with inner calls and return data: less than 1 MiB together.
pub const TRANSACTION_RECORD_BYTES_MAX: u64 = (64 + 20 + 1) * 1024 * 1024;

/// Bytes of a record besides its transactions: header, result, and the accounts of the producer and the incinerator.
pub const BLOCK_RECORD_BYTES_BASE: u64 = 64 * 1024 + 2 * ENTRY_BYTES_MAX;

/// Bytes of the delta that the accounts of a transaction take after it, at most. Long contents that it has not replaced
/// take none, since the transaction that did was counted for that.
pub(crate) fn delta_bytes(accounts: &TxAccounts) -> u64 {
    let written = (0..accounts.len()).filter(|index| accounts.is_writable(*index));
    let lens = written.map(|index| entry_bytes(accounts.before(index), accounts.now(index)));
    lens.fold(0, u64::saturating_add)
}

fn entry_bytes(before: &Account, after: &Account) -> u64 {
    let is_whole = after.data.len() <= FULL_DATA_LEN_MAX || !before.data.is_same(&after.data);
    let data_len = if is_whole { after.data.len() as u64 } else { 0 };
    ENTRY_BYTES.saturating_add(data_len)
}

/// Bytes of the history that a transaction takes.
pub(crate) fn history_bytes(wire: &[u8], execution: &Execution) -> u64 {
    TRANSACTION_BYTES
        .saturating_add(wire.len() as u64)
        .saturating_add(execution.encoded_len())
}
