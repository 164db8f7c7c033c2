//! A storage that writes down every operation, and one that lies about its syncs.
//!
//! What [`Recorder`] writes down is enough to build the disk as it was before any operation, so that a crash there
//! can be tried without running the workload again. [`Liar`] is the negative control: the ledger on it is lost in
//! ways that the checks must notice.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use isobath_storage::{LossyStorage, Storage, StorageReader, TornTail};

/// Something that happened to a disk, or that was reported to its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Bytes were appended.
    Append(Vec<u8>),
    /// Everything so far was made durable.
    Sync,
    /// The disk was shortened to this length.
    Truncate(u64),
    /// The power went; `None` loses all that was not synced.
    Crash(Option<TornTail>),
    /// The blocks up to this slot were acknowledged.
    Acknowledged(u64),
}

/// A handle to a disk that writes down what happens to it; clones share disk and list.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    disk: LossyStorage,
    steps: Arc<Mutex<Vec<Step>>>,
    refuses_sync: Arc<AtomicBool>,
}

impl Recorder {
    /// Crashes the disk.
    pub fn crash(&self, how: Option<TornTail>) {
        crash(&self.disk, how);
        self.push(Step::Crash(how));
    }

    /// Refuses the next sync. What was appended before it is then readable but not durable, as after the death of
    /// a process.
    pub fn refuse_sync(&self) {
        self.refuses_sync.store(true, Ordering::Relaxed);
    }

    /// Writes down that the blocks up to `slot` were acknowledged.
    pub fn acknowledge(&self, slot: u64) {
        self.push(Step::Acknowledged(slot));
    }

    /// What happened so far, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        self.list().clone()
    }

    fn push(&self, step: Step) {
        self.list().push(step);
    }

    fn list(&self) -> MutexGuard<'_, Vec<Step>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Crashes `disk`; `None` loses all that was not synced.
pub fn crash(disk: &LossyStorage, how: Option<TornTail>) {
    match how {
        Some(torn) => disk.crash_keeping(torn),
        None => disk.crash(),
    }
}

impl Storage for Recorder {
    fn len(&self) -> io::Result<u64> {
        Storage::len(&self.disk)
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        Storage::read_exact_at(&self.disk, offset, buf)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.push(Step::Append(bytes.to_vec()));
        self.disk.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.refuses_sync.swap(false, Ordering::Relaxed) {
            return Err(io::Error::other("the test disk was stopped"));
        }
        self.push(Step::Sync);
        self.disk.sync()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.push(Step::Truncate(len));
        self.disk.truncate(len)
    }

    fn reader(&self) -> io::Result<Arc<dyn StorageReader>> {
        self.disk.reader()
    }
}

/// A disk whose syncs answer `Ok` and do nothing.
#[derive(Clone, Debug, Default)]
pub struct Liar(pub LossyStorage);

impl Storage for Liar {
    fn len(&self) -> io::Result<u64> {
        Storage::len(&self.0)
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        Storage::read_exact_at(&self.0, offset, buf)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.truncate(len)
    }

    fn reader(&self) -> io::Result<Arc<dyn StorageReader>> {
        self.0.reader()
    }
}
