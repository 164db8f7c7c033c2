//! Differences between two lists of answers.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Normalized answers by the name of their case.
pub type Answers = BTreeMap<String, Value>;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The case.
    pub case: String,
    /// Where in the answer, with `[]` for every index.
    pub at: String,
    /// What the other node answers there.
    pub theirs: String,
    /// What this node answers there.
    pub ours: String,
}

impl Difference {
    /// Whether only the wording of an error differs.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.at.ends_with("error.message")
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case,
            at,
            theirs,
            ours,
        } = self;
        write!(
            formatter,
            "{case}  at {at}\n    theirs {theirs}\n    ours   {ours}"
        )
    }
}

/// All differences.
#[must_use]
pub fn compare(theirs: &Answers, ours: &Answers) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (case, answer) in theirs {
        let mut found = Found {
            case,
            differences: &mut differences,
        };
        match ours.get(case) {
            Some(other) => found.compare("", answer, other),
            None => found.add("", Some(answer), None),
        }
    }
    for (case, answer) in ours.iter().filter(|(case, _)| !theirs.contains_key(*case)) {
        let mut found = Found {
            case,
            differences: &mut differences,
        };
        found.add("", None, Some(answer));
    }
    differences
}

struct Found<'a> {
    case: &'a str,
    differences: &'a mut Vec<Difference>,
}

impl Found<'_> {
    fn compare(&mut self, at: &str, theirs: &Value, ours: &Value) {
        match (theirs, ours) {
            // An error in the place of a result is one difference, not one for each member.
            (Value::Object(left), Value::Object(right))
                if left.contains_key("error") != right.contains_key("error") =>
            {
                self.add(&join(at, "outcome"), Some(theirs), Some(ours));
            }
            (Value::Object(left), Value::Object(right)) => {
                for (key, value) in left {
                    match right.get(key) {
                        Some(other) => self.compare(&join(at, key), value, other),
                        None => self.add(&join(at, key), Some(value), None),
                    }
                }
                for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                    self.add(&join(at, key), None, Some(value));
                }
            }
            (Value::Array(left), Value::Array(right)) => {
                let at = format!("{at}[]");
                if left.len() != right.len() {
                    self.add(&at, Some(theirs), Some(ours));
                    return;
                }
                for (value, other) in left.iter().zip(right) {
                    self.compare(&at, value, other);
                }
            }
            _ if theirs == ours => {}
            _ => self.add(at, Some(theirs), Some(ours)),
        }
    }

    fn add(&mut self, at: &str, theirs: Option<&Value>, ours: Option<&Value>) {
        let show = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), shorten);
        self.differences.push(Difference {
            case: self.case.to_owned(),
            at: at.to_owned(),
            theirs: show(theirs),
            ours: show(ours),
        });
    }
}

fn join(at: &str, key: &str) -> String {
    if at.is_empty() {
        key.to_owned()
    } else {
        format!("{at}.{key}")
    }
}

/// A value in one line that a terminal shows.
fn shorten(value: &Value) -> String {
    const CHARS_MAX: usize = 400;
    let text = value.to_string();
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(theirs: Value, ours: Value) -> Vec<String> {
        let answers = |answer| Answers::from([("case".to_owned(), answer)]);
        let differences = compare(&answers(theirs), &answers(ours));
        differences.into_iter().map(|difference| difference.at).collect()
    }

    #[test]
    fn differences_name_their_path() {
        let theirs = json!({ "result": { "value": [{ "a": 1, "b": null }] } });
        assert_eq!(paths(theirs.clone(), theirs.clone()), Vec::<String>::new());
        let ours = json!({ "result": { "value": [{ "a": 2, "c": 1 }] } });
        let expected = ["result.value[].a", "result.value[].b", "result.value[].c"];
        assert_eq!(paths(theirs.clone(), ours), expected);
        assert_eq!(
            paths(theirs.clone(), json!({ "result": { "value": [] } })),
            ["result.value[]"]
        );
        assert_eq!(paths(theirs, json!({ "error": { "code": 1 } })), ["outcome"]);
    }
}
