//! Subscriptions: from the node's notices to the notifications of clients.
//!
//! ```text
//! feed        the task that reads the notices
//! hub         who follows what; one look-up for each signature and changed account of a block
//! batches     the same for logs and the accounts of programs, one batch for each block
//! followers   bounded queues; a follower that lags is cut off
//!
//! table       the subscriptions by name
//! request     a call that asks for a subscription
//! single      signatureSubscribe, accountSubscribe, slotSubscribe, rootSubscribe
//! program     programSubscribe
//! logs        logsSubscribe
//! notify      from an event to its notification
//! ```

mod batches;
pub(crate) mod feed;
mod followers;
pub(crate) mod hub;
mod logs;
mod notify;
mod program;
mod request;
mod single;
pub(crate) mod table;
