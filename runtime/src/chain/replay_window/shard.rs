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
//! Cost: 24 bytes an entry in the ring and 5 in the index, plus the room to grow of both. A look-up of a message that is
//! absent reads one group of the index; entering it writes that group and the end of the ring.

use std::collections::VecDeque;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;

use super::super::fingerprint::Fingerprint;
use super::placement::Placement;

/// Least number of entries for which a shard has room once it has any.
const ROOM_MIN: usize = 16;
/// A shard gives memory back when it uses less than one part in this many of it.
const SHRINK_BELOW: usize = 4;

/// A message and the height of its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) fingerprint: Fingerprint,
    pub(super) height: u64,
}

/// Messages of many blocks.
#[derive(Debug, Default)]
pub(super) struct Shard {
    ring: VecDeque<Entry>,
    index: HashTable<u32>,
    first: u32,
}

impl Shard {
    /// Enters a message unless `is_seen` holds for the height of one with the same fingerprint. True if it was entered.
    pub(super) fn enter_unless(
        &mut self,
        placement: &Placement,
        place: u64,
        entry: Entry,
        is_seen: impl Fn(u64) -> bool,
    ) -> bool {
        self.make_room();
        let (ring, first) = (&self.ring, self.first);
        let at = |number: &u32| &ring[position(first, *number)];
        let slot = self.index.entry(
            place,
            |number| at(number).fingerprint == entry.fingerprint && is_seen(at(number).height),
            |number| placement.place(&at(number).fingerprint),
        );
        let Slot::Vacant(slot) = slot else {
            return false;
        };
        slot.insert(number(first, ring.len()));
        self.ring.push_back(entry);
        true
    }

    /// The heights at which the message is entered.
    pub(super) fn heights(&self, place: u64, fingerprint: Fingerprint) -> impl Iterator<Item = u64> {
        let entries = self.index.iter_hash(place);
        let entries = entries.map(move |number| &self.ring[position(self.first, *number)]);
        entries
            .filter(move |entry| entry.fingerprint == fingerprint)
            .map(|entry| entry.height)
    }

    /// Removes one entry of the newest block; the last one takes its position.
    pub(super) fn withdraw(&mut self, placement: &Placement, place: u64, entry: &Entry) {
        let (ring, first) = (&self.ring, self.first);
        let is_it = |number: &u32| ring[position(first, *number)] == *entry;
        let found = self.index.find_entry(place, is_it);
        let (withdrawn, _) = found.expect("only what was entered is withdrawn").remove();
        let last = self.ring.pop_back().expect("the ring has what the index has");
        let last_number = number(first, self.ring.len());
        if withdrawn != last_number {
            let moved = self.index.find_mut(placement.place(&last.fingerprint), |number| {
                *number == last_number
            });
            *moved.expect("the index has what the ring has") = withdrawn;
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

    /// Removes the messages of all blocks up to `height`.
    pub(super) fn drop_up_to(&mut self, placement: &Placement, height: u64) {
        while let Some(entry) = self.ring.pop_front_if(|entry| entry.height <= height) {
            let number = self.first;
            self.first = self.first.wrapping_add(1);
            self.remove(placement, &entry, number);
        }
        let len = self.ring.len().max(ROOM_MIN);
        if self.ring.capacity() / SHRINK_BELOW > len {
            let (ring, first) = (&mut self.ring, self.first);
            let place = |number: &u32| placement.place(&ring[position(first, *number)].fingerprint);
            self.index.shrink_to(len, place);
            ring.shrink_to(len);
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

    /// Grows a full ring by an eighth: doubling would leave up to half of it unused.
    fn make_room(&mut self) {
        if self.ring.len() == self.ring.capacity() {
            self.ring.reserve_exact((self.ring.len() / 8).max(ROOM_MIN));
        }
    }

    fn remove(&mut self, placement: &Placement, entry: &Entry, number: u32) {
        let place = placement.place(&entry.fingerprint);
        let found = self.index.find_entry(place, |other| *other == number);
        found.expect("the index has what the ring has").remove();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.ring.len(), self.index.len());
        assert!(self.ring.iter().is_sorted_by_key(|entry| entry.height));
        self.ring.len()
    }

    #[cfg(test)]
    pub(super) fn allocated_bytes(&self) -> usize {
        self.ring.capacity() * size_of::<Entry>() + self.index.allocation_size()
    }
}

const fn position(first: u32, number: u32) -> usize {
    number.wrapping_sub(first) as usize
}

/// The number of the entry at a position.
fn number(first: u32, position: usize) -> u32 {
    let position = u32::try_from(position).expect("budgets keep blocks far smaller");
    first.wrapping_add(position)
}
