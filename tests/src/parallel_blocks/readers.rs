//! Views of published blocks that are held, and read while later blocks are executed.

use std::sync::atomic::{AtomicBool, Ordering};

use isobath_accounts_db::View;
use isobath_sdk::chain::account::Account;
use isobath_sdk::pubkey::Pubkey;
use isobath_testkit::Random;

use crate::random_blocks::harness::plain_accounts;
use crate::random_blocks::model::{Accounts, Plain};

/// A view and what it must show.
#[derive(Debug)]
pub(super) struct Held {
    view: View,
    accounts: Accounts,
    /// All keys that had an account in some held view.
    keys: Vec<Pubkey>,
}

impl Held {
    /// Holds a view of what is published now.
    pub(super) fn new(view: View, keys: impl IntoIterator<Item = Pubkey>) -> Self {
        let images: Vec<_> = view.iter().collect();
        let accounts = plain_accounts(&images);
        let mut keys: Vec<Pubkey> = keys.into_iter().chain(accounts.keys().copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        Self { view, accounts, keys }
    }

    /// What the view shows.
    pub(super) const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Reads random accounts until the block ends.
    pub(super) fn read_until(&self, has_ended: &AtomicBool, seed: u64) -> Result<(), String> {
        let mut rng = Random::new(seed);
        while !has_ended.load(Ordering::Acquire) {
            for _ in 0..16 {
                self.check(&self.keys[rng.below(self.keys.len())])?;
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Reads all accounts.
    pub(super) fn check_all(&self) -> Result<(), String> {
        self.keys.iter().try_for_each(|key| self.check(key))
    }

    fn check(&self, key: &Pubkey) -> Result<(), String> {
        let expected = self.accounts.get(key);
        let found = self.view.get(key);
        let is_right = match (&found, expected) {
            (Some(found), Some(expected)) => is_same(found, expected),
            (None, None) => true,
            _ => false,
        };
        match is_right {
            true => Ok(()),
            false => Err(format!(
                "a reader of the view of slot {} sees {key} with {:?} lamports, expected {:?}",
                self.view.slot(),
                found.map(|account| account.lamports),
                expected.map(|account| account.lamports),
            )),
        }
    }
}

fn is_same(found: &Account, expected: &Plain) -> bool {
    found.lamports == expected.lamports
        && found.owner == expected.owner
        && found.data.to_vec() == expected.data
}
