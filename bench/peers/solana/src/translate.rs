//! Our keys and hashes as Solana's.

use isobath_sdk::{Hash, Pubkey};

pub(crate) fn key(key: &Pubkey) -> solana_pubkey::Pubkey {
    solana_pubkey::Pubkey::from(key.0)
}

pub(crate) fn hash(hash: &Hash) -> solana_hash::Hash {
    solana_hash::Hash::new_from_array(hash.0)
}
