//! Which files the compiler sees: everything reachable by `mod` declarations from the targets of the
//! packages.
//!
//! It gives two answers. A file that nothing reaches is dead. A file that is reached only through
//! declarations under `#[cfg(test)]`, or that lies in a folder of tests, is test code.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::Problem;
use crate::rust::{Source, line_of, text_at, tokens};
use crate::tree::{Tree, join};

/// Folders whose sources are all test code, wherever they stand in a path.
const TEST_FOLDERS: [&str; 4] = ["tests", "benches", "examples", "fuzz"];

/// This crate lies under `tests/` but is a program like any other.
const TIDY_FOLDER: &str = "tests/tidy/";

/// The reachable sources.
pub(crate) struct Modules {
    /// Path to whether only tests reach it.
    reached: BTreeMap<String, bool>,
}

/// A `mod name;` and where its file may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    /// The names of the modules of this file that it stands in, then its own; none for an included file.
    pub(super) name: Vec<String>,
    pub(super) candidates: Vec<String>,
    pub(super) is_test: bool,
}

impl Modules {
    /// Follows the declarations from every target.
    pub(crate) fn find(tree: &Tree) -> Self {
        let mut modules = Self {
            reached: BTreeMap::new(),
        };
        let mut open: Vec<(String, bool, bool)> = targets(tree)
            .into_iter()
            .map(|path| (path, true, false))
            .collect();
        while let Some((path, is_target, is_test)) = open.pop() {
            let Some(text) = tree.text(&path) else { continue };
            // A file reached again matters only if it turns out not to be for tests alone.
            if modules
                .reached
                .get(&path)
                .is_some_and(|known_test| !known_test || is_test)
            {
                continue;
            }
            modules.reached.insert(path.clone(), is_test);
            for declaration in declarations(&path, text, is_target) {
                let is_test = is_test || declaration.is_test;
                open.extend(
                    declaration
                        .candidates
                        .into_iter()
                        .map(|candidate| (candidate, false, is_test)),
                );
            }
        }
        modules
    }

    /// Whether a file holds nothing but test code.
    pub(crate) fn is_test_file(&self, path: &str) -> bool {
        let inside = path.strip_prefix(TIDY_FOLDER).unwrap_or(path);
        let is_in_test_folder = inside.split('/').any(|part| TEST_FOLDERS.contains(&part));
        is_in_test_folder || self.reached.get(path).copied().unwrap_or(false)
    }

    /// Whether no build reaches a file but that of tests, or none at all.
    pub(crate) fn is_reached_by_tests_only(&self, path: &str) -> bool {
        self.reached.get(path).copied().unwrap_or(true)
    }

    /// The sources that no target reaches.
    pub(crate) fn dead_files(&self, tree: &Tree) -> Vec<Problem> {
        let dead = tree
            .with_extension("rs")
            .filter(|(path, _)| !self.reached.contains_key(*path));
        dead.map(|(path, _)| {
            Problem::new(
                path,
                1,
                "dead-file",
                "no `mod` reaches it: declare it or delete it",
            )
        })
        .collect()
    }
}

/// The source files that cargo starts from.
pub(super) fn targets(tree: &Tree) -> BTreeSet<String> {
    let mut targets = BTreeSet::new();
    for (manifest, text) in tree.with_extension("toml") {
        let Some(folder) = manifest.strip_suffix("Cargo.toml") else {
            continue;
        };
        if !text.lines().any(|line| line.trim() == "[package]") {
            continue;
        }
        for line in text
            .lines()
            .filter(|line| line.trim_start().starts_with("path") && line.contains(".rs\""))
        {
            targets.extend(line.split('"').nth(1).map(|file| format!("{folder}{file}")));
        }
        let files = tree
            .with_extension("rs")
            .filter_map(|(path, _)| path.strip_prefix(folder));
        targets.extend(
            files
                .filter(|file| is_target(file))
                .map(|file| format!("{folder}{file}")),
        );
    }
    targets
}

/// Whether cargo finds a target at this path of a package by itself.
fn is_target(file: &str) -> bool {
    if ["build.rs", "src/lib.rs", "src/main.rs"].contains(&file) {
        return true;
    }
    ["src/bin/", "tests/", "benches/", "examples/"]
        .iter()
        .any(|folder| {
            let Some(inside) = file.strip_prefix(folder) else {
                return false;
            };
            match inside.split_once('/') {
                None => true,
                Some((_, rest)) => rest == "main.rs",
            }
        })
}

