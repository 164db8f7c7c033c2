//! The accounts of the open block, changed in place, and what is left of them when it ends.
//!
//! ```text
//! OpenBlock --finish--> extract (delta, images) + EndedBlock --publish--> view of the block
//!     |                                             |
//!     '------------------ drop: undo <--------------'
//! ```
//!
//! Invariant: at most one block is open, and at most one has ended and is not published; the open one follows it. Until a
//! block is published, dropping it restores every cell that it changed, unless the next one is open, which has changed them
//! again.

use std::fmt;
use std::sync::{Arc, PoisonError};

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::{Account, AccountData};
use isobath_sdk::chain::accounts::{AccountId, BlockAccounts, LaneAccounts, ToWrite};
use isobath_sdk::chain::header::Header;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{BlockRecord, Change, Delta, RecordError, RecordedDelta};

use crate::compared::Compared;
use crate::lane::{Lane, Lists};
use crate::planted::is_planted;
use crate::resident::arena::{Arena, LANES_MAX};
use crate::resident::cell::Image;
use crate::shared::{Buffers, Shared};
use crate::views::Totals;

/// The accounts of the block that is open.
pub struct OpenBlock {
    /// That of the thread that has the block. Taken when the block ends.
    lane: Option<Lane>,
    /// Number of lanes so far.
    lane_count: u32,
    /// Memory for the list of accounts that are written.
    spare_list: Vec<AccountId>,
}

/// Accounts changed in place, and their images.
struct InPlace {
    shared: Arc<Shared>,
    arena: Arc<Arena>,
    /// Accounts that were written, each once.
    written: Vec<AccountId>,
    /// Cells that were made for keys without an account.
    absent: Vec<AccountId>,
}

/// A block that has ended and is not published. Dropping it undoes the block, or abandons it if the next one is open.
#[must_use = "publish the block that ended, or its accounts are restored"]
pub struct EndedBlock {
    /// Positions of the images of the accounts in the delta, in its order.
    images: Vec<u32>,
    /// Accounts that the block closed.
    closed: Vec<AccountId>,
    /// Number of accounts after the block.
    count: usize,
    /// Lamports of all accounts after the block.
    sum: u128,
    in_place: Option<InPlace>,
}

/// An account that the block changed.
struct Changed {
    key: Pubkey,
    id: AccountId,
    /// `None` if it was closed.
    after: Option<Account>,
    /// Position of its image.
    image: u32,
    /// Its balance before the block.
    lamports_before: u64,
}

/// Accounts that are compared while memory brings the next one near.
const COMPARE_AHEAD: usize = 8;

impl OpenBlock {
    /// The block with these buffers.
    pub(crate) fn new(shared: Arc<Shared>, buffers: Buffers) -> Self {
        let arena = Arc::new(buffers.arena);
        shared.resident.add_arena(Arc::clone(&arena));
        Self {
            lane: Some(Lane::first(shared, arena, buffers.parent)),
            lane_count: 1,
            spare_list: buffers.written,
        }
    }

    /// Ends the block. The changed accounts keep the epochs that they were stored with if `epoch` is `None`.
    pub(crate) fn end(mut self, epoch: Option<u64>) -> (Delta, EndedBlock) {
        let in_place = self.take_in_place().expect("a block ends once");
        in_place.shared.end_block(in_place.arena.slot());
        let mut changed = in_place.changed(epoch);
        #[cfg(feature = "planted-bugs")]
        if is_planted!(in_place.shared.resident, DeltaFromNext) {
            changed = in_place.changed_in_next();
        }
        let totals = in_place.totals_after(&changed);
        let order = order_of(&changed);
        let mut ended = EndedBlock {
            images: Vec::with_capacity(changed.len()),
            closed: Vec::new(),
            count: totals.0,
            sum: totals.1,
            in_place: Some(in_place),
        };
        let accounts = order.into_iter().map(|(_, at)| {
            let changed = &mut changed[at as usize];
            ended.images.push(changed.image);
            ended.closed.extend(changed.after.is_none().then_some(changed.id));
            (changed.key, changed.after.take())
        });
        let accounts = accounts.collect();
        (Delta { accounts }, ended)
    }

