//! Real files that can lose their power.
//!
//! Invariant: after [`PowerSwitch::cut`] the files hold what the last [`Storage::sync`] before it made durable, and stay
//! so: later calls succeed, as calls do in a process that does not know yet that its machine is gone, and reach nothing.
//!
//! ```text
//! node --> PowerLossStorage --> FileStorage      append, truncate, sync: passed on while the power is on
//!               |
//!               '--- PowerSwitch::cut            files back to the last sync; nothing is passed on any more
//! ```
//!
//! Cost: nothing per append. A truncation below the synced length keeps the bytes that it removes in memory until the
//! next sync, since a power loss brings them back.
//!
//! It believes [`Storage::sync`] of the files; that this reaches the disk is a test of [`FileStorage`].

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{FileStorage, Storage, StorageReader};

/// The files of a ledger folder, until the power is cut.
#[derive(Debug)]
pub struct PowerLossStorage {
    disk: Arc<Mutex<Disk>>,
}

/// Cuts the power of a [`PowerLossStorage`].
#[derive(Debug)]
pub struct PowerSwitch {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug)]
struct Disk {
    files: FileStorage,
    /// The bytes before it are those of the last sync.
    stable_len: u64,
    /// The bytes of the last sync from there on, which a truncation has removed since.
    removed: Vec<u8>,
    /// The length that the process believes in, once the power is cut.
    cut_at: Option<u64>,
}

impl PowerLossStorage {
    /// Wraps files whose bytes are durable, and returns the switch beside them.
    ///
    /// # Errors
    /// If the files cannot be synced.
    pub fn new(mut files: FileStorage) -> io::Result<(Self, PowerSwitch)> {
        files.sync()?;
        let stable_len = files.len()?;
        let disk = Arc::new(Mutex::new(Disk {
            files,
            stable_len,
            removed: Vec::new(),
            cut_at: None,
        }));
        let switch = PowerSwitch {
            disk: Arc::clone(&disk),
        };
        Ok((Self { disk }, switch))
    }
}

impl PowerSwitch {
    /// Cuts the power: rolls the files back to the last sync and lets nothing reach them afterwards. Drop the storage
    /// before the folder is opened again. Cutting twice changes nothing.
    ///
    /// # Errors
    /// If the files cannot be rolled back.
    pub fn cut(&self) -> io::Result<()> {
        lock(&self.disk).cut()
    }
}

/// The disk, even if a thread panicked while holding it: each method leaves it consistent.
fn lock(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    fn cut(&mut self) -> io::Result<()> {
        if self.cut_at.is_some() {
            return Ok(());
        }
        self.cut_at = Some(self.files.len()?);
        self.files.truncate(self.stable_len)?;
        self.files.append(&self.removed)?;
        self.files.sync()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(len) = &mut self.cut_at else {
            return self.files.append(bytes);
        };
        let added = u64::try_from(bytes.len()).map_err(io::Error::other)?;
        *len = len.checked_add(added).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.cut_at.is_some() {
            return Ok(());
        }
        self.files.sync()?;
        self.stable_len = self.files.len()?;
        self.removed.clear();
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        if let Some(believed) = &mut self.cut_at {
            if len > *believed {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            *believed = len;
            return Ok(());
        }
        if len < self.stable_len {
            let bytes = self.stable_len.saturating_sub(len);
            let mut removed = vec![0; usize::try_from(bytes).map_err(io::Error::other)?];
            self.files.read_exact_at(len, &mut removed)?;
            removed.append(&mut self.removed);
            (self.stable_len, self.removed) = (len, removed);
        }
        self.files.truncate(len)
    }
}

impl Storage for PowerLossStorage {
    fn len(&self) -> io::Result<u64> {
        let disk = lock(&self.disk);
        disk.cut_at.map_or_else(|| disk.files.len(), Ok)
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        lock(&self.disk).files.read_exact_at(offset, buf)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        lock(&self.disk).append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        lock(&self.disk).sync()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        lock(&self.disk).truncate(len)
    }

    fn reader(&self) -> io::Result<Arc<dyn StorageReader>> {
        lock(&self.disk).files.reader()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn open(dir: &Path) -> (PowerLossStorage, PowerSwitch) {
        PowerLossStorage::new(FileStorage::open(dir).unwrap()).unwrap()
    }

    /// What a new process finds.
    fn found_in(dir: &Path) -> Vec<u8> {
        let files = FileStorage::open(dir).unwrap();
        let mut bytes = vec![0; usize::try_from(files.len().unwrap()).unwrap()];
        files.read_exact_at(0, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_cut_keeps_exactly_what_was_synced() {
        let root = tempfile::tempdir().unwrap();
        let (mut storage, switch) = open(root.path());
        storage.append(b"durable").unwrap();
        storage.sync().unwrap();
        storage.append(b"-tail").unwrap();
        assert_eq!(storage.len().unwrap(), 12);
        switch.cut().unwrap();
        drop((storage, switch));
        assert_eq!(found_in(root.path()), b"durable");
    }

    #[test]
    fn what_happens_after_the_cut_succeeds_and_reaches_nothing() {
        let root = tempfile::tempdir().unwrap();
        let (mut storage, switch) = open(root.path());
        storage.append(b"durable").unwrap();
        storage.sync().unwrap();
        switch.cut().unwrap();
        storage.append(b"late").unwrap();
        storage.sync().unwrap();
        assert_eq!(storage.len().unwrap(), 11);
        storage.truncate(2).unwrap();
        storage.truncate(3).unwrap_err();
        switch.cut().unwrap();
        drop((storage, switch));
        assert_eq!(found_in(root.path()), b"durable");
    }

    #[test]
    fn a_truncation_that_was_not_synced_is_undone() {
        let root = tempfile::tempdir().unwrap();
        let (mut storage, switch) = open(root.path());
        storage.append(b"durable").unwrap();
        storage.sync().unwrap();
        storage.truncate(5).unwrap();
        storage.append(b"XY").unwrap();
        storage.truncate(3).unwrap();
        storage.append(b"Z").unwrap();
        switch.cut().unwrap();
        drop((storage, switch));
        assert_eq!(found_in(root.path()), b"durable");

        let (mut storage, switch) = open(root.path());
        storage.truncate(3).unwrap();
        storage.append(b"Z").unwrap();
        storage.sync().unwrap();
        storage.append(b"lost").unwrap();
        switch.cut().unwrap();
        drop((storage, switch));
        assert_eq!(found_in(root.path()), b"durZ");
    }
}
