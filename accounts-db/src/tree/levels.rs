//! The branches above the pages: a complete binary tree of tops, one array for each level.
//!
//! ```text
//!  level 0                 0                level d splits at bit `first_bit + d`
//!  level 1         0               1
//!  level 2     0       1       2       3    the tops of the pages
//! ```
//!
//! The state tree is compressed, this one is complete. Where only one child has accounts there is no branch in the state
//! tree, and the top of that child stands here a level higher. Children lie side by side, so branches are hashed in place.

use isobath_program_abi::prefetch::prefetch;
use isobath_sdk::chain::state_tree::{HASH_GROUP, hash_branches};

use super::batch::use_again;
use super::branches::Digest;

/// What stands where there is no account. No hash that anybody can compute is zero.
const NONE: Digest = [0; 32];

/// How far ahead of a top that is set the memory of others is fetched.
const FETCH_AHEAD: usize = 16;

/// Tops that were replaced, for each level in ascending order of their indexes.
pub(super) type Replaced = Vec<Vec<(u32, Digest)>>;

/// A page and its new top, if it has accounts.
pub(super) type PageTop = (u32, Option<Digest>);

/// The tops of all levels, from one to one for each page.
#[derive(Debug)]
pub(super) struct Levels {
    levels: Vec<Vec<Digest>>,
    first_bit: u8,
}

impl Levels {
    /// Levels without accounts, `bits` above the pages, the highest of which splits at `first_bit`.
    pub(super) fn new(first_bit: u8, bits: u8) -> Self {
        let levels = (0..=bits).map(|level| vec![NONE; 1 << level]);
        Self {
            levels: levels.collect(),
            first_bit,
        }
    }

    /// The top at `index` of `level`, if there are accounts below it.
    pub(super) fn top(&self, level: usize, index: usize) -> Option<&Digest> {
        Some(&self.levels[level][index]).filter(|top| **top != NONE)
    }

    /// Sets the tops of pages, given in ascending order, and those above them; what was there before goes to `replaced`. Returns
    /// how many branches were hashed.
    pub(super) fn set(&mut self, tops: &[PageTop], replaced: &mut Replaced) -> u64 {
        replaced.resize_with(self.levels.len(), Vec::new);
        for (memory, level) in replaced.iter_mut().zip(&self.levels) {
            use_again(memory, tops.len().min(level.len()));
        }
        let pages = self.levels.last_mut().expect("there is a level of pages");
        let replaced_pages = replaced.last_mut().expect("as many as levels");
        let mut indexes = Vec::with_capacity(tops.len());
        for (at, (index, top)) in tops.iter().enumerate() {
            if let Some((ahead, _)) = tops.get(at.saturating_add(FETCH_AHEAD)) {
                prefetch(&pages[*ahead as usize]);
            }
            let old = std::mem::replace(&mut pages[*index as usize], top.unwrap_or(NONE));
            replaced_pages.push((*index, old));
            indexes.push(*index);
        }
        let mut hashed = 0_u64;
        for level in (0..self.levels.len().saturating_sub(1)).rev() {
            indexes.iter_mut().for_each(|index| *index >>= 1);
            indexes.dedup();
            self.fetch_parents(level, &indexes);
            self.set_level(level, &indexes, &mut replaced[level]);
            hashed = hashed.saturating_add(indexes.len() as u64);
        }
        hashed
    }

    /// Asks for the first of the tops at `indexes` of a level, and so for their siblings, most of which are in the same line.
    fn fetch_parents(&self, level: usize, indexes: &[u32]) {
        let tops = &self.levels[level];
        for index in indexes.iter().take(HASH_GROUP) {
            prefetch(&tops[*index as usize]);
        }
    }

    /// Sets the tops at `indexes` of a level from those below.
    fn set_level(&mut self, level: usize, indexes: &[u32], replaced: &mut Vec<(u32, Digest)>) {
        let (above, below) = self.levels.split_at_mut(level.saturating_add(1));
        let (tops, pairs) = (&mut above[level], below[0].as_chunks::<2>().0);
        let bit = u8::try_from(level)
            .ok()
            .and_then(|level| self.first_bit.checked_add(level));
        let bit = bit.expect("there are fewer levels than bits");
        let mut hashes = [Digest::default(); HASH_GROUP];
        let mut groups = indexes.chunks(HASH_GROUP).peekable();
        while let Some(indexes) = groups.next() {
            for index in groups.peek().copied().into_iter().flatten() {
                prefetch(&pairs[*index as usize]);
                prefetch(&tops[*index as usize]);
            }
            let mut children = [&[0; 64]; HASH_GROUP];
            for (child, index) in children.iter_mut().zip(indexes) {
                let pair = pairs[*index as usize].as_flattened().as_array();
                *child = pair.expect("two hashes have 64 bytes");
            }
            let count = indexes.len();
            hash_branches(bit, &children[..count], &mut hashes[..count]);
            for (index, hash) in indexes.iter().zip(hashes) {
                let top = match &pairs[*index as usize] {
                    [left, NONE] => *left,
                    [NONE, right] => *right,
                    _ => hash,
                };
                let old = std::mem::replace(&mut tops[*index as usize], top);
                replaced.push((*index, old));
            }
        }
    }
}

/// The top at `index` of `level` before an update that replaced it, if it did.
pub(super) fn replaced_top(replaced: &Replaced, level: usize, index: usize) -> Option<&Digest> {
    let level = replaced.get(level)?;
    let at = level.binary_search_by_key(&index, |(index, _)| *index as usize);
    at.ok().map(|at| &level[at].1)
}
