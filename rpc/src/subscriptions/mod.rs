//! Subscriptions: from the node's notices to the notifications of clients.
//!
//! ```text
//! feed        the task that reads the notices
//! hub         who follows what; one look-up for each signature and changed account of a block
//! batches     the same for logs and the accounts of programs, one batch for each block
//! groups      followers that want the same get the same event
//! followers   bounded queues; a follower that lags is cut off
//! shared      changed accounts, encoded once for all who want them in one shape
//! held        what waits in all queues and for each connection, in bytes; room is made before an event is
//! cut_offs    connections that are closed: each counted once, few logged
//!
//! table       the subscriptions by name
//! request     a call that asks for a subscription
//! single      signatureSubscribe, accountSubscribe, slotSubscribe, rootSubscribe
//! program     programSubscribe
//! logs        logsSubscribe
//! notify      from an event to its notification: the result is encoded once, the id spliced in
//! ```

mod batches;
mod cut_offs;
pub(crate) mod feed;
mod followers;
mod groups;
mod held;
pub(crate) mod hub;
mod logs;
mod notify;
mod program;
mod request;
mod shared;
mod single;
pub(crate) mod table;
