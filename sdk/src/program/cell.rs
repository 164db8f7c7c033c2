//! One account of a running transaction.
//!
//! The account is held by value. Its contents are shared with the store that loaded them until the first write, which
//! copies them; or they are the open block's own, which an earlier transaction of the block has copied: then they change in
//! place, and the bytes that were there are saved ([`UndoArena`]). Loading copies no contents. An account that does not exist
//! reads as the empty account: no lamports, no data, owned by the System program.
//!
//! Invariant: after [`AccountCell::roll_back`] the account is what was loaded, whoever shares its contents.
//!
//! Invariant: what a cell counts as [`Work`] is a function of the writes alone, so that it does not depend on which
//! transactions of the block ran before. The first write of contents always counts as a copy, and each change of length as a
//! copy into a buffer of exactly the new length. The first change of length is that; later ones happen in a buffer with room
//! ([`GrowthPool`]), from which the contents move when the transaction ends. So contents are copied at most once more than is
//! counted, and only where their length changed twice. Own contents, which are not copied, are saved at most one and a half
//! times, by transactions that write as much as half of them; and put back if such a transaction fails.

mod before;

use std::ops::Range;

use isobath_program_abi::Borrows;

use self::before::Before;
use super::GrowthPool;
use super::undo::UndoArena;
use super::work::{HASH_BLOCK_LEN, HASH_BLOCKS_PER_ACCOUNT, RECORDED_ACCOUNT_LEN, Work};
use crate::chain::account::{Account, AccountData, AccountHeader, SUBTREE_LEN};
use crate::chain::record::{FULL_DATA_LEN_MAX, RANGE_GAP_MIN};
use crate::pubkey::Pubkey;
use crate::sysvar::instructions;

/// Bytes that are looked at together in a search for a byte that is not zero.
const SCAN_LEN: usize = 1024;

/// An account as the programs of one transaction see it: its key and its current state.
///
/// It begins with the layout of [`isobath_program_abi::cell`], which programs read.
#[repr(C)]
#[derive(Debug)]
pub struct AccountCell {
    key: Pubkey,
    account: Account,
    borrows: Borrows,
    is_written: bool,
    /// Length of the contents as they were loaded.
    loaded_len: usize,
    changes: Changes,
    before: Before,
}

const _: () = {
    use std::mem::offset_of;

    use isobath_program_abi::cell::CellLayout;

    assert!(offset_of!(AccountCell, key) == offset_of!(CellLayout, key));
    assert!(offset_of!(AccountCell, account) == offset_of!(CellLayout, account));
    assert!(offset_of!(AccountCell, borrows) == offset_of!(CellLayout, borrows));
    assert!(offset_of!(AccountCell, is_written) == offset_of!(CellLayout, is_written));
};

/// What the writes of a transaction did to a cell since it was loaded.
#[derive(Debug, Clone, Default)]
struct Changes {
    /// Whether a copy of the contents was counted.
    is_copied: bool,
    /// Bytes that record what was written.
    written_len: usize,
    /// The shortest that the contents were, once their length changed.
    shortest_len: Option<usize>,
    /// Bytes of the parts of the contents that were touched, which are hashed anew.
    hashed_len: usize,
    /// The part touched last, to count it once.
    touched: Range<usize>,
    /// Number of bytes at the front that are known to be zero.
    zero_len: usize,
}

impl AccountCell {
    /// A cell holding `account`; pass the empty account for a key without an account.
    #[must_use]
    pub fn new(key: Pubkey, account: Account) -> Self {
        Self::with(key, account, Before::new(false))
    }

    /// A cell holding `account`, whose contents are the open block's own and change in place. They are to be given back when
    /// the transaction ends, whether or not they changed.
    #[must_use]
    pub fn own(key: Pubkey, account: Account) -> Self {
        Self::with(key, account, Before::new(true))
    }

    fn with(key: Pubkey, account: Account, before: Before) -> Self {
        Self {
            key,
            loaded_len: account.data.len(),
            account,
            borrows: Borrows::NONE,
            is_written: false,
            changes: Changes::default(),
            before,
        }
    }

    /// The account's key.
    #[must_use]
    pub const fn key(&self) -> &Pubkey {
        &self.key
    }

    /// The current state.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Whether anything was written since the account was loaded, be it the same as before.
    #[must_use]
    pub const fn is_written(&self) -> bool {
        self.is_written
    }