    /// What all lanes did, the first time it is asked for.
    fn take_in_place(&mut self) -> Option<InPlace> {
        let lane = self.lane.take()?;
        let (shared, arena, home) = (Arc::clone(&lane.shared), Arc::clone(&lane.arena), lane.home());
        drop(lane);
        assert_eq!(
            Arc::strong_count(&home),
            1,
            "lanes are dropped before their block ends"
        );
        let mut lists = home.lock().unwrap_or_else(PoisonError::into_inner);
        let mut in_place = InPlace {
            shared,
            arena,
            written: std::mem::take(&mut self.spare_list),
            absent: Vec::new(),
        };
        for Lists { written, absent } in lists.drain(..) {
            in_place.written.extend(written);
            in_place.absent.extend(absent);
        }
        Some(in_place)
    }

    const fn own(&self) -> &Lane {
        self.lane.as_ref().expect("it is taken with the block")
    }

    const fn own_mut(&mut self) -> &mut Lane {
        self.lane.as_mut().expect("it is taken with the block")
    }
}

impl LaneAccounts for OpenBlock {
    fn key_hasher(&self) -> KeyHasher {
        self.own().key_hasher()
    }

    fn id(&mut self, hash: u64, key: &Pubkey) -> AccountId {
        self.own_mut().id(hash, key)
    }

    fn find_id(&self, likely: Option<AccountId>, hash: u64, key: &Pubkey) -> Option<AccountId> {
        self.own().find_id(likely, hash, key)
    }

    fn is_made_here(&self, id: AccountId) -> bool {
        self.own().is_made_here(id)
    }

    fn prefetch_id(&self, hash: u64) {
        self.own().prefetch_id(hash);
    }

    fn prefetch(&self, hash: u64) -> Option<AccountId> {
        self.own().prefetch(hash)
    }

    fn load(&self, id: AccountId) -> Account {
        self.own().load(id)
    }

    fn load_to_write(&mut self, id: AccountId) -> ToWrite {
        self.own_mut().load_to_write(id)
    }

    fn give_back_data(&mut self, id: AccountId, data: AccountData) {
        self.own_mut().give_back_data(id, data);
    }

    fn look<T>(&self, id: AccountId, look: impl FnOnce(&Account) -> T) -> T {
        self.own().look(id, look)
    }

    fn set_lamports(&mut self, id: AccountId, lamports: u64) {
        self.own_mut().set_lamports(id, lamports);
    }

    fn store(&mut self, id: AccountId, account: Account) {
        self.own_mut().store(id, account);
    }

    fn current(&self, key: &Pubkey) -> Option<Account> {
        self.own().current(key)
    }

    fn at_parent(&self, key: &Pubkey) -> Option<Account> {
        self.own().at_parent(key)
    }
}

impl BlockAccounts for OpenBlock {
    type Lane = Lane;
    type Ended = EndedBlock;

    fn lane(&mut self) -> Lane {
        let number = self.lane_count;
        assert!(number < LANES_MAX, "a block has at most {LANES_MAX} lanes");
        self.lane_count = number.saturating_add(1);
        self.own().another(number)
    }

    fn finish(self, epoch: u64) -> (Delta, EndedBlock) {
        self.end(Some(epoch))
    }
}

impl InPlace {
    /// The accounts whose bytes differ from the end of the parent, in no order, with `epoch` as their epoch.
    fn changed(&self, epoch: Option<u64>) -> Vec<Changed> {
        let resident = &self.shared.resident;
        let ahead = self.written.iter().skip(COMPARE_AHEAD).map(Some);
        let pairs = self.written.iter().zip(ahead.chain(std::iter::repeat(None)));
        let changed = pairs.filter_map(|(id, later)| {
            later.into_iter().for_each(|later| resident.prefetch_cell(*later));
            self.changed_account(*id, epoch)
        });
        let mut all = Vec::with_capacity(self.written.len());
        all.extend(changed);
        all
    }

