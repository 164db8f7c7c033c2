//! Just enough of Markdown to tell prose from code and links.

use std::ops::Range;

/// What a stretch of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Prose,
    /// Code between backquotes, which themselves belong to the prose.
    Span,
    /// A block of code, with the lines of three backquotes around it.
    Block,
    /// Where a link leads.
    Target,
}

/// The text with everything blanked but what is of one kind. Lines and positions stay.
pub(crate) fn only(text: &str, kind: Kind) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (range, _) in pieces(text).into_iter().filter(|(_, other)| *other != kind) {
        let blank = bytes[range].iter_mut().filter(|byte| **byte != b'\n');
        blank.for_each(|byte| *byte = b' ');
    }
    String::from_utf8(bytes).expect("whole pieces were replaced by ASCII, the rest is unchanged")
}

/// The stretches of a text, one after the other; together they are the text.
pub(crate) fn pieces(text: &str) -> Vec<(Range<usize>, Kind)> {
    let mut pieces = Vec::new();
    let mut position = 0;
    while position < text.len() {
        let rest = &text[position..];
        let before = text[..position].rsplit('\n').next().unwrap_or("");
        let first = match rest.as_bytes() {
            [b'`', b'`', b'`', ..] if before.trim().is_empty() => vec![(block_length(rest), Kind::Block)],
            [b'`', ..] => span(rest),
            [b']', b'(', ..] => vec![(2, Kind::Prose), (target_length(&rest[2..]), Kind::Target)],
            _ => vec![(prose_length(rest), Kind::Prose)],
        };
        for (length, kind) in first {
            pieces.push((position..position + length, kind));
            position += length;
        }
    }
    pieces
}

/// To the end of the line that closes the block.
fn block_length(rest: &str) -> usize {
    let mut length = 0;
    for (index, line) in rest.split_inclusive('\n').enumerate() {
        length += line.len();
        if index > 0 && line.trim_start().starts_with("```") {
            break;
        }
    }
    length
}

/// Backquotes, what they enclose, backquotes. If nothing closes them in their paragraph they are prose.
fn span(rest: &str) -> Vec<(usize, Kind)> {
    let quotes = rest.len() - rest.trim_start_matches('`').len();
    let paragraph = rest.split("\n\n").next().unwrap_or(rest);
    match paragraph[quotes..].find(&rest[..quotes]) {
        Some(length) => vec![(quotes, Kind::Prose), (length, Kind::Span), (quotes, Kind::Prose)],
        None => vec![(quotes, Kind::Prose)],
    }
}

fn target_length(rest: &str) -> usize {
    rest.find([')', '\n']).unwrap_or(rest.len())
}

/// To the next character that may begin something else.
fn prose_length(rest: &str) -> usize {
    let others = rest.char_indices().skip(1);
    let mut begins = others.filter(|(_, c)| ['`', ']'].contains(c));
    begins.next().map_or(rest.len(), |(length, _)| length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, kind: Kind) -> Vec<&str> {
        let pieces = pieces(text).into_iter().filter(|(_, other)| *other == kind);
        pieces.map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn prose_code_and_links() {
        let text = "a `b c` [d `e`](f.md#g) ``h ` i`` [j]\n```sh\nk `l`\n```\nm ```n``` `o\n\np` q";
        assert_eq!(all(text, Kind::Span), ["b c", "e", "h ` i", "n"]);
        assert_eq!(all(text, Kind::Block), ["```sh\nk `l`\n```\n"]);
        assert_eq!(all(text, Kind::Target), ["f.md#g"]);
        let prose = "a `   ` [d ` `](      ) ``     `` [j]\n     \n     \n   \nm ``` ``` `o\n\np` q";
        assert_eq!(only(text, Kind::Prose), prose);
    }

    #[test]
    fn pieces_cover_any_text() {
        for text in [
            "",
            "`",
            "```",
            "```\n",
            "](",
            "a](b",
            "``a`",
            "\u{e9}`\u{e9}`]\u{e9}",
            "](\n)",
            "]()",
        ] {
            let mut end = 0;
            for (range, _) in pieces(text) {
                assert_eq!(range.start, end, "{text}");
                end = range.end;
            }
            assert_eq!(end, text.len(), "{text}");
        }
    }
}
