//! What bounds the record of a block.
//!
//! ```text
//! a transaction   counted when it has run: `Work::recorded_bytes`, at most TRANSACTION_RECORD_BYTES_MAX
//! the rest        header, result, and the accounts that the fees and the incinerator change
//! ```
//!
//! Invariant: the sum of both is at least the length of the record, also where several transactions change one account,
//! whose change is recorded once, relative to what was there before the block. A builder stops once the transactions reach a limit;
//! limit, one largest transaction for each that runs at that time, and the rest must fit a frame of the ledger.

/// The most by which one transaction lengthens the record of its block.
///
/// It writes and drops no more data than it may load, 64 MiB, and grow, 20 MiB. Beside that there are up to 256 entries of the
/// delta without their data, 256 loaded addresses of 32 bytes and twice as many balances; 4 KiB of wire bytes, log text
/// of at most 10 KiB, inner calls with up to 10 KiB of data each and return data: less than 1 MiB together.
pub const TRANSACTION_RECORD_BYTES_MAX: u64 = (64 + 20 + 1) << 20;

/// Bytes of a record besides its transactions: header and result, and the accounts of the producer and the incinerator
/// in full.
pub const BLOCK_RECORD_BYTES_BASE: u64 = (64 << 10) + 2 * ((10 << 20) + 128);
