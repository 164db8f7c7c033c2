//! What bounds the record of a block.
//!
//! ```text
//! a transaction   counted when it has run: `Work::recorded_bytes`, at most TRANSACTION_RECORD_BYTES_MAX
//! the rest        header, result, and the accounts that the fees and the incinerator change
//! ```
//!
//! Invariant: the sum of both is at least the length of the record, also where several transactions change one account,
//! whose change is recorded once, relative to what was there before the block. A builder takes no more once what its
//! transactions recorded or announced reaches a limit; those that run programs may record more than they announce, and
//! have a limit of their own ([`super::record_room`]). Both limits and the rest must fit a frame of the ledger.

use isobath_sdk::rules::Rules;

/// The most by which one transaction lengthens the record of its block.
///
/// It writes and drops no more data than it may load, 64 MiB, and grow, 20 MiB. Beside that there are up to 256 entries of the
/// delta without their data, 256 loaded addresses of 32 bytes and twice as many balances; 4 KiB of wire bytes, log text
/// of at most 10 KiB, inner calls with up to 10 KiB of data each and return data: less than 1 MiB together.
pub const TRANSACTION_RECORD_BYTES_MAX: u64 = (64 + 20 + 1) << 20;

/// Bytes of a transaction's record besides the contents of accounts.
const WITHOUT_CONTENTS_MAX: u64 = 1 << 20;

/// The most by which a transaction lengthens the record that may write contents of so many bytes, under the rules of a
/// chain.
pub(super) fn record_bytes_max(writable_data_len: u64, rules: &Rules) -> u64 {
    writable_data_len
        .saturating_add(rules.transaction_data_growth_max)
        .saturating_add(WITHOUT_CONTENTS_MAX)
        .min(TRANSACTION_RECORD_BYTES_MAX)
}

/// Bytes of a record besides its transactions: header and result, and the accounts of the producer and the incinerator
/// in full.
pub const BLOCK_RECORD_BYTES_BASE: u64 = (64 << 10) + 2 * ((10 << 20) + 128);
