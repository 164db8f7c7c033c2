//! Rules for Rust sources: a module doc on every file, no left-overs, no `unwrap` outside tests.

use super::modules::Modules;
use crate::problem::Problem;
use crate::rust::{Source, Token, line_of, text_at, tokens};
use crate::tree::Tree;

/// Marks of unfinished work, found in comments as well. Taken apart so that this file passes its own rule.
const MARKS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// Macros that are only there while somebody works on the line.
const WORKING_MACROS: [&str; 3] = ["dbg", "todo", "unimplemented"];

pub(crate) fn check(tree: &Tree, modules: &Modules) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.with_extension("rs") {
        let source = Source::new(text);
        check_module_doc(path, text, &mut problems);
        check_marks(path, text, &mut problems);
        check_code(path, &source, modules.is_test_file(path), &mut problems);
    }
    problems
}

fn check_module_doc(path: &str, text: &str, problems: &mut Vec<Problem>) {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    if !first.starts_with("//!") {
        let advice = "begin the file with `//!`: what it is for, its invariant, its data flow";
        problems.push(Problem::new(path, 1, "module-doc", advice));
    }
}

fn check_marks(path: &str, text: &str, problems: &mut Vec<Problem>) {
    for (line, content) in (1..).zip(text.lines()) {
        let words = content.split(|c: char| !c.is_alphanumeric() && c != '_');
        for mark in words.filter(|word| MARKS.contains(word)) {
            problems.push(Problem::new(
                path,
                line,
                "left-over",
                format!("do it or drop it: {mark}"),
            ));
        }
    }
}

fn check_code(path: &str, source: &Source<'_>, is_test_file: bool, problems: &mut Vec<Problem>) {
    let tokens = tokens(&source.code);
    // Lines are counted for findings only: counting for every token would be quadratic.
    let line_at = |index: usize| line_of(source.text, tokens[index].position);
    for index in 0..tokens.len() {
        if let Some(what) = left_over_at(&tokens, index) {
            problems.push(Problem::new(
                path,
                line_at(index),
                "left-over",
                format!("remove {what}"),
            ));
        }
        if !is_test_file && is_call_of_unwrap(&tokens, index) && !source.is_test_line(line_at(index)) {
            let advice = "say why it holds with `expect`, or return a typed error";
            problems.push(Problem::new(path, line_at(index), "unwrap", advice));
        }
    }
}

/// What must not stay, if it begins at this token.
fn left_over_at(tokens: &[Token<'_>], index: usize) -> Option<String> {
    let word = tokens[index].text;
    if WORKING_MACROS.contains(&word) && text_at(tokens, index + 1) == "!" {
        return Some(format!("`{word}!`"));
    }
    let is_ignore =
        word == "#" && text_at(tokens, index + 1) == "[" && text_at(tokens, index + 2) == "ignore";
    is_ignore.then(|| "`#[ignore]`: assert what happens today, with a note".to_owned())
}

fn is_call_of_unwrap(tokens: &[Token<'_>], index: usize) -> bool {
    [".", "unwrap", "(", ")"]
        .into_iter()
        .enumerate()
        .all(|(offset, text)| text_at(tokens, index + offset) == text)
}
