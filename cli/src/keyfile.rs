//! Writing a keypair file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a key file that only its owner can read, replacing an existing one. Writes a temporary file beside it and
/// renames that, so a reader never finds a half-written key.
///
/// # Errors
/// The folder is not writable.
pub fn write_key(path: &Path, json: &str) -> io::Result<()> {
    let temporary = path.with_extension("json.new");
    // A leftover of a crash; the file is created anew so that it has the mode below.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(json.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}
