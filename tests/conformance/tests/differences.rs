//! Every deliberate difference names what shows it, and that exists (`docs/differences.md`).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use isobath_conformance::directed;
use isobath_conformance::known::Known;

/// Sections of the page whose tables have a last column for this.
const SECTIONS: [&str; 2] = ["## Rules", "## JSON-RPC"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Adds the names of the functions in the Rust files of a folder.
fn add_functions(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the tree can be read") {
        let path = entry.expect("the tree can be read").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
            add_functions(&path, names);
        } else if name.ends_with(".rs") {
            let text = read(&path);
            let after = text.lines().filter_map(|line| line.split_once("fn "));
            let functions = after.filter_map(|(_, rest)| rest.split_once('('));
            names.extend(functions.map(|(name, _)| name.to_owned()));
        }
    }
}

/// What may be named: sequences, reasons of recorded mismatches, functions.
fn evidence() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    add_functions(&root(), &mut names);
    let sequences = directed::all().into_iter().map(|directed| directed.sequence.name);
    names.extend(sequences.map(|name| name.split('/').take(1).collect::<String>()));
    let list = root().join("tests/conformance/fixtures/known-mismatches.txt");
    let known = Known::parse(&read(&list)).expect("the replay reads the list too");
    names.extend(known.entries().map(|(_, mismatch)| mismatch.reason.clone()));
    names
}

/// Subject and last cell of the rows of a section.
fn rows<'a>(page: &'a str, section: &str) -> Vec<(&'a str, &'a str)> {
    let lines = page.lines().skip_while(|line| *line != section).skip(1);
    let table = lines.take_while(|line| !line.starts_with("## "));
    let table = table.filter(|line| line.starts_with('|')).skip(2);
    let cells = table.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect());
    cells
        .map(|cells: Vec<&str>| (cells[0], *cells.last().unwrap_or(&"")))
        .collect()
}

#[test]
fn every_difference_is_shown_by_a_sequence_or_a_test() {
    let page = read(&root().join("docs/differences.md"));
    let evidence = evidence();
    for section in SECTIONS {
        let rows = rows(&page, section);
        assert!(rows.len() > 8, "{section}: {} rows", rows.len());
        for (subject, shown_by) in rows {
            let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
            assert!(!names.is_empty(), "{subject}: nothing shows it");
            for name in names {
                assert!(evidence.contains(name), "{subject}: there is no {name}");
            }
        }
    }
}
