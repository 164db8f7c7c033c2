//! Keys of tests.

use isobath_sdk::chain::genesis::{DEVELOPMENT_KEY_COUNT, development_seed};
use isobath_sdk::keypair::Keypair;

/// Development key `index`, which the development genesis funds; there are ten.
///
/// # Panics
/// When `index` is past the last.
#[must_use]
pub fn dev_key(index: usize) -> Keypair {
    assert!(index < DEVELOPMENT_KEY_COUNT, "there are ten development keys");
    let index = u32::try_from(index).expect("ten are few");
    Keypair::from_seed(development_seed(index))
}

/// A key that no genesis funds, another one for each `seed`.
#[must_use]
pub fn unfunded_key(seed: u8) -> Keypair {
    Keypair::from_seed([seed; 32])
}
