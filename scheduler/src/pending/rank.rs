//! What orders an entry of the pool.

/// Order in the pool: ascending order is best first. The arrival number is unique, so the slot never decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// What the policy gave the entry; less is better.
    pub(super) key: u64,
    pub(super) arrival: u64,
    pub(super) slot: u32,
}
