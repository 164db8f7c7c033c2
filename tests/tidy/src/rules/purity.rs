//! Crates that are declared to be pure lead to no crate that does input or output.
//!
//! Of ours, a pure crate depends on pure crates only, so the list of them closes upon itself. Of others, none
//! that it leads to, over any number of steps, is on the list below.

use std::collections::BTreeMap;

use crate::cargo::{Id, Lock, Package};
use crate::declared::{Declared, MAP};
use crate::problem::Problem;
use crate::tree::Tree;

const RULE: &str = "purity";

/// Packages of others that open files, sockets or terminals, or start threads for those who do. Names that
/// end in `*` stand for all that begin so.
const IO_PACKAGES: [&str; 24] = [
    "async-io",
    "async-std",
    "clap",
    "curl",
    "hyper*",
    "indicatif",
    "io-uring",
    "jsonrpsee*",
    "libloading",
    "memmap2",
    "mio",
    "polling",
    "quinn*",
    "reqwest",
    "rocksdb",
    "rustix",
    "rustls*",
    "smol",
    "socket2",
    "soketto",
    "tempfile",
    "tokio*",
    "tracing-subscriber",
    "ureq",
];

pub(crate) fn check(tree: &Tree, packages: &[Package]) -> Vec<Problem> {
    // Without a block there is nothing to compare, which is reported by the rule for dependencies.
    let declared = Declared::read(tree).unwrap_or_default();
    let lock = Lock::parse(tree.text("Cargo.lock").unwrap_or(""));
    let mut problems = Vec::new();
    for (line, name) in &declared.pure {
        if !declared.lines.iter().any(|line| line.name == *name) {
            let advice = format!("`{name}` has no line `{name} -> ...`: add it, or correct the name");
            problems.push(Problem::new(MAP, *line, RULE, advice));
        }
        let meant = packages
            .iter()
            .filter(|package| declared.is_meant(name, &package.folder));
        for package in meant {
            check_own(&declared, *line, package, &mut problems);
            check_foreign(&lock, *line, package, &mut problems);
        }
    }
    problems
}

fn check_own(declared: &Declared, line: usize, package: &Package, problems: &mut Vec<Problem>) {
    let impure = package.own.iter().filter(|folder| !declared.is_pure(folder));
    problems.extend(impure.map(|other| {
        let advice = format!(
            "`{}` is declared pure and depends on `{other}`, which is not: declare `{other}` pure too, or remove \
             the dependency",
            package.folder
        );
        Problem::new(MAP, line, RULE, advice)
    }));
}

fn check_foreign(lock: &Lock<'_>, line: usize, package: &Package, problems: &mut Vec<Problem>) {
    let Some(route) = route_to_io(lock, package) else {
        return;
    };
    let advice = format!(
        "`{}` is declared pure and leads to I/O ({}): remove that dependency",
        package.folder,
        route.join(" -> ")
    );
    problems.push(Problem::new(MAP, line, RULE, advice));
}

/// The shortest way from a crate to a package of the list.
fn route_to_io<'a>(lock: &Lock<'a>, package: &'a Package) -> Option<Vec<&'a str>> {
    let direct = lock.dependencies_by_name(&package.name);
    // The lock file knows versions, the manifest knows which of its names are not for tests alone.
    let mut open: Vec<Id<'a>> = direct
        .into_iter()
        .filter(|id| package.foreign.contains(id.0))
        .collect();
    let mut reached_from: BTreeMap<Id<'a>, Option<Id<'a>>> = open.iter().map(|id| (*id, None)).collect();
    while !open.is_empty() {
        if let Some(found) = open.iter().find(|id| does_io(id.0)) {
            let back = std::iter::successors(Some(*found), |id| reached_from[id]);
            let mut route: Vec<&str> = back.map(|id| id.0).collect();
            route.push(&package.folder);
            route.reverse();
            return Some(route);
        }
        let mut next = Vec::new();
        for id in open {
            for dependency in lock.dependencies(id) {
                reached_from.entry(dependency).or_insert_with(|| {
                    next.push(dependency);
                    Some(id)
                });
            }
        }
        open = next;
    }
    None
}

fn does_io(name: &str) -> bool {
    IO_PACKAGES.iter().any(|listed| match listed.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *listed,
    })
}
