//! One shard of a record of messages.
//!
//! The entries lie in a ring in the order of their heights: old blocks leave at its front, and an aborted block leaves at
//! its back. An index finds an entry by its fingerprint.
//!
//! ```text
//! ring   first -> [ fingerprint 16 | height 8 ] [ .. ] [ .. ] <- the open block
//! index  place of a fingerprint -> number of an entry; the ring begins with number `first`, numbers wrap
//! ```
//!
//! Invariant: every entry of the ring has its number in the index exactly once, and the heights do not decrease.
//!
//! Cost: 24 bytes an entry in the ring and 6.4 to 8 in the index, plus the room to grow of the ring, an eighth. A look-up of a
//! message that is absent reads one line of the index; entering it writes that line and the end of the ring. Both can be
//! asked for ahead, and those that leave are: the ring says which come next.

use std::collections::VecDeque;

use isobath_program_abi::prefetch::{prefetch_behind, prefetch_to_write};

use super::super::fingerprint::Fingerprint;
use super::index::{Index, NUMBER_MAX};
use super::placement::{Place, Placement};

/// Least number of entries for which a shard has room once it has any.
const ROOM_MIN: usize = 16;
/// A shard gives memory back when it uses less than one part in this many of it.
const SHRINK_BELOW: usize = 4;
/// Messages that are removed when one is entered: two, so that a block leaves none behind that is at least half as large as the
/// one that has become too old.
const DROPPED_MAX: usize = 2;
/// Entries between the one that leaves and the one whose line of the index is asked for.
const LOOK_AHEAD: usize = 8;

/// A message and the height of its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) fingerprint: Fingerprint,
    pub(super) height: u64,
}

/// Messages of many blocks.
///
/// It fills one line of memory together with its lock.
#[derive(Debug, Default)]
pub(super) struct Shard {
    ring: VecDeque<Entry>,
    index: Index,
    first: u32,
}

impl Shard {
    /// Enters a message unless `is_seen` holds for the height of one with the same fingerprint. True if it was entered.
    pub(super) fn enter_unless(
        &mut self,
        placement: &Placement,
        place: Place,
        entry: Entry,
        is_seen: impl Fn(u64) -> bool,
    ) -> bool {
        if self.height(place, entry.fingerprint, is_seen).is_some() {
            return false;
        }
        self.make_room(placement);
        self.index.insert(place, number(self.first, self.ring.len()));
        self.ring.push_back(entry);
        true
    }

    /// Asks memory for what a look-up at this place reads, and for what entering writes and removes.
    pub(super) fn prefetch(&self, placement: &Placement, place: Place) {
        self.index.home(place).map(prefetch_to_write);
        self.ring.back().map(prefetch_behind);
        if let Some(oldest) = self.ring.front() {
            self.index
                .home(placement.place(&oldest.fingerprint))
                .map(prefetch_to_write);
        }
    }

    /// The highest of the heights at which a message is entered that `is_seen`, which is asked about each.
    pub(super) fn height(
        &self,
        place: Place,
        fingerprint: Fingerprint,
        mut is_seen: impl FnMut(u64) -> bool,
    ) -> Option<u64> {
        let mut highest = None;
        self.index.find(place, |number| {
            let entry = &self.ring[position(self.first, number)];
            if entry.fingerprint == fingerprint && is_seen(entry.height) {
                highest = highest.max(Some(entry.height));
            }
            false
        });
        highest
    }

    /// Removes one entry of the newest block; the last one takes its position.
    pub(super) fn withdraw(&mut self, placement: &Placement, place: Place, entry: &Entry) {
        let (ring, first) = (&self.ring, self.first);
        let is_it = |number| ring[position(first, number)] == *entry;
        let found = self.index.find(place, is_it);
        let withdrawn = found.expect("only what was entered is withdrawn");
        self.index.remove(place, withdrawn);
        let last = self.ring.pop_back().expect("the ring has what the index has");
        let last_number = number(first, self.ring.len());
        if withdrawn != last_number {
            let place = placement.place(&last.fingerprint);
            self.index.replace(place, last_number, withdrawn);
            self.ring[position(first, withdrawn)] = last;
        }
    }

    /// Removes the messages of all blocks above `height`.
    pub(super) fn drop_above(&mut self, placement: &Placement, height: u64) {
        while let Some(entry) = self.ring.pop_back_if(|entry| entry.height > height) {
            let number = number(self.first, self.ring.len());
            self.remove(placement, &entry, number);
        }
    }

    /// Removes at most [`DROPPED_MAX`] messages of the blocks up to `height`.
    pub(super) fn drop_some_up_to(&mut self, placement: &Placement, height: u64) {
        for _ in 0..DROPPED_MAX {
            if !self.drop_oldest(placement, height) {
                return;
            }
        }
    }

    /// Removes the oldest message, if it is of a block up to `height`.
    fn drop_oldest(&mut self, placement: &Placement, height: u64) -> bool {
        let oldest = self.ring.pop_front_if(|entry| entry.height <= height);
        let Some(entry) = oldest else {
            return false;
        };
        let number = self.first;
        self.first = number.wrapping_add(1) & NUMBER_MAX;
        self.remove(placement, &entry, number);
        true
    }

    /// Removes the messages of all blocks up to `height`.
    pub(super) fn drop_up_to(&mut self, placement: &Placement, height: u64) {
        while self.drop_oldest(placement, height) {
            if let Some(later) = self.ring.get(LOOK_AHEAD) {
                self.index
                    .home(placement.place(&later.fingerprint))
                    .map(prefetch_to_write);
            }
        }
        let len = self.ring.len().max(ROOM_MIN);
        if self.ring.capacity() / SHRINK_BELOW > len {
            self.ring.shrink_to(len);
            self.build_index(placement);
        }
    }

    /// Copies the entries whose heights `is_kept`.
    pub(super) fn copy(&self, placement: &Placement, is_kept: impl Fn(u64) -> bool) -> Self {
        let mut copy = Self::default();
        for entry in self.ring.iter().filter(|entry| is_kept(entry.height)) {
            let place = placement.place(&entry.fingerprint);
            copy.enter_unless(placement, place, *entry, |_| false);
        }
        copy
    }

    /// Grows a full ring by an eighth, for doubling would leave up to half of it unused, and a full index by a quarter.
    fn make_room(&mut self, placement: &Placement) {
        if self.ring.len() == self.ring.capacity() {
            self.ring.reserve_exact((self.ring.len() / 8).max(ROOM_MIN));
        }
        if self.ring.len() >= self.index.capacity() {
            self.build_index(placement);
        }
    }

    fn build_index(&mut self, placement: &Placement) {
        let numbers = (0..self.ring.len()).map(|position| number(self.first, position));
        let places = self.ring.iter().map(|entry| placement.place(&entry.fingerprint));
        self.index = Index::new(self.ring.len(), places.zip(numbers));
    }

    fn remove(&mut self, placement: &Placement, entry: &Entry, number: u32) {
        self.index.remove(placement.place(&entry.fingerprint), number);
    }
}

const fn position(first: u32, number: u32) -> usize {
    (number.wrapping_sub(first) & NUMBER_MAX) as usize
}

/// The number of the entry at a position.
fn number(first: u32, position: usize) -> u32 {
    let position = u32::try_from(position)
        .ok()
        .filter(|position| *position < NUMBER_MAX);
    let position = position.expect("budgets keep blocks far smaller");
    first.wrapping_add(position) & NUMBER_MAX
}

#[cfg(test)]
mod tests;
