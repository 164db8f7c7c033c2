//! Events as they are held: encoded one behind the other, decoded when they are read.
//!
//! Invariant: the bytes of an [`EventList`] are whole events. Whoever makes one has encoded them or has checked them.

use std::fmt;
use std::io;

use borsh::BorshDeserialize;

use super::Event;

/// The events of one transaction, in the order of their occurrence. A copy is another reference to the same bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct EventList<'a> {
    bytes: &'a [u8],
}

impl<'a> EventList<'a> {
    /// The events in `bytes`, which must be whole events.
    pub(crate) const fn new_unchecked(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The events in `bytes`.
    ///
    /// # Errors
    /// If the bytes are not whole events, each in its canonical form.
    pub(crate) fn check(mut bytes: &'a [u8]) -> io::Result<Self> {
        let list = Self { bytes };
        while !bytes.is_empty() {
            Event::deserialize(&mut bytes)?;
        }
        Ok(list)
    }

    /// Decodes them one by one.
    #[must_use]
    pub const fn iter(self) -> EventIter<'a> {
        EventIter { rest: self.bytes }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// Copies them out.
    #[must_use]
    pub fn to_vec(self) -> Vec<Event> {
        self.iter().collect()
    }
}

impl<'a> IntoIterator for EventList<'a> {
    type Item = Event;
    type IntoIter = EventIter<'a>;

    fn into_iter(self) -> EventIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for EventList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Decodes the events of an [`EventList`].
#[derive(Debug, Clone)]
pub struct EventIter<'a> {
    rest: &'a [u8],
}

impl Iterator for EventIter<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.rest.is_empty() {
            return None;
        }
        Some(Event::deserialize(&mut self.rest).expect("the bytes of a list are whole events"))
    }
}
