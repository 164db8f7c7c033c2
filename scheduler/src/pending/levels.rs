//! The ranks of all entries in order.
//!
//! Many entries have the same key, a priority above all, and among them the latest arrival is the last. So those of one
//! key are a chain to whose end a newcomer is added, and only the keys are sorted.
//!
//! Invariant: each chain has an entry and is in the order of arrival; links are the numbers of slots.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Level;
use std::ops::Bound;

use super::rank::Rank;

/// The chains by key, best first.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    chains: BTreeMap<u64, Chain>,
    /// By slot; what a slot without an entry has means nothing.
    links: Vec<Link>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Chain {
    first: u32,
    last: u32,
}

/// An entry between its neighbours of the same key.
#[derive(Clone, Copy, Debug)]
struct Link {
    rank: Rank,
    before: Option<u32>,
    after: Option<u32>,
}

impl Levels {
    pub(super) const fn new() -> Self {
        Self {
            chains: BTreeMap::new(),
            links: Vec::new(),
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds a rank, which must be the latest arrival. O(log k) for k keys.
    pub(super) fn insert(&mut self, rank: Rank) {
        let slot = rank.slot;
        let before = match self.chains.entry(rank.key) {
            Level::Occupied(mut chain) => Some(std::mem::replace(&mut chain.get_mut().last, slot)),
            Level::Vacant(level) => {
                level.insert(Chain {
                    first: slot,
                    last: slot,
                });
                None
            }
        };
        if let Some(before) = before {
            self.link_mut(before).after = Some(slot);
        }
        let link = Link {
            rank,
            before,
            after: None,
        };
        let at = slot as usize;
        if at >= self.links.len() {
            self.links.resize(at.saturating_add(1), link);
        }
        self.links[at] = link;
        self.len = self.len.saturating_add(1);
    }

    /// Removes a rank that was inserted. O(log k) for k keys if it is the first or last of its own, else O(1).
    pub(super) fn remove(&mut self, rank: Rank) {
        let Link { before, after, .. } = *self.link(rank.slot);
        if let Some(before) = before {
            self.link_mut(before).after = after;
        }
        if let Some(after) = after {
            self.link_mut(after).before = before;
        }
        match (before, after) {
            (Some(_), Some(_)) => {}
            (None, None) => drop(self.chains.remove(&rank.key)),
            (None, Some(first)) => self.chain_mut(rank).first = first,
            (Some(last), None) => self.chain_mut(rank).last = last,
        }
        self.len = self.len.saturating_sub(1);
    }

    pub(super) fn first(&self) -> Option<Rank> {
        let (_, chain) = self.chains.first_key_value()?;
        Some(self.link(chain.first).rank)
    }

    fn last(&self) -> Option<Rank> {
        let (_, chain) = self.chains.last_key_value()?;
        Some(self.link(chain.last).rank)
    }

    /// The rank after one that is held.
    pub(super) fn after(&self, rank: Rank) -> Option<Rank> {
        let after = self.link(rank.slot).after.or_else(|| {
            let worse = (Bound::Excluded(rank.key), Bound::Unbounded);
            self.chains.range(worse).next().map(|(_, chain)| chain.first)
        });
        after.map(|slot| self.link(slot).rank)
    }

    /// The rank before one that is held.
    fn before(&self, rank: Rank) -> Option<Rank> {
        let before = self.link(rank.slot).before.or_else(|| {
            let better = ..rank.key;
            let next = self.chains.range(better).next_back();
            next.map(|(_, chain)| chain.last)
        });
        before.map(|slot| self.link(slot).rank)
    }

    /// All ranks, best first.
    pub(super) fn iter(&self) -> RanksInOrder<'_> {
        RanksInOrder {
            levels: self,
            first: self.first(),
            last: self.last(),
            rest: self.len,
        }
    }

    fn link(&self, slot: u32) -> &Link {
        &self.links[slot as usize]
    }

    fn link_mut(&mut self, slot: u32) -> &mut Link {
        &mut self.links[slot as usize]
    }

    fn chain_mut(&mut self, rank: Rank) -> &mut Chain {
        let chain = self.chains.get_mut(&rank.key);
        chain.expect("a rank that is held is in the chain of its key")
    }
}

/// Iterates over ranks in order.
pub(super) struct RanksInOrder<'l> {
    levels: &'l Levels,
    first: Option<Rank>,
    last: Option<Rank>,
    rest: usize,
}

impl Iterator for RanksInOrder<'_> {
    type Item = Rank;

    fn next(&mut self) -> Option<Rank> {
        self.rest = self.rest.checked_sub(1)?;
        let rank = self.first?;
        self.first = self.levels.after(rank);
        Some(rank)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest, Some(self.rest))
    }
}

impl DoubleEndedIterator for RanksInOrder<'_> {
    fn next_back(&mut self) -> Option<Rank> {
        self.rest = self.rest.checked_sub(1)?;
        let rank = self.last?;
        self.last = self.levels.before(rank);
        Some(rank)
    }
}

impl ExactSizeIterator for RanksInOrder<'_> {}
