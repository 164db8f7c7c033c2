//! Verification of many signatures at once.
//!
//! Invariant (the seam that faster paths must keep): the verdict of an item is that of
//! [`verify_one`], whatever else is in the batch and wherever the item stands in it.
//! Today the batch is a loop and costs what its items cost.

use crate::{Item, Verdicts, verify_one};

/// Verifies every item and answers in their order; a failed item does not stop the others.
///
/// Cost: one double scalar multiplication and two point decodings per item, and one byte of memory.
#[must_use]
pub fn verify_batch(items: &[Item<'_>]) -> Verdicts {
    items.iter().map(verify_one).collect()
}
