//! Which durable nonces are in use, so that of the transactions with one nonce, of which one pays, few are tried.
//!
//! Invariant: a nonce account has at most one entry in the pool or at most one transaction in a block that is remembered,
//! and none enters the pool while it has one in such a block.

use std::collections::HashMap;

use isobath_sdk::Pubkey;

use super::generations::{Generation, Generations};

/// Who uses a nonce account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The entry in this slot.
    Pending(u32),
    /// A transaction that was taken for a block that is remembered, whether or not it had an effect.
    Taken,
}

/// The nonce accounts in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Nonces {
    uses: HashMap<Pubkey, Use>,
    taken: Generations<Vec<Pubkey>>,
}

impl Nonces {
    pub(super) fn get(&self, account: &Pubkey) -> Option<Use> {
        self.uses.get(account).copied()
    }

    pub(super) fn add(&mut self, account: Pubkey, slot: u32) {
        self.uses.insert(account, Use::Pending(slot));
    }

    pub(super) fn remove(&mut self, account: &Pubkey) {
        self.uses.remove(account);
    }

    /// Number of those that were taken for one block.
    pub(super) fn taken_len(&self, generation: Generation) -> usize {
        self.taken[generation].len()
    }

    /// Notes that the entry of an account was taken.
    pub(super) fn take(&mut self, generation: Generation, account: Pubkey) {
        self.uses.insert(account, Use::Taken);
        self.taken[generation].push(account);
    }

    /// Forgets one that was taken for a block; false if none is left.
    pub(super) fn forget_one(&mut self, generation: Generation) -> bool {
        let Some(account) = self.taken[generation].pop() else {
            return false;
        };
        self.uses.remove(&account);
        true
    }
}
