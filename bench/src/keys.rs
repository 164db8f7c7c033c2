//! The accounts of a load, derived from its seed.
//!
//! Invariant: account `i` of seed `s` is the same on every machine and in every run, so a run can be repeated and
//! accounts that were funded before need no funding again. The keys are public by construction.

use isobath_sdk::{Keypair, Pubkey};

/// Context of the derivation; changing it changes every account.
const KEY_CONTEXT: &str = "isobath 2026-11 bench account key v1";

/// Index of the account that funds the others, above those of all loads.
const FUNDER_INDEX: u64 = u64::MAX;

/// Derives one key of a seed.
fn derive_keypair(seed: u64, index: u64) -> Keypair {
    let input = [seed.to_le_bytes(), index.to_le_bytes()];
    Keypair::from_seed(blake3::derive_key(KEY_CONTEXT, input.as_flattened()))
}

/// The account that receives the airdrop and funds the accounts of a load.
pub(crate) fn derive_funder(seed: u64) -> Keypair {
    derive_keypair(seed, FUNDER_INDEX)
}

/// The accounts of a load, with their addresses beside them.
#[derive(Debug)]
pub(crate) struct Keys {
    pairs: Vec<Keypair>,
    addresses: Vec<Pubkey>,
}

impl Keys {
    /// Derives `count` accounts of `seed` on `threads` threads.
    pub(crate) fn derive(seed: u64, count: u64, threads: usize) -> Self {
        let share = count.div_ceil(threads.max(1) as u64).max(1);
        let mut pairs = Vec::new();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..count)
                .step_by(usize::try_from(share).unwrap_or(usize::MAX))
                .map(|first| {
                    let end = first.saturating_add(share).min(count);
                    scope.spawn(move || {
                        (first..end)
                            .map(|index| derive_keypair(seed, index))
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            for worker in workers {
                pairs.extend(worker.join().expect("deriving a key does not panic"));
            }
        });
        let addresses = pairs.iter().map(Keypair::pubkey).collect();
        Self { pairs, addresses }
    }

    /// All addresses, in order.
    pub(crate) fn addresses(&self) -> &[Pubkey] {
        &self.addresses
    }

    /// The key of one account.
    ///
    /// # Panics
    /// If `index` is not below the number of accounts.
    pub(crate) fn pair(&self, index: usize) -> &Keypair {
        &self.pairs[index]
    }

    /// The address of one account.
    ///
    /// # Panics
    /// If `index` is not below the number of accounts.
    pub(crate) fn address(&self, index: usize) -> Pubkey {
        self.addresses[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_follow_from_the_seed_alone() {
        let one = Keys::derive(7, 25, 1);
        for threads in [2, 3, 64] {
            assert_eq!(Keys::derive(7, 25, threads).addresses(), one.addresses());
        }
        assert_eq!(one.addresses().len(), 25);
        assert_eq!(one.pair(3).pubkey(), one.address(3));
    }

    #[test]
    fn no_two_accounts_share_a_key() {
        let mut seen = BTreeSet::new();
        for seed in 0..3 {
            seen.insert(derive_funder(seed).pubkey());
            seen.extend(Keys::derive(seed, 50, 2).addresses().iter().copied());
        }
        assert_eq!(seen.len(), 3 * 51);
    }

    #[test]
    fn the_first_account_of_seed_one_is_frozen() {
        // Later versions must find the accounts that a node already holds.
        assert_eq!(
            Keys::derive(1, 2, 1).address(0).to_string(),
            "EE1HXFMxfMGktDXvdqiwDDqQ8Y6wV2eWUnmHBV1SAo8p"
        );
    }
}
