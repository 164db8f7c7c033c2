//! The workspace in memory: every text file, read once, in the order of the paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

/// Folders that hold what machines made; `.git` is a file in a linked worktree.
pub(crate) const SKIPPED: [&str; 5] = [".git", "target", "node_modules", "corpus", "artifacts"];

/// Larger files are data, not sources.
const SIZE_BYTES_MAX: u64 = 1 << 20;

/// Text files by path, which is relative to the root and has forward slashes.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
    paths: BTreeSet<String>,
}

impl Tree {
    /// Reads every text file below `root`; links and binary files are left out.
    ///
    /// # Errors
    ///
    /// A folder or file that cannot be read.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    /// Every file and folder, whatever is in it.
    pub(crate) const fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }

    /// All files, sorted by path.
    pub(crate) const fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// The files whose names end in `.extension`.
    pub(crate) fn with_extension<'a>(
        &'a self,
        extension: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let files = self
            .files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        files.filter(move |(path, _)| extension_of(path) == Some(extension))
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // A name that is not UTF-8 belongs to no source of ours.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if SKIPPED.contains(&name.as_str()) {
                continue;
            }
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.read_folder(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() && entry.metadata()?.len() <= SIZE_BYTES_MAX {
                let bytes = fs::read(entry.path())?;
                if let Ok(text) = String::from_utf8(bytes)
                    && !text.contains('\0')
                {
                    self.files.insert(path.clone(), text);
                }
            }
            self.paths.insert(path);
        }
        Ok(())
    }
}

/// The part of the name after its last dot.
pub(crate) fn extension_of(path: &str) -> Option<&str> {
    Path::new(path).extension()?.to_str()
}

/// Joins two parts of a path and resolves `.` and `..`.
pub(crate) fn join(folder: &str, file: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