    /// Compares an account with its image; only this block changes either. Data are compared without the latch.
    fn changed_account(&self, id: AccountId, epoch: Option<u64>) -> Option<Changed> {
        let resident = &self.shared.resident;
        let (image, compared) = resident.with_cell(id, |cell| {
            let image = cell.link.image;
            let compare = |before: &Image| Compared::by_header(&before.account, &mut cell.account, epoch);
            (image, self.arena.with(image, compare))
        });
        let compared = match compared {
            Compared::ByData { before, mut account } => {
                let compared = Compared::by_data(&before, &mut account, epoch);
                resident.with_cell(id, |cell| {
                    cell.account.last_change_epoch = account.last_change_epoch;
                });
                compared
            }
            compared => compared,
        };
        let Compared::Differs {
            after,
            lamports_before,
            is_leaving,
        } = compared
        else {
            return None;
        };
        if is_leaving {
            self.arena.count_leaving();
        }
        Some(Changed {
            key: resident.key(id),
            id,
            after,
            image,
            lamports_before,
        })
    }

    /// The planted defect: the accounts are read when the next block has begun and has changed one of them.
    #[cfg(feature = "planted-bugs")]
    fn changed_in_next(&self) -> Vec<Changed> {
        let resident = &self.shared.resident;
        let next = Arena::default().reuse(self.arena.slot().saturating_add(1));
        let written = self.written.first();
        if let Some(id) = written {
            let mut account = resident.look(*id, Account::clone);
            account.lamports = account.lamports.saturating_add(1);
            resident.store(next.lane(0), *id, account);
        }
        let changed = self.changed(None);
        written.into_iter().for_each(|id| resident.restore(&next, *id));
        changed
    }

    /// Number and lamports of all accounts after the block.
    fn totals_after(&self, changed: &[Changed]) -> (usize, u128) {
        let Totals {
            capitalization,
            mut count,
        } = self.shared.views.current().totals;
        // Every lamport of an account is part of the capitalization, so the difference cannot go below zero; 2^32
        // accounts of 2^64 fit the sum.
        let (mut added, mut removed) = (u128::from(capitalization), 0_u128);
        for account in changed {
            let before = account.lamports_before;
            let after = account.after.as_ref().map_or(0, |account| account.lamports);
            added = added.saturating_add(after.into());
            removed = removed.saturating_add(before.into());
            count = match (before, after) {
                (0, _) => count.saturating_add(1),
                (_, 0) => count.saturating_sub(1),
                _ => count,
            };
        }
        (count, added.saturating_sub(removed))
    }

    /// Restores every account, and gives back the cells that only this block needed. Returns its buffers.
    fn undo(self) -> (Arc<Shared>, Arc<Arena>, Vec<AccountId>) {
        let skipped = usize::from(is_planted!(self.shared.resident, LostUndo));
        for id in self.written.iter().skip(skipped).rev() {
            self.shared.resident.restore(&self.arena, *id);
        }
        self.shared.resident.remove_arena(&self.arena);
        // No account was stored under their keys in any view that is held, or they would have had cells. The last first, so
        // that the next block takes the same ids.
        for id in self.absent.iter().rev() {
            self.shared.resident.give_back(*id, u64::MAX);
        }
        (self.shared, self.arena, self.written)
    }
}

impl Drop for OpenBlock {
    fn drop(&mut self) {
        if let Some(in_place) = self.take_in_place() {
            let (shared, arena, written) = in_place.undo();
            shared.close_open(arena, written);
        }
    }
}

impl EndedBlock {
    /// Whether the block was executed in this store.
    pub(crate) fn is_of(&self, shared: &Arc<Shared>) -> bool {
        Arc::ptr_eq(&self.in_place().shared, shared)
    }

