//! The store: check, stage and publish the delta of a block, then prune.
//!
//! ```text
//!   view ---> (caller executes, seals) ---> check ---> (caller makes it durable) ---> stage ---> publish ---> view
//!     ^                                                                                              |
//!     '--------------------------- prune: merge layers that no older view needs <-------------------'
//! ```
//!
//! Invariants: a view never changes while it is held; blocks are published one by one in slot order. Readers and
//! publication never wait for each other's work: a view is a handle on an immutable state, and publishing replaces the
//! newest state with the next one, which was prepared before. Merging old layers ([`crate::versions`]) is left to the
//! start of the next block.
//!
//! Locks, in the order in which they are taken: the unpruned states and layers (publish and prune); the current state,
//! held for one exchange or look-up; the parts of the table, each held for one look-up or its share of a merge. No call
//! returns with a lock held, so a view can be held for any length of time.

use std::fmt;
use std::sync::Arc;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::genesis::{Genesis, GenesisError};
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{BlockRecord, Delta, RecordError, RecordedDelta, StoredRecord};

use crate::state::{Advance, State, Totals};
use crate::versions::Versions;
use crate::view::View;

/// All accounts. Shared by reference between one committing thread and any number of readers.
pub struct AccountsDb {
    versions: Versions,
    hasher: KeyHasher,
}

/// Proof that a record follows from the published view, with the totals after it.
#[derive(Debug, Clone, Copy)]
pub struct Checked(Totals);

/// The changes of a block, ready to be published.
#[must_use = "publish the staged block; readers do not see it and no block can follow until then"]
pub struct Staged {
    advance: Advance,
}

impl Staged {
    /// Slot of the block.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.advance.layer.slot()
    }

    /// The accounts that the block changed, by ascending key; `None` for a closed one. Views share the same accounts,
    /// so keeping one costs a reference count.
    #[must_use]
    pub fn changes(&self) -> &[(Pubkey, Option<Arc<Account>>)] {
        self.advance.layer.changes()
    }
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged")
            .field("slot", &self.slot())
            .finish_non_exhaustive()
    }
}

impl AccountsDb {
    /// The accounts of a genesis.
    ///
    /// # Errors
    /// If the genesis is not valid.
    pub fn new(genesis: &Genesis) -> Result<Self, GenesisError> {
        let state = State::from_genesis(genesis)?;
        Ok(Self {
            hasher: state.table().hasher(),
            versions: Versions::new(state),
        })
    }

    /// How this store hashes keys, under a secret seed of its own. Takes no lock.
    #[must_use]
    pub const fn key_hasher(&self) -> KeyHasher {
        self.hasher
    }

    /// The accounts at the end of the last published block.
    #[must_use]
    pub fn view(&self) -> View {
        View::new(self.versions.current())
    }

    /// The view that the next block builds on. First merges the layers of earlier blocks as far as no older view needs
    /// them, which [`AccountsDb::publish`] leaves undone.
    ///
    /// # Panics
    /// If a publication panicked.
    #[must_use]
    pub fn begin_block(&self) -> View {
        self.prune();
        self.view()
    }

    /// Checks that `record` follows from the published view.
    ///
    /// # Errors
    /// The first contradiction found, in the order of the delta.
    ///
    /// # Panics
    /// In debug builds, if the delta root of the result is not that of the delta; the check hashes each changed
    /// account.
    pub fn check<T>(&self, record: &BlockRecord<T>) -> Result<Checked, RecordError> {
        let totals = self.versions.current().check(record)?;
        debug_assert_eq!(
            check_root(record),
            Ok(()),
            "the result has the root of its own delta"
        );
        Ok(Checked(totals))
    }

    /// What `delta`, which follows from the published view, changes in its accounts: the form for the ledger.
    #[must_use]
    pub fn record_delta(&self, delta: &Delta) -> RecordedDelta {
        let view = self.view();
        RecordedDelta::new(delta, |key| view.get(key))
    }

    /// The record that was stored as `stored`: applies its changes to the accounts of the published view, which stay as
    /// they are.
    ///
    /// # Errors
    /// The first change that does not apply.
    pub fn restore(&self, stored: StoredRecord) -> Result<BlockRecord, RecordError> {
        let StoredRecord { history, delta } = stored;
        let view = self.view();
        let delta = delta.apply(history.data_growth_max(), |key| view.get(key))?;
        Ok(BlockRecord { history, delta })
    }

    /// The same as [`AccountsDb::check`] for a record of another's making: its delta root is checked too.
    ///
    /// # Errors
    /// The first contradiction found, in the order of the delta.
    pub fn check_stored<T>(&self, record: &BlockRecord<T>) -> Result<Checked, RecordError> {
        check_root(record)?;
        Ok(Checked(self.versions.current().check(record)?))
    }

    /// Prepares all that publishing needs. The delta must belong to a record checked against the published view.
    pub fn stage(&self, checked: Checked, header: &Header, delta: Delta) -> Staged {
        Staged {
            advance: self.versions.current().advance(header, checked.0, delta),
        }
    }

    /// Makes the end of the staged block the published view. Takes constant time whatever the block changed, and waits
    /// for no reader.
    ///
    /// # Panics
    /// If the block is not the next one, or if an earlier publication panicked.
    pub fn publish(&self, staged: &Staged) {
        self.versions.publish(&staged.advance);
    }

    /// Stages and publishes a checked record, and merges it: one step of a replay.
    ///
    /// # Panics
    /// If the record was not checked against the published view.
    pub fn replay<T>(&self, checked: Checked, record: BlockRecord<T>) {
        self.publish(&self.stage(checked, &record.history.header, record.delta));
        self.prune();
    }

    /// Merges the layers that no held view needs.
    fn prune(&self) {
        self.versions.prune();
    }
}

impl fmt::Debug for AccountsDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountsDb")
            .field("view", &self.view())
            .finish_non_exhaustive()
    }
}

/// Checks that the result has the root of the record's delta.
fn check_root<T>(record: &BlockRecord<T>) -> Result<(), RecordError> {
    if record.delta.root() == record.history.result.delta_root {
        Ok(())
    } else {
        Err(RecordError::DeltaRoot)
    }
}
