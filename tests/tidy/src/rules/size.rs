//! Size budgets: files and functions, not counting tests.
//!
//! Functions that were too long before the rule stand in `tests/tidy/allowed.txt`, one a line: path, name,
//! lines. The list is a ratchet: a number may only go down and a line may only go away, so an entry that
//! allows more than it needs is itself a problem.

use std::collections::BTreeMap;

use super::modules::Modules;
use crate::problem::Problem;
use crate::rust::{Function, Source, functions};
use crate::tree::Tree;

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const ALLOWED_PATH: &str = "tests/tidy/allowed.txt";

/// Path and name of a function.
type Key = (String, String);

/// An exception of the list.
struct Allowance {
    /// Where it stands in the list.
    line: usize,
    /// How long the function may be.
    line_count: usize,
}

pub(crate) fn check(tree: &Tree, modules: &Modules) -> Vec<Problem> {
    let (allowances, mut problems) = read_allowances(tree.text(ALLOWED_PATH).unwrap_or(""));
    let mut longest: BTreeMap<Key, usize> = BTreeMap::new();
    for (path, text) in tree
        .with_extension("rs")
        .filter(|(path, _)| !modules.is_test_file(path))
    {
        let source = Source::new(text);
        let line_count = source.line_count_outside_tests();
        if line_count > FILE_LINES_MAX {
            let advice =
                format!("{line_count} lines outside tests, at most {FILE_LINES_MAX}: split it by idea");
            problems.push(Problem::new(path, 1, "file-size", advice));
        }
        for function in long_functions(&source) {
            let key = (path.to_owned(), function.name.clone());
            let allowed = allowances
                .get(&key)
                .map_or(FUNCTION_LINES_MAX, |allowance| allowance.line_count);
            if function.line_count > allowed {
                let Function {
                    name,
                    line,
                    line_count,
                } = &function;
                let advice = format!("`{name}` has {line_count} lines, at most {allowed}: split it");
                problems.push(Problem::new(path, *line, "function-size", advice));
            }
            let longest = longest.entry(key).or_default();
            *longest = function.line_count.max(*longest);
        }
    }
    problems.extend(check_ratchet(&allowances, &longest));
    problems
}

fn long_functions(source: &Source<'_>) -> Vec<Function> {
    let mut functions = functions(&source.code);
    functions
        .retain(|function| function.line_count > FUNCTION_LINES_MAX && !source.is_test_line(function.line));
    functions
}

fn read_allowances(list: &str) -> (BTreeMap<Key, Allowance>, Vec<Problem>) {
    let mut allowances = BTreeMap::new();
    let mut problems = Vec::new();
    for (line, content) in (1..).zip(list.lines()) {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = content.split_whitespace().collect();
        match (
            fields.as_slice(),
            fields.last().and_then(|count| count.parse().ok()),
        ) {
            ([path, name, _], Some(line_count)) => {
                allowances.insert(
                    ((*path).to_owned(), (*name).to_owned()),
                    Allowance { line, line_count },
                );
            }
            _ => problems.push(Problem::new(
                ALLOWED_PATH,
                line,
                "ratchet",
                "write `path function lines`",
            )),
        }
    }
    (allowances, problems)
}

/// An entry has to be needed, and to the line.
fn check_ratchet(allowances: &BTreeMap<Key, Allowance>, longest: &BTreeMap<Key, usize>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, allowance) in allowances {
        let advice = match longest.get(key) {
            None => "the function is within the budget or gone: remove this line".to_owned(),
            Some(now) if *now < allowance.line_count => format!("the function shrank: write {now}"),
            Some(_) => continue,
        };
        problems.push(Problem::new(ALLOWED_PATH, allowance.line, "ratchet", advice));
    }
    problems
}
