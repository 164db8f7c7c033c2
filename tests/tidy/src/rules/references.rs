//! What documents name exists: recipes of `just`, files and folders.
//!
//! - A recipe is named as `just NAME` in code, in documents and in comments of Rust.
//! - A path is a whole span of code, in documents and in comments of Rust, that begins with a folder of the
//!   root and is there, seen from the folder of the document or from one above it. One that begins with `src/` or
//!   ends in `.rs` is the end of some path. A `*` stands for any part of a name.
//! - The target of a link in a document is a path from its folder, unless it is an address.
//!
//! A line that says `planned` is about what is still to come and is not judged.

use std::collections::BTreeSet;

use crate::markdown::{Kind, pieces};
use crate::problem::Problem;
use crate::rust::{comments, line_of};
use crate::tree::{SKIPPED, Tree, join};

const RULE: &str = "reference";

pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let recipes = recipes(tree.text("justfile").unwrap_or(""));
    let mut problems = Vec::new();
    for (path, text) in tree.with_extension("md") {
        check_recipes(path, text, &recipes, &mut problems);
        check_paths(tree, path, text, &mut problems);
    }
    for (path, text) in tree.with_extension("rs") {
        let text = comments(text, "//");
        check_recipes(path, &text, &recipes, &mut problems);
        check_paths(tree, path, &text, &mut problems);
    }
    problems
}

/// The names of the recipes and aliases of a justfile.
fn recipes(justfile: &str) -> BTreeSet<&str> {
    let heads = justfile
        .lines()
        .filter(|line| !line.starts_with([' ', '\t', '#', '@', '[']) && line.contains(':'))
        .filter(|line| !line.starts_with("set "));
    let names = heads.map(|line| line.strip_prefix("alias ").unwrap_or(line));
    names.filter_map(|line| line.split([' ', ':']).next()).collect()
}

fn check_recipes(path: &str, text: &str, recipes: &BTreeSet<&str>, problems: &mut Vec<Problem>) {
    for (range, kind) in pieces(text) {
        if !matches!(kind, Kind::Span | Kind::Block) {
            continue;
        }
        for (offset, name) in recipes_named(&text[range.clone()]) {
            let line = line_of(text, range.start + offset);
            if !recipes.contains(name) && !is_planned(text, line) {
                let advice = format!("the justfile has no recipe `{name}`: add it, or name another");
                problems.push(Problem::new(path, line, RULE, advice));
            }
        }
    }
}

/// Where code says `just NAME`, and the names; flags and placeholders are none.
fn recipes_named(code: &str) -> Vec<(usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let calls = code.match_indices("just ");
    let calls = calls.filter(|(position, _)| !code[..*position].ends_with(is_part));
    calls
        .filter_map(|(position, call)| {
            let rest = &code[position + call.len()..];
            let name = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase());
            is_name.then_some((position, name))
        })
        .collect()
}

fn is_planned(text: &str, line: usize) -> bool {
    let content = text.lines().nth(line - 1).unwrap_or("");
    let mut words = content.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word == "planned")
}

fn check_paths(tree: &Tree, document: &str, text: &str, problems: &mut Vec<Problem>) {
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    for (range, kind) in pieces(text) {
        let written = &text[range.clone()];
        let exists = match kind {
            Kind::Span => is_known(tree, folder, written),
            Kind::Target if document.ends_with(".md") => is_linked(tree, folder, written),
            _ => true,
        };
        let line = line_of(text, range.start);
        if !exists && !is_planned(text, line) {
            let advice = format!("`{written}` does not exist: correct the path, or mark the line `planned`");
            problems.push(Problem::new(document, line, RULE, advice));
        }
    }
}

/// Whether what stands in a span of code is no path of ours, or one that exists.
fn is_known(tree: &Tree, folder: &str, written: &str) -> bool {
    let is_path = written
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-.*/".contains(c));
    let Some((first, _)) = written.split_once('/').filter(|_| is_path) else {
        return true;
    };
    if written.split('/').any(|part| SKIPPED.contains(&part)) {
        return true;
    }
    if !first.is_empty() && tree.paths().contains(first) {
        let mut above = std::iter::successors(Some(folder), |folder| parent(folder));
        return above.any(|folder| exists(tree, &join(folder, written)));
    }
    let is_end = first == "src" || written.ends_with(".rs");
    let end = format!("/{}", written.trim_end_matches('/'));
    !is_end || tree.paths().iter().any(|path| path.ends_with(&end))
}

/// The folder that a folder is in; the root is the empty one.
fn parent(folder: &str) -> Option<&str> {
    (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(parent, _)| parent))
}

/// Whether a link leads to an address, to a heading of its own document, or to a path that exists.
fn is_linked(tree: &Tree, folder: &str, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or(target);
    let is_local = !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:");
    !is_local || exists(tree, &join(folder, path))
}

fn exists(tree: &Tree, path: &str) -> bool {
    let path = join("", path);
    tree.paths().contains(&path)
        || path.contains('*') && tree.paths().iter().any(|other| is_match(&path, other))
}

/// Whether a path fits a pattern, part by part; `*` stands for any characters of one name.
fn is_match(pattern: &str, path: &str) -> bool {
    let (patterns, parts) = (pattern.split('/'), path.split('/'));
    patterns.clone().count() == parts.clone().count()
        && patterns
            .zip(parts)
            .all(|(pattern, part)| match pattern.split_once('*') {
                Some((begin, end)) => {
                    part.len() >= begin.len() + end.len() && part.starts_with(begin) && part.ends_with(end)
                }
                None => pattern == part,
            })
}