    /// Whether the contents were the open block's own when they were loaded.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        self.before.is_own()
    }

    /// Whether bytes of own contents have changed in place.
    #[must_use]
    pub const fn has_changed_in_place(&self) -> bool {
        self.before.has_saved()
    }

    /// What programs of the transaction hold of the account.
    #[must_use]
    pub const fn borrows(&self) -> Borrows {
        self.borrows
    }

    /// What programs of the transaction hold of the account, to take and to give back.
    pub const fn borrows_mut(&mut self) -> &mut Borrows {
        &mut self.borrows
    }

    /// Notes in the account of the Instructions sysvar which instruction runs. The account belongs to the transaction and
    /// is stored nowhere, so this is no write.
    pub fn set_current_instruction(&mut self, index: u16) {
        instructions::set_current_index(self.account.data.to_mut(), index);
    }

    /// Takes key and account out of the cell, to keep them.
    #[must_use]
    pub fn into_parts(self) -> (Pubkey, Account) {
        debug_assert!(
            self.account.data.capacity() == self.account.data.len(),
            "the room was returned"
        );
        (self.key, self.account)
    }

    /// Restores the account that was loaded, whose header was `loaded`. `undo` is the arena of the transaction.
    pub fn roll_back(&mut self, loaded: &AccountHeader, undo: &UndoArena) {
        let mut data = std::mem::take(&mut self.account.data);
        self.before.restore(&mut data, undo);
        debug_assert_eq!(
            data.len(),
            loaded.data_len,
            "the contents are those that were loaded"
        );
        self.account = loaded.with_data(data);
        self.borrows = Borrows::NONE;
        self.is_written = false;
        self.changes = Changes::default();
    }

    /// Replaces the account by one that the transaction leaves behind.
    pub fn replace(&mut self, account: Account) {
        let len = account.data.len();
        self.before.keep_buffer(&self.account.data);
        self.account = account;
        self.borrows = Borrows::NONE;
        self.is_written = true;
        self.changes = Changes::default();
        self.changes.note_write(0..len);
    }

    pub(super) const fn set_lamports(&mut self, lamports: u64) {
        self.account.lamports = lamports;
        self.is_written = true;
    }

    pub(super) const fn set_owner(&mut self, owner: Pubkey) {
        self.account.owner = owner;
        self.is_written = true;
    }

    /// Whether the contents are all zero. Bytes once seen to be zero are not looked at again until they may have been
    /// written; the others count like bytes copied.
    pub(super) fn is_zeroed(&mut self, work: &mut Work) -> bool {
        let unknown = self.account.data.get(self.changes.zero_len..).unwrap_or_default();
        let zero_len = zero_prefix_len(unknown);
        work.count_copied(unknown.len().min(zero_len.saturating_add(SCAN_LEN)));
        let is_zeroed = zero_len == unknown.len();
        self.changes.zero_len = self.changes.zero_len.saturating_add(zero_len);
        is_zeroed
    }

    /// Resizes the contents; new bytes are zero.
    pub(super) fn resize(&mut self, len: usize, work: &mut Work, pool: &mut GrowthPool) {
        let len_before = self.account.data.len();
        let kept_len = len_before.min(len);
        work.count_copied(kept_len);
        work.count_zeroed(len.saturating_sub(len_before));
        self.resize_data(len, pool);
        self.is_written = true;
        self.changes.note_resize(len_before, len);
        self.changes.is_copied = true;
        self.changes.zero_len = match self.changes.zero_len {
            zero_len if zero_len == len_before => len,
            zero_len => zero_len.min(len),
        };
    }

    fn resize_data(&mut self, len: usize, pool: &mut GrowthPool) {
        self.before.keep_buffer(&self.account.data);
        let data = &mut self.account.data;
        if self.changes.shortest_len.is_none() {
            data.resize(len);
        } else if !data.resize_within(len) {
            let left = data.resize_into(pool.take(len), len);
            pool.give_back(left);
        }
    }

    /// Moves the contents to a buffer of exactly their length, if theirs has room; at the end of the transaction.
    pub(super) fn return_room(&mut self, pool: &mut GrowthPool) {
        let data = &mut self.account.data;
        let len = data.len();
        if data.capacity() > len {
            pool.give_back(data.resize_into(AccountData::with_capacity(len), len));
        }
    }

    /// The contents, to change in place.
    pub(super) fn data_mut(&mut self, work: &mut Work, undo: &mut UndoArena) -> &mut [u8] {
        let len = self.account.data.len();
        self.begin_write(0..len, work, undo);
        // By range, which keeps the memory of the known hashes.
        self.account.data.range_mut(0..len).unwrap_or_default()
    }

    /// Overwrites the contents from `offset` on; false if they are too short.
    pub(super) fn write(
        &mut self,
        offset: usize,
        bytes: &[u8],
        work: &mut Work,
        undo: &mut UndoArena,
    ) -> bool {
        let range = offset..offset.saturating_add(bytes.len());
        if range.end > self.account.data.len() {
            return false;
        }
        self.begin_write(range.clone(), work, undo);
        if let Some(target) = self.account.data.range_mut(range) {
            target.copy_from_slice(bytes);
        }
        true
    }

    fn begin_write(&mut self, range: Range<usize>, work: &mut Work, undo: &mut UndoArena) {
        self.before.save(&range, &self.account.data, undo);
        if !self.changes.is_copied {
            work.count_copied(self.account.data.len());
            self.changes.is_copied = true;
        }
        self.changes.zero_len = self.changes.zero_len.min(range.start);
        self.is_written = true;
        self.changes.note_write(range);
    }

    /// What recording and hashing the account costs at the end of the block, at most; nothing if it was not written.
    ///
    /// The sum over the transactions of a block covers their change together: contents that one of them leaves behind,
    /// also by closing the account, may come back as zeros in a later one, where new zeros count nothing.
    #[must_use]
    pub fn settled_work(&self) -> Work {
        if !self.is_written {
            return Work::default();
        }
        let len = match self.account.lamports {
            0 => 0,
            _ => self.account.data.len(),
        };
        let kept_len = match len <= FULL_DATA_LEN_MAX {
            true => len,
            false => self.changed_len(len).min(len),
        };
        let recorded_len = kept_len.saturating_add(range_len(self.loaded_len.saturating_sub(len)));
        let hashed_blocks = self.changes.hashed_len.min(len).div_ceil(HASH_BLOCK_LEN);
        Work {
            recorded_bytes: RECORDED_ACCOUNT_LEN.saturating_add(recorded_len) as u64,
            hash_blocks: HASH_BLOCKS_PER_ACCOUNT.saturating_add(hashed_blocks) as u64,
            ..Work::default()
        }
    }

    /// Bytes that record what changed in the first `len` bytes: what was written, and what was dropped and came back as
    /// zeros.
    fn changed_len(&self, len: usize) -> usize {
        let came_back = match self.changes.shortest_len {
            Some(shortest) => len.min(self.loaded_len).saturating_sub(shortest),
            None => 0,
        };
        self.changes.written_len.saturating_add(range_len(came_back))
    }
}

