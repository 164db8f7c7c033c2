//! What is found without reading the ledger: built from it at the start, and block by block afterwards.
//!
//! ```text
//! signatures    signature -> slot and index, for as much history as is served
//! statuses      signature -> status, for recent blocks; holds the signature index
//! addresses     address -> transactions that name it, newest first
//! owners        program -> accounts that it owns
//! recent_fees   what the transactions of recent blocks bid
//! performance   transactions and slots of each minute
//! ```
//!
//! Every index is bounded. It may hold more than a published view shows and is read through the view.

pub(crate) mod addresses;
pub(crate) mod owners;
pub(crate) mod performance;
pub(crate) mod recent_fees;
pub(crate) mod signatures;
pub(crate) mod statuses;
