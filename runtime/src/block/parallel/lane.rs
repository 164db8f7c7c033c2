//! What one thread does with the transactions of a block: it finds their accounts, and executes them.

use std::ops::Range;

use isobath_program_abi::Pubkey;
use isobath_scheduler::{Access, Lane as Schedulable, Lock, LockWait, Resolved, Work, step};
use isobath_sdk::chain::accounts::{AccountId, LaneAccounts};
use isobath_sdk::chain::record::Executions;
use isobath_sdk::ids;
use smallvec::SmallVec;

use super::buffers::ParallelBuffers;
use super::order::{Order, Place};
use crate::admission::Tx;
use crate::block::finder::{Finder, is_written};
use crate::block::lane::{Lane, Totals};
use crate::block::opened::Opened;
use crate::execution::{InPlace, resolve_in_block};
use crate::planted::is_planted;

/// The first of the locks that keys without an id share, above all ids.
const SHARED_LOCKS_FIRST: u32 = u32::MAX - SHARED_LOCKS + 1;
const SHARED_LOCKS: u32 = 1 << 12;

/// One thread's part of a block.
#[derive(Debug)]
pub struct ParallelLane<'b, A> {
    index: usize,
    buffers: &'b ParallelBuffers,
    runner: Runner<'b, A>,
}

/// What is apart from the threads' common structures.
#[derive(Debug)]
struct Runner<'b, A> {
    opened: &'b Opened<'b>,
    order: &'b Order,
    lane: Lane<A>,
    finder: Finder,
    /// The ids of a batch; kept for its memory.
    found: Vec<AccountId>,
    /// Positions of the transactions that were kept, in the order of `lane.executions`.
    kept: Vec<u32>,
    keeps_no_ops: bool,
    /// The lock that was waited for last, and its key: it tends to be the next one, too.
    waited: Option<(u32, Pubkey)>,
}

/// What a thread has done for its block.
#[derive(Debug)]
pub struct LaneEnd {
    pub(super) executions: Executions,
    pub(super) kept: Vec<u32>,
    pub(super) totals: Totals,
    /// What the thread did.
    pub work: Work,
}

/// Who notes the waits for account locks. No result depends on what it does.
pub trait WaitNotes {
    /// Called when a transaction gets a lock that it waited for, before it can run. `key` finds out the account; of two
    /// keys of the transaction that share a lock, the first.
    fn note(&mut self, wait: LockWait, key: impl FnOnce() -> Option<Pubkey>);
}

/// Notes nothing.
impl WaitNotes for () {
    fn note(&mut self, _wait: LockWait, _key: impl FnOnce() -> Option<Pubkey>) {}
}

impl LaneEnd {
    /// Number of transactions that the thread put into the block.
    #[must_use]
    pub const fn kept_count(&self) -> usize {
        self.kept.len()
    }

    /// Accounts whose contents changed in place.
    #[must_use]
    pub const fn in_place(&self) -> InPlace {
        self.totals.in_place
    }
}

