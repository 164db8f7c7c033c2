//! The state of a block while it executes.

use std::collections::BTreeSet;

use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::account::Account;
use isobath_sdk::sysvar::slot_hashes::SlotHashes;

use super::accounts::Accounts;
use super::past::{Identity, Past, identity};
use super::sysvars;
use crate::admission::Fee;
use crate::ruleset::Ruleset;

/// A block being executed.
pub(super) struct OpenBlock<'a> {
    pub(super) rules: &'a Ruleset,
    pub(super) past: &'a Past,
    pub(super) timestamp_ms: i64,
    /// The accounts at the end of the parent.
    pub(super) parent: &'a Accounts,
    /// The accounts after the transactions so far.
    pub(super) accounts: Accounts,
    /// Messages that had an effect so far.
    pub(super) messages: BTreeSet<Identity>,
    /// Fees collected so far.
    pub(super) fees: Fee,
}

impl OpenBlock<'_> {
    /// The account of a sysvar in this block; `None` for any other key.
    pub(super) fn sysvar(&self, key: &Pubkey) -> Option<Account> {
        sysvars::account(key, self.past, self.rules.rules(), self.timestamp_ms)
    }

    /// The sysvars of this block that programs read as values.
    pub(super) fn sysvar_values(&self) -> sysvars::Values {
        sysvars::values(self.past, self.rules.rules(), self.timestamp_ms)
    }

    /// The newest blocks before this one.
    pub(super) fn slot_hashes(&self) -> SlotHashes {
        sysvars::slot_hashes(self.past)
    }

    /// Whether the message had an effect before, in this block or in an earlier one.
    pub(super) fn has_processed(&self, message: &Hash) -> bool {
        self.messages.contains(&identity(message)) || self.past.is_processed(message)
    }

    /// Stores an account; one without lamports does not exist.
    pub(super) fn put(&mut self, key: Pubkey, account: Account) {
        if account.lamports == 0 {
            self.accounts.remove(&key);
        } else {
            self.accounts.insert(key, account);
        }
    }
}
