//! Subscriptions: from the node's notices to the notifications of clients.
//!
//! ```text
//! feed        the task that reads the notices
//! hub         who waits for what; one look-up for each signature and changed account of a block
//! batches     the same for logs and the accounts of programs, one batch for each block
//! followers   bounded queues; who lags is cut off
//! single      signatureSubscribe, accountSubscribe, slotSubscribe, rootSubscribe
//! batched     programSubscribe, logsSubscribe
//! ```

pub(crate) mod batched;
mod batches;
pub(crate) mod feed;
mod followers;
pub(crate) mod hub;
pub(crate) mod single;
