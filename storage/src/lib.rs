//! The few operations a ledger needs from a disk, so that tests can supply a worse disk.
//!
//! ```text
//! storage                        the traits: append, sync, truncate; positional reads
//! extent                         where some bytes are, and the hash they must have
//! file                           a ledger folder on a file system
//! lossy                          a disk in memory that fails on request
//! error                          which operation on which path failed
//! ```
//!
//! A [`Storage`] is one append-only file. The invariant every caller relies on, and every
//! implementation keeps: **what was appended before a [`Storage::sync`] that returned `Ok` survives
//! a crash; anything later may survive wholly, in part, as zeros or as garbage, or not at all.**
//!
//! ```text
//!   append --> bytes readable at once --> sync --> bytes survive a crash
//!                                   '--> crash --> any part of them, or none
//! ```
//!
//! There are two implementations: [`FileStorage`] for a ledger folder, and [`LossyStorage`], a disk
//! in memory that fails on request and forgets all that was not synced.
//!
//! What this deliberately is not: a file system. There is one file, no names, no overwriting in
//! place, and no retry: after a failed mutating call the caller gives the storage up.

mod error;
mod extent;
mod file;
mod lossy;
mod storage;

pub use error::{FolderError, StorageError};
pub use extent::{Extent, ExtentError};
pub use file::FileStorage;
pub use lossy::{Fill, LossyStorage, OperationCounts, TornTail};
pub use storage::{Storage, StorageReader};
