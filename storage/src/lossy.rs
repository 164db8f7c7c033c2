//! A disk in memory that fails on request and loses what was not synced.
//!
//! Public so that tests of any crate can crash a ledger at every storage operation. A handle is
//! cheap to clone, and all clones are the same disk: give one to the ledger, keep one to misbehave.
//!
//! ```text
//!   live    what reads see       [#####################|????????]
//!   synced  what a crash keeps   [#####################|
//! ```
//!
//! [`LossyStorage::crash`] returns to the synced bytes. [`LossyStorage::crash_keeping`] also keeps a part of the
//! unsynced tail and may fill the rest with zeros or garbage, as file systems do that write the new length before the
//! data. An operation that is made to fail still reaches the live bytes, so that an interrupted append can leave a torn
//! tail too.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Storage, StorageReader};

/// What replaces the unsynced bytes that a crash loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Nothing: the storage ends after the kept bytes.
    Cut,
    /// Zeros up to the unsynced length.
    Zeros,
    /// Arbitrary bytes, the same in each run, up to the unsynced length.
    Garbage,
}

/// What a crash leaves of the unsynced tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TornTail {
    /// Bytes of the unsynced tail that survive, counted from its start; all of them if there are fewer.
    pub kept: usize,
    /// What follows them.
    pub fill: Fill,
}

/// Number of mutating calls made on a disk, failed ones included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OperationCounts {
    /// Calls of [`Storage::append`].
    pub appends: u64,
    /// Calls of [`Storage::sync`].
    pub syncs: u64,
    /// Calls of [`Storage::truncate`].
    pub truncates: u64,
}

impl OperationCounts {
    /// All mutating calls.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.appends
            .saturating_add(self.syncs)
            .saturating_add(self.truncates)
    }
}

/// A handle to a disk in memory; clones share the disk.
#[derive(Debug, Clone, Default)]
pub struct LossyStorage {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug, Default)]
struct Disk {
    live: Vec<u8>,
    synced: Vec<u8>,
    /// Shortest length of `live` since the last sync: bytes before it are those of `synced`.
    stable_len: usize,
    counts: OperationCounts,
    /// Number of mutating operations that still succeed; `None` for no limit.
    remaining: Option<u64>,
    stopped: bool,
    capacity: Option<usize>,
}

impl LossyStorage {
    /// An empty disk that does not fail.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk that holds `bytes`, all of them synced.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let disk = Disk {
            stable_len: bytes.len(),
            synced: bytes.clone(),
            live: bytes,
            ..Disk::default()
        };
        Self {
            disk: Arc::new(Mutex::new(disk)),
        }
    }

    /// What reads return now, unsynced bytes included.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.disk().live.clone()
    }

    /// What [`LossyStorage::crash`] would keep.
    #[must_use]
    pub fn synced_bytes(&self) -> Vec<u8> {
        self.disk().synced.clone()
    }

    /// Number of mutating operations since the disk was created; a crash does not reset them.
    #[must_use]
    pub fn operations(&self) -> OperationCounts {
        self.disk().counts
    }

    /// Lets `operations` more mutating operations succeed and then fails everything, reads
    /// included, until the next crash. The first operation to fail still reaches the live bytes.
    pub fn stop_after(&self, operations: u64) {
        self.disk().remaining = Some(operations);
    }

    /// Whether an operation failed because of [`LossyStorage::stop_after`].
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.disk().stopped
    }

    /// Sets the capacity in bytes. An append beyond it writes what fits and returns `StorageFull`.
    pub fn set_capacity(&self, bytes: Option<usize>) {
        self.disk().capacity = bytes;
    }

    /// Loses everything that was not synced and lifts [`LossyStorage::stop_after`].
    pub fn crash(&self) {
        let mut disk = self.disk();
        disk.live = disk.synced.clone();
        disk.restart();
    }

    /// Crashes, but keeps the part of the unsynced tail that `torn` describes. A truncation that was
    /// not synced takes effect.
    pub fn crash_keeping(&self, torn: TornTail) {
        let mut disk = self.disk();
        let (start, end) = (disk.stable_len, disk.live.len());
        let lost_from = start.saturating_add(torn.kept).min(end);
        match torn.fill {
            Fill::Cut => disk.live.truncate(lost_from),
            Fill::Zeros => disk.live[lost_from..].fill(0),
            Fill::Garbage => fill_with_garbage(&mut disk.live[lost_from..]),
        }
        disk.synced = disk.live.clone();
        disk.restart();
    }

    /// Bytes that a crash now would lose.
    #[must_use]
    pub fn unsynced_len(&self) -> usize {
        let disk = self.disk();
        disk.live.len().saturating_sub(disk.stable_len)
    }

    /// Durably inverts the bits of `mask` in the byte at `offset`, as a decaying disk would. Does nothing beyond the
    /// end.
    pub fn damage(&self, offset: usize, mask: u8) {
        let mut disk = self.disk();
        let Disk { live, synced, .. } = &mut *disk;
        for bytes in [live, synced] {
            if let Some(byte) = bytes.get_mut(offset) {
                *byte ^= mask;
            }
        }
    }

    /// The disk, even if a thread panicked while holding it: each method leaves it consistent.
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    const fn restart(&mut self) {
        self.stable_len = self.live.len();
        self.remaining = None;
        self.stopped = false;
    }

    /// Counts one mutating operation; false if it must fail.
    const fn admit(&mut self) -> bool {
        match self.remaining {
            Some(0) => self.stopped = true,
            Some(left) => self.remaining = Some(left.saturating_sub(1)),
            None => {}
        }
        !self.stopped
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.counts.appends = self.counts.appends.saturating_add(1);
        if self.stopped {
            return Err(stopped());
        }
        let admitted = self.admit();
        let room = self
            .capacity
            .map_or(usize::MAX, |capacity| capacity.saturating_sub(self.live.len()));
        let fits = &bytes[..room.min(bytes.len())];
        self.live.extend_from_slice(fits);
        if !admitted {
            return Err(stopped());
        }
        if fits.len() < bytes.len() {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.counts.syncs = self.counts.syncs.saturating_add(1);
        if self.stopped || !self.admit() {
            return Err(stopped());
        }
        // Copy only what changed, so that a block does not cost the length of a long log.
        let Self {
            live,
            synced,
            stable_len,
            ..
        } = self;
        synced.truncate(*stable_len);
        synced.extend_from_slice(&live[*stable_len..]);
        *stable_len = live.len();
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.counts.truncates = self.counts.truncates.saturating_add(1);
        if self.stopped {
            return Err(stopped());
        }
        let admitted = self.admit();
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::InvalidInput)?;
        if len > self.live.len() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.live.truncate(len);
        self.stable_len = self.stable_len.min(len);
        if admitted { Ok(()) } else { Err(stopped()) }
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        if self.stopped {
            return Err(stopped());
        }
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(self.live.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        if self.stopped {
            Err(stopped())
        } else {
            u64::try_from(self.live.len()).map_err(io::Error::other)
        }
    }
}

