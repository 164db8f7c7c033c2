//! Counts decodings and message hashes, for the test that a node does each once per transaction.
//!
//! Compiled only with the feature `count-work`; without it, counting costs nothing.

use std::sync::atomic::{AtomicU64, Ordering};

static DECODED: AtomicU64 = AtomicU64::new(0);
static HASHED: AtomicU64 = AtomicU64::new(0);

/// Work done by this process so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// Number of messages decoded, alone or as part of a transaction.
    pub decoded: u64,
    /// Number of messages hashed.
    pub hashed: u64,
}

/// The work done by this process so far.
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
