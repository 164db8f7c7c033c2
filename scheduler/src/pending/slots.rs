//! Where the entries of the pool are, and when they expire.
//!
//! An entry stays in its slot from its insertion to its removal, so that the indexes hold numbers of slots instead of
//! copies. The slots of one last height are a chain, so that an entry enters and leaves it in O(1).
//!
//! Invariant: a slot is in the chain of its entry's last height, or free.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Head;

use super::rank::Rank;
use crate::entry::Entry;

/// The entries by slot, and the chains.
#[derive(Clone, Debug)]
pub(super) struct Slots<T> {
    slots: Vec<Option<Slot<T>>>,
    free: Vec<u32>,
    /// The first slot of each chain, by last height. There are as many as heights that an entry may wait for.
    heads: BTreeMap<u64, u32>,
}

/// By what the tables know an entry, so that it is looked up in each of them once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handles {
    /// The hash of its identity.
    pub(super) identity_hash: u64,
    /// The number of its payer.
    pub(super) payer: u32,
}

/// An entry with its key and arrival number, and its neighbours in the chain.
#[derive(Clone, Debug)]
struct Slot<T> {
    entry: Entry<T>,
    key: u64,
    arrival: u64,
    handles: Handles,
    before: Option<u32>,
    after: Option<u32>,
}

impl<T> Slots<T> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            heads: BTreeMap::new(),
        }
    }

    pub(super) fn entry(&self, slot: u32) -> &Entry<T> {
        &self.slot(slot).entry
    }

    pub(super) fn handles(&self, slot: u32) -> Handles {
        self.slot(slot).handles
    }

    /// The rank of the entry in a slot.
    pub(super) fn rank(&self, slot: u32) -> Rank {
        let held = self.slot(slot);
        Rank {
            key: held.key,
            arrival: held.arrival,
            slot,
        }
    }

    /// Puts an entry into a slot and at the front of its chain; returns its rank.
    pub(super) fn insert(&mut self, entry: Entry<T>, key: u64, arrival: u64, handles: Handles) -> Rank {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            let last = self.slots.len().saturating_sub(1);
            u32::try_from(last).expect("the memory of 2^32 entries does not exist")
        });
        let after = self.heads.insert(entry.expires_at_height, slot);
        if let Some(after) = after {
            self.slot_mut(after).before = Some(slot);
        }
        self.slots[slot as usize] = Some(Slot {
            entry,
            key,
            arrival,
            handles,
            before: None,
            after,
        });
        self.rank(slot)
    }

    /// Takes the entry out of a slot.
    pub(super) fn remove(&mut self, slot: u32) -> Entry<T> {
        let held = self.slots[slot as usize].take().expect(HELD);
        self.free.push(slot);
        if let Some(after) = held.after {
            self.slot_mut(after).before = held.before;
        }
        match (held.before, held.after) {
            (Some(before), after) => self.slot_mut(before).after = after,
            (None, after) => self.set_head(held.entry.expires_at_height, after),
        }
        held.entry
    }

    /// The latest arrival of the first chain, if its height is before `height`.
    pub(super) fn next_expired(&self, height: u64) -> Option<u32> {
        let (last_height, slot) = self.heads.first_key_value()?;
        (*last_height < height).then_some(*slot)
    }

    fn set_head(&mut self, height: u64, slot: Option<u32>) {
        match (self.heads.entry(height), slot) {
            (Head::Occupied(mut head), Some(slot)) => *head.get_mut() = slot,
            (Head::Occupied(head), None) => drop(head.remove()),
            (Head::Vacant(_), _) => unreachable!("{HELD}"),
        }
    }

    fn slot(&self, slot: u32) -> &Slot<T> {
        self.slots[slot as usize].as_ref().expect(HELD)
    }

    fn slot_mut(&mut self, slot: u32) -> &mut Slot<T> {
        self.slots[slot as usize].as_mut().expect(HELD)
    }
}

/// Why a slot is never empty when it is looked at.
const HELD: &str = "slots come from the indexes and chains, which name those that hold an entry";
