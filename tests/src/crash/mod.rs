//! Crashes: what must hold of a ledger however it was left, and the machines that leave it badly.
//!
//! ```text
//! reference  blocks of random transactions, and the accounts after each, of a run that nothing disturbs
//! recorder   a storage that writes down every operation, and one that lies about its syncs
//! trace      the reference stored on a recorder, with crashes and restarts on the way; walked step by step
//! tear       which parts of a record survive: around the ends of its header, its history and its delta
//! audit      what must hold of any ledger: links, roots, no message twice, lamports conserved
//! reopen     opens what a crash left, holds it to what was promised, and goes on
//! claims     what was reported to a client about its transfers, and whether a ledger keeps it
//! client     a client of a real node: sends, polls, checks after a restart, sends again
//! ```
//!
//! Invariant: a check never asks the code under test what it should expect. What was acknowledged is written down
//! by the caller at the moment of the acknowledgement; the accounts come from the undisturbed run.

pub mod audit;
pub mod claims;
pub mod client;
pub mod recorder;
pub mod reference;
pub mod reopen;
pub mod tear;
pub mod trace;
