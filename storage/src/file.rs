//! A ledger folder on a real file system.
//!
//! The folder holds `blocks.log` (the records) and `ledger.lock` (an empty file whose exclusive advisory lock says that
//! a process uses the folder). The lock belongs to the open file and is released when the process ends, however it
//! ends, so it cannot become stale. It is taken before the log is opened or created, so two processes never write one
//! log.
//!
//! Creating a file makes its *name* durable only when the folder is synced. [`FileStorage::open`] therefore syncs the
//! folder each time, and the parent of every folder that it created, before the first record is written. Otherwise a
//! power loss could lose a synced log together with its name.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Storage, StorageReader};
use crate::error::{FolderError, StorageError};

/// Name of the log in the ledger folder.
const LOG_NAME: &str = "blocks.log";
/// Name of the lock file in the ledger folder.
const LOCK_NAME: &str = "ledger.lock";

/// The log file of a ledger folder, held under the folder's exclusive lock.
#[derive(Debug)]
pub struct FileStorage {
    dir: PathBuf,
    file: Arc<File>,
    len: u64,
    /// Held open for the lock; the lock is released when it closes.
    _lock: File,
}

impl FileStorage {
    /// Opens the log of the ledger folder `dir`; creates folder and log if they are missing.
    ///
    /// The folder stays locked until the returned value is dropped.
    ///
    /// # Errors
    /// - [`FolderError::Locked`] if another process, or this one, already holds the folder.
    /// - [`FolderError::Storage`] for any other failure of the file system, with the path.
    pub fn open(dir: &Path) -> Result<Self, FolderError> {
        create_durably(dir)?;
        let lock = take_lock(dir)?;
        let path = dir.join(LOG_NAME);
        let fail = |source| StorageError::at_path("open", &path, source);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fail)?;
        let len = file.metadata().map_err(fail)?.len();
        sync_dir(dir).map_err(|source| StorageError::at_path("sync the folder of", &path, source))?;
        Ok(Self {
            dir: dir.to_path_buf(),
            file: Arc::new(file),
            len,
            _lock: lock,
        })
    }

    /// The ledger folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// The log file of a ledger folder, only read, under a lock that other readers share.
///
/// Nothing in the folder is created or changed, so a ledger on a read-only file system can be read.
#[derive(Debug)]
pub struct FileLog {
    file: File,
    /// Held open for the lock; absent if the folder has no lock file, as a copy of a log may have none.
    _lock: Option<File>,
}

impl FileLog {
    /// Opens the log of the ledger folder `dir`. `None` if the folder has no log.
    ///
    /// # Errors
    /// - [`FolderError::Locked`] if a process writes the ledger.
    /// - [`FolderError::Storage`] for any other failure of the file system, with the path.
    pub fn open(dir: &Path) -> Result<Option<Self>, FolderError> {
        let lock = share_lock(dir)?;
        let path = dir.join(LOG_NAME);
        match File::open(&path) {
            Ok(file) => Ok(Some(Self { file, _lock: lock })),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StorageError::at_path("open", &path, source).into()),
        }
    }
}

impl StorageReader for FileLog {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buf, offset)
    }
}

impl Storage for FileStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buf, offset)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let added = u64::try_from(bytes.len()).map_err(io::Error::other)?;
        let end = self.len.checked_add(added).ok_or(io::ErrorKind::FileTooLarge)?;
        self.file.write_all_at(bytes, self.len)?;
        self.len = end;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        // fdatasync: it covers the file's length, and needs no second write for time stamps.
        self.file.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        if len > self.len {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.file.set_len(len)?;
        self.len = len;
        Ok(())
    }

    fn reader(&self) -> io::Result<Arc<dyn StorageReader>> {
        Ok(Arc::new(FileReader(Arc::clone(&self.file))))
    }
}

/// Reads the log by position; shares the open file and so needs no lock of its own.
#[derive(Debug)]
struct FileReader(Arc<File>);

impl StorageReader for FileReader {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }
}

/// Takes the exclusive lock of `dir`, without waiting for it.
fn take_lock(dir: &Path) -> Result<File, FolderError> {
    let path = dir.join(LOCK_NAME);
    let fail = |source| FolderError::from(StorageError::at_path("lock", &path, source));
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FolderError::Locked {
            dir: dir.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(fail(source)),
    }
}

/// Takes the lock of `dir` together with other readers, without waiting for it. `None` if there is no lock file.
fn share_lock(dir: &Path) -> Result<Option<File>, FolderError> {
    let path = dir.join(LOCK_NAME);
    let fail = |source| FolderError::from(StorageError::at_path("lock", &path, source));
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(fail(source)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(FolderError::Locked {
            dir: dir.to_path_buf(),
        }),
        Err(TryLockError::Error(source)) => Err(fail(source)),
    }
}

