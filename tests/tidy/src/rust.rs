//! Just enough of Rust's syntax to judge a source: code without comments and literals, tokens, test code.
//!
//! Invariant: a masked text has the length and the lines of its source, so positions in one are positions in
//! the other. There is no parser here; what the rules need can be told from tokens and matching brackets.

mod functions;
mod items;
mod mask;
mod texts;

pub(crate) use functions::{Function, functions};
pub(crate) use items::{Import, Mention, Module, module};
pub(crate) use mask::mask;
pub(crate) use texts::{comments, literals};

/// A source, masked, with its test code found.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// The text as written.
    pub(crate) text: &'a str,
    /// The text with comments and literals blanked.
    pub(crate) code: String,
    /// For each line, whether it belongs to an item that only tests compile.
    is_test_line: Vec<bool>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let code = mask(text);
        let is_test_line = find_test_lines(&code);
        Self {
            text,
            code,
            is_test_line,
        }
    }

    /// Whether a line, counted from 1, is inside an item that only tests compile.
    pub(crate) fn is_test_line(&self, line: usize) -> bool {
        self.is_test_line.get(line - 1).copied().unwrap_or(false)
    }

    /// The masked text with such items blanked too; positions stay.
    pub(crate) fn code_outside_tests(&self) -> String {
        let lines = (1..).zip(self.code.split_inclusive('\n'));
        let blanked = lines.map(|(line, content)| match self.is_test_line(line) {
            true => content.replace(|c| c != '\n', " "),
            false => content.to_owned(),
        });
        blanked.collect()
    }

    /// Number of lines outside such items.
    pub(crate) fn line_count_outside_tests(&self) -> usize {
        self.is_test_line.iter().filter(|is_test| !**is_test).count()
    }
}

/// The line of a position, counted from 1.
pub(crate) fn line_of(text: &str, position: usize) -> usize {
    text.as_bytes()[..position]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

/// A word (identifier, keyword or number) or one byte of punctuation; blanks are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) position: usize,
}

/// The tokens of a masked text.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut position = 0;
    while let Some(first) = code[position..].chars().next() {
        let length = if is_word(first) {
            code[position..]
                .find(|c| !is_word(c))
                .unwrap_or(code.len() - position)
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(Token {
                text: &code[position..position + length],
                position,
            });
        }
        position += length;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where an item ends that begins at `start`: the index of its last token. An item ends with the first
/// semicolon or the first pair of braces outside round and square brackets.
pub(crate) fn end_of_item(tokens: &[Token<'_>], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            ";" if depth == 0 => return index,
            "{" if depth == 0 => return closing(tokens, index),
            _ => {}
        }
    }
    tokens.len().saturating_sub(1)
}

/// The index of the bracket that closes the one at `open`, or the last token.
pub(crate) fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    tokens.len().saturating_sub(1)
}

/// Marks the lines of every item under `#[cfg(test)]` and the like.
fn find_test_lines(code: &str) -> Vec<bool> {
    let mut is_test_line = vec![false; code.lines().count()];
    let tokens = tokens(code);
    let mut index = 0;
    while index < tokens.len() {
        let Some(attribute_end) = test_attribute_end(&tokens, index) else {
            index += 1;
            continue;
        };
        // More attributes may stand before the item itself.
        let mut start = attribute_end + 1;
        while is_attribute(&tokens, start) {
            start = closing(&tokens, start + 1) + 1;
        }
        let end = end_of_item(&tokens, start);
        let first_line = line_of(code, tokens[index].position);
        let last_line = line_of(code, tokens[end].position);
        is_test_line[first_line - 1..last_line].fill(true);
        index = end + 1;
    }
    is_test_line
}

fn is_attribute(tokens: &[Token<'_>], index: usize) -> bool {
    text_at(tokens, index) == "#" && text_at(tokens, index + 1) == "["
}

/// The index of the closing bracket, if an attribute at `index` says that only tests compile the item.
fn test_attribute_end(tokens: &[Token<'_>], index: usize) -> Option<usize> {
    if !is_attribute(tokens, index) || text_at(tokens, index + 2) != "cfg" {
        return None;
    }
    let end = closing(tokens, index + 1);
    let words: Vec<&str> = tokens[index + 2..end].iter().map(|token| token.text).collect();
    // `not(test)` and `any(test, ...)` are for others too.
    let is_for_others = words.contains(&"not") || words.contains(&"any");
    (words.contains(&"test") && !is_for_others).then_some(end)
}

/// The text of a token, empty past the end.
pub(crate) fn text_at<'a>(tokens: &[Token<'a>], index: usize) -> &'a str {
    tokens.get(index).map_or("", |token| token.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_items_are_found_and_the_rest_is_not() {
        let text = [
            "fn a() {}\n#[cfg(test)]\nuse x::{y, z};\nfn b() {}",
            "#[cfg(test)]\n#[path = \"t.rs\"]\nmod tests;\nfn c() {}",
            "#[cfg(not(test))]\nfn d() {}",
            "#[cfg(test)]\nmod tests {\n    fn e() { [0; 2]; }\n}\nfn f() {}",
            "#[cfg(any(unix, test))]\nfn g() {}\n#[cfg(all(unix, test))]\nfn h() {}",
        ];
        let text = text.join("\n");
        let source = Source::new(&text);
        let test_lines: Vec<usize> = (1..=19).filter(|line| source.is_test_line(*line)).collect();
        assert_eq!(test_lines, [2, 3, 5, 6, 7, 11, 12, 13, 14, 18, 19]);
        assert_eq!(source.line_count_outside_tests(), 8);
        let code = source.code_outside_tests();
        assert_eq!(code.len(), text.len());
        assert_eq!(code.matches("fn").count(), 6, "{code}");
    }

    #[test]
    fn unfinished_sources_do_not_panic() {
        for text in [
            "",
            "#[cfg(test)]",
            "#[cfg(test",
            "#[cfg(test)]\nmod a {",
            "fn",
            "fn a(",
            "\"",
            "'",
            "r#\"",
            "/*",
        ] {
            let source = Source::new(text);
            assert_eq!(source.code.len(), text.len());
            assert!(functions(&source.code).is_empty());
        }
    }
}
