//! Which operation failed on which path, and how to cure it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A failed storage operation, with its cause.
#[derive(Debug)]
pub struct StorageError {
    operation: &'static str,
    path: Option<PathBuf>,
    source: io::Error,
}

impl StorageError {
    /// `operation` on the ledger failed for `source`.
    #[must_use]
    pub const fn new(operation: &'static str, source: io::Error) -> Self {
        Self {
            operation,
            path: None,
            source,
        }
    }

    /// `operation` on `path` failed for `source`.
    #[must_use]
    pub(crate) fn at_path(operation: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            operation,
            path: Some(path.to_path_buf()),
            source,
        }
    }

    /// The cause that the storage reported.
    #[must_use]
    pub const fn cause(&self) -> &io::Error {
        &self.source
    }

    /// Whether the storage had no room: a full disk, a quota, or a limit on the size of a file.
    #[must_use]
    pub fn is_out_of_room(&self) -> bool {
        matches!(
            self.source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "cannot {} {}: {}", self.operation, path.display(), self.source)?,
            None => write!(f, "cannot {} the ledger: {}", self.operation, self.source)?,
        }
        if self.is_out_of_room() {
            f.write_str(
                "; make room on the disk, or raise the limit on file sizes (ulimit -f), and start again",
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for StorageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Why a ledger folder was not opened.
#[derive(Debug, Error)]
pub enum FolderError {
    /// The folder is in use.
    #[error("the ledger folder {} is in use by another process; stop that process or choose another folder", .dir.display())]
    Locked {
        /// The ledger folder.
        dir: PathBuf,
    },
    /// The file system failed an operation.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
