//! Ids of the resident accounts by key.
//!
//! ```text
//! part (chosen by the hash) -> newest table: [ tag 32 | id + 1 ] [ 0 ] [ tag | id + 1 ] ..   probed from the hash onwards
//! ```
//!
//! Invariant: a key is in the index at most once, with the id of the cell that holds it. The index stores no keys: an entry
//! has 32 bits of the hash of the key, and the cell tells whether it is the key's.
//!
//! Look-ups take no lock, so that many of them are under way in the memory of a processor at once. A part that is full gets
//! a larger table, filled before it is announced; a look-up in an old table finds all keys but those that were added since,
//! and maybe ids that belong to another key by now. To readers, an account added since does not exist; who adds keys looks
//! again under the lock of the part. Old tables are kept: together they are smaller than the newest.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use isobath_sdk::chain::accounts::AccountId;

/// Parts of the index: with a million accounts, about four thousand each.
const PARTS: usize = 1 << PARTS_BITS;
const PARTS_BITS: u32 = 8;
/// Lowest bit of a hash that selects the part: between the tag above and the place in a table below.
const PARTS_SHIFT: u32 = 24;
/// Entries of the first table of a part.
const FIRST_LEN: usize = 64;
/// Tables of a part: the largest holds all ids that there can be.
const TABLES: usize = 28;

/// No key was ever here.
const EMPTY: u64 = 0;
/// A key was here and was removed.
const REMOVED: u64 = u32::MAX as u64;

type Table = Box<[AtomicU64]>;

/// Ids by hash of the key.
pub(crate) struct Index {
    parts: Box<[Part]>,
}

#[derive(Default)]
struct Part {
    /// Which table is the newest.
    newest: AtomicUsize,
    tables: [OnceLock<Table>; TABLES],
    /// Held by who adds or removes keys.
    used: Mutex<Used>,
}

/// What the newest table of a part holds.
#[derive(Default)]
struct Used {
    /// Entries that are not empty.
    taken: usize,
    /// Entries of keys.
    keys: usize,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self {
            parts: std::iter::repeat_with(Part::default).take(PARTS).collect(),
        }
    }

    /// The id with this hash that `is_it` accepts; `is_it` looks at the cell.
    pub(crate) fn find(&self, hash: u64, is_it: impl FnMut(AccountId) -> bool) -> Option<AccountId> {
        let table = self.part(hash).newest()?;
        find(table, hash, is_it).map(|(_, id)| id)
    }

    /// The entry that a look-up of this hash reads first, for a prefetch.
    pub(crate) fn first_entry(&self, hash: u64) -> Option<&AtomicU64> {
        let table = self.part(hash).newest()?;
        table.get(place(hash, table.len()))
    }

    /// The id with this hash that `is_it` accepts, or that of a cell that `make` makes; and whether it was made.
    pub(crate) fn find_or_insert(
        &self,
        hash: u64,
        mut is_it: impl FnMut(AccountId) -> bool,
        make: impl FnOnce() -> AccountId,
    ) -> (AccountId, bool) {
        if let Some(id) = self.find(hash, &mut is_it) {
            return (id, false);
        }
        let part = self.part(hash);
        let mut used = part.used();
        let table = part.with_room(&mut used);
        if let Some((_, id)) = find(table, hash, is_it) {
            return (id, false);
        }
        let id = make();
        used.keys = used.keys.saturating_add(1);
        if insert(table, entry(hash, id)) {
            used.taken = used.taken.saturating_add(1);
        }
        (id, true)
    }

    /// Removes an id.
    pub(crate) fn remove(&self, hash: u64, id: AccountId) {
        let part = self.part(hash);
        let mut used = part.used();
        let Some(table) = part.newest() else {
            return;
        };
        if let Some((at, _)) = find(table, hash, |found| found == id) {
            table[at].store(REMOVED, Ordering::Release);
            used.keys = used.keys.saturating_sub(1);
            used.taken = used.taken.saturating_sub(empty_up_to(table, at));
        }
    }

    fn part(&self, hash: u64) -> &Part {
        // The mask makes the truncation harmless.
        #[allow(clippy::cast_possible_truncation)]
        let bits = (hash >> PARTS_SHIFT) as usize;
        &self.parts[bits & (PARTS - 1)]
    }
}

