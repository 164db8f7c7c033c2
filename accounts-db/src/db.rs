//! The store: opens, ends and publishes blocks, then prunes what no view needs.
//!
//! ```text
//!   open_block ---> (caller executes) ---> finish ---> (caller makes it durable) ---> publish ---> view
//!        ^                                                                               |
//!        '----------------- prune: arenas and cells that no older view needs <-----------'
//! ```
//!
//! Invariants: a view never changes while it is held; blocks are published one by one in slot order. Readers and
//! publication never wait for each other's work: a view is a handle on an immutable state, and publishing replaces the
//! newest one. Pruning is left to the opening of the next block.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isobath_sdk::chain::accounts::{AccountId, BlockAccounts};
use isobath_sdk::chain::genesis::{Genesis, GenesisError};
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{BlockRecord, Delta, RecordError, RecordedDelta, StoredRecord};

use crate::open_block::{EndedBlock, OpenBlock};
use crate::resident::Resident;
use crate::resident::arena::Arena;
use crate::view::View;
use crate::views::{Totals, ViewState, Views};

/// Bytes of images that held views may keep in memory, unless [`AccountsDb::limit_held_bytes`] changes it: 1 GiB.
pub const HELD_BYTES_MAX: u64 = 1 << 30;

/// Arenas that are kept to be used again.
const SPARE_ARENAS_MAX: usize = 4;

/// All accounts. Shared by reference between one thread that executes blocks and any number of readers.
pub struct AccountsDb {
    inner: Arc<Inner>,
}

/// What open blocks and views share.
pub(crate) struct Inner {
    pub(crate) resident: Arc<Resident>,
    pub(crate) views: Views,
    held_bytes_max: AtomicU64,
    views_revoked: AtomicU64,
    writer: Mutex<Writer>,
}

/// What belongs to the thread that executes blocks.
#[derive(Default)]
struct Writer {
    /// Cells of keys without an account, and the slot of the block after which they may be given back, in no order.
    absent: Vec<(u64, AccountId)>,
    /// Whether a block is open, or has ended and is neither published nor dropped.
    is_open: bool,
    spare_arenas: Vec<Arena>,
    spare_list: Vec<AccountId>,
}

impl Inner {
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes cells that may be given back once no view needs them.
    pub(crate) fn note_absent(&self, absent: impl Iterator<Item = (u64, AccountId)>) {
        let is_new = |(_, id): &(u64, AccountId)| {
            self.resident
                .with_cell(*id, |cell| !std::mem::replace(&mut cell.is_listed, true))
        };
        self.writer().absent.extend(absent.filter(is_new));
    }

    /// Lets the next block be opened, and keeps the buffers of this one for it.
    pub(crate) fn close_block(&self, arena: Option<Arc<Arena>>, mut written: Vec<AccountId>) {
        let mut writer = self.writer();
        writer.is_open = false;
        if let Some(arena) = arena.and_then(Arc::into_inner) {
            writer.keep(arena);
        }
        written.clear();
        writer.spare_list = written;
    }

    /// Makes the end of the block under `header` the newest view.
    pub(crate) fn publish(&self, header: &Header, totals: Totals) {
        let resident = Arc::clone(&self.resident);
        let next = ViewState::new(header.slot, header.height, totals, resident);
        self.views.publish(next);
    }

    /// Frees the images and cells that no view needs, after revoking the oldest views if they keep too much.
    fn prune(&self) {
        let mut writer = self.writer();
        loop {
            let oldest = self.views.oldest();
            for arena in self.resident.take_arenas(oldest) {
                if let Some(arena) = Arc::into_inner(arena) {
                    writer.keep(arena);
                }
            }
            writer.give_back(&self.resident, oldest);
            if self.resident.arena_bytes() <= self.held_bytes_max.load(Ordering::Relaxed)
                || !self.views.revoke_oldest()
            {
                return;
            }
            self.views_revoked.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Writer {
    fn keep(&mut self, arena: Arena) {
        // Emptied here, not when it is needed.
        let arena = arena.reuse(0);
        if self.spare_arenas.len() < SPARE_ARENAS_MAX {
            self.spare_arenas.push(arena);
        }
    }

    fn give_back(&mut self, resident: &Resident, oldest: u64) {
        self.absent.retain_mut(|(needed_in, id)| {
            if *needed_in > oldest {
                return true;
            }
            let still = resident.give_back(*id, oldest);
            *needed_in = still.unwrap_or_default();
            still.is_some()
        });
    }
}

impl AccountsDb {
    /// The accounts of a genesis.
    ///
    /// # Errors
    /// If the genesis is not valid.
    pub fn new(genesis: &Genesis) -> Result<Self, GenesisError> {
        genesis.validate()?;
        let accounts = genesis.initial_accounts();
        let totals = Totals {
            capitalization: genesis
                .capitalization()
                .expect("the capitalization of a valid genesis fits a u64"),
            count: accounts.len(),
        };
        let resident = Arc::new(Resident::new(accounts));
        let inner = Inner {
            views: Views::new(ViewState::new(0, 0, totals, Arc::clone(&resident))),
            resident,
            held_bytes_max: AtomicU64::new(HELD_BYTES_MAX),
            views_revoked: AtomicU64::new(0),
            writer: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Changes how many bytes of images views that are held may keep in memory.
    pub fn limit_held_bytes(&self, max: u64) {
        self.inner.held_bytes_max.store(max, Ordering::Relaxed);
    }

    /// Bytes of images in memory: those that held views need and those of the open block. What no held view needs is freed
    /// when a block is opened.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        self.inner.resident.arena_bytes()
    }

    /// Number of views that were revoked because they kept too much in memory.
    #[must_use]
    pub fn views_revoked(&self) -> u64 {
        self.inner.views_revoked.load(Ordering::Relaxed)
    }

    /// Number of accounts in memory: those of the newest view, and those that were closed or named without existing and
    /// that a view or a block may still need.
    #[must_use]
    pub fn resident_count(&self) -> usize {
        self.inner.resident.count()
    }

    /// How this store hashes keys, under a secret seed of its own. Takes no lock.
    #[must_use]
    pub fn key_hasher(&self) -> KeyHasher {
        self.inner.resident.key_hasher()
    }

    /// The accounts at the end of the last published block.
    #[must_use]
    pub fn view(&self) -> View {
        View::new(self.inner.views.current())
    }

    /// Opens the block after the newest view. First frees what no older view needs, which [`AccountsDb::publish`] leaves
    /// undone.
    ///
    /// # Panics
    /// While another block is open, or has ended and is neither published nor dropped.
    #[must_use]
    pub fn open_block(&self) -> OpenBlock {
        assert!(!self.inner.writer().is_open, "one block is open at a time");
        self.inner.prune();
        let parent = self.inner.views.current().slot;
        let slot = parent.saturating_add(1);
        let mut writer = self.inner.writer();
        assert!(!writer.is_open, "one thread opens blocks");
        writer.is_open = true;
        let arena = writer.spare_arenas.pop().unwrap_or_default().reuse(slot);
        let written = std::mem::take(&mut writer.spare_list);
        drop(writer);
        OpenBlock::new(Arc::clone(&self.inner), parent, Arc::new(arena), written)
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
        let next = self.inner.views.current().slot.saturating_add(1);
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
        let (changed, ended) = block.end(None);
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
        let delta = delta.apply(|key| view.get(key))?;
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
            (self.inner.views.current().slot.saturating_add(1), ended.slot()),
            "blocks are published in the order of their slots"
        );
        assert!(
            ended.is_of(&self.inner),
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
