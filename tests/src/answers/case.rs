//! The list of calls, read from text files.
//!
//! ```text
//! # a comment
//! @ getBalance                                     the method of the lines below
//! funded        ["$key.rich"]                      a name, two spaces, the parameters
//! ~ newest      []                                 `~`: only the form of the answer is compared, not its values
//! absent        -                                  no parameters at all
//! for a b: of %  ["$key.%"]                        a line for each word
//!
//! @ accountSubscribe                               over WebSocket
//! lamports      ["$key.to:transfer.a"] => transfer.a 1    then this transaction is sent, and one notification awaited
//!
//! @ POST                                           a body as it is
//! not json      {"jsonrpc"
//!
//! ! wait transfer.a                                wait until these transactions are final
//! ```

use std::collections::BTreeSet;

use serde_json::Value;

/// The files, in the order in which they are run.
const FILES: [(&str, &str); 9] = [
    ("chain", include_str!("cases/chain.txt")),
    ("accounts", include_str!("cases/accounts.txt")),
    ("programs", include_str!("cases/programs.txt")),
    ("simulate", include_str!("cases/simulate.txt")),
    ("send", include_str!("cases/send.txt")),
    ("history", include_str!("cases/history.txt")),
    ("blocks", include_str!("cases/blocks.txt")),
    ("subscriptions", include_str!("cases/subscriptions.txt")),
    ("requests", include_str!("cases/requests.txt")),
];

/// One step of the list.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A call, and the name of its answer.
    Case(Case),
    /// Wait until these transactions are final.
    Wait(Vec<String>),
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// `method: name`, unique.
    pub name: String,
    /// Whether only the form of the answer is compared.
    pub form_only: bool,
    /// What is sent.
    pub action: Action,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A method over HTTP.
    Call(Call),
    /// A subscription over WebSocket.
    Subscribe(Call, Option<Trigger>),
    /// A body over HTTP, as it is.
    Post(String),
    /// A message over WebSocket, as it is.
    Message(String),
}

/// A method and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Its parameters, with names in the place of values; `None` when the member is missing.
    pub params: Option<Value>,
}

/// What makes a subscription notify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The transaction that is sent; `None` waits for the next block.
    pub transaction: Option<String>,
    /// How many notifications are awaited.
    pub count: usize,
}

/// All steps.
///
/// # Panics
/// When a file is not in the form above, or names a case twice.
#[must_use]
pub fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for (file, text) in FILES {
        let mut method = "";
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if let Some(name) = line.strip_prefix("@ ") {
                method = name;
            } else if !line.is_empty() && !line.starts_with('#') {
                let place = || panic!("{file}.txt:{}: cannot be read: {line}", index + 1);
                steps.extend(parse_line(method, line).unwrap_or_else(place));
            }
        }
    }
    let mut names = BTreeSet::new();
    for case in steps.iter().filter_map(Step::case) {
        assert!(names.insert(&case.name), "two cases are named {}", case.name);
    }
    steps
}

impl Step {
    /// The call, if it is one.
    #[must_use]
    pub const fn case(&self) -> Option<&Case> {
        match self {
            Self::Case(case) => Some(case),
            Self::Wait(_) => None,
        }
    }
}

fn parse_line(method: &str, line: &str) -> Option<Vec<Step>> {
    if let Some(names) = line.strip_prefix("! wait ") {
        return Some(vec![Step::Wait(names.split(' ').map(str::to_owned).collect())]);
    }
    if let Some(rest) = line.strip_prefix("for ") {
        let (words, template) = rest.split_once(": ")?;
        let each = words.split(' ').map(|word| template.replace('%', word));
        return each
            .map(|line| Some(Step::Case(parse_case(method, &line)?)))
            .collect();
    }
    Some(vec![Step::Case(parse_case(method, line)?)])
}

fn parse_case(method: &str, line: &str) -> Option<Case> {
    let (form_only, line) = match line.strip_prefix("~ ") {
        Some(line) => (true, line),
        None => (false, line),
    };
    let (name, rest) = line.split_once("  ")?;
    let rest = rest.trim();
    Some(Case {
        name: format!("{method}: {name}"),
        form_only,
        action: parse_action(method, rest)?,
    })
}

fn parse_action(method: &str, text: &str) -> Option<Action> {
    match method {
        "POST" => return Some(Action::Post(text.trim_matches('-').to_owned())),
        "SOCKET" => return Some(Action::Message(text.to_owned())),
        _ => {}
    }
    if !method.ends_with("Subscribe") && !method.ends_with("Unsubscribe") {
        return Some(Action::Call(parse_call(method, text)?));
    }
    let (params, trigger) = match text.split_once(" => ") {
        Some((params, trigger)) => (params, Some(parse_trigger(trigger)?)),
        None => (text, None),
    };
    Some(Action::Subscribe(parse_call(method, params)?, trigger))
}

fn parse_call(method: &str, text: &str) -> Option<Call> {
    let params = match text {
        "-" => None,
        text => Some(serde_json::from_str(text).ok()?),
    };
    Some(Call {
        method: method.to_owned(),
        params,
    })
}

/// `transfer.a 1`, or `block 2`.
fn parse_trigger(text: &str) -> Option<Trigger> {
    let (what, count) = text.split_once(' ')?;
    Some(Trigger {
        transaction: (what != "block").then(|| what.to_owned()),
        count: count.parse().ok()?,
    })
}

/// The names of the transactions that the steps use.
#[must_use]
pub fn transaction_names(steps: &[Step]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for case in steps.iter().filter_map(Step::case) {
        match &case.action {
            Action::Call(call) => collect_names(call.params.as_ref(), &mut names),
            Action::Subscribe(call, trigger) => {
                collect_names(call.params.as_ref(), &mut names);
                names.extend(trigger.as_ref().and_then(|trigger| trigger.transaction.clone()));
            }
            Action::Post(_) | Action::Message(_) => {}
        }
    }
    names
}

fn collect_names(value: Option<&Value>, names: &mut BTreeSet<String>) {
    const PREFIXES: [&str; 5] = ["$tx.", "$tx58.", "$sig.", "$message.", "$slot."];
    match value {
        Some(Value::String(text)) => {
            let found = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix));
            names.extend(found.map(str::to_owned));
        }
        Some(Value::Array(values)) => values.iter().for_each(|value| collect_names(Some(value), names)),
        Some(Value::Object(members)) => members
            .values()
            .for_each(|value| collect_names(Some(value), names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_read() {
        let steps = parse_line("getBalance", "for a b: of %  [\"$tx.%\"]").unwrap();
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[1].case().unwrap().name, "getBalance: of b");
        assert_eq!(transaction_names(&steps), ["a", "b"].map(str::to_owned).into());
        let case = parse_case("rootSubscribe", "~ roots  [] => block 2").unwrap();
        let call = Call {
            method: "rootSubscribe".to_owned(),
            params: Some(json!([])),
        };
        let trigger = Trigger {
            transaction: None,
            count: 2,
        };
        assert!(case.form_only);
        assert_eq!(case.action, Action::Subscribe(call, Some(trigger)));
        assert_eq!(parse_line("getSlot", "no parameters"), None);
    }

    #[test]
    fn there_are_at_least_four_hundred_calls() {
        assert!(steps().iter().filter_map(Step::case).count() >= 400);
    }
}
