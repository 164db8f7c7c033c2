//! The log of blocks: the one durable truth, from which everything else is rebuilt.
//!
//! ```text
//! ledger    open, append, read by slot: what the node uses
//! header    the start of a ledger file: format, genesis, key of the checksums
//! frame     the header in front of each record
//! log       record frames written in one append and one sync, and read back
//! recover   replay; a torn tail told from corruption
//! error     what can go wrong, in the words an operator needs
//! ```
//!
//! A record holds what happened in a block (its history) and which accounts it changed (its delta), each under its own
//! checksum, chained to the record before it.
//!
//! What holds, whatever happens to the process or the machine:
//!
//! - An append that returned `Ok` is there after reopening; besides a prefix of the appends, at most the one in flight,
//!   there is nothing else.
//! - A bad record that was durable once is named and the ledger refused; bad bytes behind the last durable record are
//!   cut and reported. Neither is ever served.
//!
//! Deliberately absent: any knowledge of what records mean. Whether a record follows from the accounts, and whether
//! headers chain, is for the caller to check, who is asked for each stored record. The crate does not retry a failed
//! disk, and it cannot notice that whole records are missing from the end of a file, for instance after a restore from
//! an old copy.
//!
//! The modules `frame`, `header`, `log` and `recover` are public for tools and tests that read or write the bytes.

mod error;
pub mod frame;
pub mod header;
mod ledger;
pub mod log;
pub mod recover;

pub use error::{CommitError, Damage, OpenError, ReadError};
pub use ledger::{Appended, Ledger, OpenReport, Refusal};
