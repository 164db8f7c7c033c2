//! What a ledger takes on the disk.

use std::fs;
use std::io;
use std::path::Path;

/// Sum of the lengths of the files of a folder.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes: u64 = 0;
    for entry in fs::read_dir(folder)? {
        bytes = bytes.saturating_add(entry?.metadata()?.len());
    }
    Ok(bytes)
}
