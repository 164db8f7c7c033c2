//! The project's own style gate: what neither the compiler nor clippy checks, in about a second.
//!
//! Run it with `cargo run -q -p isobath-tidy`. It reads every text file of the workspace once, applies the
//! rules and prints one line per problem, `file:line: rule: what to do`. The exit status is 0 when there is
//! none.
//!
//! ```text
//!  tree (walk, read) -> rust (mask comments and literals, find test code) --+
//!  cargo (manifests, lock file) -------------------------------------------+-> rules -> problems, sorted
//! ```
//!
//! A rule is a function from the tree, and what Cargo knows of it, to problems; adding one means adding it to
//! [`rules::check`] and planting its violation in the tests. Nothing is fixed here, and no rule has a switch
//! to silence it. What was there before a rule is listed in a file beside this crate's manifest, and such a
//! list may only shrink.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "positions and counts in texts of at most a megabyte, checked by the bounds of their slices"
)]

mod cargo;
mod declared;
mod markdown;
mod problem;
mod rules;
mod rust;
mod tree;

#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::tree::Tree;

/// The workspace, from this crate's own folder.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn main() -> ExitCode {
    let root = Path::new(ROOT);
    let read = || Ok::<_, io::Error>((Tree::read(root)?, cargo::read_packages(root)?));
    let (tree, packages) = match read() {
        Ok(read) => read,
        Err(error) => {
            eprintln!("tidy: cannot read the workspace: {error}");
            return ExitCode::FAILURE;
        }
    };
    let problems = rules::check(&tree, &packages);
    for problem in &problems {
        println!("{problem}");
    }
    if problems.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "tidy: {} problems in {} files read",
        problems.len(),
        tree.files().len()
    );
    ExitCode::FAILURE
}