    /// Slot of the block.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.in_place().arena.slot()
    }

    /// Checks that `record` is that of this block, and that its accounts sum to the capitalization in its result.
    ///
    /// # Errors
    /// [`RecordError::SlotsDisagree`] and [`RecordError::Capitalization`].
    pub fn check<T>(&self, record: &BlockRecord<T>) -> Result<(), RecordError> {
        let (header, result) = (&record.history.header, &record.history.result);
        if header.slot != self.slot() || (header.slot, header.height) != (result.slot, result.height) {
            return Err(RecordError::SlotsDisagree);
        }
        if self.sum != u128::from(result.capitalization) {
            return Err(RecordError::Capitalization {
                named: result.capitalization,
                summed: self.sum,
            });
        }
        Ok(())
    }

    /// What the block changed in its accounts, whose delta is `delta`: the form for the ledger.
    #[must_use]
    pub fn record_delta(&self, delta: &Delta) -> RecordedDelta {
        let pairs = delta.accounts.iter().zip(self.accounts_before());
        let changes =
            pairs.map(|((key, after), before)| (*key, Change::between(before.as_ref(), after.as_ref())));
        RecordedDelta {
            changes: changes.collect(),
        }
    }

    /// The accounts before the block that it changed, in the order of its delta; `None` for one that did not exist.
    pub fn accounts_before(&self) -> impl Iterator<Item = Option<Account>> {
        let arena = &self.in_place().arena;
        let accounts = self.images.iter().map(|image| arena.account(*image));
        accounts.map(|account| Some(account).filter(|account| account.lamports != 0))
    }

    /// Makes the end of the block the newest view.
    pub(crate) fn publish(mut self, header: &Header) {
        let InPlace {
            shared,
            written,
            absent,
            arena,
            ..
        } = self.in_place.take().expect("a block is published once");
        let slot = arena.slot();
        arena.count_transactions(header.transaction_count);
        let closed = std::mem::take(&mut self.closed);
        shared.note_absent(absent.into_iter().chain(closed).map(|id| (slot, id)));
        let totals = Totals {
            capitalization: u64::try_from(self.sum).expect("the capitalization was checked"),
            count: self.count,
        };
        shared.publish(header, totals);
        shared.close_ended(None, written);
    }

    /// Leaves the block as it is, neither published nor undone: its record may be durable. The views stay right.
    pub fn abandon(mut self) {
        drop(self.in_place.take().map(|in_place| in_place.written));
    }

    const fn in_place(&self) -> &InPlace {
        self.in_place.as_ref().expect("taken only with the block")
    }
}

impl Drop for EndedBlock {
    fn drop(&mut self) {
        let Some(in_place) = self.in_place.take() else {
            return;
        };
        // What the next block has changed again cannot be restored: this one is abandoned.
        if !in_place.shared.is_open() {
            let (shared, arena, written) = in_place.undo();
            shared.close_ended(Some(arena), written);
        }
    }
}

/// The order of changed accounts by key: the first bytes of the key, and the position.
fn order_of(changed: &[Changed]) -> Vec<(u64, u32)> {
    let mut order: Vec<(u64, u32)> = (0..)
        .zip(changed)
        .map(|(at, changed)| (first_bytes(&changed.key), at))
        .collect();
    // Keys with the same first bytes are rare, unless someone looks for them.
    order.sort_unstable_by(|one, other| {
        let keys = || changed[one.1 as usize].key.cmp(&changed[other.1 as usize].key);
        one.0.cmp(&other.0).then_with(keys)
    });
    order
}

/// The first eight bytes of a key as a number that orders like them.
const fn first_bytes(key: &Pubkey) -> u64 {
    let bytes = key.0.first_chunk().expect("a key has 32 bytes");
    u64::from_be_bytes(*bytes)
}

impl fmt::Debug for OpenBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenBlock")
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EndedBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndedBlock")
            .field("slot", &self.slot())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(feature = "loom")))]
mod tests;