/// The module files that a source names. `is_target` tells whether it is the root of its crate.
pub(super) fn declarations(path: &str, text: &str, is_target: bool) -> Vec<Declaration> {
    let source = Source::new(text);
    let tokens = tokens(&source.code);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut scope = Scope {
        folder: folder_of_modules(path, is_target),
        inline: Vec::new(),
        depth: 0,
    };
    let mut explicit_path: Option<&str> = None;
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let (next, second) = (text_at(&tokens, index + 1), text_at(&tokens, index + 2));
        match (token.text, next, second) {
            ("#", "[", "path") => explicit_path = next_literal(text, token.position),
            ("include", "!", _) => {
                let file = next_literal(text, token.position).unwrap_or("");
                found.push(Declaration {
                    name: Vec::new(),
                    candidates: vec![join(folder, file)],
                    is_test: false,
                });
            }
            ("mod", name, ";") => {
                let candidates = match explicit_path.take() {
                    Some(file) => vec![join(folder, file)],
                    None => scope.candidates(name),
                };
                let is_test = source.is_test_line(line_of(text, token.position));
                found.push(Declaration {
                    name: scope.name_of(name),
                    candidates,
                    is_test,
                });
            }
            ("mod", name, "{") => scope.inline.push((name, scope.depth)),
            ("{", ..) => scope.depth += 1,
            ("}", ..) => scope.close(),
            _ => {}
        }
    }
    found
}

/// The folder in which the modules of a file lie.
fn folder_of_modules(path: &str, is_target: bool) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if is_target || name == "mod.rs" {
        return folder.to_owned();
    }
    join(folder, name.strip_suffix(".rs").unwrap_or(name))
}

/// The first string literal at or after a position.
fn next_literal(text: &str, position: usize) -> Option<&str> {
    text[position..].split('"').nth(1)
}

/// Where in a file we are, as far as modules go.
struct Scope<'a> {
    /// The folder of the modules of this file.
    folder: String,
    /// Inline modules that are open here, with the depth of braces at which each closes.
    inline: Vec<(&'a str, usize)>,
    depth: usize,
}

impl Scope<'_> {
    /// The files in which a module declared here may be.
    fn candidates(&self, name: &str) -> Vec<String> {
        let folder = self
            .inline
            .iter()
            .fold(self.folder.clone(), |parent, (inline, _)| join(&parent, inline));
        vec![
            join(&folder, &format!("{name}.rs")),
            join(&folder, &format!("{name}/mod.rs")),
        ]
    }

    /// The name of a module declared here, inside of the file.
    fn name_of(&self, name: &str) -> Vec<String> {
        let inline = self.inline.iter().map(|(inline, _)| *inline);
        inline.chain([name]).map(str::to_owned).collect()
    }

    /// Passes a closing brace.
    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.inline.pop_if(|(_, closes_at)| *closes_at == self.depth);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(path: &str, text: &str, is_target: bool) -> Vec<Vec<String>> {
        declarations(path, text, is_target)
            .into_iter()
            .map(|declaration| declaration.candidates)
            .collect()
    }

    #[test]
    fn declarations_name_their_files() {
        assert_eq!(
            candidates("a/src/lib.rs", "pub mod b;", true),
            [["a/src/b.rs", "a/src/b/mod.rs"]]
        );
        assert_eq!(
            candidates("a/src/b.rs", "mod c;", false),
            [["a/src/b/c.rs", "a/src/b/c/mod.rs"]]
        );
        assert_eq!(
            candidates("a/src/b/mod.rs", "mod c;", false),
            [["a/src/b/c.rs", "a/src/b/c/mod.rs"]]
        );
        assert_eq!(
            candidates("a/src/lib.rs", "#[path = \"../x/y.rs\"]\nmod z;", true),
            [["a/x/y.rs"]]
        );
        assert_eq!(
            candidates("a/src/lib.rs", "mod b { fn f() {} mod c; } mod d;", true),
            [
                ["a/src/b/c.rs", "a/src/b/c/mod.rs"],
                ["a/src/d.rs", "a/src/d/mod.rs"]
            ]
        );
        assert_eq!(
            candidates("a/src/lib.rs", "// mod b;\nconst X: &str = \"mod c;\";", true),
            [[""; 0]; 0]
        );
    }

    #[test]
    fn declarations_under_cfg_test_are_for_tests() {
        let found = declarations("a/src/lib.rs", "mod a;\n#[cfg(test)]\nmod b;\n", true);
        assert_eq!(
            found
                .iter()
                .map(|declaration| declaration.is_test)
                .collect::<Vec<_>>(),
            [false, true]
        );
    }

    #[test]
    fn cargo_finds_targets() {
        for file in [
            "src/lib.rs",
            "src/bin/a.rs",
            "src/bin/b/main.rs",
            "tests/c.rs",
            "benches/d/main.rs",
            "build.rs",
        ] {
            assert!(is_target(file), "{file}");
        }
        for file in [
            "src/a.rs",
            "src/bin/b/c.rs",
            "tests/c/d.rs",
            "tests/tidy/src/main.rs",
        ] {
            assert!(!is_target(file), "{file}");
        }
    }
}
