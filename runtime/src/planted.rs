//! Deliberate defects, compiled only with the `planted-bugs` feature and off until a test asks.
//!
//! They show that the property tests can fail: each is a kind of bug that real runtimes have had, and each must be
//! caught. A build of the validator never enables the feature by itself.

/// Whether a block context carries a planted defect; never without the feature.
macro_rules! is_planted {
    ($context:expr, $bug:ident) => {{
        #[cfg(feature = "planted-bugs")]
        let is_planted = $context.planted == Some(crate::PlantedBug::$bug);
        #[cfg(not(feature = "planted-bugs"))]
        let is_planted = {
            let _ = &$context;
            false
        };
        is_planted
    }};
}
pub(crate) use is_planted;

/// Which defect a [`crate::Runtime`] carries.
#[cfg(feature = "planted-bugs")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlantedBug {
    /// A failed transaction returns the fee.
    FreeFailure,
    /// A rollback misses the last account, so a failed transaction leaves a change behind.
    LeakyRollback,
    /// A rollback misses contents that changed in place.
    LostBytes,
    /// Contents that a transaction took out of the store, to change in place, and did not write are not put back.
    KeptContents,
    /// The burned part of the fees is credited to the producer as well, so lamports appear.
    BurnCredited,
    /// A failed transaction that lives by a nonce leaves the nonce as it was, so it can be sent again.
    NonceStuck,
    /// Lookup tables are read as the open block left them and not as of the end of its parent.
    CurrentTables,
    /// Return data outlives the beginning of the next call.
    StaleReturnData,
    /// A program that swallows the error of a call succeeds, and what the failed call changed remains.
    ForgivenCall,
    /// Of a transaction's locks, several threads do not take the last.
    MissedLock,
    /// A key that gets its id while the block runs is locked by that id from then on, as if all had known it before.
    OwnLock,
    /// The producer is credited before the last transaction of the block.
    EarlyCredit,
    /// A message that had an effect is not remembered if it belongs to one of the shards.
    LostMessages,
}
