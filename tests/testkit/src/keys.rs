//! Keys of tests.

use isobath_sdk::chain::genesis::dev_keypairs;
use isobath_sdk::keypair::Keypair;

/// Development key `index`, which the development genesis funds; there are ten.
///
/// # Panics
/// When `index` is past the last.
#[must_use]
pub fn dev_key(index: usize) -> Keypair {
    dev_keypairs()
        .into_iter()
        .nth(index)
        .expect("there are ten development keys")
}

/// A key that no genesis funds, another one for each `seed`.
#[must_use]
pub fn unfunded_key(seed: u8) -> Keypair {
    Keypair::from_seed([seed; 32])
}
