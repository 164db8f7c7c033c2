//! Rules for every text: ASCII, clean line ends, and no path that exists on one machine only.

use crate::problem::Problem;
use crate::tree::{Tree, extension_of};

/// What people write by hand, and read in reviews.
const WRITTEN_EXTENSIONS: [&str; 9] = ["rs", "toml", "md", "sh", "js", "mjs", "ts", "yml", "yaml"];

/// Written by hand too, without an extension.
const WRITTEN_NAMES: [&str; 1] = ["justfile"];

/// First folders of absolute paths that belong to somebody's machine.
const MACHINE_FOLDERS: [&str; 4] = ["home", "root", "work", "Users"];

pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.files() {
        check_machine_paths(path, text, &mut problems);
        if is_written_by_hand(path) {
            check_lines(path, text, &mut problems);
        }
    }
    problems
}

fn is_written_by_hand(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    WRITTEN_NAMES.contains(&name) || extension_of(path).is_some_and(|ext| WRITTEN_EXTENSIONS.contains(&ext))
}

fn check_lines(path: &str, text: &str, problems: &mut Vec<Problem>) {
    let line_count = text.split('\n').count();
    for (line, content) in (1..).zip(text.split('\n')) {
        if let Some(other) = content.chars().find(|c| !c.is_ascii()) {
            let advice = format!(
                "write ASCII instead of U+{:04X} ({})",
                u32::from(other),
                other.escape_unicode()
            );
            problems.push(Problem::new(path, line, "ascii", advice));
        }
        if content.ends_with(char::is_whitespace) {
            problems.push(Problem::new(
                path,
                line,
                "trailing-whitespace",
                "remove it (carriage returns too)",
            ));
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        problems.push(Problem::new(
            path,
            line_count,
            "final-newline",
            "end the file with a line break",
        ));
    }
}

fn check_machine_paths(path: &str, text: &str, problems: &mut Vec<Problem>) {
    let needles = MACHINE_FOLDERS.map(|folder| format!("/{folder}/"));
    for (line, content) in (1..).zip(text.lines()) {
        for needle in needles.iter().filter(|needle| has_absolute_path(content, needle)) {
            let advice =
                format!("{needle}... exists on one machine only: use a relative path or an argument");
            problems.push(Problem::new(path, line, "machine-path", advice));
        }
    }
}

/// Whether `needle` begins a path here, rather than standing inside a longer path or an address.
fn has_absolute_path(content: &str, needle: &str) -> bool {
    content.match_indices(needle).any(|(position, _)| {
        let before = content[..position].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.}])*".contains(c))
    })
}
