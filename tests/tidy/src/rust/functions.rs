//! Finds functions and how long they are.

use super::{end_of_item, line_of, text_at, tokens};

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The line of the keyword `fn`, counted from 1.
    pub(crate) line: usize,
    /// Lines from there to the closing brace, both included.
    pub(crate) line_count: usize,
}

/// The functions of a masked text; one inside another counts for both.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let tokens = tokens(code);
    let mut functions = Vec::new();
    for (index, keyword) in tokens.iter().enumerate() {
        let name = text_at(&tokens, index + 1);
        // `fn(u8) -> u8` is a type and `$name` belongs to a macro.
        let is_definition = keyword.text == "fn" && name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if !is_definition {
            continue;
        }
        let end = end_of_item(&tokens, index);
        if text_at(&tokens, end) != "}" {
            continue;
        }
        let line = line_of(code, keyword.position);
        let line_count = line_of(code, tokens[end].position) - line + 1;
        functions.push(Function {
            name: name.to_owned(),
            line,
            line_count,
        });
    }
    debug_assert!(
        functions.iter().all(|function| function.line_count > 0),
        "an end is never before its start"
    );
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_keyword_to_brace() {
        let code = "impl X {\n  pub fn a(&self, f: fn(u8) -> u8) -> [u8; 2] {\n    {}\n  }\n}\n\
                    trait T { fn b(); }\nfn c<const N: usize>()\nwhere\n  [(); N]:,\n{ fn d() {} }\n";
        let found: Vec<(String, usize, usize)> = functions(code)
            .into_iter()
            .map(|function| (function.name, function.line, function.line_count))
            .collect();
        let expected = [("a", 2, 3), ("c", 7, 4), ("d", 10, 1)];
        assert_eq!(
            found,
            expected.map(|(name, line, count)| (name.to_owned(), line, count))
        );
    }
}
