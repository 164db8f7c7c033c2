//! Verification of many signatures at once, for callers that keep no [`Verifier`].
//!
//! Each thread keeps one of its own from its first call to its end, so that a small batch does not pay for seeding and
//! memory: about 700 bytes for each signature of the largest batch the thread has seen, 3 MB at most.

use std::cell::RefCell;

use crate::{Item, Verdicts, Verifier, VerifierConfig};

thread_local! {
    static VERIFIER: RefCell<Verifier> = RefCell::new(Verifier::new(VerifierConfig::default()));
}

/// Verifies every item and answers in their order; a failed item does not stop the others.
///
/// Uses the fastest backend, no key cache, and a [`Verifier`] that the calling thread keeps; the first call of a thread seeds
/// it from the operating system. A thread that only verifies should have a [`Verifier`] of its own.
///
/// # Panics
///
/// If the operating system provides no random numbers, on the first call of a thread.
#[must_use]
pub fn verify_batch(items: &[Item<'_>]) -> Verdicts {
    let verify = |verifier: &mut Verifier| verifier.verify(items).iter().copied().collect();
    // A thread that ends has dropped its verifier already when destructors of other values run.
    VERIFIER
        .try_with(|verifier| verify(&mut verifier.borrow_mut()))
        .unwrap_or_else(|_| verify(&mut Verifier::new(VerifierConfig::default())))
}
