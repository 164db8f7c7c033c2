//! One of the parts of the tree that are updated beside each other: the accounts whose paths begin with the same bits.
//!
//! A shard remembers how its latest update is undone: the changes backwards, and the tops that they replaced. With them it
//! is read as it was before, for proofs under the root before the latest one.
//!
//! ```text
//!  update    n-1 --changes--> n --changes--> n+1
//!  readable  n-1 <---undo---- n              after update n
//!                             n <---undo---- n+1
//! ```
//!
//! Memory: an undo holds 80 bytes for each change that had an effect and 36 for each top above a page that changed.

use std::borrow::Cow;

use super::batch::{Change, use_again};
use super::body::Body;
use super::branches::{Branches, Digest};
use super::levels::{Replaced, replaced_top};
use super::page::{Entry, merge};

/// The accounts of one shard.
#[derive(Debug)]
pub(super) struct Shard {
    /// Which of the shards it is.
    number: usize,
    body: Body,
    /// Updates so far.
    version: u64,
    /// How the latest is undone.
    undo: Undo,
}

/// What leads back to the accounts before an update.
#[derive(Debug, Default)]
struct Undo {
    /// Pages and levels before, where the update told the pages apart by other bits. Its levels are untouched.
    body: Option<Body>,
    /// What its pages, or those of today, are changed back by.
    changes: Vec<Change>,
    /// Tops of today's levels that the update replaced.
    replaced: Replaced,
}

impl Shard {
    /// A shard without accounts.
    pub(super) fn new(number: usize) -> Self {
        Self {
            number,
            body: Body::new(0),
            version: 0,
            undo: Undo::default(),
        }
    }

    /// Which of the shards it is.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    /// Changes accounts and hashes what depends on them.
    pub(super) fn update(&mut self, changes: &[Change], branches: &mut Branches) {
        self.version = self.version.saturating_add(1);
        let mut undo = std::mem::take(&mut self.undo);
        undo.body = None;
        use_again(&mut undo.changes, changes.len());
        let mut tops = self.body.change(changes, &mut undo.changes, branches);
        let bits = self.body.bits_wanted(self.number);
        if bits != self.body.bits {
            let body = self.body.with_bits(bits);
            undo.body = Some(std::mem::replace(&mut self.body, body));
            tops = self.body.hash_all(branches);
        }
        branches.hashed = branches
            .hashed
            .saturating_add(self.body.levels.set(&tops, &mut undo.replaced));
        if undo.body.is_some() {
            undo.replaced = Replaced::new();
        }
        self.undo = undo;
    }

    /// The top of all accounts, if there is one.
    pub(super) fn top(&self) -> Option<&Digest> {
        self.body.levels.top(0, 0)
    }

    /// Number of accounts.
    pub(super) const fn len(&self) -> usize {
        self.body.len
    }

    /// The shard after so many updates, if it still knows.
    pub(super) fn view(&self, version: u64) -> Option<ShardView<'_>> {
        static NOTHING: Undo = Undo {
            body: None,
            changes: Vec::new(),
            replaced: Vec::new(),
        };
        match self.version.checked_sub(version)? {
            0 => Some(ShardView {
                body: &self.body,
                undo: &NOTHING,
            }),
            1 => Some(ShardView {
                body: self.undo.body.as_ref().unwrap_or(&self.body),
                undo: &self.undo,
            }),
            _ => None,
        }
    }

    /// Bytes of memory that it holds.
    pub(super) fn memory(&self) -> Memory {
        let undo = &self.undo;
        let replaced = undo.replaced.iter().map(Vec::capacity);
        let replaced = replaced.fold(0, usize::saturating_add);
        let changes = undo.changes.capacity().saturating_mul(size_of::<Change>());
        let undo_len = changes
            .saturating_add(undo.body.as_ref().map_or(0, Body::memory_len))
            .saturating_add(replaced.saturating_mul(size_of::<(u32, Digest)>()));
        Memory {
            accounts_len: self.body.memory_len(),
            undo_len,
        }
    }
}

/// Bytes of memory, without what the allocator adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Accounts, pages and tops.
    pub accounts_len: usize,
    /// What leads back to the root before the latest.
    pub undo_len: usize,
}

/// A shard after one of its updates.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShardView<'a> {
    body: &'a Body,
    undo: &'a Undo,
}

impl<'a> ShardView<'a> {
    /// Levels above the pages.
    pub(super) const fn bits(&self) -> u8 {
        self.body.bits
    }

    /// The top at `index` of `level`, if there are accounts below it.
    pub(super) fn top(&self, level: usize, index: usize) -> Option<Digest> {
        let top = match replaced_top(&self.undo.replaced, level, index) {
            Some(replaced) => Some(replaced).filter(|top| **top != Digest::default()),
            None => self.body.levels.top(level, index),
        };
        top.copied()
    }

    /// The page at `index`.
    pub(super) fn page(&self, index: usize) -> Cow<'a, [Entry]> {
        let page = self.body.page(index);
        let page_of = |change: &Change| self.body.page_of(change.place.prefix);
        let undo = &self.undo.changes;
        let from = undo.partition_point(|change| page_of(change) < index);
        let of_page = undo[from..].partition_point(|change| page_of(change) == index);
        if of_page == 0 {
            return Cow::Borrowed(page);
        }
        let mut entries = Vec::new();
        merge(page, &undo[from..][..of_page], &mut entries, |_| ());
        Cow::Owned(entries)
    }
}
