//! The executions of a block in flat arenas.
//!
//! The executor appends to them while a transaction runs, and readers borrow from them, so that a transaction which
//! loads no keys and returns no data costs no allocation of its own. What is held where:
//!
//! ```text
//! entries   one for each transaction, of fixed size: its outcome, and where its parts end
//! balances  lamports of its accounts before it, then of the same accounts after it
//! loaded    keys that it loaded for writing, then those for reading
//! bytes     its events, encoded one behind the other, then its return data
//! ```
//!
//! A part begins where that of the transaction before ends. The encoding is that of the four arenas, so it is read and
//! written in four pieces and has one form only. The wire bytes of the transactions are not here: each is held once, by
//! the transaction that was made of it at ingress, and is copied only into the record that is written.
//!
//! Invariant: parts lie one behind the other and fill the arenas; as many balances are held after a transaction as
//! before it; events decode. A decoder checks that, so that reading cannot fail.

use std::io::{self, Read};
use std::ops::Range;

use borsh::{BorshDeserialize, BorshSerialize};

use super::execution::{Execution, ExecutionRef, LoadedAddresses};
use crate::chain::event::{EventList, Events};
use crate::chain::outcome::Outcome;
use crate::pubkey::Pubkey;

/// The executions of the transactions of a block, in block order.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize)]
pub struct Executions {
    entries: Vec<Entry>,
    balances: Vec<u64>,
    loaded: Vec<Pubkey>,
    bytes: Vec<u8>,
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Entry {
    /// The outcome without its return data, which is in `bytes`.
    outcome: Outcome<()>,
    ends: Ends,
}

/// Where the parts of a transaction end in the arenas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Ends {
    balances: u32,
    /// Of the keys loaded for writing.
    writable: u32,
    /// Of the keys loaded for reading.
    loaded: u32,
    events: u32,
    /// Of the return data.
    bytes: u32,
}

impl Executions {
    /// No executions.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            balances: Vec::new(),
            loaded: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// No executions, with room for all of these.
    #[must_use]
    pub fn for_all<'a>(parts: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let room = |len: fn(&Self) -> usize| parts.clone().map(len).fold(0, usize::saturating_add);
        Self {
            entries: Vec::with_capacity(room(|part| part.entries.len())),
            balances: Vec::with_capacity(room(|part| part.balances.len())),
            loaded: Vec::with_capacity(room(|part| part.loaded.len())),
            bytes: Vec::with_capacity(room(|part| part.bytes.len())),
        }
    }

    /// Number of transactions.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The execution of transaction `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<ExecutionRef<'_>> {
        let entry = self.entries.get(index)?;
        let before = index.checked_sub(1).and_then(|before| self.entries.get(before));
        let parts = self.parts(
            before.map_or_else(Ends::default, |before| before.ends),
            entry.ends,
        );
        Some(parts.expect("the parts lie within the arenas").view(entry))
    }

    /// The executions of these transactions.
    #[must_use]
    pub const fn range(&self, range: Range<usize>) -> ExecutionIter<'_> {
        ExecutionIter {
            executions: self,
            rest: range,
        }
    }

    /// The newest execution.
    #[must_use]
    pub fn last(&self) -> Option<ExecutionRef<'_>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The executions in block order.
    pub const fn iter(&self) -> ExecutionIter<'_> {
        self.range(0..self.len())
    }

    /// A collector for the events of the next transaction, which writes behind those that are held. It holds the arena
    /// of bytes until [`Executions::push`] or [`Executions::discard`] takes it back; no execution may be read before.
    #[must_use]
    pub fn begin(&mut self) -> Events {
        Events::append_to(std::mem::take(&mut self.bytes))
    }

    /// Appends the execution of the next transaction. `balances` are those of its accounts before it, and then those of
    /// the same accounts after it.
    ///
    /// # Panics
    /// If the number of balances is odd, or the arenas exceed `u32::MAX`, which no block comes near.
    pub fn push(
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
    pub fn push_no_op(&mut self, outcome: &Outcome, events: Events) {
        self.discard(events);
        self.push_parts(outcome, [], LoadedAddresses::default());
    }

    /// Takes the arena back from a collector and drops the events that it has collected.
    pub fn discard(&mut self, events: Events) {
        self.bytes = events.into_bytes_before();
    }

    /// Appends a copy of the execution of transaction `index` of `other`.
    ///
    /// # Panics
    /// If there is none, or the arenas exceed `u32::MAX`.
    pub fn push_copy(&mut self, other: &Self, index: usize) {
        let entry = &other.entries[index];
        let from = index
            .checked_sub(1)
            .map_or_else(Ends::default, |before| other.entries[before].ends);
        let parts = other
            .parts(from, entry.ends)
            .expect("the parts lie within the arenas");
        self.balances.extend_from_slice(parts.pre_balances);
        self.balances.extend_from_slice(parts.post_balances);
        self.loaded.extend_from_slice(parts.loaded.writable);
        let writable = end_of(self.loaded.len());
        self.loaded.extend_from_slice(parts.loaded.readonly);
        self.bytes.extend_from_slice(parts.events);
        let events = end_of(self.bytes.len());
        self.bytes.extend_from_slice(parts.returned);
        self.entries.push(Entry {
            outcome: entry.outcome,
            ends: Ends {
                balances: end_of(self.balances.len()),
                writable,
                loaded: end_of(self.loaded.len()),
                events,
                bytes: end_of(self.bytes.len()),
            },
        });
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

impl<'a> IntoIterator for &'a Executions {
    type Item = ExecutionRef<'a>;
    type IntoIter = ExecutionIter<'a>;

    fn into_iter(self) -> ExecutionIter<'a> {
        self.iter()
    }
}

/// The executions of a block, in its order.
#[derive(Debug, Clone)]
pub struct ExecutionIter<'a> {
    executions: &'a Executions,
    rest: Range<usize>,
}

