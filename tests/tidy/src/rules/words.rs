//! Words that the project has retired do not come back into what people read: documents, messages and help.
//!
//! `tests/tidy/retired.txt` lists them, one a line: what is retired (several forms are parted by commas), what
//! to write instead, and, if need be, phrases in which the word means something else:
//!
//! ```text
//! stand, stands | is, is documented in | stand for, stands for
//! ```
//!
//! A line `allow path: phrase # reason` keeps a phrase in one file; it goes with the phrase. Judged are the
//! prose of every Markdown file, the literals of Rust sources and, where they become the help of a command
//! line, doc comments. Case does not matter; words are whole, so names of code with other letters around pass.

use std::collections::BTreeSet;

use super::modules::Modules;
use crate::markdown;
use crate::problem::Problem;
use crate::rust::{Source, closing, comments, line_of, literals, text_at, tokens};
use crate::tree::Tree;

const RULE: &str = "retired-word";
const LIST: &str = "tests/tidy/retired.txt";

/// Derived traits that turn doc comments into help.
const HELP_TRAITS: [&str; 4] = ["Args", "Parser", "Subcommand", "ValueEnum"];

/// A line of the list.
struct Retired<'a> {
    phrases: Vec<Vec<&'a str>>,
    instead: &'a str,
    /// Phrases with another meaning.
    others: Vec<Vec<&'a str>>,
}

/// A phrase that may stay in one file.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Allowance<'a> {
    line: usize,
    path: &'a str,
    phrase: Vec<&'a str>,
}

/// A word of a text in lower case.
struct Word<'a> {
    text: &'a str,
    position: usize,
    /// Only a blank, a line break or a hyphen lies between it and the word before.
    follows: bool,
}

pub(crate) fn check(tree: &Tree, modules: &Modules) -> Vec<Problem> {
    let (retired, allowances, mut problems) = read_list(tree.text(LIST).unwrap_or(""));
    let mut used = BTreeSet::new();
    for (path, text) in visible_texts(tree, modules) {
        let lower = text.to_ascii_lowercase();
        for (position, phrase, instead) in find(&words(&lower), &retired) {
            let allowance = allowances
                .iter()
                .find(|allowance| allowance.path == path && allowance.phrase == phrase);
            match allowance {
                Some(allowance) => {
                    used.insert(allowance);
                }
                None => {
                    let advice = format!("`{}` is retired: write {instead}", phrase.join(" "));
                    problems.push(Problem::new(path, line_of(&text, position), RULE, advice));
                }
            }
        }
    }
    let unused = allowances.iter().filter(|allowance| !used.contains(allowance));
    problems.extend(unused.map(|allowance| {
        let advice = "the file no longer has the phrase: remove this line";
        Problem::new(LIST, allowance.line, RULE, advice)
    }));
    problems
}

fn read_list(list: &str) -> (Vec<Retired<'_>>, Vec<Allowance<'_>>, Vec<Problem>) {
    let mut retired = Vec::new();
    let mut allowances = Vec::new();
    let mut problems = Vec::new();
    for (line, content) in (1..).zip(list.lines()) {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if let Some(allowance) = content.strip_prefix("allow ") {
            match read_allowance(line, allowance) {
                Some(allowance) => allowances.push(allowance),
                None => problems.push(Problem::new(
                    LIST,
                    line,
                    RULE,
                    "write `allow path: phrase # reason`",
                )),
            }
            continue;
        }
        let mut columns = content.split('|').map(str::trim);
        match (columns.next(), columns.next(), columns.next(), columns.next()) {
            (Some(phrases), Some(instead), others, None) if !phrases.is_empty() && !instead.is_empty() => {
                retired.push(Retired {
                    phrases: read_phrases(phrases),
                    instead,
                    others: read_phrases(others.unwrap_or("")),
                });
            }
            _ => problems.push(Problem::new(
                LIST,
                line,
                RULE,
                "write `phrase | what to write instead`",
            )),
        }
    }
    (retired, allowances, problems)
}

