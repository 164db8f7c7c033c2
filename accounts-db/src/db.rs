//! The store: opens, ends and publishes blocks, then prunes what no view needs.
//!
//! ```text
//!   open_block ---> (caller executes) ---> finish ---> (caller makes it durable) ---> publish ---> view
//!        ^                                                                               |
//!        '----------------- prune: arenas and cells that no older view needs <-----------'
//! ```
//!
//! The next block may be opened when one has ended, before it is durable; it can end when the one before is published.
//!
//! Invariants: a view never changes while it is held; blocks are published one by one in slot order. Readers and
//! publication never wait for each other's work: a view is a handle on an immutable state, and publishing replaces the
//! newest one. Pruning is left to the opening of the next block.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use isobath_sdk::chain::accounts::LaneAccounts;
use isobath_sdk::chain::genesis::{Genesis, GenesisError};
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::helpers::NoHelpers;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{BlockRecord, Delta, RecordError, RecordedDelta, StoredRecord};

use crate::open_block::{EndedBlock, OpenBlock};
use crate::resident::Resident;
use crate::shared::Shared;
use crate::view::View;
use crate::views::Totals;

/// All accounts. Shared by reference between one thread that executes blocks and any number of readers.
pub struct AccountsDb {
    shared: Arc<Shared>,
}

impl AccountsDb {
    /// The accounts of a genesis.
    ///
    /// # Errors
    /// If the genesis is not valid.
    pub fn new(genesis: &Genesis) -> Result<Self, GenesisError> {
        let (resident, totals) = Self::first(genesis)?;
        Ok(Self {
            shared: Arc::new(Shared::new(resident, totals)),
        })
    }

    fn first(genesis: &Genesis) -> Result<(Resident, Totals), GenesisError> {
        genesis.validate()?;
        let accounts = genesis.initial_accounts();
        let totals = Totals {
            capitalization: genesis
                .capitalization()
                .expect("the capitalization of a valid genesis fits a u64"),
            count: accounts.len(),
        };
        Ok((Resident::new(accounts), totals))
    }

    /// The accounts of a genesis, with a planted defect, for tests that show it is caught.
    ///
    /// # Panics
    /// If the genesis is not valid.
    #[cfg(feature = "planted-bugs")]
    #[must_use]
    pub fn with_planted_bug(genesis: &Genesis, bug: crate::PlantedBug) -> Self {
        let (mut resident, totals) = Self::first(genesis).expect("the genesis is valid");
        resident.planted = Some(bug);
        Self {
            shared: Arc::new(Shared::new(resident, totals)),
        }
    }

    /// Changes how many bytes of images views that are held may keep in memory.
    pub fn limit_held_bytes(&self, max: u64) {
        self.shared.held_bytes_max.store(max, Ordering::Relaxed);
    }

    /// Bytes of images in memory: those that held views need and those of the open block. What no held view needs is freed
    /// when a block is opened.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        self.shared.resident.arena_bytes()
    }

    /// Number of views that were revoked because they kept too much in memory.
    #[must_use]
    pub fn views_revoked(&self) -> u64 {
        self.shared.views_revoked.load(Ordering::Relaxed)
    }

    /// Number of accounts in memory: those of the newest view, and those that were closed or named without existing and
    /// that a view or a block may still need.
    #[must_use]
    pub fn resident_count(&self) -> usize {
        self.shared.resident.count()
    }

    /// How this store hashes keys, under a secret seed of its own. Takes no lock.
    #[must_use]
    pub fn key_hasher(&self) -> KeyHasher {
        self.shared.resident.key_hasher()
    }

    /// The accounts at the end of the last published block.
    #[must_use]
    pub fn view(&self) -> View {
        View::new(self.shared.views.current())
    }

    /// Opens the block after the newest view. First frees what no older view needs, which [`AccountsDb::publish`] leaves
    /// undone.
    ///
    /// # Panics
    /// While another block is open, or has ended and is neither published nor dropped.
    #[must_use]
    pub fn open_block(&self) -> OpenBlock {
        let ended = self.shared.ended();
        assert!(ended.is_none(), "block {ended:?} has ended and is not published");
        self.open_next()
    }

    /// Opens the block after the one that has ended, while that is made durable; after the newest view if there is none. It can
    /// end when the one before is published. If that cannot be published, neither can this one: both are abandoned.
    ///
    /// # Panics
    /// While another block is open.
    #[must_use]
    pub fn open_next(&self) -> OpenBlock {
        self.shared.prune();
        OpenBlock::new(Arc::clone(&self.shared), self.shared.begin_block())
    }

    /// The block of a record of another's making: applies its delta to the newest view, and checks that the record follows
    /// from it. Its delta root is checked too.
    ///
    /// # Errors
    /// The first contradiction found.
    pub fn apply<T>(&self, record: &BlockRecord<T>) -> Result<EndedBlock, RecordError> {
        self.check_slots(record)?;
        let ended = self.end_with(&record.delta)?;
        ended.check(record)?;
        if record.delta.root() != record.history.result.delta_root {
            return Err(RecordError::DeltaRoot);
        }
        Ok(ended)
    }

    fn check_slots<T>(&self, record: &BlockRecord<T>) -> Result<(), RecordError> {
        let next = self.shared.views.current().slot.saturating_add(1);
        match record.history.header.slot == next {
            true => Ok(()),
            false => Err(RecordError::SlotsDisagree),
        }
    }

    /// The block that changes the newest view by `delta`.
    fn end_with(&self, delta: &Delta) -> Result<EndedBlock, RecordError> {
        check_order(delta)?;
        let mut block = self.open_block();
        for (key, after) in &delta.accounts {
            if after.as_ref().is_some_and(|account| account.lamports == 0) {
                return Err(RecordError::WithoutLamports(*key));
            }
            block.put(key, after.clone().unwrap_or_default());
        }
        let (changed, ended) = block.end(None, &NoHelpers);
        let pairs = delta.accounts.iter().zip(&changed.accounts);
        let first_same = pairs
            .take_while(|((key, _), (changed, _))| key == changed)
            .count();
        match delta.accounts.get(first_same) {
            Some((key, _)) => Err(RecordError::Unchanged(*key)),
            None => Ok(ended),
        }
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

    /// Makes the end of a block the published view. Takes constant time whatever the block changed, and waits for no
    /// reader.
    ///
    /// # Panics
    /// If the block is not the next one of this store.
    pub fn publish(&self, ended: EndedBlock, header: &Header) {
        assert_eq!(
            (ended.slot(), header.slot),
            (self.shared.views.current().slot.saturating_add(1), ended.slot()),
            "blocks are published in the order of their slots"
        );
        assert!(
            ended.is_of(&self.shared),
            "a block is published in the store that executed it"
        );
        ended.publish(header);
    }
}

impl fmt::Debug for AccountsDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountsDb")
            .field("view", &self.view())
            .finish_non_exhaustive()
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
