//! The log of blocks: the only durable data, from which everything else is rebuilt.
//!
//! ```text
//! ledger    open, append, read by slot: the interface of the node
//! reader    a ledger that is only read
//! header    the start of a ledger file: format, genesis, key of the checksums
//! frame     the header in front of each record
//! log       record frames written with one append and one sync, and read back
//! recover   replay; distinguishes a torn tail from corruption
//! error     errors with texts for an operator
//! ```
//!
//! A record holds what happened in a block (its history) and which accounts it changed (its delta), each under its own
//! checksum, chained to the previous record.
//!
//! Invariants, whatever happens to the process or the machine:
//!
//! - An append that returned `Ok` is there after reopening. A reopened ledger holds a prefix of the appends and at most
//!   the one that was in flight, nothing else.
//! - A bad record that was durable once is reported, and the ledger does not open; bad bytes after the last durable
//!   record are cut and reported. Neither is ever served.
//!
//! Deliberately absent: any knowledge of what records mean. The caller checks, for each stored record, that it follows
//! from the accounts and that headers chain. The crate does not retry a failed disk, and it cannot detect that whole
//! records are missing from the end of a file, for instance after a restore from an old backup.
//!
//! The modules `frame`, `header`, `log` and `recover` are public for tools and tests that read or write the bytes.

mod error;
pub mod frame;
pub mod header;
mod ledger;
pub mod log;
mod reader;
pub mod recover;

pub use error::{CommitError, Damage, OpenError, ReadError};
pub use ledger::{Appended, Ledger, OpenReport, Rejection};
pub use reader::LedgerReader;
