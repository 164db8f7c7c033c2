//! `ARCHITECTURE.md` has to name every crate of the workspace, else it is not a map.

use super::manifests::members;
use crate::problem::Problem;
use crate::tree::Tree;

const MAP: &str = "ARCHITECTURE.md";

pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let Some(map) = tree.text(MAP) else {
        return vec![Problem::new(
            MAP,
            1,
            "architecture",
            "write it: diagram, code map, invariants of each crate",
        )];
    };
    let folders = members(tree)
        .into_iter()
        .filter_map(|(path, _)| path.strip_suffix("/Cargo.toml"));
    let missing = folders.filter(|folder| !names_folder(map, folder));
    missing
        .map(|folder| Problem::new(MAP, 1, "architecture", format!("name the crate `{folder}/`")))
        .collect()
}

/// Whether the map names a folder, as a path (`name/`) or between backquotes.
fn names_folder(map: &str, folder: &str) -> bool {
    map.match_indices(folder).any(|(position, _)| {
        let before = map[..position].chars().next_back();
        let after = map[position + folder.len()..].chars().next();
        let begins = !before.is_some_and(|c| c.is_alphanumeric() || "/-_.".contains(c));
        begins && (after == Some('/') || before == Some('`') && after == Some('`'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_a_path_or_a_quoted_name() {
        assert!(names_folder("the `sdk` crate", "sdk"));
        assert!(names_folder("sdk/  wire formats", "sdk"));
        assert!(names_folder("- [runtime/](runtime/)", "runtime"));
        assert!(!names_folder("the sdk crate", "sdk"));
        assert!(!names_folder("other/sdk/", "sdk"));
        assert!(!names_folder("benchmarks/", "bench"));
    }
}
