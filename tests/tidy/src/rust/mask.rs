//! Blanks comments and literals, so that what is left is code.

use std::ops::Range;

/// What a stretch of source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Comment,
    /// A string or character literal.
    Literal,
}

/// Replaces the bytes of comments and the insides of string and character literals by spaces. Line breaks
/// stay, and of a literal its first and last byte become quotes.
pub(crate) fn mask(source: &str) -> String {
    let mut masked = source.as_bytes().to_vec();
    for (Range { start, end }, kind) in stretches(source) {
        if kind != Kind::Code {
            blank(&mut masked[start..end]);
        }
        if kind == Kind::Literal {
            masked[start] = b'"';
            masked[end - 1] = b'"';
        }
    }
    String::from_utf8(masked)
        .expect("whole literals and comments were replaced by ASCII, the rest is unchanged")
}

/// The comments and literals of a source and the code between them, in order.
pub(crate) fn stretches(source: &str) -> impl Iterator<Item = (Range<usize>, Kind)> {
    let bytes = source.as_bytes();
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let (length, kind) = stretch(rest);
        let range = start..(start + length).min(bytes.len());
        start = range.end;
        Some((range, kind))
    })
}

fn blank(bytes: &mut [u8]) {
    bytes
        .iter_mut()
        .filter(|byte| **byte != b'\n')
        .for_each(|byte| *byte = b' ');
}

/// The length and kind of what `rest`, which is not empty, begins with.
fn stretch(rest: &[u8]) -> (usize, Kind) {
    match rest {
        [b'/', b'/', ..] => (find(rest, b"\n", 0), Kind::Comment),
        [b'/', b'*', ..] => (block_comment_length(rest), Kind::Comment),
        [b'"', ..] => (quoted_length(rest, b'"'), Kind::Literal),
        [b'\'', ..] => character_or_lifetime(rest),
        [first, ..] if is_word(*first) => word_or_prefixed_literal(rest),
        _ => (1, Kind::Code),
    }
}

/// Words swallow the prefixes of literals: `r"..."`, `br#"..."#`, `b'x'`, `c"..."`.
fn word_or_prefixed_literal(rest: &[u8]) -> (usize, Kind) {
    let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
    let (word, after) = rest.split_at(length);
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    match (word, after.get(hashes)) {
        (b"r" | b"br" | b"cr", Some(b'"')) => {
            let closing = [&b"\""[..], &vec![b'#'; hashes]].concat();
            let end = find(rest, &closing, length + hashes + 1) + closing.len();
            (end, Kind::Literal)
        }
        (b"b" | b"c", Some(b'"')) if hashes == 0 => (length + quoted_length(after, b'"'), Kind::Literal),
        (b"b", Some(b'\'')) if hashes == 0 => (length + quoted_length(after, b'\''), Kind::Literal),
        _ => (length, Kind::Code),
    }
}

/// `'x'` and `'\n'` are characters, `'a` is a lifetime.
fn character_or_lifetime(rest: &[u8]) -> (usize, Kind) {
    let character_length = match rest.get(1) {
        Some(b'\\') => return (quoted_length(rest, b'\''), Kind::Literal),
        Some(0xf0..) => 4,
        Some(0xe0..) => 3,
        Some(0xc0..) => 2,
        _ => 1,
    };
    match rest.get(1 + character_length) {
        Some(b'\'') => (2 + character_length, Kind::Literal),
        _ => (1, Kind::Code),
    }
}

/// The length of a quoted literal that begins here, with both quotes.
fn quoted_length(rest: &[u8], quote: u8) -> usize {
    let mut position = 1;
    while position < rest.len() && rest[position] != quote {
        position += if rest[position] == b'\\' { 2 } else { 1 };
    }
    position + 1
}

/// Block comments nest.
fn block_comment_length(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut position = 0;
    while position < rest.len() {
        match rest[position..] {
            [b'/', b'*', ..] => depth += 1,
            [b'*', b'/', ..] => depth -= 1,
            _ => {
                position += 1;
                continue;
            }
        }
        position += 2;
        if depth == 0 {
            break;
        }
    }
    position
}

/// The position of `needle` at or after `from`, else the end.
fn find(rest: &[u8], needle: &[u8], from: usize) -> usize {
    let found = rest
        .get(from..)
        .and_then(|tail| tail.windows(needle.len()).position(|window| window == needle));
    found.map_or(rest.len(), |position| from + position)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        for (source, masked) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("f(\"a\\\"b\") g", "f(\"    \") g"),
            ("r#\"a\"b\"# c", "\"      \" c"),
            ("br\"a\\\" b", "\"    \" b"),
            ("b\"x\" b'x' 'x' '\\'' c", "\"  \" \"  \" \" \" \"  \" c"),
            ("&'a str", "&'a str"),
            ("<'a, 'b>", "<'a, 'b>"),
            ("r#type = 1", "r#type = 1"),
            ("'{' '\"' x", "\" \" \" \" x"),
            ("\"a\nb\" c", "\" \n \" c"),
            ("\"// no comment\" d", "\"             \" d"),
        ] {
            assert_eq!(mask(source), masked, "{source}");
        }
    }

    #[test]
    fn lengths_and_lines_stay_even_where_text_is_not_ascii() {
        let source = "let \u{e9}t\u{e9} = '\u{1f30a}'; // \u{2014}\n\"\u{b5}\"";
        let masked = mask(source);
        assert_eq!(masked.len(), source.len());
        assert_eq!(masked.lines().count(), source.lines().count());
        assert!(masked.starts_with("let \u{e9}t\u{e9} = "));
    }
}
