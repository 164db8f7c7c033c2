//! What orders an entry of the pool.

use std::cmp::Reverse;

/// Order in the pool: ascending order is best first. The arrival number is unique, so the slot never decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) priority: Reverse<u64>,
    pub(super) arrival: u64,
    pub(super) slot: u32,
}
