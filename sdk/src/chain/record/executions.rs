//! The executions of a block in flat arenas.
//!
//! The executor appends to them while a transaction runs, and readers borrow from them, so that a transaction which
//! loads no keys and returns no data costs no allocation of its own; see [`arenas`]. Several threads that execute a block have
//! arenas each. These stay as they are: the order of the block says where each transaction is.
//!
//! ```text
//! block order   (thread 0, 0) (thread 1, 0) (thread 0, 1) ..
//! ```
//!
//! The encoding is that of arenas in which the transactions lie in block order, so it has one form only, is read in four pieces
//! and does not tell who executed what. The wire bytes of the transactions are not here: each is held once, by the transaction
//! that was made of it at ingress, and is copied only into the record that is written.
//!
//! Invariant: each execution in the arenas is that of one transaction of the block.

mod arenas;

use std::io::{self, Read, Write};
use std::ops::Range;

use borsh::{BorshDeserialize, BorshSerialize};

pub use self::arenas::Room;
use self::arenas::{Arenas, Ends, Entry, Parts};
use super::execution::{Execution, ExecutionRef, LoadedAddresses};
use crate::chain::event::Events;
use crate::chain::outcome::Outcome;
use crate::pubkey::Pubkey;

/// The executions of the transactions of a block, in block order.
#[derive(Debug, Clone, Default)]
pub struct Executions {
    /// Those of the first thread. To these alone more can be appended.
    first: Arenas,
    others: Vec<Arenas>,
    /// Where each transaction is; empty if all are in the first arenas, in block order.
    order: Vec<Place>,
}

/// Where the execution of a transaction is: the number of the arenas, and that of the transaction in them.
type Place = (u32, u32);

impl Executions {
    /// No executions.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            first: Arenas::new(),
            others: Vec::new(),
            order: Vec::new(),
        }
    }

    /// No executions, with room for these lengths.
    #[must_use]
    pub fn with_room(room: &Room) -> Self {
        Self {
            first: Arenas::with_room(room),
            ..Self::new()
        }
    }

    /// Those of several threads in block order. `order` names for each transaction the part and its number there.
    ///
    /// # Panics
    /// If a part is of several threads, or the order does not have every execution.
    #[must_use]
    pub fn merged(parts: Vec<Self>, order: Vec<(u32, u32)>) -> Self {
        let count = parts.iter().map(|part| part.len()).fold(0, usize::saturating_add);
        assert_eq!(order.len(), count, "each execution has its place in the order");
        let mut arenas = parts.into_iter().map(|part| {
            assert!(part.order.is_empty(), "a part is that of one thread");
            part.first
        });
        Self {
            first: arenas.next().unwrap_or_default(),
            others: arenas.collect(),
            order,
        }
    }

    /// The room that they fill, if they are those of one thread.
    #[must_use]
    pub const fn room(&self) -> Room {
        self.first.room()
    }

    /// Gives back memory of which less than half is filled, if they are those of one thread.
    pub fn fit(&mut self) {
        self.first.fit();
    }

    /// Number of transactions.
    #[must_use]
    pub const fn len(&self) -> usize {
        if self.order.is_empty() {
            self.first.len()
        } else {
            self.order.len()
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The execution of transaction `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<ExecutionRef<'_>> {
        if self.order.is_empty() {
            return self.first.get(index);
        }
        let (arenas, index) = self.order.get(index)?;
        self.arenas(*arenas).get(*index as usize)
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
        self.own().begin()
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
        self.own().push(outcome, events, balances, loaded);
    }

    /// Appends a transaction that had no effect, and drops what the collector holds of it.
    pub fn push_no_op(&mut self, outcome: &Outcome, events: Events) {
        self.own().push_no_op(outcome, events);
    }

    /// Takes the arena back from a collector and drops the events that it has collected.
    pub fn discard(&mut self, events: Events) {
        self.own().discard(events);
    }

    /// The arenas to which more can be appended.
    fn own(&mut self) -> &mut Arenas {
        debug_assert!(self.order.is_empty(), "a block that was merged has ended");
        &mut self.first
    }

    fn arenas(&self, number: u32) -> &Arenas {
        match number.checked_sub(1) {
            None => &self.first,
            Some(other) => &self.others[other as usize],
        }
    }

    /// Entries with their parts, in block order, if there is an order.
    fn placed(&self) -> impl Iterator<Item = (&Entry, Parts<'_>)> {
        let places = self.order.iter();
        places.map(|(arenas, index)| self.arenas(*arenas).entry(*index as usize))
    }

    /// Writes the entries as they are when the parts lie in block order.
    fn write_entries<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        let mut ends = Ends::default();
        for (entry, parts) in self.placed() {
            ends = ends.after(&parts);
            entry.outcome.serialize(writer)?;
            ends.serialize(writer)?;
        }
        Ok(())
    }
}

impl BorshSerialize for Executions {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        if self.order.is_empty() {
            return self.first.serialize(writer);
        }
        let arenas = || std::iter::once(&self.first).chain(&self.others);
        let write_len = |writer: &mut W, len: fn(&Room) -> usize| {
            let sum = arenas()
                .map(|arenas| len(&arenas.room()))
                .fold(0, usize::saturating_add);
            let len = u32::try_from(sum).expect("a block's record is far shorter than 4 GiB");
            len.serialize(writer)
        };
        write_len(writer, |room| room.entries)?;
        self.write_entries(writer)?;
        write_len(writer, |room| room.balances)?;
        for (_, parts) in self.placed() {
            let balances = parts.pre_balances.iter().chain(parts.post_balances);
            balances
                .into_iter()
                .try_for_each(|balance| balance.serialize(writer))?;
        }
        write_len(writer, |room| room.loaded)?;
        for (_, Parts { loaded, .. }) in self.placed() {
            let mut keys = loaded.writable.iter().chain(loaded.readonly);
            keys.try_for_each(|key| key.serialize(writer))?;
        }
        write_len(writer, |room| room.bytes)?;
        for (_, parts) in self.placed() {
            writer.write_all(parts.events)?;
            writer.write_all(parts.returned)?;
        }
        Ok(())
    }
}

impl PartialEq for Executions {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Executions {}

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

impl FromIterator<Execution> for Executions {
    /// # Panics
    /// If an execution has not as many balances after it as before it.
    fn from_iter<I: IntoIterator<Item = Execution>>(executions: I) -> Self {
        let mut first = Arenas::new();
        executions
            .into_iter()
            .for_each(|execution| first.push_owned(&execution));
        Self { first, ..Self::new() }
    }
}

impl BorshDeserialize for Executions {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        Ok(Self {
            first: Arenas::deserialize_reader(reader)?,
            ..Self::new()
        })
    }
}

#[cfg(test)]
mod tests;
