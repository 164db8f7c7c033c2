//! The two traits: one append-only file, and positional reads of it.

use std::io;
use std::sync::Arc;

/// One append-only file with explicit durability.
///
/// Offsets and lengths are bytes from the start of the file. After a mutating method returned an error, the contents
/// beyond the last successful [`Storage::sync`] are unknown, and the caller must stop using the storage.
pub trait Storage: Send {
    /// Current length in bytes, unsynced bytes included.
    ///
    /// # Errors
    /// Any error of the underlying storage.
    fn len(&self) -> io::Result<u64>;

    /// Whether the storage is empty.
    ///
    /// # Errors
    /// As [`Storage::len`].
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buf` with the bytes at `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` if the storage ends before `buf` is full, else any error of the underlying storage.
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Writes `bytes` after the current end.
    ///
    /// # Errors
    /// Any error of the underlying storage, for instance `StorageFull`; part of `bytes` may have been written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns once everything appended and truncated so far survives a crash.
    ///
    /// # Errors
    /// Any error of the underlying storage; the state of unsynced bytes is then unknown.
    fn sync(&mut self) -> io::Result<()>;

    /// Shortens the storage to `len` bytes. Like an append it is durable after the next sync.
    ///
    /// # Errors
    /// `InvalidInput` if `len` is beyond the current end, else any error of the underlying storage.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// A second handle that reads the same bytes while this one appends and syncs, so that a
    /// reader of an old block never waits for the sync of a new one.
    ///
    /// # Errors
    /// Any error of the underlying storage.
    fn reader(&self) -> io::Result<Arc<dyn StorageReader>>;
}

/// Positional reads of a [`Storage`], shared between threads.
pub trait StorageReader: Send + Sync {
    /// Current length in bytes, unsynced bytes included.
    ///
    /// # Errors
    /// Any error of the underlying storage.
    fn len(&self) -> io::Result<u64>;

    /// Whether the storage is empty.
    ///
    /// # Errors
    /// As [`StorageReader::len`].
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buf` with the bytes at `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` if the storage ends before `buf` is full, else any error of the underlying storage.
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;
}
