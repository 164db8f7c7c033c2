//! Resets a ledger folder without deleting files of others.
//!
//! The reset works on the open, locked storage and hands it to the node, so no other process can use the folder between
//! the check, the deletion and the new start.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, bail};
use isobath_node::{FileStorage, Storage};

use crate::keys;

/// Files that identify a ledger folder.
const MARKS: [&str; 2] = ["blocks.log", "ledger.lock"];

/// Deletes the contents of the ledger in `dir` and returns its storage, locked. A folder that is absent or empty
/// becomes a new ledger.
///
/// # Errors
/// The folder is not empty and has no ledger, another process uses it, or it cannot be written.
pub(crate) fn reset(dir: &Path) -> anyhow::Result<FileStorage> {
    if !is_ledger_or_empty(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        bail!(
            "{} is not empty and holds no ledger, so --reset leaves it alone; choose another --ledger",
            dir.display()
        );
    }
    let mut storage = FileStorage::open(dir).context("cannot reset the ledger")?;
    storage
        .truncate(0)
        .and_then(|()| storage.sync())
        .and_then(|()| keys::delete_files(dir))
        .with_context(|| format!("cannot reset the ledger in {}", dir.display()))?;
    Ok(storage)
}

fn is_ledger_or_empty(dir: &Path) -> io::Result<bool> {
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    let marked = MARKS.iter().any(|mark| dir.join(mark).is_file());
    Ok(marked || entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_folder_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "years").unwrap();
        let error = reset(dir.path()).unwrap_err().to_string();
        assert!(error.contains("--reset leaves it alone"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_ledger_is_emptied_and_foreign_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut storage = FileStorage::open(dir.path()).unwrap();
        storage.append(b"records").unwrap();
        drop(storage);
        fs::write(dir.path().join("notes.txt"), "mine").unwrap();
        let storage = reset(dir.path()).unwrap();
        assert_eq!(storage.len().unwrap(), 0);
        assert_eq!(fs::read_to_string(dir.path().join("notes.txt")).unwrap(), "mine");
    }

    #[test]
    fn a_ledger_in_use_is_refused_untouched() {
        let dir = tempfile::tempdir().unwrap();
        let mut storage = FileStorage::open(dir.path()).unwrap();
        storage.append(b"records").unwrap();
        reset(dir.path()).unwrap_err();
        assert_eq!(storage.len().unwrap(), 7);
        assert_eq!(fs::metadata(dir.path().join("blocks.log")).unwrap().len(), 7);
    }
}
