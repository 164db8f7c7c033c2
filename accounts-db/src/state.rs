//! The accounts at the end of one block, and the step from one block to the next.
//!
//! ```text
//!   state of slot n:   newest layer, .. older layers, table
//!                      \_ blocks that the table may lack _/
//! ```
//!
//! A state never changes. Its successor shares the table and has one layer more. A layer is merged into the table once
//! no state older than the layer is in use ([`crate::versions`]). A look-up therefore searches the layers that the
//! table may lack, newest first, and then the table: whatever a running merge has already put into the table is also in
//! one of those layers.
//!
//! [`State::check`] compares a record with the accounts before anything is written, so that the later steps cannot
//! fail. It establishes the contract of a delta (ascending keys, real changes only) and that the lamports add up: the
//! sum of all accounts before the block, minus the changed accounts before, plus the changed accounts after, is the
//! capitalization in the block's result.

use std::hash::RandomState;
use std::sync::Arc;

use hashbrown::HashMap;
use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::{Genesis, GenesisError};
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::record::{BlockRecord, Delta, RecordError};

use crate::layer::Layer;
use crate::table::{Entry, Table};

/// Accounts by key, hashed under a seed that no client knows.
pub(crate) type AccountMap<V> = HashMap<Pubkey, V, RandomState>;

/// The contents of a view.
pub(crate) struct State {
    pub(crate) slot: u64,
    pub(crate) height: u64,
    pub(crate) totals: Totals,
    table: Arc<Table>,
    /// Layers of the newest blocks, newest first.
    layers: Vec<Arc<Layer>>,
}

/// Totals over all accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) capitalization: u64,
    /// Number of accounts.
    pub(crate) count: usize,
}

/// A checked block, ready to become the next state.
pub(crate) struct Advance {
    pub(crate) height: u64,
    pub(crate) totals: Totals,
    pub(crate) layer: Arc<Layer>,
    table: Arc<Table>,
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
            .expect("the capitalization of a valid genesis fits a u64");
        let accounts = genesis.initial_accounts().into_iter();
        let accounts: Vec<Entry> = accounts.map(|(key, account)| (key, Arc::new(account))).collect();
        Ok(Self {
            slot: 0,
            height: 0,
            totals: Totals {
                capitalization,
                count: accounts.len(),
            },
            table: Arc::new(Table::new(accounts)),
            layers: Vec::new(),
        })
    }

    /// The table that this state and its successors share.
    pub(crate) const fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// Slot of the next block.
    pub(crate) const fn next_slot(&self) -> u64 {
        self.slot.saturating_add(1)
    }

    /// The account under `key`.
    pub(crate) fn get(&self, key: &Pubkey) -> Option<Arc<Account>> {
        self.get_hashed(self.table.hash(key), key)
    }

    /// The account under `key`, whose hash in the table is `hash`.
    pub(crate) fn get_hashed(&self, hash: u64, key: &Pubkey) -> Option<Arc<Account>> {
        for layer in self.layers_above(self.table.slot()) {
            if let Some(after) = layer.get(hash, key) {
                return after.clone();
            }
        }
        self.table.get(hash, key)
    }

    /// The layers that a table with all blocks up to `slot` may lack, newest first.
    fn layers_above(&self, slot: u64) -> impl DoubleEndedIterator<Item = &Arc<Layer>> {
        self.layers.iter().filter(move |layer| layer.slot() > slot)
    }

    /// Every account, in no order.
    pub(crate) fn accounts(&self) -> Vec<Entry> {
        let mut newer = AccountMap::with_hasher(RandomState::new());
        for layer in self.layers_above(self.table.slot()).rev() {
            newer.extend(layer.changes().iter().cloned());
        }
        let mut accounts = Vec::with_capacity(self.totals.count);
        self.table.for_each(|key, account| {
            if newer.is_empty() || !newer.contains_key(key) {
                accounts.push((*key, Arc::clone(account)));
            }
        });
        accounts.extend(newer.into_iter().filter_map(|(key, after)| Some((key, after?))));
        accounts
    }

    /// Checks that `record` follows from this state, which must be that of the previous slot, and returns the totals
    /// after it.
    ///
    /// # Errors
    /// The first contradiction found, in the order of the delta.
    pub(crate) fn check<T>(&self, record: &BlockRecord<T>) -> Result<Totals, RecordError> {
        let (header, result) = (&record.history.header, &record.history.result);
        if header.slot != self.next_slot() || (header.slot, header.height) != (result.slot, result.height) {
            return Err(RecordError::SlotsDisagree);
        }
        check_order(&record.delta)?;
        let (summed, count) = self.totals_after(&record.delta)?;
        if summed != u128::from(result.capitalization) {
            return Err(RecordError::Capitalization {
                named: result.capitalization,
                summed,
            });
        }
        Ok(Totals {
            capitalization: result.capitalization,
            count,
        })
    }

    /// Sum of all lamports and number of accounts after `delta`, which must contain real changes only.
    fn totals_after(&self, delta: &Delta) -> Result<(u128, usize), RecordError> {
        // Every lamport of an account in the map is part of the capitalization, and keys are
        // unique, so the subtraction cannot go below zero; 2^64 accounts of 2^64 fit the sum.
        let mut removed = 0_u128;
        let mut added = u128::from(self.totals.capitalization);
        let mut count = self.totals.count;
        for (key, after) in &delta.accounts {
            let before = self.get(key);
            match (&before, after) {
                (None, None) => return Err(RecordError::Unchanged(*key)),
                (Some(before), Some(after)) if before.same_contents(after) => {
                    return Err(RecordError::Unchanged(*key));
                }
                (_, Some(after)) if after.lamports == 0 => return Err(RecordError::WithoutLamports(*key)),
                (None, Some(_)) => count = count.saturating_add(1),
                (Some(_), None) => count = count.saturating_sub(1),
                (Some(_), Some(_)) => {}
            }
            removed = removed.saturating_add(before.map_or(0, |account| account.lamports.into()));
            added = added.saturating_add(after.as_ref().map_or(0, |account| account.lamports.into()));
        }
        Ok((added.saturating_sub(removed), count))
    }

    /// Prepares the step to the next state. `totals` are those that [`State::check`] returned for the block of `delta`.
    pub(crate) fn advance(&self, header: &Header, totals: Totals, delta: Delta) -> Advance {
        Advance {
            height: header.height,
            totals,
            layer: Arc::new(Layer::new(self.table.hasher(), header.slot, delta)),
            table: Arc::clone(&self.table),
        }
    }

    /// The state at the end of the block that was checked against this one.
    ///
    /// # Panics
    /// If the block is not the next one.
    pub(crate) fn successor(&self, block: &Advance) -> Self {
        let slot = block.layer.slot();
        assert_eq!(
            slot,
            self.next_slot(),
            "blocks are published in the order of their slots"
        );
        assert!(
            Arc::ptr_eq(&self.table, &block.table),
            "a block is published in the store that staged it"
        );
        let older = self.layers_above(self.table.slot()).cloned();
        Self {
            slot,
            height: block.height,
            totals: block.totals,
            table: Arc::clone(&self.table),
            layers: std::iter::once(Arc::clone(&block.layer)).chain(older).collect(),
        }
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
