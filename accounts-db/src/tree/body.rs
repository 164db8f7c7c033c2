//! The accounts of one shard: pages, and the levels above them.
//!
//! A page holds the accounts whose paths begin with the same bits, as many bits as give a page 2 to 8 accounts. How many
//! that are is no part of the state tree: it follows the number of accounts at some distance, so that accounts
//! which come and go at one number do not split and join pages again and again.
//!
//! Cost: memory is 72 bytes an account, and 80 a page. Splitting all pages of a shard copies and hashes each of its
//! accounts once, when their number has doubled. Shards split at different numbers, so that no update splits all.

use isobath_program_abi::prefetch::prefetch;

use super::batch::Change;
use super::branches::{Branches, Digest};
use super::levels::{Levels, PageTop};
use super::page::{Entry, Page, change_page};
use super::place::SHARD_BITS;

/// Accounts a page, in quarters, above which the first shard splits its pages. The last one does at nearly twice as many.
const SPLIT_QUARTERS: usize = 16;

/// Accounts a page below which pages are joined: half of what a split leaves at least.
const JOIN_LEN: usize = 1;

/// Pages that are hashed side by side: enough to fill the lanes, few enough to stay in the cache.
const PAGES_SIDE_BY_SIDE: usize = 512;

/// How far ahead of the changes pages are fetched, and their list twice as far.
const FETCH_AHEAD: usize = 16;

/// Pages and the levels above them.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) levels: Levels,
    pages: Vec<Page>,
    /// Bits by which pages are told apart.
    pub(super) bits: u8,
    pub(super) len: usize,
}

impl Body {
    /// No accounts, in pages told apart by `bits`.
    pub(super) fn new(bits: u8) -> Self {
        Self {
            levels: Levels::new(SHARD_BITS, bits),
            pages: std::iter::repeat_with(Page::default).take(1 << bits).collect(),
            bits,
            len: 0,
        }
    }

    /// The page at `index`.
    pub(super) fn page(&self, index: usize) -> &[Entry] {
        &self.pages[index]
    }

    /// Index of the page for paths that begin with `prefix`, which are of this shard.
    pub(super) fn page_of(&self, prefix: u64) -> usize {
        let in_shard = prefix << SHARD_BITS;
        // In two steps, since with a single page there is no bit to keep.
        let index = in_shard >> 1 >> 63_u8.saturating_sub(self.bits);
        usize::try_from(index).expect("there are fewer pages than memory")
    }

    /// Changes accounts, and hashes the branches of the pages that changed. The levels are left alone; their new tops of pages are
    /// returned, in ascending order.
    pub(super) fn change(
        &mut self,
        changes: &[Change],
        undo: &mut Vec<Change>,
        branches: &mut Branches,
    ) -> Vec<PageTop> {
        let mut tops = Tops::new(branches, changes.len().min(self.pages.len()));
        let mut scratch = Vec::new();
        let mut rest = changes;
        while let Some(first) = rest.first() {
            let index = self.page_of(first.place.prefix);
            let same = rest
                .iter()
                .position(|change| self.page_of(change.place.prefix) != index);
            let (of_page, others) = rest.split_at(same.unwrap_or(rest.len()));
            self.fetch_ahead(rest);
            let page = &mut self.pages[index];
            let len_before = page.len();
            if change_page(page, of_page, undo, &mut scratch) {
                tops.add(index, page);
                self.len = self.len.saturating_sub(len_before).saturating_add(page.len());
            }
            rest = others;
        }
        tops.finish()
    }

    /// Asks for the memory of pages that will be changed next.
    fn fetch_ahead(&self, changes: &[Change]) {
        if let Some(change) = changes.get(FETCH_AHEAD.saturating_mul(2)) {
            prefetch(&self.pages[self.page_of(change.place.prefix)]);
        }
        if let Some(change) = changes.get(FETCH_AHEAD) {
            let page = &self.pages[self.page_of(change.place.prefix)];
            let entries = page.iter().take(FETCH_AHEAD);
            entries.for_each(|entry| prefetch(&entry.place.prefix));
        }
    }

    /// Hashes the branches of all pages; the tops, in ascending order.
    pub(super) fn hash_all(&self, branches: &mut Branches) -> Vec<PageTop> {
        let mut tops = Tops::new(branches, self.pages.len());
        for (index, page) in self.pages.iter().enumerate() {
            tops.add(index, page);
        }
        tops.finish()
    }

    /// How many bits should tell pages apart in the shard with this number.
    pub(super) const fn bits_wanted(&self, shard: usize) -> u8 {
        let mut bits = self.bits;
        let quarters = SPLIT_QUARTERS.saturating_add(shard);
        while self.len.saturating_mul(4) > quarters << bits {
            bits = bits.saturating_add(1);
        }
        while bits > 0 && self.len < JOIN_LEN << bits {
            bits = bits.saturating_sub(1);
        }
        bits
    }

    /// The same accounts in pages told apart by `bits`, not hashed yet.
    pub(super) fn with_bits(&self, bits: u8) -> Self {
        let mut body = Self::new(bits);
        let mut page: Vec<Entry> = Vec::new();
        let mut at = 0;
        for entry in self.pages.iter().flatten() {
            let index = body.page_of(entry.place.prefix);
            if index != at {
                body.pages[at] = Page::from(page.as_slice());
                page.clear();
                at = index;
            }
            page.push(*entry);
        }
        body.pages[at] = Page::from(page.as_slice());
        body.len = self.len;
        body
    }

    /// Bytes of memory that it holds, without what the allocator adds.
    pub(super) const fn memory_len(&self) -> usize {
        let page = size_of::<Page>().saturating_add(size_of::<Digest>().saturating_mul(2));
        let pages = self.pages.len().saturating_mul(page);
        pages.saturating_add(self.len.saturating_mul(size_of::<Entry>()))
    }
}

/// Tops of pages, hashed some pages at a time, while they are in the cache.
struct Tops<'a> {
    branches: &'a mut Branches,
    /// Pages that are not hashed yet, each with the slot of its top.
    waiting: Vec<(u32, Option<usize>)>,
    tops: Vec<PageTop>,
}

impl<'a> Tops<'a> {
    fn new(branches: &'a mut Branches, count: usize) -> Self {
        Self {
            branches,
            waiting: Vec::with_capacity(PAGES_SIDE_BY_SIDE),
            tops: Vec::with_capacity(count),
        }
    }

    fn add(&mut self, index: usize, page: &[Entry]) {
        let slot = (!page.is_empty()).then(|| self.branches.add(page));
        let index = u32::try_from(index).expect("a shard has fewer than 2^32 pages");
        self.waiting.push((index, slot));
        if self.waiting.len() == PAGES_SIDE_BY_SIDE {
            self.hash();
        }
    }

    fn hash(&mut self) {
        self.branches.hash();
        for (index, slot) in self.waiting.drain(..) {
            self.tops.push((index, slot.map(|slot| *self.branches.top(slot))));
        }
        self.branches.clear();
    }

    fn finish(mut self) -> Vec<PageTop> {
        self.hash();
        self.tops
    }
}
