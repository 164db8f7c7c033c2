//! Constants of the chain that the sequences run on.

use isobath_sdk::pubkey::Pubkey;

/// The producer of every block of every sequence.
pub const PRODUCER: Pubkey = Pubkey([66; 32]);
/// Addresses of the probe: to the runtime these are different programs.
pub const PROBES: [Pubkey; 3] = [Pubkey([71; 32]), Pubkey([72; 32]), Pubkey([73; 32])];
/// The data of their accounts.
pub const PROBE_NAME: &str = "probe";
/// Base fee of a signature.
pub(crate) const BASE_FEE: u64 = 5_000;
/// Rent minimum of an account without data.
pub(crate) const RENT_MINIMUM: u64 = rent_minimum(0);
/// Rent minimum of an account with this much data.
pub(crate) const fn rent_minimum(len: u64) -> u64 {
    (128 + len) * 6_960
}
