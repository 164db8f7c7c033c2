//! Who gets a lock next: one writer, or all readers up to the next writer.

use super::lock::Access;
use super::slots::Slots;
use super::word::{Holders, Link, Word};

/// The locks at the head of a queue that are granted together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub(super) holders: Holders,
    /// The last of them.
    pub(super) last: Link,
    /// What is queued behind them.
    pub(super) rest: Link,
}

impl Grant {
    /// The first lock of a queue.
    pub(super) fn first(slots: &Slots, word: Word) -> Self {
        let head = word.head();
        Self {
            holders: match slots.linked(head).1.access() {
                Access::Read => Holders::Readers(1),
                Access::Write => Holders::Writer,
            },
            last: head,
            rest: Link::NONE,
        }
    }

    /// Goes on where it ended, since the queue may have grown: each lock is looked at once, however often that happens.
    pub(super) fn extend(&mut self, slots: &Slots, word: Word) {
        while self.rest.is_none() && self.last != word.tail() {
            let next = slots.linked(self.last).1.next();
            match (self.holders, slots.linked(next).1.access()) {
                (Holders::Readers(count), Access::Read) => {
                    self.holders = Holders::Readers(count.wrapping_add(1));
                    self.last = next;
                }
                _ => self.rest = next,
            }
        }
    }
}
