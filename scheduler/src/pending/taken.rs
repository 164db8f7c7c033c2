//! Taking entries for the open block, and what is remembered of them until readers see their block.
//!
//! ```text
//!  begin N     take, release, lose      begin N + 1     take, release, lose         begin N + 2
//!     |-------- N is open ---------|       |------------- N + 1 is open ------------|  |-----
//!                                                         ^ readers see N: forget what was taken for N
//! ```
//!
//! Invariant: what is remembered was taken for, used in or lost in the open block or the one before, and is forgotten with
//! its own block. An identity and a nonce are in use for one of the two at most.

use isobath_sdk::Pubkey;

use super::answers::Taken;
use super::generations::Generation;
use super::identities::Known;
use super::payers::OfPayer;
use super::{DROPPED_COUNT_MAX, EXAMINED_COUNT_MAX, Pending};
use crate::budget::Budget;
use crate::entry::Entry;

impl<T: Clone> Pending<T> {
    /// Removes the best entry that fits the budget, and reserves its cost.
    ///
    /// Entries that do not fit stay in the pool and are set aside until [`Pending::begin_block`], like those whose payer
    /// or nonce cannot be remembered any more.
    pub fn take(&mut self, budget: &mut Budget) -> Taken<T> {
        let taken = self.identities.taken_len(self.heights.generation());
        if budget.is_exhausted() || taken >= self.limits.taken {
            return Taken::Nothing;
        }
        for _ in 0..EXAMINED_COUNT_MAX {
            let Some(rank) = self.order.next() else {
                return Taken::Nothing;
            };
            let entry = self.slots.entry(rank.slot);
            if self.may_remember(rank.slot) && budget.try_reserve(entry.cost()).is_ok() {
                return Taken::Entry(self.take_slot(rank.slot));
            }
            self.order.set_aside(rank);
        }
        Taken::More
    }

    /// Opens the block of `height`: offers all entries again, those that were set aside too. What was taken for the block
    /// before stays remembered until [`Pending::forget_taken`]. A block that was given up may be opened again.
    ///
    /// # Panics
    ///
    /// If the height is lower than that of the last block, or something is remembered that was taken for a block below
    /// `height - 1`: it could not be told from what this block takes.
    pub fn begin_block(&mut self, height: u64) {
        let open = self.heights.open;
        assert!(height >= open, "blocks are opened in the order of their heights");
        let mut too_old = self.heights.remembered().filter(|of| height.abs_diff(*of) > 1);
        assert!(
            too_old.all(|of| self.has_forgotten(Generation::of(of))),
            "what was taken is remembered for two blocks at most: block {height} opens after block {open}"
        );
        self.heights.open = height;
        self.order.begin_block();
    }

    /// Forgets that an entry was taken, since it has no effect and is not in the block, be it the open one or the one
    /// before. A nonce remains in use, so that it is not tried again and again.
    pub fn release(&mut self, entry: &Entry<T>) {
        let hash = self.identities.hash(&entry.identity);
        if let Some(Known::Taken(generation, position)) = self.known(hash, &entry.identity) {
            self.identities.release(generation, position);
            self.payers.repay(generation, &entry.payer, entry.fee_lamports);
        }
    }

    /// Notes that the payer of an entry that was taken has lost at least `lamports` in the block of `height`, the open one or
    /// the one before, the fees of what was taken for that block among them: what it had at the end of that block's parent,
    /// less what it has after the block, or now if it is open. Others see its balance from before the block. Nothing is
    /// noted for a block that is forgotten.
    pub fn note_lost(&mut self, height: u64, payer: &Pubkey, lamports: u64) {
        let heights = self.heights;
        let is_remembered = heights.remembered().contains(&height) && height > heights.forgotten;
        if lamports == 0 || !is_remembered {
            return;
        }
        let generation = Generation::of(height);
        let hash = self.payers.hash(payer);
        let known = self.payers.find(hash, payer);
        if self.payers.may_owe(generation, known, self.limits.taken) {
            let payer = self.payers.find_or_create(hash, *payer);
            self.payers.owe(generation, payer, |owed| owed.max(lamports));
        }
    }

    /// Forgets some of what was taken for the blocks up to `height`, and what was lost in them; false once nothing is left.
    /// What was taken for a later block stays. Call it when readers see the block of `height`, until it answers false.
    pub fn forget_taken(&mut self, height: u64) -> bool {
        self.heights.forgotten = self.heights.forgotten.max(height);
        let mut is_more = false;
        for _ in 0..DROPPED_COUNT_MAX {
            is_more = self.forget_one(height);
            if !is_more {
                break;
            }
        }
        is_more
    }

    /// Forgets an identity, a payer and a nonce of one block, the earlier one first.
    fn forget_one(&mut self, height: u64) -> bool {
        let mut published = self.heights.remembered().filter(|of| *of <= height);
        published.any(|of| {
            let generation = Generation::of(of);
            let identity = self.identities.forget_one(generation);
            let payer = self.payers.forget_one(generation);
            let nonce = self.nonces.forget_one(generation);
            identity || payer || nonce
        })
    }

    /// Whether nothing is remembered for a block.
    fn has_forgotten(&self, generation: Generation) -> bool {
        self.identities.taken_len(generation) == 0
            && self.payers.debtors_len(generation) == 0
            && self.nonces.taken_len(generation) == 0
    }

    /// What a payer owes already, judging by the view of `height`, in lamports, saturated: the fees of its pending entries,
    /// and for each block that the view does not have, the fees of those taken for it, or what it is known to have lost
    /// there.
    pub(super) fn owed(&self, of_payer: &OfPayer, height: u64) -> u64 {
        let unseen = self.heights.remembered().filter(|of| height < *of);
        let debts = unseen.map(|of| of_payer.debt(Generation::of(of)));
        debts.fold(of_payer.fees(), u64::saturating_add)
    }

    /// Whether there is room to remember the payer and the nonce of the entry in a slot as taken.
    fn may_remember(&self, slot: u32) -> bool {
        let (entry, payer) = (self.slots.entry(slot), self.slots.handles(slot).payer);
        let (generation, max) = (self.heights.generation(), self.limits.taken);
        self.payers.may_owe(generation, Some(payer), max)
            && (entry.nonce.is_none() || self.nonces.taken_len(generation) < max)
    }

    /// Removes an entry and remembers it as taken.
    fn take_slot(&mut self, slot: u32) -> Entry<T> {
        let generation = self.heights.generation();
        let (handles, fee_lamports) = (self.slots.handles(slot), self.slots.entry(slot).fee_lamports);
        self.taken_key = self.taken_key.max(self.slots.rank(slot).key);
        // Before it leaves, so that its payer stays known.
        self.payers.owe(generation, handles.payer, |owed| {
            owed.saturating_add(fee_lamports)
        });
        let entry = self.leave(slot);
        let (hash, payload) = (handles.identity_hash, entry.payload.clone());
        self.identities
            .take(generation, (hash, slot), (entry.identity, payload));
        if let Some(nonce) = &entry.nonce {
            self.nonces.take(generation, nonce.account);
        }
        self.assert_consistent();
        entry
    }
}
