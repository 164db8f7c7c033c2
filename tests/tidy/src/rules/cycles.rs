//! Files of a crate use one another in one direction: what is below knows nothing of what is above.
//!
//! Circles that were there before the rule stand in `tests/tidy/cycles.txt`, one a line: folder of the crate,
//! files below its `src/` without `.rs`, and the reason why they belong together. The list is a ratchet: a
//! circle may only lose files, and its line goes when it is gone.

mod graph;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::graph::{Codes, Graph, graph_of};
use super::modules::{Modules, targets};
use crate::problem::Problem;
use crate::rust::Source;
use crate::tree::Tree;

const RULE: &str = "cycle";
const LIST: &str = "tests/tidy/cycles.txt";

/// A line of the list.
struct Listed<'a> {
    line: usize,
    package: &'a str,
    files: BTreeSet<&'a str>,
}

/// Files that all lead to one another.
struct Circle<'a> {
    /// Folder of the crate.
    package: &'a str,
    /// Below `src/`, without `.rs`.
    files: BTreeSet<&'a str>,
    /// Where the shortest way around begins.
    path: &'a str,
    line: usize,
    /// The shortest way around, in words.
    way: String,
}

pub(crate) fn check(tree: &Tree, modules: &Modules) -> Vec<Problem> {
    let (listed, mut problems) = read_list(tree.text(LIST).unwrap_or(""));
    let codes: Codes<'_> = tree
        .with_extension("rs")
        .filter(|(path, _)| path.contains("src/") && !modules.is_reached_by_tests_only(path))
        .map(|(path, text)| (path, Source::new(text).code_outside_tests()))
        .collect();
    let roots = targets(tree);
    let circles: Vec<Circle<'_>> = roots
        .iter()
        .filter_map(|root| Some((root, root.rsplit_once("/src/")?.0)))
        .flat_map(|(root, package)| circles(&graph_of(tree, &codes, root), package))
        .collect();
    problems.extend(compare(&listed, &circles));
    problems
}

fn read_list(list: &str) -> (Vec<Listed<'_>>, Vec<Problem>) {
    let mut listed = Vec::new();
    let mut problems = Vec::new();
    for (line, content) in (1..).zip(list.lines()) {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let parts = content.split_once('#').and_then(|(circle, reason)| {
            let (package, files) = circle.split_once(':')?;
            (!reason.trim().is_empty()).then_some((package.trim(), files))
        });
        match parts {
            Some((package, files)) => listed.push(Listed {
                line,
                package,
                files: files.split_whitespace().collect(),
            }),
            None => problems.push(Problem::new(
                LIST,
                line,
                RULE,
                "write `crate: file file # reason`",
            )),
        }
    }
    (listed, problems)
}

fn compare(listed: &[Listed<'_>], circles: &[Circle<'_>]) -> Vec<Problem> {
    let is_within = |circle: &Circle<'_>, entry: &Listed<'_>| {
        circle.package == entry.package && circle.files.is_subset(&entry.files)
    };
    let new = circles
        .iter()
        .filter(|circle| !listed.iter().any(|entry| is_within(circle, entry)));
    let mut problems: Vec<Problem> = new.map(describe).collect();
    for entry in listed {
        let left: Vec<&Circle<'_>> = circles.iter().filter(|circle| is_within(circle, entry)).collect();
        let advice = match left.as_slice() {
            [] => "the circle is gone: remove this line".to_owned(),
            [circle] if circle.files == entry.files => continue,
            smaller => {
                let lines = smaller
                    .iter()
                    .map(|circle| format!("`{}: {}`", circle.package, row(circle)));
                let lines: Vec<String> = lines.collect();
                format!("the circle shrank: write {}", lines.join(" and "))
            }
        };
        problems.push(Problem::new(LIST, entry.line, RULE, advice));
    }
    problems
}

fn row(circle: &Circle<'_>) -> String {
    circle.files.iter().copied().collect::<Vec<_>>().join(" ")
}

fn describe(circle: &Circle<'_>) -> Problem {
    let advice = format!(
        "{}; move what they share into a file below both. {} files lead to one another: {}",
        circle.way,
        circle.files.len(),
        row(circle)
    );
    Problem::new(circle.path, circle.line, RULE, advice)
}

/// The circles of a graph, each as large as it is.
fn circles<'a>(graph: &Graph<'a>, package: &'a str) -> Vec<Circle<'a>> {
    let reached: BTreeMap<&str, BTreeSet<&'a str>> =
        graph.keys().map(|file| (*file, reachable(graph, file))).collect();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut circles = Vec::new();
    for (file, reaches) in &reached {
        if !reaches.contains(file) || !done.insert(file) {
            continue;
        }
        let leads_back = |other: &&&'a str| reached.get(*other).is_some_and(|others| others.contains(file));
        let files: BTreeSet<&'a str> = reaches.iter().filter(leads_back).copied().collect();
        done.extend(&files);
        let shortest = files.iter().filter_map(|file| way_around(graph, file));
        let Some(way) = shortest.min_by_key(Vec::len) else {
            continue;
        };
        circles.push(Circle {
            package,
            files: files.iter().map(|file| short(file, package)).collect(),
            path: way[0],
            line: graph[way[0]][way[1]].line,
            way: words(graph, &way, package),
        });
    }
    circles
}

/// The files that can be reached from one, itself only if it lies on a circle.
fn reachable<'a>(graph: &Graph<'a>, file: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(file) = open.pop() {
        for used in graph.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(*used) {
                open.push(used);
            }
        }
    }
    reached
}

/// The shortest way from a file back to it, which is its first and last element.
fn way_around<'a>(graph: &Graph<'a>, file: &'a str) -> Option<Vec<&'a str>> {
    let mut open = VecDeque::from([vec![file]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = open.pop_front() {
        let last = way.last()?;
        for used in graph.get(last).into_iter().flat_map(BTreeMap::keys) {
            let longer = [way.as_slice(), &[*used]].concat();
            if *used == file {
                return Some(longer);
            }
            if seen.insert(*used) {
                open.push_back(longer);
            }
        }
    }
    None
}

/// `a uses b (line 3, b::X) uses a (...)`
fn words(graph: &Graph<'_>, way: &[&str], package: &str) -> String {
    let mut words = short(way[0], package).to_owned();
    for pair in way.windows(2) {
        let used = &graph[pair[0]][pair[1]];
        let name = short(pair[1], package);
        words.push_str(&format!(" uses {name} (line {}: {})", used.line, used.name));
    }
    words
}

/// A file below the `src/` of its crate, without `.rs`.
fn short<'a>(file: &'a str, package: &str) -> &'a str {
    let inside = file
        .strip_prefix(package)
        .and_then(|inside| inside.strip_prefix("/src/"));
    let inside = inside.unwrap_or(file);
    inside.strip_suffix(".rs").unwrap_or(inside)
}
