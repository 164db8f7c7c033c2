//! Constants of the chain that the sequences run on.

use isobath_sdk::pubkey::Pubkey;

/// The producer of every block of every sequence.
pub const PRODUCER: Pubkey = Pubkey([66; 32]);
/// Base fee of a signature.
pub(crate) const BASE_FEE: u64 = 5_000;
/// Rent minimum of an account without data.
pub(crate) const RENT_MINIMUM: u64 = rent_minimum(0);
/// Rent minimum of an account with this much data.
pub(crate) const fn rent_minimum(len: u64) -> u64 {
    (128 + len) * 6_960
}
