//! Names the git revision that is built, for the reports; a build outside git has none.

use std::process::Command;

/// Folders of the workspace that are not linked into the binary.
const NOT_LINKED: [&str; 4] = [".ci", "docs", "fuzz", "tests"];

fn main() {
    for path in watched_paths() {
        println!("cargo::rerun-if-changed={path}");
    }
    // A revision, and `-modified` after it if the tree differs from it.
    let describe = [
        "describe",
        "--always",
        "--exclude=*",
        "--abbrev=12",
        "--dirty=-modified",
    ];
    if let Some(revision) = git(&describe) {
        println!("cargo::rustc-env=ISOBATH_BENCH_REVISION={revision}");
    }
}

/// What changes when the revision does: the log of HEAD, and the source folders.
fn watched_paths() -> Vec<String> {
    let mut paths = vec!["build.rs".to_owned()];
    paths.extend(git(&["rev-parse", "--git-path", "logs/HEAD"]));
    let folders = git(&["ls-tree", "-d", "--name-only", "HEAD", "../"]).unwrap_or_default();
    let is_linked = |folder: &&str| {
        !NOT_LINKED
            .iter()
            .any(|name| folder.strip_prefix("../") == Some(name))
    };
    paths.extend(folders.lines().filter(is_linked).map(str::to_owned));
    paths.retain(|path| std::path::Path::new(path).exists());
    paths
}

/// What a git command prints; `None` if it fails or prints nothing.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
