//! What a block changed in its accounts, on disk.
//!
//! ```text
//!  entry                                        when
//!   0 | key                                     closed     the account was closed
//!   1 | key | account                           full       up to 4 KiB of data, or the ranges would be longer
//!   2 | key | header                            header     the same data, of more than 4 KiB
//!   3 | key | header | data_len | ranges | bytes  data     other data, of more than 4 KiB
//! ```
//!
//! Invariant: the form is a function of the account before and after the block, whoever executed it and however. Reading
//! accepts no other, so that every node stores the same bytes.
//!
//! So a block records what it changed, not what the accounts hold: one lamport to an account of ten megabytes takes 82
//! bytes.

use borsh::{BorshDeserialize, BorshSerialize};

use super::delta::Delta;
use super::error::RecordError;
use super::ranges::DataChange;
use crate::chain::account::{Account, AccountData};
use crate::pubkey::Pubkey;

/// Accounts with up to this much data are recorded in full.
pub const FULL_DATA_LEN_MAX: usize = 4096;

/// The accounts that a block changed, relative to what they were before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordedDelta {
    /// The changes by ascending key.
    pub changes: Vec<(Pubkey, Change)>,
}

/// The change of one account.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Change {
    /// The account was closed.
    Closed,
    /// The whole account after the block.
    Full(Account),
    /// Everything but the data, which is as before.
    Header(AccountHeader),
    /// Everything but the data, and what changed in the data. An account that did not exist had none.
    Data(AccountHeader, DataChange),
}

/// An account without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AccountHeader {
    /// Balance.
    pub lamports: u64,
    /// Program that owns the account.
    pub owner: Pubkey,
    /// Whether the account is a program.
    pub executable: bool,
    /// Epoch of the last change.
    pub last_change_epoch: u64,
}

impl AccountHeader {
    const fn of(account: &Account) -> Self {
        Self {
            lamports: account.lamports,
            owner: account.owner,
            executable: account.executable,
            last_change_epoch: account.last_change_epoch,
        }
    }

    const fn with_data(self, data: AccountData) -> Account {
        Account {
            lamports: self.lamports,
            owner: self.owner,
            executable: self.executable,
            last_change_epoch: self.last_change_epoch,
            data,
        }
    }
}

impl RecordedDelta {
    /// The changes of `delta` to the accounts at the end of the previous block, which `before` looks up. Compares data of
    /// more than 4 KiB as far as it is not known to be the same.
    #[must_use]
    pub fn new(delta: &Delta, before: impl Fn(&Pubkey) -> Option<Account>) -> Self {
        let changes = delta.accounts.iter().map(|(key, after)| {
            let before = before(key);
            (*key, Change::between(before.as_ref(), after.as_ref()))
        });
        Self {
            changes: changes.collect(),
        }
    }

    /// The changed accounts, given those at the end of the previous block, which `before` looks up. All data together
    /// may become at most `growth_max` bytes longer, which is [`History::data_growth_max`](super::History::data_growth_max)
    /// of the same block; this is checked before any is allocated.
    ///
    /// # Errors
    /// If the data grows by more, or a change does not apply to its account, or is not in canonical form. The order of the
    /// keys and what depends on the block are not checked here.
    pub fn apply(
        &self,
        growth_max: u64,
        before: impl Fn(&Pubkey) -> Option<Account>,
    ) -> Result<Delta, RecordError> {
        let befores: Vec<_> = self.changes.iter().map(|(key, _)| before(key)).collect();
        let pairs = || self.changes.iter().zip(&befores);
        let (mut lost, mut gained) = (0_u64, 0_u64);
        for ((_, change), before) in pairs() {
            let (before, after) = change.data_lens(before.as_ref());
            lost = lost.saturating_add(before.saturating_sub(after));
            gained = gained.saturating_add(after.saturating_sub(before));
        }
        let growth = gained.saturating_sub(lost);
        if growth > growth_max {
            return Err(RecordError::DataGrowth { growth, growth_max });
        }
        let accounts = pairs().map(|((key, change), before)| Ok((*key, change.apply(key, before.as_ref())?)));
        Ok(Delta {
            accounts: accounts.collect::<Result<_, _>>()?,
        })
    }

    /// Lamports of `key` after the block; `None` if the block did not change the account.
    #[must_use]
    pub fn lamports(&self, key: &Pubkey) -> Option<u64> {
        let found = self.changes.binary_search_by_key(key, |(key, _)| *key).ok()?;
        self.changes.get(found).map(|(_, change)| change.lamports())
    }
}

impl Change {
    /// The canonical form of the change from `before` to `after`.
    #[must_use]
    pub fn between(before: Option<&Account>, after: Option<&Account>) -> Self {
        let Some(after) = after else {
            return Self::Closed;
        };
        if after.data.len() <= FULL_DATA_LEN_MAX {
            return Self::Full(after.clone());
        }
        let none = AccountData::new();
        let data = before.map_or(&none, |before| &before.data);
        let header = AccountHeader::of(after);
        if *data == after.data {
            return Self::Header(header);
        }
        // As long as the data with its own length: not shorter than the full form.
        let full_len = after.data.len().saturating_add(size_of::<u32>());
        DataChange::between(data, &after.data, full_len.saturating_sub(1))
            .map_or_else(|| Self::Full(after.clone()), |change| Self::Data(header, change))
    }

    /// The account `key` after the change.
    fn apply(&self, key: &Pubkey, before: Option<&Account>) -> Result<Option<Account>, RecordError> {
        let after = match self {
            Self::Closed => None,
            Self::Full(account) => Some(account.clone()),
            Self::Header(header) => {
                let before = before.ok_or(RecordError::Absent(*key))?;
                Some(header.with_data(before.data.clone()))
            }
            Self::Data(header, change) => {
                let none = AccountData::new();
                let data = before.map_or(&none, |before| &before.data);
                Some(header.with_data(change.apply(key, data)?))
            }
        };
        if Self::between(before, after.as_ref()) == *self {
            Ok(after)
        } else {
            Err(RecordError::NotCanonical(*key))
        }
    }

    /// The lengths of the account's data before and after the change.
    fn data_lens(&self, before: Option<&Account>) -> (u64, u64) {
        let before = before.map_or(0, |before| before.data.len() as u64);
        let after = match self {
            Self::Closed => 0,
            Self::Full(account) => account.data.len() as u64,
            Self::Header(_) => before,
            Self::Data(_, change) => change.data_len.into(),
        };
        (before, after)
    }

    const fn lamports(&self) -> u64 {
        match self {
            Self::Closed => 0,
            Self::Full(account) => account.lamports,
            Self::Header(header) | Self::Data(header, _) => header.lamports,
        }
    }
}

#[cfg(test)]
mod tests;