fn stopped() -> io::Error {
    io::Error::other("the test disk was stopped")
}

/// Deterministic bytes that differ from the original ones: each is inverted and mixed with its index.
fn fill_with_garbage(bytes: &mut [u8]) {
    for (byte, mix) in bytes.iter_mut().zip((0_u8..=255).cycle()) {
        *byte = !*byte ^ mix.wrapping_mul(2);
    }
}

impl Storage for LossyStorage {
    fn len(&self) -> io::Result<u64> {
        self.disk().len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.disk().read_exact_at(offset, buf)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk().append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk().sync()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk().truncate(len)
    }

    fn reader(&self) -> io::Result<Arc<dyn StorageReader>> {
        Ok(Arc::new(LossyReader(self.clone())))
    }
}

/// Positional reads of the disk; they fail when the disk is stopped.
#[derive(Debug)]
struct LossyReader(LossyStorage);

impl StorageReader for LossyReader {
    fn len(&self) -> io::Result<u64> {
        self.0.disk().len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.0.disk().read_exact_at(offset, buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk_with_tail() -> LossyStorage {
        let mut storage = LossyStorage::new();
        storage.append(b"durable").unwrap();
        storage.sync().unwrap();
        storage.append(b"-tail").unwrap();
        storage
    }

    #[test]
    fn a_crash_keeps_exactly_what_was_synced() {
        let storage = disk_with_tail();
        assert_eq!(storage.bytes(), b"durable-tail");
        storage.crash();
        assert_eq!(storage.bytes(), b"durable");
        assert_eq!(storage.synced_bytes(), b"durable");
    }

    #[test]
    fn a_torn_tail_is_cut_zeroed_or_garbled() {
        for (fill, expected) in [(Fill::Cut, &b"durable-t"[..]), (Fill::Zeros, b"durable-t\0\0\0")] {
            let storage = disk_with_tail();
            storage.crash_keeping(TornTail { kept: 2, fill });
            assert_eq!(storage.bytes(), expected);
        }
        let storage = disk_with_tail();
        storage.crash_keeping(TornTail {
            kept: 2,
            fill: Fill::Garbage,
        });
        let bytes = storage.bytes();
        assert_eq!(&bytes[..9], b"durable-t");
        assert!(bytes.len() == 12 && bytes[9] != b'a' && bytes[10] != b'i' && bytes[11] != b'l');
    }

    #[test]
    fn an_unsynced_truncation_is_undone_by_a_crash() {
        let mut storage = disk_with_tail();
        storage.truncate(3).unwrap();
        storage.append(b"X").unwrap();
        assert_eq!(storage.bytes(), b"durX");
        storage.crash();
        assert_eq!(storage.bytes(), b"durable");
        storage.truncate(3).unwrap();
        storage.append(b"XY").unwrap();
        storage.crash_keeping(TornTail {
            kept: 1,
            fill: Fill::Cut,
        });
        assert_eq!(storage.bytes(), b"durX");
    }

    #[test]
    fn after_the_stop_everything_fails_until_the_crash() {
        let mut storage = LossyStorage::new();
        storage.stop_after(2);
        storage.append(b"one").unwrap();
        storage.sync().unwrap();
        storage.append(b"two").unwrap_err();
        assert!(storage.is_stopped());
        storage.sync().unwrap_err();
        storage.truncate(0).unwrap_err();
        storage.len().unwrap_err();
        assert_eq!(
            storage.operations(),
            OperationCounts {
                appends: 2,
                syncs: 2,
                truncates: 1
            }
        );
        assert_eq!(storage.bytes(), b"onetwo");
        storage.crash();
        assert_eq!(storage.bytes(), b"one");
        storage.append(b"three").unwrap();
    }

    #[test]
    fn a_full_disk_takes_what_fits() {
        let mut storage = LossyStorage::new();
        storage.set_capacity(Some(4));
        storage.append(b"ab").unwrap();
        let error = storage.append(b"cdef").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(storage.bytes(), b"abcd");
    }
}
