//! What clients may make the node hold and do, in sum and for each address.
//!
//! ```text
//! table      the limits by name: default, range, how to set one
//! refusals   what a limit refused: a counter for each, and a log line now and then
//! quota      a bounded count, and a share of it
//! peers      the address that a client is counted by, and what that address has
//! turns      queues of several keys that are served in turns
//! heavy      heavy calls: turns between clients, threads, room for their answers
//! simulations  the cost of simulations and preflights, in fair shares
//! unread     small answers that clients have not read yet
//! ```
//!
//! Invariant: nothing here waits for a client. What exceeds a limit is refused or its connection closed; only heavy
//! calls wait, in a bounded queue.

pub(crate) mod heavy;
pub(crate) mod peers;
pub(crate) mod quota;
pub(crate) mod refusals;
pub(crate) mod simulations;
pub(crate) mod table;
mod turns;
pub(crate) mod unread;
