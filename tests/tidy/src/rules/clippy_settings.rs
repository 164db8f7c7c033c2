//! The `clippy.toml` files agree on what they share.
//!
//! Clippy reads the file nearest to a crate and no other, so a crate with a file of its own repeats what it
//! does not change. Three things are shared: each setting and each element of a list of the root's file is
//! in every other; a setting or banned path that several files have is the same line in all of them; and
//! crates that the map declares pure ban the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::declared::Declared;
use crate::problem::Problem;
use crate::tree::Tree;

const RULE: &str = "clippy-settings";
const NAME: &str = "clippy.toml";
const BANS: &str = "disallowed-methods";

/// Setting to its value, or to the elements of its list, each with its line.
type Settings<'a> = BTreeMap<&'a str, BTreeMap<&'a str, usize>>;

pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let files: BTreeMap<&str, Settings<'_>> = tree
        .with_extension("toml")
        .filter_map(|(path, text)| {
            let folder = path.strip_suffix(NAME)?;
            (folder.is_empty() || folder.ends_with('/')).then(|| (folder.trim_end_matches('/'), read(text)))
        })
        .collect();
    let mut problems = Vec::new();
    if let Some(root) = files.get("") {
        for (folder, settings) in &files {
            let missing = elements(root).filter(|(key, element)| !has(settings, key, element));
            problems.extend(missing.map(|(_, element)| missing_line(folder, element, "as in the root's")));
        }
    }
    check_same_lines(&files, &mut problems);
    check_pure(tree, &files, &mut problems);
    problems
}

fn read(text: &str) -> Settings<'_> {
    let mut settings = Settings::new();
    let mut list = None;
    for (line, content) in (1..).zip(text.lines().map(str::trim)) {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match (list, content.split_once('=')) {
            (Some(_), _) if content == "]" => list = None,
            (Some(key), _) => {
                settings.entry(key).or_default().insert(content, line);
            }
            (None, Some((key, value))) if value.trim() == "[" => list = Some(key.trim()),
            (None, Some((key, _))) => {
                settings.entry(key.trim()).or_default().insert(content, line);
            }
            (None, None) => {}
        }
    }
    settings
}

/// Setting and element, for all elements.
fn elements<'a>(settings: &Settings<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let elements = settings
        .iter()
        .flat_map(|(key, elements)| elements.keys().map(|element| (*key, *element)));
    elements.collect::<Vec<_>>().into_iter()
}

fn has(settings: &Settings<'_>, key: &str, element: &str) -> bool {
    settings
        .get(key)
        .is_some_and(|elements| elements.contains_key(element))
}

fn missing_line(folder: &str, element: &str, why: &str) -> Problem {
    Problem::new(&path_of(folder), 1, RULE, format!("add `{element}`, {why}"))
}

fn path_of(folder: &str) -> String {
    crate::tree::join(folder, NAME)
}

/// What an element is about: a banned path, or the setting itself.
fn subject<'a>(key: &'a str, element: &'a str) -> Option<&'a str> {
    match element.strip_prefix('{') {
        Some(ban) => ban.split('"').nth(1),
        None => element.starts_with(key).then_some(key),
    }
}

/// Two files do not say different things about one subject.
fn check_same_lines(files: &BTreeMap<&str, Settings<'_>>, problems: &mut Vec<Problem>) {
    let mut first: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for (folder, settings) in files {
        for (key, elements) in settings {
            for (element, line) in elements {
                let Some(subject) = subject(key, element) else {
                    continue;
                };
                let (other, expected) = *first.entry(subject).or_insert((folder, element));
                if expected != *element {
                    let advice = format!("write `{expected}`, as in {}", path_of(other));
                    problems.push(Problem::new(&path_of(folder), *line, RULE, advice));
                }
            }
        }
    }
}

/// What one pure crate bans, all of them ban.
fn check_pure(tree: &Tree, files: &BTreeMap<&str, Settings<'_>>, problems: &mut Vec<Problem>) {
    let declared = Declared::read(tree).unwrap_or_default();
    let is_pure = |folder: &&str| declared.is_pure(folder);
    let bans: BTreeSet<(&str, &str)> = files
        .iter()
        .filter(|(folder, _)| is_pure(folder))
        .flat_map(|(_, settings)| elements(settings))
        .filter(|(key, _)| *key == BANS)
        .collect();
    let folders: Vec<&str> = super::manifests::members(tree)
        .into_iter()
        .filter_map(|(path, _)| path.strip_suffix("/Cargo.toml"))
        .filter(is_pure)
        .collect();
    for folder in folders {
        let Some(settings) = files.get(folder) else {
            let advice =
                "add the file: the map declares the crate pure, so it bans clocks, threads and randomness";
            problems.push(Problem::new(&path_of(folder), 1, RULE, advice));
            continue;
        };
        let missing = bans.iter().filter(|(key, ban)| !has(settings, key, ban));
        problems.extend(missing.map(|(_, ban)| missing_line(folder, ban, "as other pure crates do")));
    }
}
