//! What became of some transactions, one behind the other, in flat memory.
//!
//! ```text
//! entries   one for each transaction, of fixed size: its outcome, and where its parts end
//! balances  lamports of its accounts before it, then of the same accounts after it
//! loaded    keys that it loaded for writing, then those for reading
//! bytes     its events, encoded one behind the other, then its return data
//! ```
//!
//! A part begins where that of the transaction before ends.
//!
//! Invariant: parts lie one behind the other and fill the arenas; as many balances are held after a transaction as
//! before it; events decode. A decoder checks that, so that reading cannot fail.

use std::io::{self, Read};

use borsh::{BorshDeserialize, BorshSerialize};

use super::super::execution::{Execution, ExecutionRef, LoadedAddresses};
use crate::chain::event::{EventList, Events};
use crate::chain::outcome::Outcome;
use crate::pubkey::Pubkey;

/// The executions of some transactions.
#[derive(Debug, Clone, Default, BorshSerialize)]
pub(super) struct Arenas {
    pub(super) entries: Vec<Entry>,
    pub(super) balances: Vec<u64>,
    pub(super) loaded: Vec<Pubkey>,
    pub(super) bytes: Vec<u8>,
}

/// One transaction.
#[derive(Debug, Clone, BorshSerialize, BorshDeserialize)]
pub(super) struct Entry {
    /// The outcome without its return data, which is in `bytes`.
    pub(super) outcome: Outcome<()>,
    pub(super) ends: Ends,
}

/// Where the parts of a transaction end in the arenas.
#[derive(Debug, Clone, Copy, Default, BorshSerialize, BorshDeserialize)]
pub(super) struct Ends {
    pub(super) balances: u32,
    /// Of the keys loaded for writing.
    pub(super) writable: u32,
    /// Of the keys loaded for reading.
    pub(super) loaded: u32,
    pub(super) events: u32,
    /// Of the return data.
    pub(super) bytes: u32,
}

/// Lengths of arenas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Number of transactions
    pub entries: usize,
    /// Balances before and after them
    pub balances: usize,
    /// Keys that they load
    pub loaded: usize,
    /// Bytes of events and return data
    pub bytes: usize,
}

impl Room {
    /// The larger of both in each length.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            entries: self.entries.max(other.entries),
            balances: self.balances.max(other.balances),
            loaded: self.loaded.max(other.loaded),
            bytes: self.bytes.max(other.bytes),
        }
    }

    /// An eighth more of each length.
    #[must_use]
    pub const fn with_reserve(self) -> Self {
        Self {
            entries: self.entries.saturating_add(self.entries / 8),
            balances: self.balances.saturating_add(self.balances / 8),
            loaded: self.loaded.saturating_add(self.loaded / 8),
            bytes: self.bytes.saturating_add(self.bytes / 8),
        }
    }
}

impl Ends {
    /// Where these parts end that begin here.
    pub(super) fn after(self, parts: &Parts<'_>) -> Self {
        let add = |end: u32, len: usize| end_of((end as usize).saturating_add(len));
        let writable = add(self.loaded, parts.loaded.writable.len());
        let events = add(self.bytes, parts.events.len());
        Self {
            balances: add(self.balances, parts.pre_balances.len().saturating_mul(2)),
            writable,
            loaded: add(writable, parts.loaded.readonly.len()),
            events,
            bytes: add(events, parts.returned.len()),
        }
    }
}

impl Arenas {
    /// No executions.
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            balances: Vec::new(),
            loaded: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// No executions, with room for these lengths.
    pub(super) fn with_room(room: &Room) -> Self {
        Self {
            entries: Vec::with_capacity(room.entries),
            balances: Vec::with_capacity(room.balances),
            loaded: Vec::with_capacity(room.loaded),
            bytes: Vec::with_capacity(room.bytes),
        }
    }

    /// The room that they fill.
    pub(super) const fn room(&self) -> Room {
        Room {
            entries: self.entries.len(),
            balances: self.balances.len(),
            loaded: self.loaded.len(),
            bytes: self.bytes.len(),
        }
    }

    /// Gives back memory of which less than half is filled.
    pub(super) fn fit(&mut self) {
        fit(&mut self.entries);
        fit(&mut self.balances);
        fit(&mut self.loaded);
        fit(&mut self.bytes);
    }

