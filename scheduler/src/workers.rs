//! What each thread does that executes a block: the threads and the block are the caller's.
//!
//! ```text
//!          +--> own queue --> list --> a batch to resolve and register --> steal --> wait
//!          |     (short)    (the rest) |                                     |
//!          +-- complete <-- execute <--+-------------------------------------'
//!                 '--> the longest that became runnable is executed next, unless the list holds a longer one
//! ```
//!
//! What can run and is short goes to the queue of the thread that found out, everything else to the list, by rank: the
//! units of the transaction and of the longest chain behind it.
//!
//! - `lane`: what the threads ask of their caller.
//! - `shared`: what they share.
//! - `ready`: where a transaction goes that can run.
//! - `worker`: one thread, step by step.
//!
//! Invariants: a thread waits only if nothing is runnable in the list or any queue, no batch can be claimed and none
//! registered. The block is finished when it is closed and as many transactions have completed as it has; exactly one
//! thread learns that it is the one that found out.
//!
//! Of transactions that are short the window holds few: a thread looks for more to register when it has nothing to run,
//! or when another waits, so what is found ahead is still near when it runs. Before each transaction from the list a
//! thread registers a batch more, since a rank means something only beside those of the next ones.

mod lane;
mod ready;
mod shared;
mod worker;

pub use lane::{Lane, Work};
pub use shared::{Workers, WorkersLimits};
pub use worker::Worker;

#[cfg(test)]
#[cfg(not(feature = "loom"))]
mod tests;
