//! The rows of `docs/differences.md` that say which differences are meant.
//!
//! The table is the one under the heading below. Its first column names cases, its second places in their answers, both
//! as patterns between backquotes, in which `*` stands for any text. A row without a difference is out of date.

use super::compare::Difference;

/// The page.
const PAGE: &str = include_str!("../../../docs/differences.md");
/// The heading of the table.
const HEADING: &str = "## Answers, call by call";

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line of the page.
    pub line: usize,
    cases: Vec<String>,
    at: Vec<String>,
}

/// What the rows leave.
#[derive(Debug, Default)]
pub struct Judged {
    /// Differences without a row.
    pub open: Vec<Difference>,
    /// Differences in the wording of errors only.
    pub texts: Vec<Difference>,
    /// Differences with a row.
    pub explained: usize,
    /// Patterns that no difference matches, with the line of their row.
    pub stale: Vec<(usize, String)>,
}

/// The rows of the page.
///
/// # Panics
/// When the table is missing or a row has no pattern or no reason.
#[must_use]
pub fn rows() -> Vec<Row> {
    parse(PAGE)
}

fn parse(page: &str) -> Vec<Row> {
    let lines: Vec<&str> = page.lines().collect();
    let start = lines.iter().position(|line| *line == HEADING);
    let start = start.unwrap_or_else(|| panic!("docs/differences.md has no heading {HEADING}"));
    let table = lines[start..]
        .iter()
        .enumerate()
        .skip_while(|(_, line)| !line.starts_with("|---"))
        .skip(1)
        .take_while(|(_, line)| line.starts_with('|'));
    table
        .map(|(offset, line)| {
            let number = start + offset + 1;
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            assert_eq!(cells.len(), 5, "docs/differences.md:{number}: five cells");
            let row = Row {
                line: number,
                cases: quoted(cells[0]),
                at: quoted(cells[1]),
            };
            let complete = !row.cases.is_empty() && !row.at.is_empty() && !cells[4].is_empty();
            assert!(
                complete,
                "docs/differences.md:{number}: cases, places and a reason"
            );
            row
        })
        .collect()
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Sorts the differences by what the rows say of them.
#[must_use]
pub fn judge(differences: Vec<Difference>, rows: &[Row]) -> Judged {
    let mut judged = Judged::default();
    let mut used = vec![false; rows.iter().map(|row| row.cases.len() + row.at.len()).sum()];
    for difference in differences {
        let mut first = 0;
        let mut is_explained = false;
        for row in rows {
            let case = row
                .cases
                .iter()
                .position(|pattern| matches(pattern, &difference.case));
            let at = row.at.iter().position(|pattern| matches(pattern, &difference.at));
            if let (Some(case), Some(at)) = (case, at) {
                used[first + case] = true;
                used[first + row.cases.len() + at] = true;
                is_explained = true;
            }
            first += row.cases.len() + row.at.len();
        }
        if is_explained {
            judged.explained += 1;
        } else if difference.is_text() {
            judged.texts.push(difference);
        } else {
            judged.open.push(difference);
        }
    }
    let patterns = rows.iter().flat_map(|row| {
        row.cases
            .iter()
            .chain(&row.at)
            .map(|pattern| (row.line, pattern.clone()))
    });
    let unused = patterns.zip(used).filter(|(_, used)| !used);
    judged.stale = unused.map(|(pattern, _)| pattern).collect();
    judged
}

/// Whether `text` has the form of `pattern`, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(head) else {
        return false;
    };
    (0..=text.len())
        .filter(|at| text.is_char_boundary(*at))
        .any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "## Answers, call by call\n\n\
        | calls | at | Solana | Isobath | reason |\n|---|---|---|---|---|\n\
        | `getSlot: *`, `getEpochInfo: one` | `result.a` | 1 | 2 | because |\n";

    fn difference(case: &str, at: &str) -> Difference {
        Difference {
            case: case.to_owned(),
            at: at.to_owned(),
            theirs: "1".to_owned(),
            ours: "2".to_owned(),
        }
    }

    #[test]
    fn patterns_match_whole_texts() {
        assert!(matches("getSlot: *", "getSlot: newest"));
        assert!(matches("*.data*", "result.value[].data[]"));
        assert!(!matches("getSlot", "getSlot: newest"));
        assert!(!matches("*: newest", "getSlot: newest one"));
    }

    #[test]
    fn rows_explain_differences_and_must_be_needed() {
        let rows = parse(TABLE);
        assert_eq!(rows.len(), 1);
        let differences = vec![
            difference("getSlot: newest", "result.a"),
            difference("getSlot: newest", "result.b"),
            difference("getSlot: newest", "error.message"),
        ];
        let judged = judge(differences, &rows);
        assert_eq!(judged.explained, 1);
        assert_eq!(judged.open.len(), 1);
        assert_eq!(judged.texts.len(), 1);
        assert_eq!(judged.stale, [(5, "getEpochInfo: one".to_owned())]);
    }
}
