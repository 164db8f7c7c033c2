//! Which durable nonces are in use, so that of the transactions with one nonce, of which one pays, few are tried.
//!
//! Invariant: a nonce account has at most one entry in the pool and at most one transaction in the open block, and none
//! enters the pool while it has one in the block.

use std::collections::HashMap;

use isobath_sdk::Pubkey;

/// Who uses a nonce account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The entry in this slot.
    Pending(u32),
    /// A transaction that was taken for the open block, whether or not it had an effect.
    Taken,
}

/// The nonce accounts in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Nonces {
    uses: HashMap<Pubkey, Use>,
    taken: Vec<Pubkey>,
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

    /// Whether another may be taken, when at most `taken_max` are.
    pub(super) const fn may_take(&self, taken_max: usize) -> bool {
        self.taken.len() < taken_max
    }

    /// Notes that the entry of an account was taken.
    pub(super) fn take(&mut self, account: Pubkey) {
        self.uses.insert(account, Use::Taken);
        self.taken.push(account);
    }

    /// Forgets one that was taken; false if none is left.
    pub(super) fn forget_one(&mut self) -> bool {
        let Some(account) = self.taken.pop() else {
            return false;
        };
        self.uses.remove(&account);
        true
    }
}
