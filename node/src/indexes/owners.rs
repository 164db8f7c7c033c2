//! Which accounts a program owns: an index for getProgramAccounts.
//!
//! Plain system accounts (owned by the system program, without data) are left out: they are nearly all accounts of a
//! chain, clients do not ask for all of them, and leaving them out makes a transfer cost nothing here.
//!
//! ```text
//!   block B: key from P to Q       before B is published:                          Q gains key
//!                                  once no view of a block before B is held:       P loses key
//! ```
//!
//! Invariant: for every view that is held, an owner's keys include at least those of the view. A reader looks up each
//! account in its view and skips those that the owner does not own there; so the index can be read in pieces, without
//! blocking the producer, and still give the accounts of one block.

use std::collections::{BTreeSet, VecDeque};
use std::hash::RandomState;
use std::ops::Bound;

use hashbrown::HashMap;
use isobath_accounts_db::View;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;

/// An account whose owner changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerChange {
    key: Pubkey,
    from: Option<Pubkey>,
    to: Option<Pubkey>,
}

/// The index. Clients may choose owners, so it hashes with a seed of this process.
#[derive(Default)]
pub(crate) struct Owners {
    keys: HashMap<Pubkey, BTreeSet<Pubkey>, RandomState>,
    /// Slot of a block, and the entries that its accounts no longer belong to: owner and key. Oldest first.
    left: VecDeque<(u64, Vec<(Pubkey, Pubkey)>)>,
    /// Number of occurrences of each of these in `left`.
    left_counts: HashMap<(Pubkey, Pubkey), usize, RandomState>,
}

/// The owner under which an account is listed.
pub(crate) fn listed_under(account: &Account) -> Option<Pubkey> {
    let is_plain = account.owner == ids::SYSTEM_PROGRAM && account.data.is_empty();
    (!is_plain).then_some(account.owner)
}

/// The changes of a block to the index, given the accounts that it changed and what they were before it.
pub(crate) fn owner_changes(
    changed: &[(Pubkey, Option<Account>)],
    before: impl Iterator<Item = Option<Account>>,
) -> Vec<OwnerChange> {
    let change = |((key, account), before): (&(Pubkey, Option<Account>), Option<Account>)| OwnerChange {
        key: *key,
        from: before.as_ref().and_then(listed_under),
        to: account.as_ref().and_then(listed_under),
    };
    changed
        .iter()
        .zip(before)
        .map(change)
        .filter(|change| change.from != change.to)
        .collect()
}

impl Owners {
    /// The index of all accounts of a view.
    pub(crate) fn of(view: &View) -> Self {
        let mut owners = Self::default();
        for (key, account) in view.iter() {
            owners.insert(key, listed_under(&account));
        }
        owners
    }

    /// Adds the changes of the block of `slot`, before it is published; blocks come in order.
    pub(crate) fn push(&mut self, slot: u64, changes: &[OwnerChange]) {
        for change in changes {
            self.insert(change.key, change.to);
        }
        let left: Vec<_> = changes
            .iter()
            .filter_map(|change| Some((change.from?, change.key)))
            .collect();
        if left.is_empty() {
            return;
        }
        for pair in &left {
            let count = self.left_counts.entry(*pair).or_default();
            *count = count.saturating_add(1);
        }
        self.left.push_back((slot, left));
    }

    /// Whether [`Owners::forget`] has something to do for these slots.
    pub(crate) fn has_left(&self, slot_max: u64) -> bool {
        self.left.front().is_some_and(|(slot, _)| *slot <= slot_max)
    }

    /// Removes the entries that accounts left in blocks up to `slot_max`, given the newest view and that no view older
    /// than `slot_max` is held.
    pub(crate) fn forget(&mut self, slot_max: u64, newest: &View) {
        while self.has_left(slot_max) {
            let Some((_, left)) = self.left.pop_front() else {
                return;
            };
            for pair in left {
                self.forget_pair(pair, newest);
            }
        }
    }

    fn forget_pair(&mut self, pair: (Pubkey, Pubkey), newest: &View) {
        let (owner, key) = pair;
        if let Some(count) = self.left_counts.get_mut(&pair) {
            *count = count.saturating_sub(1);
            if *count > 0 {
                // The account came back and left again in a later block, which removes the entry.
                return;
            }
        }
        self.left_counts.remove(&pair);
        // The account may have come back since, and still be there.
        if newest.get(&key).as_ref().and_then(listed_under) != Some(owner) {
            self.remove(&key, &owner);
        }
    }

    fn insert(&mut self, key: Pubkey, owner: Option<Pubkey>) {
        if let Some(owner) = owner {
            self.keys.entry(owner).or_default().insert(key);
        }
    }

    fn remove(&mut self, key: &Pubkey, owner: &Pubkey) {
        let Some(keys) = self.keys.get_mut(owner) else {
            return;
        };
        keys.remove(key);
        if keys.is_empty() {
            self.keys.remove(owner);
        }
    }

    /// Number of accounts listed under an owner: at least the number that it owns.
    pub(crate) fn count(&self, owner: &Pubkey) -> usize {
        self.keys.get(owner).map_or(0, BTreeSet::len)
    }

    /// The first keys after `after` that are listed under an owner, ascending.
    pub(crate) fn keys_after(&self, owner: &Pubkey, after: Option<Pubkey>, count_max: usize) -> Vec<Pubkey> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let Some(keys) = self.keys.get(owner) else {
            return Vec::new();
        };
        keys.range((start, Bound::Unbounded))
            .take(count_max)
            .copied()
            .collect()
    }
}

#[cfg(test)]
mod tests;