impl<'b, A: LaneAccounts> ParallelLane<'b, A> {
    pub(super) fn new(
        index: usize,
        (opened, buffers): (&'b Opened<'b>, &'b ParallelBuffers),
        state: A,
        keeps_no_ops: bool,
    ) -> Self {
        Self {
            index,
            buffers,
            runner: Runner {
                opened,
                order: &buffers.order,
                lane: Lane::with_room(state, &buffers.lane_room),
                finder: Finder::default(),
                found: Vec::new(),
                kept: Vec::with_capacity(buffers.lane_room.entries),
                keeps_no_ops,
                waited: None,
            },
        }
    }

    /// Works on the block until it is finished. `pull` is called when there is nothing to do, that of one lane at a time; it
    /// appends transactions at the intake of the block and returns whether there were any.
    ///
    /// # Panics
    /// If another lane of the block has panicked.
    #[must_use]
    pub fn run(self, pull: impl FnMut() -> bool) -> LaneEnd {
        self.run_noting(pull, &mut ())
    }

    /// [`Self::run`], with its waits for account locks noted.
    ///
    /// # Panics
    /// As [`Self::run`].
    #[must_use]
    pub fn run_noting(self, pull: impl FnMut() -> bool, notes: &mut impl WaitNotes) -> LaneEnd {
        let mut pulling = Pulling {
            runner: self.runner,
            pull,
            notes,
        };
        let work = self.buffers.workers.run(self.index, &mut pulling);
        let Runner { lane, kept, .. } = pulling.runner;
        LaneEnd {
            executions: lane.executions,
            kept,
            totals: lane.totals,
            work,
        }
    }
}

/// A lane with the function that appends transactions, and the notes of waits.
struct Pulling<'b, 'n, A, P, N> {
    runner: Runner<'b, A>,
    pull: P,
    notes: &'n mut N,
}

impl<A: LaneAccounts, P: FnMut() -> bool, N: WaitNotes> Schedulable for Pulling<'_, '_, A, P, N> {
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved) {
        self.runner.resolve(positions, resolved);
    }

    fn pull(&mut self) -> bool {
        (self.pull)()
    }

    fn execute(&mut self, position: u32) {
        self.runner.execute(position);
    }

    fn waited(&mut self, wait: LockWait) {
        let runner = &mut self.runner;
        self.notes.note(wait, || runner.key_waited_for(wait));
    }
}

