//! Which accounts a program owns: an index for getProgramAccounts.
//!
//! Plain system accounts (owned by the system program, without data) are left out: they are nearly all accounts of a
//! chain, nobody asks for all of them, and leaving them out makes a transfer cost nothing here.
//!
//! Invariant: exact for the published accounts in all other cases. It moves with them under one lock. What a block
//! changes is worked out beforehand, against the accounts before the block.

use std::collections::BTreeSet;
use std::hash::RandomState;
use std::sync::Arc;

use hashbrown::HashMap;
use isobath_accounts_db::View;
use isobath_sdk::chain::account::Account;
use isobath_sdk::{Pubkey, ids};

/// An account that changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerChange {
    key: Pubkey,
    from: Option<Pubkey>,
    to: Option<Pubkey>,
}

/// The index. Clients may choose owners, so it hashes with a seed of this process.
#[derive(Default)]
pub(crate) struct Owners(HashMap<Pubkey, BTreeSet<Pubkey>, RandomState>);

/// The owner under which an account is listed.
fn listed_under(account: &Account) -> Option<Pubkey> {
    let is_plain = account.owner == ids::SYSTEM_PROGRAM && account.data.is_empty();
    (!is_plain).then_some(account.owner)
}

/// What a block changes in the index, given the accounts before it.
pub(crate) fn owner_changes(
    before: &View<'_>,
    changed: &[(Pubkey, Option<Arc<Account>>)],
) -> Vec<OwnerChange> {
    let change = |(key, account): &(Pubkey, Option<Arc<Account>>)| OwnerChange {
        key: *key,
        from: before.get(key).as_deref().and_then(listed_under),
        to: account.as_deref().and_then(listed_under),
    };
    changed
        .iter()
        .map(change)
        .filter(|change| change.from != change.to)
        .collect()
}

impl Owners {
    /// The index of all accounts of a view.
    pub(crate) fn of(view: &View<'_>) -> Self {
        let mut owners = Self::default();
        for (key, account) in view.iter() {
            owners.insert(*key, listed_under(account));
        }
        owners
    }

    pub(crate) fn apply(&mut self, changes: &[OwnerChange]) {
        for change in changes {
            self.remove(&change.key, change.from);
            self.insert(change.key, change.to);
        }
    }

    fn insert(&mut self, key: Pubkey, owner: Option<Pubkey>) {
        if let Some(owner) = owner {
            self.0.entry(owner).or_default().insert(key);
        }
    }

    fn remove(&mut self, key: &Pubkey, owner: Option<Pubkey>) {
        let Some(owner) = owner else { return };
        let Some(keys) = self.0.get_mut(&owner) else {
            return;
        };
        keys.remove(key);
        if keys.is_empty() {
            self.0.remove(&owner);
        }
    }

    /// The accounts listed under an owner, ascending.
    pub(crate) fn owned_by(&self, owner: &Pubkey) -> impl ExactSizeIterator<Item = &Pubkey> {
        self.0.get(owner).map(BTreeSet::iter).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Pubkey = Pubkey([9; 32]);

    fn change(key: u8, from: Option<Pubkey>, to: Option<Pubkey>) -> OwnerChange {
        let key = Pubkey([key; 32]);
        OwnerChange { key, from, to }
    }

    fn owned(owners: &Owners, owner: Pubkey) -> Vec<u8> {
        owners.owned_by(&owner).map(|key| key.0[0]).collect()
    }

    #[test]
    fn accounts_come_and_go() {
        let mut owners = Owners::default();
        owners.apply(&[3, 1, 2].map(|key| change(key, None, Some(OWNER))));
        assert_eq!(owned(&owners, OWNER), [1, 2, 3]);
        let other = Pubkey([8; 32]);
        owners.apply(&[change(2, Some(OWNER), Some(other)), change(3, Some(OWNER), None)]);
        assert_eq!((owned(&owners, OWNER), owned(&owners, other)), (vec![1], vec![2]));
        owners.apply(&[change(1, Some(OWNER), None), change(2, Some(other), None)]);
        assert!(owners.0.is_empty());
    }

    #[test]
    fn plain_system_accounts_are_left_out() {
        let mut account = Account::new(1, ids::SYSTEM_PROGRAM);
        assert_eq!(listed_under(&account), None);
        account.data = vec![0; 80];
        assert_eq!(listed_under(&account), Some(ids::SYSTEM_PROGRAM));
        assert_eq!(listed_under(&Account::new(1, OWNER)), Some(OWNER));
    }
}
