//! The few operations that a ledger needs from a disk, behind traits, so that tests can supply an unreliable disk.
//!
//! ```text
//! storage      the traits: append, sync, truncate; positional reads
//! extent       a range of bytes in a storage, with its hash
//! file         a ledger folder on a real file system
//! power_loss   the same, rolled back to its last sync on request
//! lossy        a disk in memory that fails on request
//! error        which operation failed on which path
//! ```
//!
//! A [`Storage`] is one append-only file. The invariant that every implementation keeps and every caller relies on:
//! **what was appended before a [`Storage::sync`] that returned `Ok` survives a crash; anything later may survive
//! wholly, in part, as zeros, as garbage, or not at all.**
//!
//! ```text
//!   append --> bytes readable at once --> sync --> bytes survive a crash
//!                                   '--> crash --> any part of them, or none
//! ```
//!
//! There are three implementations: [`FileStorage`] for a ledger folder ([`FileLog`] only reads one); [`PowerLossStorage`], which rolls such a folder
//! back to its last sync; and [`LossyStorage`], a disk in memory that fails on request and loses all that was not synced.
//!
//! Deliberately absent: a file system. There is one file without names, nothing is overwritten, and nothing is retried:
//! after a failed mutating call the caller stops using the storage.

mod error;
mod extent;
mod file;
mod lossy;
mod power_loss;
mod storage;

pub use error::{FolderError, StorageError};
pub use extent::{Extent, ExtentError};
pub use file::{FileLog, FileStorage};
pub use lossy::{Fill, LossyStorage, OperationCounts, TornTail};
pub use power_loss::{PowerLossStorage, PowerSwitch};
pub use storage::{Storage, StorageReader};
