//! Writing a file whole: a reader finds the old content or the new, never a part.
//!
//! The content is written to a temporary file in the same folder, which then takes the name. The temporary file has a
//! random name and is created exclusively, so no other file is ever touched, whatever it is called.
//!
//! Invariant: files written here are readable by their owner only. They hold keys, or addresses that may hold secrets.

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use tempfile::NamedTempFile;

/// What happens to a file that already has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It is kept, and nothing is written.
    Keep,
    /// It is replaced.
    Replace,
}

/// Writes a key file that only its owner can read, replacing an existing one.
///
/// # Errors
/// The folder is not writable.
pub fn write_key(path: &Path, json: &str) -> io::Result<()> {
    write_private(path, json, Existing::Replace)
}

/// Writes a file that only its owner can read, and syncs it. Missing folders are created, for their owner only.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when an existing file is kept; else whatever the system answers.
pub(crate) fn write_private(path: &Path, text: &str, existing: Existing) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut temporary = NamedTempFile::new_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    let written = match existing {
        Existing::Keep => temporary.persist_noclobber(path),
        Existing::Replace => temporary.persist(path),
    };
    written.map(drop).map_err(|failed| failed.error)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_beside_it_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id.json");
        for beside in ["id.json.new", "id.json.tmp", ".id.json"] {
            fs::write(folder.path().join(beside), beside).unwrap();
        }
        for text in ["first", "second"] {
            write_private(&path, text, Existing::Replace).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(
            names(folder.path()),
            [".id.json", "id.json", "id.json.new", "id.json.tmp"]
        );
        assert_eq!(
            fs::read_to_string(folder.path().join("id.json.new")).unwrap(),
            "id.json.new"
        );
    }

    #[test]
    fn a_file_is_private_and_kept_unless_it_is_to_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/id.json");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        write_private(&path, "first", Existing::Keep).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        let error = write_private(&path, "second", Existing::Keep).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(names(path.parent().unwrap()), ["id.json"]);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write_private(&path, "second", Existing::Replace).unwrap();
        assert_eq!(mode(&path), 0o600);
    }
}