/// Bytes that record `len` changed bytes next to each other, at most. Beside them are the unchanged ones before the next
/// range, if these are too few to part the two; where there are more, the head of a range is shorter than these.
const fn range_len(len: usize) -> usize {
    match len {
        0 => 0,
        _ => len.saturating_add(RANGE_GAP_MIN),
    }
}

impl Changes {
    fn note_write(&mut self, range: Range<usize>) {
        if range.start < range.end {
            let len = range.end.saturating_sub(range.start);
            self.written_len = self.written_len.saturating_add(range_len(len));
            self.touch(range);
        }
    }

    /// New bytes are zeros, which the record leaves out.
    fn note_resize(&mut self, len_before: usize, len: usize) {
        let shortest = self.shortest_len.unwrap_or(len_before);
        self.shortest_len = Some(shortest.min(len));
        self.touch(len_before.min(len).saturating_sub(1)..len);
    }

    fn touch(&mut self, range: Range<usize>) {
        let parts = range.start / SUBTREE_LEN..range.end.div_ceil(SUBTREE_LEN);
        if parts != self.touched {
            let count = parts.end.saturating_sub(parts.start);
            let len = count.saturating_mul(SUBTREE_LEN);
            self.hashed_len = self.hashed_len.saturating_add(len);
            self.touched = parts;
        }
    }
}

/// Length of the longest prefix of whole pieces that are all zero.
fn zero_prefix_len(bytes: &[u8]) -> usize {
    let pieces = bytes.chunks(SCAN_LEN);
    let zeros = pieces.take_while(|piece| piece.iter().fold(0, |seen, byte| seen | byte) == 0);
    zeros.map(<[u8]>::len).fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests;
