//! The graph of our crates is the one that `ARCHITECTURE.md` declares, no edge more and none less.
//!
//! [`crate::declared`] shows the notation. Dev-dependencies are free. Every crate has one line; a line whose
//! crate is still to come says `planned`, until it exists.

use std::collections::BTreeSet;

use crate::cargo::Package;
use crate::declared::{Allowed, Declared, Line, MAP};
use crate::problem::Problem;
use crate::tree::Tree;

const RULE: &str = "dependencies";

pub(crate) fn check(tree: &Tree, packages: &[Package]) -> Vec<Problem> {
    let Some(declared) = Declared::read(tree) else {
        let advice = "declare the graph of our crates in a block of code marked `deps`";
        return vec![Problem::new(MAP, 1, RULE, advice)];
    };
    let mut problems = Vec::new();
    let unread = "write `crate -> dependencies`, `(none of ours)` or `anything above`";
    problems.extend(declared.unread.iter().map(|line| problem(*line, unread)));
    for package in packages {
        check_covered(&declared, &package.folder, &mut problems);
    }
    for line in &declared.lines {
        check_names(&declared, line, &mut problems);
        check_line(&declared, line, packages, &mut problems);
    }
    problems
}

fn problem(line: usize, advice: impl Into<String>) -> Problem {
    Problem::new(MAP, line, RULE, advice)
}

/// A crate has one line, so that it is clear what holds for it.
fn check_covered(declared: &Declared, folder: &str, problems: &mut Vec<Problem>) {
    let lines: Vec<&Line> = declared.covering(folder).collect();
    match lines.as_slice() {
        [] => problems.push(problem(
            1,
            format!("no line of the block `deps` declares what `{folder}` depends on: add one"),
        )),
        [_] => {}
        [first, .., last] => problems.push(problem(
            last.line,
            format!("`{folder}` is declared in line {} already: keep one", first.line),
        )),
    }
}

/// What a line names on its right has a line of its own, and may be depended on.
fn check_names(declared: &Declared, line: &Line, problems: &mut Vec<Problem>) {
    let Allowed::Exactly(names) = &line.allowed else {
        return;
    };
    for name in names {
        let target = declared.lines.iter().find(|line| line.name == *name);
        let advice = match target.map(|target| &target.allowed) {
            None => format!("`{name}` has no line of its own: add it, or correct the name"),
            Some(Allowed::Anything) => {
                format!("`{name}` may depend on anything, so nothing may depend on it: remove it here")
            }
            Some(Allowed::Exactly(_)) => continue,
        };
        problems.push(problem(line.line, advice));
    }
}

/// Compares a line with what Cargo has for the crates that it covers.
fn check_line(declared: &Declared, line: &Line, packages: &[Package], problems: &mut Vec<Problem>) {
    let name = &line.name;
    let covered: Vec<&Package> = packages
        .iter()
        .filter(|package| declared.is_meant(name, &package.folder))
        .collect();
    match (covered.is_empty(), line.is_planned) {
        (true, true) => return,
        (true, false) => {
            let advice = format!("no crate of the workspace is `{name}`: add `planned`, or remove the name");
            return problems.push(problem(line.line, advice));
        }
        (false, true) => {
            let advice = format!("`{name}` exists: remove `planned`");
            problems.push(problem(line.line, advice));
        }
        (false, false) => {}
    }
    let Allowed::Exactly(names) = &line.allowed else {
        return;
    };
    let mut used = BTreeSet::new();
    for package in covered {
        let is_extra = |folder: &&String| !names.iter().any(|name| declared.is_meant(name, folder));
        let extra: Vec<&str> = package.own.iter().filter(is_extra).map(String::as_str).collect();
        if !extra.is_empty() {
            problems.push(problem(line.line, undeclared(package, names, &extra)));
        }
        used.extend(&package.own);
    }
    let is_unused = |name: &&String| {
        is_expected(declared, name) && !used.iter().any(|folder| declared.is_meant(name, folder))
    };
    let unused: Vec<&str> = names.iter().filter(is_unused).map(String::as_str).collect();
    if !unused.is_empty() {
        problems.push(problem(line.line, unneeded(name, names, &used, &unused)));
    }
}

/// Whether a name on the right has to be used: its crate exists, and may be depended on.
fn is_expected(declared: &Declared, name: &str) -> bool {
    let mut lines = declared.lines.iter().filter(|line| line.name == name);
    lines.any(|line| !line.is_planned && line.allowed != Allowed::Anything)
}

fn undeclared(package: &Package, names: &[String], extra: &[&str]) -> String {
    let Package { folder, own, .. } = package;
    format!(
        "`{folder}` depends on `{}`, which is not declared (declared: {}; Cargo has: {}): remove it from \
         {folder}/Cargo.toml, or declare it here",
        extra.join("`, `"),
        list(names),
        list(own),
    )
}

fn unneeded(name: &str, names: &[String], used: &BTreeSet<&String>, unused: &[&str]) -> String {
    format!(
        "`{name}` does not depend on `{}`, which is declared (declared: {}; Cargo has: {}): remove it here, or \
         add it to the manifest",
        unused.join("`, `"),
        list(names),
        list(used.iter().copied()),
    )
}

/// Names in a row.
fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    if names.is_empty() {
        return "none of ours".to_owned();
    }
    names.join(" ")
}
