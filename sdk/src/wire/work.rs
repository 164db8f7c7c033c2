//! Counts decodings and message hashes, for the test that a node does each once for a transaction.
//!
//! Compiled with the feature `count-work` alone: without it, counting costs nothing.

use std::sync::atomic::{AtomicU64, Ordering};

static DECODED: AtomicU64 = AtomicU64::new(0);
static HASHED: AtomicU64 = AtomicU64::new(0);

/// How much was done in this process so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Messages that were decoded, by themselves or inside of transactions.
    pub decoded: u64,
    /// Messages that were hashed.
    pub hashed: u64,
}

/// What was done in this process so far.
#[must_use]
pub fn done() -> Work {
    Work {
        decoded: DECODED.load(Ordering::SeqCst),
        hashed: HASHED.load(Ordering::SeqCst),
    }
}

pub(super) fn count_decoding() {
    DECODED.fetch_add(1, Ordering::SeqCst);
}

pub(super) fn count_hash() {
    HASHED.fetch_add(1, Ordering::SeqCst);
}
