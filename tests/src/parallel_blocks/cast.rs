//! Who takes part: many funded holders, keys without an account, and the cast of the random blocks.

use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::pubkey::Pubkey;
use isobath_sdk::rules::Profile;

use crate::random_blocks::cast::{self, RICH};

/// Funded accounts; the first are hot.
pub(super) const HOLDERS: usize = 384;
/// Keys without an account that transactions of a block create, use and close.
pub(super) const FRESH: usize = 48;
/// Keys that never have an account and try to pay.
pub(super) const POOR: usize = 8;

/// Holder `index`.
pub(super) fn holder(index: usize) -> Pubkey {
    key(0x81, index)
}

/// The key without an account of number `index`.
pub(super) fn fresh(index: usize) -> Pubkey {
    key(0x82, index)
}

/// The key without money of number `index`.
pub(super) fn poor(index: usize) -> Pubkey {
    key(0x83, index)
}

fn key(group: u8, index: usize) -> Pubkey {
    let mut bytes = [group; 32];
    bytes[..8].copy_from_slice(&(index as u64).to_be_bytes());
    Pubkey(bytes)
}

/// The genesis of the random blocks with the holders.
pub(super) fn genesis(profile: Profile) -> Genesis {
    let mut genesis = cast::genesis(profile);
    let holders = (0..HOLDERS).map(|index| GenesisAccount::funded(holder(index), RICH));
    genesis.accounts.extend(holders);
    genesis.normalize();
    genesis
}
