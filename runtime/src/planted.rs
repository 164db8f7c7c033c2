//! Three deliberate defects, compiled only with the `planted-bugs` feature and off until a test asks.
//!
//! They show that the property tests can fail: each is a kind of bug that real runtimes have had, and each must be
//! caught. A build of the validator never enables the feature by itself.

/// Which defect a [`crate::Runtime`] carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlantedBug {
    /// A failed transaction returns the fee.
    FreeFailure,
    /// A rollback misses the last account, so a failed transaction leaves a change behind.
    LeakyRollback,
    /// The burned part of the fees is credited to the producer as well, so lamports appear.
    BurnCredited,
}