impl<A: LaneAccounts> Runner<'_, A> {
    fn resolve(&mut self, positions: Range<u32>, resolved: &mut Resolved) {
        let order = self.order;
        let places = positions.map(|position| order.place(position));
        places.clone().for_each(|place| place.tx().prefetch());
        places.clone().for_each(|place| place.tx().prefetch_wire());
        for place in places.clone() {
            self.opened.messages.prefetch(&place.tx().message_hash());
        }
        let txs = places.clone().map(Place::tx);
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        self.finder
            .find_together(&self.lane.state, txs, |_, id| found.push(id));
        let mut ids = found.as_slice();
        for place in places {
            let (own, rest) = ids.split_at(place.tx().key_count());
            ids = rest;
            self.resolve_one(place, own, resolved);
        }
        self.found = found;
    }

    fn execute(&mut self, position: u32) {
        let place = self.order.place(position);
        let tx = place.tx();
        let mut state = place.state();
        self.lane.ids.clear();
        self.lane.ids.extend_from_slice(&state.ids);
        self.lane.resolved = state.loaded.take().map(|resolved| *resolved);
        let end = match self.keeps_no_ops {
            true => {
                self.lane.execute(tx, self.opened);
                Ok(self.lane.spent)
            }
            false => self.lane.try_execute(tx, self.opened).map(|()| self.lane.spent),
        };
        if end.is_ok() {
            self.kept.push(position);
        }
        step();
        state.end = Some(end);
    }

    /// Notes the ids of a transaction, resolves its lookups and appends its locks.
    fn resolve_one(&self, place: &Place, ids: &[AccountId], resolved: &mut Resolved) {
        let tx = place.tx();
        let mut state = place.state();
        state.ids.extend_from_slice(ids);
        let mut locks = Locks::default();
        for (index, id) in ids.iter().enumerate() {
            self.lock_static(tx, index, (*id, is_written(tx, index)), &mut locks);
        }
        if tx.view().lookups().len() > 0 {
            let at_parent = |key: &Pubkey| match is_planted!(self.opened.context, CurrentTables) {
                true => self.lane.state.current(key),
                false => self.lane.state.at_parent(key),
            };
            let loaded = resolve_in_block(tx, &self.opened.context, at_parent);
            if let Ok(addresses) = &loaded {
                let writable = addresses.writable.iter().map(|key| (key, true));
                let readonly = addresses.readonly.iter().map(|key| (key, false));
                for (key, is_write) in writable.chain(readonly) {
                    self.lock_loaded(key, is_write, &mut locks);
                }
            }
            state.loaded = Some(Box::new(loaded));
        }
        if is_planted!(self.opened.context, MissedLock) {
            locks.locks.pop();
        }
        locks.append_to(resolved);
        resolved.end_transaction(u32::try_from(tx.compute_unit_limit()).unwrap_or(u32::MAX));
    }

    fn lock_static(&self, tx: &Tx, index: usize, (id, is_write): (AccountId, bool), locks: &mut Locks) {
        if !is_write && ids::is_reserved(&tx.key(index)) {
            return;
        }
        let hash = || tx.key_hash(self.lane.state.key_hasher(), index);
        locks.add(self.lock_of(id, hash), is_write);
    }

    fn lock_loaded(&self, key: &Pubkey, is_write: bool, locks: &mut Locks) {
        if ids::is_reserved(key) {
            return;
        }
        locks.add(self.lock_of_loaded(key), is_write);
    }

    fn key_waited_for(&mut self, wait: LockWait) -> Option<Pubkey> {
        let known = self.waited.filter(|(lock, _)| *lock == wait.id);
        if let Some((_, key)) = known {
            return Some(key);
        }
        let key = self.key_of_lock(wait.position, wait.id)?;
        // A lock that keys share is not that of one key.
        self.waited = (wait.id < SHARED_LOCKS_FIRST).then_some((wait.id, key));
        Some(key)
    }

    /// The key of a transaction, which has not run, that has this lock.
    fn key_of_lock(&self, position: u32, lock: u32) -> Option<Pubkey> {
        let place = self.order.place(position);
        let (tx, state) = (place.tx(), place.state());
        let hasher = self.lane.state.key_hasher();
        let mut own = state.ids.iter().enumerate();
        let is_it =
            |(index, id): &(usize, &AccountId)| self.lock_of(**id, || tx.key_hash(hasher, *index)) == lock;
        if let Some((index, _)) = own.find(is_it) {
            return Some(tx.key(index));
        }
        let Some(Ok(addresses)) = state.loaded.as_deref() else {
            return None;
        };
        let mut loaded = addresses.writable.iter().chain(&addresses.readonly);
        loaded.find(|key| self.lock_of_loaded(key) == lock).copied()
    }

    fn lock_of_loaded(&self, key: &Pubkey) -> u32 {
        let hash = self.lane.state.key_hasher().hash(key);
        let id = self.lane.state.find_id(None, hash, key);
        self.lock_of(id.unwrap_or(AccountId::NONE), || hash)
    }

    /// The lock of a key; the same for all transactions of the block.
    fn lock_of(&self, id: AccountId, hash: impl FnOnce() -> u64) -> u32 {
        let is_made_here = || self.lane.state.is_made_here(id) && !is_planted!(self.opened.context, OwnLock);
        match id != AccountId::NONE && !is_made_here() {
            true => id.0,
            #[allow(clippy::cast_possible_truncation, reason = "the low bits are meant")]
            false => SHARED_LOCKS_FIRST | (hash() as u32 & (SHARED_LOCKS - 1)),
        }
    }
}

/// The locks of one transaction, each once.
#[derive(Default)]
struct Locks {
    locks: SmallVec<[Lock; 8]>,
}

impl Locks {
    fn add(&mut self, id: u32, is_write: bool) {
        let access = match is_write {
            true => Access::Write,
            false => Access::Read,
        };
        // Only locks that keys share can come twice.
        if id >= SHARED_LOCKS_FIRST
            && let Some(known) = self.locks.iter_mut().find(|lock| lock.id == id)
        {
            if is_write {
                known.access = Access::Write;
            }
            return;
        }
        self.locks.push(Lock { id, access });
    }

    fn append_to(&self, resolved: &mut Resolved) {
        self.locks.iter().for_each(|lock| resolved.push_lock(*lock));
    }
}