impl<'a> Iterator for ExecutionIter<'a> {
    type Item = ExecutionRef<'a>;

    fn next(&mut self) -> Option<ExecutionRef<'a>> {
        self.executions.get(self.rest.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl ExactSizeIterator for ExecutionIter<'_> {}

/// The parts of one execution.
struct Parts<'a> {
    pre_balances: &'a [u64],
    post_balances: &'a [u64],
    loaded: LoadedAddresses<&'a [Pubkey]>,
    events: &'a [u8],
    returned: &'a [u8],
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

impl FromIterator<Execution> for Executions {
    /// # Panics
    /// If an execution has not as many balances after it as before it.
    fn from_iter<I: IntoIterator<Item = Execution>>(executions: I) -> Self {
        let mut all = Self::new();
        for execution in executions {
            for event in &execution.events {
                event
                    .serialize(&mut all.bytes)
                    .expect("a vector accepts every write");
            }
            let (before, after) = (execution.pre_balances, execution.post_balances);
            assert_eq!(
                before.len(),
                after.len(),
                "as many balances after it as before it"
            );
            let balances = before.into_iter().chain(after);
            all.push_parts(
                &execution.outcome,
                balances,
                execution.loaded_addresses.borrowed(),
            );
        }
        all
    }
}

impl BorshDeserialize for Executions {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let executions = Self {
            entries: BorshDeserialize::deserialize_reader(reader)?,
            balances: BorshDeserialize::deserialize_reader(reader)?,
            loaded: BorshDeserialize::deserialize_reader(reader)?,
            bytes: BorshDeserialize::deserialize_reader(reader)?,
        };
        executions.check()?;
        Ok(executions)
    }
}

fn span<T>(arena: &[T], from: u32, to: u32) -> Option<&[T]> {
    arena.get(from as usize..to as usize)
}

fn end_of(len: usize) -> u32 {
    u32::try_from(len).expect("a block's record is far shorter than 4 GiB")
}

fn invalid(cause: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause)
}

#[cfg(test)]
mod tests;