fn read_allowance(line: usize, allowance: &str) -> Option<Allowance<'_>> {
    let (entry, reason) = allowance.split_once('#')?;
    let (path, phrase) = entry.split_once(':')?;
    (!reason.trim().is_empty()).then(|| Allowance {
        line,
        path: path.trim(),
        phrase: phrase.split_whitespace().collect(),
    })
}

fn read_phrases(list: &str) -> Vec<Vec<&str>> {
    let phrases = list.split(',').map(|phrase| phrase.split_whitespace().collect());
    phrases.filter(|phrase: &Vec<&str>| !phrase.is_empty()).collect()
}

/// What people read of each file, with the lines of the file.
fn visible_texts<'a>(tree: &'a Tree, modules: &Modules) -> Vec<(&'a str, String)> {
    let documents = tree.with_extension("md");
    let mut texts: Vec<(&str, String)> = documents
        .map(|(path, text)| (path, markdown::only(text, markdown::Kind::Prose)))
        .collect();
    for (path, text) in tree
        .with_extension("rs")
        .filter(|(path, _)| !modules.is_test_file(path) || is_program(path))
    {
        let source = Source::new(text);
        texts.push((path, outside_tests(&source, &literals(text))));
        if has_help(&source.code_outside_tests()) {
            texts.push((path, outside_tests(&source, &comments(text, "///"))));
        }
    }
    texts
}

/// Whether the file is a program that people run by hand, wherever it lies.
fn is_program(path: &str) -> bool {
    path.contains("/src/bin/")
}

/// Lines of tests become empty.
fn outside_tests(source: &Source<'_>, text: &str) -> String {
    let lines = (1..).zip(text.split('\n'));
    let kept = lines.map(|(line, content)| if source.is_test_line(line) { "" } else { content });
    kept.collect::<Vec<_>>().join("\n")
}

/// Whether the code derives a trait that makes doc comments into help.
fn has_help(code: &str) -> bool {
    let tokens = tokens(code);
    let mut derives = (0..tokens.len())
        .filter(|index| tokens[*index].text == "derive" && text_at(&tokens, index + 1) == "(");
    derives.any(|index| {
        let end = closing(&tokens, index + 1);
        tokens[index..end]
            .iter()
            .any(|token| HELP_TRAITS.contains(&token.text))
    })
}

fn words(lower: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut end_before = 0;
    let mut position = 0;
    while let Some(start) = lower[position..].find(is_part).map(|start| position + start) {
        let end = lower[start..]
            .find(|c| !is_part(c))
            .map_or(lower.len(), |length| start + length);
        let between = &lower[end_before..start];
        let is_blank = between.trim().is_empty() && between.matches('\n').count() < 2;
        words.push(Word {
            text: &lower[start..end],
            position: start,
            follows: is_blank || between == "-",
        });
        end_before = end;
        position = end;
    }
    words
}

/// Position, phrase and advice of each retired phrase.
fn find<'a>(words: &[Word<'_>], retired: &'a [Retired<'a>]) -> Vec<(usize, &'a [&'a str], &'a str)> {
    let mut found = Vec::new();
    for entry in retired {
        for phrase in &entry.phrases {
            let places = (0..words.len()).filter(|index| is_at(words, *index, phrase));
            let places = places.filter(|index| {
                !entry
                    .others
                    .iter()
                    .any(|other| is_part_of(words, *index, phrase, other))
            });
            found.extend(places.map(|index| (words[index].position, phrase.as_slice(), entry.instead)));
        }
    }
    found
}

fn is_at(words: &[Word<'_>], index: usize, phrase: &[&str]) -> bool {
    let Some(words) = words.get(index..index + phrase.len()) else {
        return false;
    };
    words.iter().zip(phrase).all(|(word, part)| word.text == *part)
        && words.iter().skip(1).all(|word| word.follows)
}

/// Whether the phrase found at `index` belongs to a longer one.
fn is_part_of(words: &[Word<'_>], index: usize, phrase: &[&str], longer: &[&str]) -> bool {
    (0..longer.len()).any(|offset| {
        longer[offset..].starts_with(phrase)
            && index
                .checked_sub(offset)
                .is_some_and(|start| is_at(words, start, longer))
    })
}
