//! The prose in a source: its comments, and what its literals say.
//!
//! Invariant: what is returned has the lines and the length of the source.

use super::mask::{Kind, stretches};

/// What stands where a text has nothing to say; unlike a blank, it parts words that do not follow each other.
const NOTHING: u8 = 0;

/// The comments that begin with `marker`, without the marks at the start of each line.
pub(crate) fn comments(source: &str, marker: &str) -> String {
    let mut text = vec![b' '; source.len()];
    for (range, _) in stretches(source).filter(|(_, kind)| *kind == Kind::Comment) {
        let comment = &source[range.clone()];
        if comment.starts_with(marker) {
            let marks = comment.len() - comment.trim_start_matches(['/', '!', '*']).len();
            text[range.start + marks..range.end].copy_from_slice(&comment.as_bytes()[marks..]);
        }
    }
    with_lines_of(source, text)
}

/// The insides of string literals, without their escapes.
pub(crate) fn literals(source: &str) -> String {
    let mut text = vec![NOTHING; source.len()];
    for (range, _) in stretches(source).filter(|(_, kind)| *kind == Kind::Literal) {
        let literal = &source[range.clone()];
        // `br#"` and `"#` are no part of what is said.
        let begin = range.start + literal.find(['"', '\'']).map_or(0, |quote| quote + 1);
        let end = range.start + literal.trim_end_matches(['#', '"', '\'']).len();
        if begin < end {
            text[begin..end].copy_from_slice(&source.as_bytes()[begin..end]);
            blank_escapes(&mut text[begin..end]);
        }
    }
    with_lines_of(source, text)
}

/// A break of the line in a literal is a blank in what it says.
fn blank_escapes(literal: &mut [u8]) {
    let mut position = 0;
    while position + 1 < literal.len() {
        if literal[position] == b'\\' {
            literal[position] = b' ';
            if literal[position + 1].is_ascii() {
                literal[position + 1] = b' ';
            }
            position += 1;
        }
        position += 1;
    }
}

fn with_lines_of(source: &str, mut text: Vec<u8>) -> String {
    for (position, _) in source.match_indices('\n') {
        text[position] = b'\n';
    }
    String::from_utf8(text).expect("comments and literals are whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "//! One\n/// two\nfn f() { // three\n    g(\"four\\n\\\n      five\", r#\"six\"#, b'7')\n}\n/* eight */\n";

    #[test]
    fn comments_by_their_marks() {
        let words = |marker| {
            comments(SOURCE, marker)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(words("//!"), "One");
        assert_eq!(words("///"), "two");
        assert_eq!(words("//"), "One two three");
        assert_eq!(words("/*"), "eight */");
        assert_eq!(comments(SOURCE, "/").len(), SOURCE.len());
    }

    #[test]
    fn literals_without_their_escapes() {
        let text = literals(SOURCE);
        assert_eq!(text.len(), SOURCE.len());
        assert_eq!(text.lines().count(), SOURCE.lines().count());
        let parts: Vec<&str> = text
            .split(['\0', '\n'])
            .filter(|part| !part.trim().is_empty())
            .collect();
        assert_eq!(parts, ["four   ", "      five", "six", "7"]);
        assert_eq!(text.find("five"), SOURCE.find("five"));
    }
}
