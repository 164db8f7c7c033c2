//! Which transactions are known: those that are pending, and those that were taken for a block that is
//! remembered.
//!
//! Invariant: each identity is known once; what was taken for a block is in its list, whose positions the table names. Clients
//! choose identities by trying messages, so the hash has a secret seed. It covers sixteen bytes of an identity: nobody finds
//! many messages that have these in common.

use std::hash::BuildHasher as _;
use std::hash::RandomState;

use hashbrown::HashTable;
use hashbrown::hash_table::OccupiedEntry;
use isobath_sdk::Hash;

use super::generations::{Generation, Generations};

/// Where the transaction of an identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The entry in this slot.
    Pending(u32),
    /// At this position among what was taken for a block: in it, or being tried for it.
    Taken(Generation, u32),
}

/// The table of identities, and what was taken.
#[derive(Clone, Debug)]
pub(super) struct Identities<T> {
    seed: RandomState,
    /// With the hash of the identity, so that the table grows without a look at the transactions.
    known: HashTable<(u64, Known)>,
    taken: Generations<Vec<Gone<T>>>,
}

/// A transaction that was taken.
#[derive(Clone, Debug)]
struct Gone<T> {
    identity: Hash,
    hash: u64,
    payload: T,
}

impl<T> Identities<T> {
    pub(super) fn new() -> Self {
        Self {
            seed: RandomState::new(),
            known: HashTable::new(),
            taken: Generations::new(Vec::new(), Vec::new()),
        }
    }

    /// The hash by which the other calls find an identity.
    pub(super) fn hash(&self, identity: &Hash) -> u64 {
        let [first, ..] = identity.0.as_chunks().0 else {
            unreachable!("an identity has 32 bytes");
        };
        self.seed.hash_one(u128::from_le_bytes(*first))
    }

    /// Where the transaction of an identity is, if `identity_in` tells the identity of the entry in a slot.
    pub(super) fn get<'a>(
        &self,
        hash: u64,
        identity: &Hash,
        identity_in: impl Fn(u32) -> &'a Hash,
    ) -> Option<Known> {
        let is_same = |(other, known): &(u64, Known)| {
            *other == hash
                && match *known {
                    Known::Pending(slot) => identity_in(slot) == identity,
                    Known::Taken(generation, position) => {
                        self.taken[generation][position as usize].identity == *identity
                    }
                }
        };
        self.known.find(hash, is_same).map(|(_, known)| *known)
    }

    /// Number of identities that are known.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Number of those that were taken for one block.
    pub(super) fn taken_len(&self, generation: Generation) -> usize {
        self.taken[generation].len()
    }

    /// Number of those that were taken for each block.
    pub(super) fn taken_lens(&self) -> [usize; 2] {
        self.taken.both().map(Vec::len)
    }

    pub(super) fn payload(&self, generation: Generation, position: u32) -> &T {
        &self.taken[generation][position as usize].payload
    }

    /// Adds a pending entry, whose identity must be new.
    pub(super) fn add(&mut self, hash: u64, slot: u32) {
        let pending = (hash, Known::Pending(slot));
        self.known.insert_unique(hash, pending, |(hash, _)| *hash);
    }

    /// Removes the entry in a slot.
    pub(super) fn remove(&mut self, hash: u64, slot: u32) {
        self.entry(hash, Known::Pending(slot)).remove();
    }

    /// Remembers the entry in a slot, whose identity has this hash, as taken for a block.
    pub(super) fn take(
        &mut self,
        generation: Generation,
        (hash, slot): (u64, u32),
        (identity, payload): (Hash, T),
    ) {
        let position = u32::try_from(self.taken[generation].len());
        let position = position.expect("the memory of 2^32 entries does not exist");
        self.entry(hash, Known::Pending(slot)).get_mut().1 = Known::Taken(generation, position);
        self.taken[generation].push(Gone {
            identity,
            hash,
            payload,
        });
    }

    /// Forgets what was taken for a block at a position; the latest of the block takes its place.
    pub(super) fn release(&mut self, generation: Generation, position: u32) {
        let gone = self.taken[generation].swap_remove(position as usize);
        self.entry(gone.hash, Known::Taken(generation, position)).remove();
        if let Some(moved) = self.taken[generation].get(position as usize) {
            let (hash, last) = (moved.hash, self.taken[generation].len());
            let last = u32::try_from(last).expect("positions have 32 bits");
            self.entry(hash, Known::Taken(generation, last)).get_mut().1 = Known::Taken(generation, position);
        }
    }

    /// Forgets the latest that was taken for a block; false if none is left.
    pub(super) fn forget_one(&mut self, generation: Generation) -> bool {
        let Some(last) = self.taken[generation].len().checked_sub(1) else {
            return false;
        };
        self.release(generation, u32::try_from(last).expect("positions have 32 bits"));
        true
    }

    fn entry(&mut self, hash: u64, known: Known) -> OccupiedEntry<'_, (u64, Known)> {
        let entry = self.known.find_entry(hash, |(_, other)| *other == known);
        entry.expect("what is pending or taken is in the table")
    }
}