/// Creates `dir` and its missing ancestors, and makes each new name durable in its parent.
fn create_durably(dir: &Path) -> Result<(), FolderError> {
    let missing: Vec<&Path> = dir
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .collect();
    fs::create_dir_all(dir).map_err(|source| StorageError::at_path("create", dir, source))?;
    for created in missing.into_iter().rev() {
        let parent = match created.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        sync_dir(parent).map_err(|source| StorageError::at_path("sync the folder of", created, source))?;
    }
    Ok(())
}

/// Makes the names in `dir` durable.
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_opening_names_the_folder_and_the_cure() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b/ledger");
        let first = FileStorage::open(&dir).unwrap();
        let error = FileStorage::open(&dir).unwrap_err();
        assert!(matches!(&error, FolderError::Locked { dir: named } if *named == dir));
        let text = error.to_string();
        assert!(
            text.contains(dir.to_str().unwrap()) && text.contains("stop"),
            "{text}"
        );
        drop(first);
        FileStorage::open(&dir).unwrap();
    }

    #[test]
    fn readers_share_a_ledger_and_exclude_a_writer() {
        let root = tempfile::tempdir().unwrap();
        let mut storage = FileStorage::open(root.path()).unwrap();
        storage.append(b"abc").unwrap();
        let error = FileLog::open(root.path()).unwrap_err();
        assert!(matches!(error, FolderError::Locked { .. }), "{error}");
        drop(storage);
        let first = FileLog::open(root.path()).unwrap().unwrap();
        let second = FileLog::open(root.path()).unwrap().unwrap();
        assert_eq!((first.len().unwrap(), second.len().unwrap()), (3, 3));
        FileStorage::open(root.path()).unwrap_err();
        drop((first, second));
        FileStorage::open(root.path()).unwrap();
    }

    #[test]
    fn reading_creates_nothing() {
        let root = tempfile::tempdir().unwrap();
        assert!(FileLog::open(root.path()).unwrap().is_none());
        assert!(FileLog::open(&root.path().join("absent")).unwrap().is_none());
        fs::write(root.path().join(LOG_NAME), b"abc").unwrap();
        assert_eq!(FileLog::open(root.path()).unwrap().unwrap().len().unwrap(), 3);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_reader_does_not_hold_the_lock() {
        let root = tempfile::tempdir().unwrap();
        let first = FileStorage::open(root.path()).unwrap();
        let reader = first.reader().unwrap();
        drop(first);
        FileStorage::open(root.path()).unwrap();
        assert!(reader.is_empty().unwrap());
    }

    #[test]
    fn bytes_are_there_after_reopening() {
        let root = tempfile::tempdir().unwrap();
        let mut storage = FileStorage::open(root.path()).unwrap();
        assert!(storage.is_empty().unwrap());
        storage.append(b"hello ").unwrap();
        storage.append(b"world").unwrap();
        storage.truncate(8).unwrap();
        storage.append(b"!").unwrap();
        storage.sync().unwrap();
        drop(storage);
        let storage = FileStorage::open(root.path()).unwrap();
        assert_eq!(storage.len().unwrap(), 9);
        let mut buf = [0; 9];
        storage.read_exact_at(0, &mut buf).unwrap();
        assert_eq!(&buf, b"hello wo!");
        let mut reader_buf = [0; 3];
        storage
            .reader()
            .unwrap()
            .read_exact_at(6, &mut reader_buf)
            .unwrap();
        assert_eq!(&reader_buf, b"wo!");
    }

    #[test]
    fn a_sync_reaches_the_disk() {
        // The null device takes every byte and cannot be synced, so only a sync that is carried out fails on it.
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/null", root.path().join(LOG_NAME)).unwrap();
        let mut storage = FileStorage::open(root.path()).unwrap();
        storage.append(b"abc").unwrap();
        assert_eq!(storage.sync().unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn reading_and_truncating_past_the_end_are_errors() {
        let root = tempfile::tempdir().unwrap();
        let mut storage = FileStorage::open(root.path()).unwrap();
        storage.append(b"abc").unwrap();
        let mut buf = [0; 2];
        assert_eq!(
            storage.read_exact_at(2, &mut buf).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        assert_eq!(
            storage.truncate(4).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }

    #[test]
    fn a_folder_that_cannot_be_made_names_its_path() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, b"").unwrap();
        let error = FileStorage::open(&file.join("ledger")).unwrap_err();
        assert!(error.to_string().contains("file/ledger"), "{error}");
    }
}
