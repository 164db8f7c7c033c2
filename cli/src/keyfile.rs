//! Writing a keypair file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a key file for its owner's eyes only. Writes beside the target and renames, so that no half-written key is
/// ever found; a file that was there is replaced.
///
/// # Errors
/// The folder cannot be written.
pub fn write_key(path: &Path, json: &str) -> io::Result<()> {
    let temporary = path.with_extension("json.new");
    // Left over from a crash; created anew so that the mode below applies.
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
