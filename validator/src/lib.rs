//! The `isobath` binary: arguments, development node, banner, logging.
//!
//! ```text
//! main -> cli -> dev                      a node (isobath-node) and its server (isobath-rpc), until a signal
//!             |    |- args, limits        its arguments
//!             |    |- start               from the ledger to the ready server
//!             |    |  |- ledger           resetting a ledger folder
//!             |    |  |- exposure         refusing to offer public keys to a network
//!             |    |  |- descriptors      the limit on open files
//!             |    |  `- progress         how far a start has come, on standard error
//!             |    |- signals             those that end the process
//!             |    |- keys, banner        the development keys and the banner that lists them
//!             |    `- logging, allocator
//!             |-> verify                  a ledger executed again (isobath-node), until a signal
//!             `-> isobath-cli             commands that call a node
//! in_process                              the same node and server for benches and tests
//! ```
//!
//! Invariant: all that a user can do with a chain is implemented in the crates below; this one only wires them
//! together.

pub mod cli;
pub mod in_process;

#[cfg(feature = "count-allocations")]
pub use allocator::allocation_count;

mod allocator;
mod args;
mod banner;
mod descriptors;
mod dev;
mod exposure;
mod keys;
mod ledger;
mod limits;
mod logging;
mod progress;
mod signals;
mod start;
mod verify;
