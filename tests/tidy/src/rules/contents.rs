//! The crate docs of a `lib.rs` are its table of contents: in code, they name every module that it declares.

use super::modules::declarations;
use crate::markdown::{Kind, only};
use crate::problem::Problem;
use crate::rust::comments;
use crate::tree::Tree;

pub(crate) fn check(tree: &Tree) -> Vec<Problem> {
    let roots = tree
        .with_extension("rs")
        .filter(|(path, _)| path.ends_with("src/lib.rs"));
    roots.filter_map(|(path, text)| check_root(path, text)).collect()
}

fn check_root(path: &str, text: &str) -> Option<Problem> {
    let docs = comments(text, "//!");
    if docs.trim().is_empty() {
        // That there are none is another rule's problem.
        return None;
    }
    let code = [Kind::Span, Kind::Block].map(|kind| only(&docs, kind)).concat();
    let named: Vec<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let missing: Vec<String> = declarations(path, text, true)
        .into_iter()
        .filter(|declaration| !declaration.is_test)
        .filter_map(|declaration| match declaration.name.as_slice() {
            // A module in a module is named by its parent.
            [name] if !named.contains(&name.as_str()) => Some(format!("`{name}`")),
            _ => None,
        })
        .collect();
    (!missing.is_empty()).then(|| {
        let advice = format!(
            "name in the crate docs, in backquotes or a block of code, the modules {}",
            missing.join(", ")
        );
        Problem::new(path, 1, "contents", advice)
    })
}
