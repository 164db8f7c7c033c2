//! The accounts at the end of one block, and how a delta moves them to the next.
//!
//! Moving is split in two so that the second half cannot fail: [`State::check`] holds a record
//! against the accounts before anything is written, and [`State::advance`] only stores. What
//! `check` establishes is the contract of a delta (ascending keys, real changes only) and that the
//! lamports add up: the accounts before, less what the delta takes out, plus what it brings in, give
//! the capitalization that the block's result names.
//!
//! The map is seeded per process, since keys are chosen by strangers, and its order reaches no
//! result: whoever lists accounts sorts them.

use std::hash::RandomState;
use std::sync::Arc;

use hashbrown::HashMap;
use isobath_sdk::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::{Genesis, GenesisError};
use isobath_sdk::chain::header::Header;

use crate::error::RecordError;
use crate::record::{BlockRecord, Delta};

/// Accounts by key, hashed under a seed that strangers do not know.
pub(crate) type AccountMap<V> = HashMap<Pubkey, V, RandomState>;

/// An account at the end of a block; `None` if there is none.
pub(crate) type Change = (Pubkey, Option<Arc<Account>>);

/// Everything that a view shows.
pub(crate) struct State {
    pub(crate) slot: u64,
    pub(crate) height: u64,
    pub(crate) capitalization: u64,
    pub(crate) accounts: AccountMap<Arc<Account>>,
}

/// A checked block on its way into the state.
#[derive(Debug)]
pub(crate) struct Advance {
    pub(crate) slot: u64,
    pub(crate) height: u64,
    pub(crate) capitalization: u64,
    pub(crate) changes: Vec<Change>,
}

impl State {
    /// The state of slot 0.
    ///
    /// # Errors
    /// If the genesis is not valid.
    pub(crate) fn from_genesis(genesis: &Genesis) -> Result<Self, GenesisError> {
        genesis.validate()?;
        let capitalization = genesis
            .capitalization()
            .expect("a valid genesis has a sum that fits");
        let accounts = genesis.initial_accounts().into_iter();
        let accounts = accounts.map(|(key, account)| (key, Arc::new(account))).collect();
        Ok(Self {
            slot: 0,
            height: 0,
            capitalization,
            accounts,
        })
    }

    /// The slot of the block that comes next.
    pub(crate) const fn next_slot(&self) -> u64 {
        self.slot.saturating_add(1)
    }

    /// Holds `record` against this state, which must be that of the slot before it; the
    /// capitalization after it.
    ///
    /// # Errors
    /// The first contradiction found, in the order of the delta.
    pub(crate) fn check(&self, record: &BlockRecord) -> Result<u64, RecordError> {
        let (header, result) = (&record.history.header, &record.history.result);
        if header.slot != self.next_slot() || (header.slot, header.height) != (result.slot, result.height) {
            return Err(RecordError::SlotsDisagree);
        }
        check_order(&record.delta)?;
        let summed = self.lamports_after(&record.delta)?;
        if summed != u128::from(result.capitalization) {
            return Err(RecordError::Capitalization {
                named: result.capitalization,
                summed,
            });
        }
        Ok(result.capitalization)
    }

    /// Sum of all lamports after `delta`, which must name real changes only.
    fn lamports_after(&self, delta: &Delta) -> Result<u128, RecordError> {
        // Every lamport of an account in the map is part of the capitalization, and keys are
        // unique, so the subtraction cannot go below zero; 2^64 accounts of 2^64 fit the sum.
        let mut removed = 0_u128;
        let mut added = u128::from(self.capitalization);
        for (key, after) in &delta.accounts {
            let before = self.accounts.get(key);
            match (before, after) {
                (None, None) => return Err(RecordError::Unchanged(*key)),
                (Some(before), Some(after)) if before.same_contents(after) => {
                    return Err(RecordError::Unchanged(*key));
                }
                (_, Some(after)) if after.lamports == 0 => return Err(RecordError::WithoutLamports(*key)),
                _ => {}
            }
            removed = removed.saturating_add(before.map_or(0, |account| account.lamports.into()));
            added = added.saturating_add(after.as_ref().map_or(0, |account| account.lamports.into()));
        }
        Ok(added.saturating_sub(removed))
    }

    /// Moves to the end of the block that was checked against this state. The accounts that it
    /// replaced are returned so that the caller can free them after releasing its lock.
    ///
    /// # Panics
    /// If the block is not the next one.
    pub(crate) fn advance(&mut self, block: Advance) -> Vec<Arc<Account>> {
        assert_eq!(
            block.slot,
            self.next_slot(),
            "blocks are published in the order of their slots"
        );
        let mut retired = Vec::with_capacity(block.changes.len());
        for (key, after) in block.changes {
            retired.extend(match after {
                Some(account) => self.accounts.insert(key, account),
                None => self.accounts.remove(&key),
            });
        }
        self.slot = block.slot;
        self.height = block.height;
        self.capitalization = block.capitalization;
        retired
    }

    /// Sum of all lamports, counted anew.
    pub(crate) fn sum_lamports(&self) -> u128 {
        self.accounts
            .values()
            .map(|account| u128::from(account.lamports))
            .sum()
    }
}

/// Whether the keys ascend strictly.
fn check_order(delta: &Delta) -> Result<(), RecordError> {
    match delta
        .accounts
        .iter()
        .zip(delta.accounts.iter().skip(1))
        .find(|(left, right)| left.0 >= right.0)
    {
        Some((_, (key, _))) => Err(RecordError::Unsorted(*key)),
        None => Ok(()),
    }
}

impl Advance {
    /// The step that `delta` makes, once it was checked to lead to `capitalization`.
    pub(crate) fn new(header: &Header, capitalization: u64, delta: Delta) -> Self {
        let changes = delta
            .accounts
            .into_iter()
            .map(|(key, account)| (key, account.map(Arc::new)));
        Self {
            slot: header.slot,
            height: header.height,
            capitalization,
            changes: changes.collect(),
        }
    }
}