    /// Number of transactions.
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// The execution of transaction `index`.
    pub(super) fn get(&self, index: usize) -> Option<ExecutionRef<'_>> {
        let entry = self.entries.get(index)?;
        Some(self.parts_of(index, entry).view(entry))
    }

    /// The entry of transaction `index`, and its parts.
    ///
    /// # Panics
    /// If there is none.
    pub(super) fn entry(&self, index: usize) -> (&Entry, Parts<'_>) {
        let entry = &self.entries[index];
        (entry, self.parts_of(index, entry))
    }

    fn parts_of(&self, index: usize, entry: &Entry) -> Parts<'_> {
        let before = index.checked_sub(1).and_then(|before| self.entries.get(before));
        let from = before.map_or_else(Ends::default, |before| before.ends);
        let parts = self.parts(from, entry.ends);
        parts.expect("the parts lie within the arenas")
    }

    /// A collector for the events of the next transaction, which writes behind those that are held. It holds the arena
    /// of bytes until `push` or `discard` takes it back; no execution may be read before.
    pub(super) fn begin(&mut self) -> Events {
        Events::append_to(std::mem::take(&mut self.bytes))
    }

    /// Appends the execution of the next transaction. `balances` are those of its accounts before it, and then those of
    /// the same accounts after it.
    ///
    /// # Panics
    /// If the number of balances is odd, or the arenas exceed `u32::MAX`, which no block comes near.
    pub(super) fn push(
        &mut self,
        outcome: &Outcome,
        events: Events,
        balances: impl IntoIterator<Item = u64>,
        loaded: LoadedAddresses<&[Pubkey]>,
    ) {
        self.bytes = events.into_bytes();
        self.push_parts(outcome, balances, loaded);
    }

    /// Appends a transaction that had no effect, and drops what the collector holds of it.
    pub(super) fn push_no_op(&mut self, outcome: &Outcome, events: Events) {
        self.discard(events);
        self.push_parts(outcome, [], LoadedAddresses::default());
    }

    /// Takes the arena back from a collector and drops the events that it has collected.
    pub(super) fn discard(&mut self, events: Events) {
        self.bytes = events.into_bytes_before();
    }

    /// Appends a copy of an execution.
    ///
    /// # Panics
    /// If it has not as many balances after it as before it.
    pub(super) fn push_owned(&mut self, execution: &Execution) {
        for event in &execution.events {
            let written = event.serialize(&mut self.bytes);
            written.expect("a vector accepts every write");
        }
        let (before, after) = (&execution.pre_balances, &execution.post_balances);
        assert_eq!(
            before.len(),
            after.len(),
            "as many balances after it as before it"
        );
        let balances = before.iter().chain(after).copied();
        self.push_parts(
            &execution.outcome,
            balances,
            execution.loaded_addresses.borrowed(),
        );
    }

    /// Appends an execution whose events were written.
    fn push_parts(
        &mut self,
        outcome: &Outcome,
        balances: impl IntoIterator<Item = u64>,
        loaded: LoadedAddresses<&[Pubkey]>,
    ) {
        let balances_before = self.balances.len();
        self.balances.extend(balances);
        let count = self.balances.len().saturating_sub(balances_before);
        assert!(count.is_multiple_of(2), "as many balances after it as before it");
        self.loaded.extend_from_slice(loaded.writable);
        let writable = end_of(self.loaded.len());
        self.loaded.extend_from_slice(loaded.readonly);
        let events = end_of(self.bytes.len());
        if let Some(returned) = &outcome.return_data {
            self.bytes.extend_from_slice(&returned.data);
        }
        self.entries.push(Entry {
            outcome: outcome.map_data(|_| ()),
            ends: Ends {
                balances: end_of(self.balances.len()),
                writable,
                loaded: end_of(self.loaded.len()),
                events,
                bytes: end_of(self.bytes.len()),
            },
        });
    }

    /// The parts between two ends, if they lie within the arenas.
    fn parts(&self, from: Ends, to: Ends) -> Option<Parts<'_>> {
        let balances = span(&self.balances, from.balances, to.balances)?;
        let (pre_balances, post_balances) = balances.split_at_checked(balances.len() / 2)?;
        Some(Parts {
            pre_balances,
            post_balances,
            loaded: LoadedAddresses {
                writable: span(&self.loaded, from.loaded, to.writable)?,
                readonly: span(&self.loaded, to.writable, to.loaded)?,
            },
            events: span(&self.bytes, from.bytes, to.events)?,
            returned: span(&self.bytes, to.events, to.bytes)?,
        })
    }

    /// Checks the invariant.
    ///
    /// # Errors
    /// What is wrong.
    fn check(&self) -> io::Result<()> {
        let mut from = Ends::default();
        for Entry { outcome, ends } in &self.entries {
            let parts = self.parts(from, *ends);
            let parts = parts.ok_or_else(|| invalid("a part of an execution lies outside its arena"))?;
            if parts.pre_balances.len() != parts.post_balances.len() {
                return Err(invalid("the number of balances of an execution is odd"));
            }
            if outcome.return_data.is_none() && !parts.returned.is_empty() {
                return Err(invalid("an execution without return data has bytes of it"));
            }
            EventList::check(parts.events)?;
            from = *ends;
        }
        let filled = [
            (from.balances, self.balances.len()),
            (from.loaded, self.loaded.len()),
            (from.bytes, self.bytes.len()),
        ];
        if filled.into_iter().all(|(end, len)| end as usize == len) {
            Ok(())
        } else {
            Err(invalid("an arena of executions is longer than its parts"))
        }
    }
}

/// The parts of one execution.
pub(super) struct Parts<'a> {
    pub(super) pre_balances: &'a [u64],
    pub(super) post_balances: &'a [u64],
    pub(super) loaded: LoadedAddresses<&'a [Pubkey]>,
    pub(super) events: &'a [u8],
    pub(super) returned: &'a [u8],
}

impl<'a> Parts<'a> {
    fn view(self, entry: &Entry) -> ExecutionRef<'a> {
        ExecutionRef {
            outcome: entry.outcome.map_data(|()| self.returned),
            pre_balances: self.pre_balances,
            post_balances: self.post_balances,
            loaded_addresses: self.loaded,
            events: EventList::new_unchecked(self.events),
        }
    }
}

impl BorshDeserialize for Arenas {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let arenas = Self {
            entries: BorshDeserialize::deserialize_reader(reader)?,
            balances: BorshDeserialize::deserialize_reader(reader)?,
            loaded: BorshDeserialize::deserialize_reader(reader)?,
            bytes: BorshDeserialize::deserialize_reader(reader)?,
        };
        arenas.check()?;
        Ok(arenas)
    }
}

fn span<T>(arena: &[T], from: u32, to: u32) -> Option<&[T]> {
    arena.get(from as usize..to as usize)
}

fn fit<T>(arena: &mut Vec<T>) {
    if arena.capacity() / 2 > arena.len() {
        arena.shrink_to_fit();
    }
}

fn end_of(len: usize) -> u32 {
    u32::try_from(len).expect("a block's record is far shorter than 4 GiB")
}

fn invalid(cause: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause)
}
