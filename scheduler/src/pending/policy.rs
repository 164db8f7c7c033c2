//! In which order the pool offers its entries.
//!
//! A policy gives each entry a key when it is inserted; the least key is offered first, and among equal keys the earlier
//! arrival. An entry keeps its key, so a policy remembers nothing and the order costs what a sorted set costs.

use std::fmt::Debug;

/// The order of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PendingOrder {
    /// The highest fee per unit of cost first; when the pool is full, it evicts the lowest.
    #[default]
    Priority,
    /// First come, first served; a full pool refuses what comes.
    Arrival,
    /// In rounds with one entry of each payer, whatever they pay; when the pool is full, those with the most entries
    /// make room.
    Fair,
}

impl PendingOrder {
    /// Its name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Arrival => "arrival",
            Self::Fair => "fair",
        }
    }

    /// The policy that makes the order.
    pub(super) const fn policy(self) -> &'static dyn Policy {
        match self {
            Self::Priority => &ByPriority,
            Self::Arrival => &ByArrival,
            Self::Fair => &ByRound,
        }
    }
}

/// What a policy knows of an entry that is about to be inserted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) priority: u64,
    /// The last key among the other entries of its payer.
    pub(super) payer_last: Option<u64>,
    /// The greatest key that was ever taken, 0 before the first.
    pub(super) taken: u64,
}

/// Gives keys; less is better.
pub(super) trait Policy: Debug + Send + Sync {
    fn key(&self, candidate: Candidate) -> u64;
}

/// Keys fall with the priority.
#[derive(Debug)]
struct ByPriority;

impl Policy for ByPriority {
    fn key(&self, candidate: Candidate) -> u64 {
        u64::MAX.saturating_sub(candidate.priority)
    }
}

/// All keys are equal.
#[derive(Debug)]
struct ByArrival;

impl Policy for ByArrival {
    fn key(&self, _: Candidate) -> u64 {
        0
    }
}

/// A key is the number of a round, in which each payer has one entry. Who comes anew enters the round that is being
/// taken, so nobody saves up rounds by waiting.
#[derive(Debug)]
struct ByRound;

impl Policy for ByRound {
    fn key(&self, candidate: Candidate) -> u64 {
        let next = candidate.payer_last.map_or(0, |last| last.saturating_add(1));
        next.max(candidate.taken)
    }
}