impl Part {
    fn newest(&self) -> Option<&Table> {
        // Pairs with the store in `grow`: who sees the number sees the table.
        self.tables.get(self.newest.load(Ordering::Acquire))?.get()
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest table, which has room for one more key.
    fn with_room(&self, used: &mut Used) -> &Table {
        match self.newest() {
            Some(table) if used.taken.saturating_mul(4) < table.len().saturating_mul(3) => table,
            newest => self.grow(newest, used),
        }
    }

    /// Announces a larger table with all keys of the newest.
    fn grow(&self, newest: Option<&Table>, used: &mut Used) -> &Table {
        let at = match newest {
            Some(_) => self.newest.load(Ordering::Relaxed).saturating_add(1),
            None => 0,
        };
        // A table is at most 3/8 full when it is announced.
        let len = newest.map_or(FIRST_LEN, |table| table.len().saturating_mul(2));
        let slot = self.tables.get(at).expect("memory has fewer than 2^32 cells");
        let table = slot.get_or_init(|| std::iter::repeat_with(AtomicU64::default).take(len).collect());
        for old in newest.into_iter().flatten() {
            let old = old.load(Ordering::Relaxed);
            if old != EMPTY && old != REMOVED {
                insert(table, old);
            }
        }
        used.taken = used.keys;
        self.newest.store(at, Ordering::Release);
        table
    }
}

/// The entry of an id: the upper half of the hash, and the id.
const fn entry(hash: u64, id: AccountId) -> u64 {
    // An id is below 2^32 - 2, so that no entry looks empty or removed.
    (hash & TAG) | (id.0 as u64).wrapping_add(1)
}

const TAG: u64 = !(u32::MAX as u64);

const fn id_of(entry: u64) -> AccountId {
    // The mask makes the truncation harmless.
    #[allow(clippy::cast_possible_truncation)]
    AccountId(((entry & u32::MAX as u64) as u32).wrapping_sub(1))
}

/// Where a look-up begins. The entry holds the bits that choose the place only in part, so a table is filled again from
/// the tag: the place is made of the tag alone.
const fn place(hash: u64, len: usize) -> usize {
    // The mask makes the truncation harmless.
    #[allow(clippy::cast_possible_truncation)]
    let bits = (hash >> 32) as usize;
    bits & len.wrapping_sub(1)
}

/// The places of a table from that of a hash on, each once.
fn places(hash: u64, len: usize) -> impl Iterator<Item = usize> {
    let first = place(hash, len);
    (0..len).map(move |step| first.wrapping_add(step) & len.wrapping_sub(1))
}

/// The place and id of the entry with the tag of this hash that `is_it` accepts.
fn find(
    table: &[AtomicU64],
    hash: u64,
    mut is_it: impl FnMut(AccountId) -> bool,
) -> Option<(usize, AccountId)> {
    for at in places(hash, table.len()) {
        // Pairs with the store in `insert`: who sees an entry sees the key in its cell.
        let found = table[at].load(Ordering::Acquire);
        if found == EMPTY {
            return None;
        }
        let id = id_of(found);
        if found != REMOVED && (found ^ hash) & TAG == 0 && is_it(id) {
            return Some((at, id));
        }
    }
    None
}

/// Puts an entry into a table that has room; whether it was an empty place.
fn insert(table: &[AtomicU64], entry: u64) -> bool {
    for at in places(entry, table.len()) {
        let found = table[at].load(Ordering::Relaxed);
        if found == EMPTY || found == REMOVED {
            table[at].store(entry, Ordering::Release);
            return found == EMPTY;
        }
    }
    unreachable!("a table is never full")
}

/// Empties the removed entries from `at` backwards if no look-up goes on behind `at`; returns how many. A look-up under way
/// meets an empty entry earlier and misses none.
fn empty_up_to(table: &[AtomicU64], at: usize) -> usize {
    let mask = table.len().wrapping_sub(1);
    if table[at.wrapping_add(1) & mask].load(Ordering::Relaxed) != EMPTY {
        return 0;
    }
    let places = (0..table.len()).map(|step| at.wrapping_sub(step) & mask);
    let removed = places.take_while(|at| table[*at].load(Ordering::Relaxed) == REMOVED);
    removed
        .map(|at| table[at].store(EMPTY, Ordering::Release))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_come_and_go_do_not_make_a_table_grow() {
        let index = Index::new();
        // All in one part, as spread as a hash is.
        let hash = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) & !(0xff << PARTS_SHIFT);
        for number in 0..100_000 {
            let (id, is_new) = index.find_or_insert(hash(number), |_| false, || AccountId(7));
            assert!(is_new);
            index.remove(hash(number), id);
        }
        let len = index.part(hash(0)).newest().map_or(0, |table| table.len());
        assert!(len <= 128, "no more than one key at a time needs {len} entries");
    }

    #[test]
    fn many_that_come_and_go_beside_some_that_stay_need_a_few_times_their_number() {
        let index = Index::new();
        let hash = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) & !(0xff << PARTS_SHIFT);
        let mut next = 0_u64;
        let mut add = |count: u64| -> Vec<(u64, AccountId)> {
            let added = next..next.wrapping_add(count);
            next = added.end;
            let added = added.map(|number| {
                let id = AccountId(u32::try_from(number).expect("few"));
                index.find_or_insert(hash(number), |_| false, || id);
                (hash(number), id)
            });
            added.collect()
        };
        let stay = add(4_000);
        for _ in 0..400 {
            for (hash, id) in add(1_000) {
                index.remove(hash, id);
            }
        }
        for (hash, id) in stay {
            assert_eq!(index.find(hash, |found| found == id), Some(id));
        }
        let len = index.part(0).newest().map_or(0, |table| table.len());
        assert!(len <= 16_384, "5,000 keys at a time need {len} entries");
    }
}
