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
use isobath_sdk::chain::helpers::Helpers;
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::record::{BlockRecord, Change, Delta, RecordError, RecordedDelta};

use crate::changes::{Changes, Sorted};
use crate::lane::{Lane, Lists};
use crate::planted::is_planted;
use crate::resident::arena::{Arena, LANES_MAX};
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

    /// Ends the block. The changed accounts keep the epochs that they were stored with if `epoch` is `None`. `helpers` share
    /// the comparison.
    pub(crate) fn end(mut self, epoch: Option<u64>, helpers: &dyn Helpers) -> (Delta, EndedBlock) {
        let in_place = self.take_in_place().expect("a block ends once");
        in_place.shared.end_block(in_place.arena.slot());
        let InPlace {
            shared,
            arena,
            written,
            ..
        } = &in_place;
        let changes = Changes::find((&shared.resident, arena), written, epoch, helpers);
        #[cfg(feature = "planted-bugs")]
        let changes = match is_planted!(shared.resident, DeltaFromNext) {
            true => Changes::find_in_next((&shared.resident, arena), written, helpers),
            false => changes,
        };
        let (count, sum) = changes.totals_after(shared.views.current().totals);
        let Sorted {
            accounts,
            images,
            closed,
        } = changes.sort(helpers);
        let ended = EndedBlock {
            images,
            closed,
            count,
            sum,
            in_place: Some(in_place),
        };
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

    fn prefetch_to_write(&self, hash: u64) -> Option<AccountId> {
        self.own().prefetch_to_write(hash)
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

    fn finish_with(self, epoch: u64, helpers: &dyn Helpers) -> (Delta, EndedBlock) {
        self.end(Some(epoch), helpers)
    }
}

impl InPlace {
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
