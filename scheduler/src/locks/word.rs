//! The lock of one account: a word of 64 bits.
//!
//! ```text
//!  63        40 39        16 15       0
//! [ tail       | head       | holders  ]    holders: 0 free, 1..=65534 readers, 65535 a writer
//! ```
//!
//! Head and tail name the first and the last queued lock; both are 0 if none is queued. The word is 0 exactly if nobody
//! holds the lock or waits for it: releasing the last hold grants the next in the same exchange. So whenever a lock is
//! queued, a transaction holds it, and if readers hold, the first that is queued is a writer.

use super::lock::Access;

/// Bits of the holders.
const HOLDERS_BITS: u32 = 16;
/// Bits of the head, and of the tail.
const LINK_BITS: u32 = 24;
const HOLDERS: u64 = (1 << HOLDERS_BITS) - 1;
const LINK: u64 = (1 << LINK_BITS) - 1;
const TAIL_SHIFT: u32 = HOLDERS_BITS + LINK_BITS;
/// The holders when one writer holds.
const WRITER: u64 = HOLDERS;

/// Most readers that hold a lock; a window has fewer transactions.
const READERS_MAX: u32 = (1 << HOLDERS_BITS) - 2;
/// Most nodes of a window.
pub(super) const NODES_MAX: u32 = (1 << LINK_BITS) - 1;

/// A queued lock: the number of its node, plus 1; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link(pub(super) u32);

impl Link {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// The state of the lock of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    pub(super) const FREE: Self = Self(0);

    /// Held once, with nothing queued.
    pub(super) const fn held(access: Access) -> Self {
        match access {
            Access::Read => Self(1),
            Access::Write => Self(WRITER),
        }
    }

    /// The word after granting `access` at once, if that is possible. Nobody passes those who are queued.
    pub(super) const fn granted(self, access: Access) -> Option<Self> {
        match access {
            _ if self.0 == 0 => Some(Self::held(access)),
            Access::Read if !self.is_queued() => self.with_reader(),
            _ => None,
        }
    }

    /// The word with one more reader, unless a writer holds.
    pub(super) const fn with_reader(self) -> Option<Self> {
        match self.0 & HOLDERS {
            WRITER => None,
            holders => {
                debug_assert!(holders < READERS_MAX as u64, "a window has fewer transactions");
                Some(Self(self.0.wrapping_add(1)))
            }
        }
    }

    /// The word with another lock at the end of the queue.
    pub(super) const fn queued(self, link: Link) -> Self {
        let head = if self.is_queued() { self.head() } else { link };
        Self::new(self.0 & HOLDERS, head, link)
    }

    /// The word with one of several readers less.
    pub(super) const fn without_reader(self) -> Self {
        Self(self.0.wrapping_sub(1))
    }

    /// The word when these hold, and the queue begins at `head`.
    pub(super) const fn handed_over(self, holders: Holders, head: Link) -> Self {
        let holders = match holders {
            Holders::Writer => WRITER,
            Holders::Readers(count) => count as u64,
        };
        let tail = if head.is_none() { Link::NONE } else { self.tail() };
        Self::new(holders, head, tail)
    }

    pub(super) const fn is_queued(self) -> bool {
        self.0 > HOLDERS
    }

    /// Whether readers hold, at least two.
    pub(super) const fn has_more_readers(self) -> bool {
        let holders = self.0 & HOLDERS;
        holders > 1 && holders != WRITER
    }

    #[allow(clippy::cast_possible_truncation, reason = "masked")]
    pub(super) const fn head(self) -> Link {
        Link(((self.0 >> HOLDERS_BITS) & LINK) as u32)
    }

    #[allow(clippy::cast_possible_truncation, reason = "24 bits remain")]
    pub(super) const fn tail(self) -> Link {
        Link((self.0 >> TAIL_SHIFT) as u32)
    }

    const fn new(holders: u64, head: Link, tail: Link) -> Self {
        Self(holders | ((head.0 as u64) << HOLDERS_BITS) | ((tail.0 as u64) << TAIL_SHIFT))
    }
}

/// Who holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holders {
    Writer,
    /// This number of readers, at least one.
    Readers(u32),
}
