//! The counters of a verifier.

use crate::Cause;

/// Counts since the verifier was made; they only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifierCounters {
    /// Signatures verified.
    pub signatures: u64,
    /// Batches whose equations were checked by their sum.
    pub batches: u64,
    /// Batches among them that failed, so that their equations were checked side by side.
    pub fallbacks: u64,
    /// Keys found in the cache.
    pub cache_hits: u64,
    /// Signatures that failed, by the index of their [`Cause`] in [`Cause::ALL`].
    pub failures: [u64; Cause::ALL.len()],
}

impl VerifierCounters {
    /// Signatures that failed for this cause.
    #[must_use]
    pub const fn failures_of(&self, cause: Cause) -> u64 {
        self.failures[cause.index()]
    }
}
