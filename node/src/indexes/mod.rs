//! Indexes of the chain in memory: built from the ledger at start, and block by block afterwards. One is not of the
//! chain: what became of accepted transactions that are in no block.
//!
//! ```text
//! signatures    signature -> slot and index, for the served history
//! statuses      signature -> status, for recent blocks; contains the signature index
//! addresses     address -> transactions that use it, newest first
//! address_feed  published blocks on their way into that index
//! owners        program -> accounts that it owns
//! recent_fees   bids of the transactions of recent blocks
//! performance   transactions and slots of each minute
//! accepted      signature -> pending, or dropped and why
//! ```
//!
//! Every index is bounded. It may hold more than a published view shows and is read through the view.

pub(crate) mod accepted;
pub(crate) mod address_feed;
pub(crate) mod addresses;
pub(crate) mod contention;
pub(crate) mod owners;
pub(crate) mod performance;
pub(crate) mod recent_fees;
pub(crate) mod signatures;
pub(crate) mod statuses;
