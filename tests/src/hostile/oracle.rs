//! What every answer must be, whatever was asked.
//!
//! An answer is one response object, or a list of them for a batch: version, id, and either a result or an error whose
//! code is one that `docs/rpc.md` lists. A message outside of this list, a member too many, `"data": null`, or an
//! internal error is a finding.

use serde_json::{Map, Value};

use super::http::HttpAnswer;

/// The codes of errors. -32603 is judged apart.
const CODES: [i64; 15] = [
    -32700, -32600, -32601, -32602, -32001, -32002, -32003, -32004, -32005, -32008, -32010, -32012, -32015,
    -32016, -32020,
];
/// The internal error, which only a refused answer may carry.
const INTERNAL: i64 = -32603;

/// What is known of a request before it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owed {
    /// One call whose id must come back.
    Id(Value),
    /// An answer, with whatever id.
    Answer,
    /// An answer or none: the request may be a call without an id.
    Nothing,
}

/// Judges the answer to a well-formed HTTP request.
///
/// # Errors
/// What is wrong with it.
pub fn check_http(owed: &Owed, answer: &HttpAnswer) -> Result<(), String> {
    if !matches!(answer.status, 200 | 400 | 413) {
        return Err(format!("status {}", answer.status));
    }
    if answer.body.is_empty() && *owed == Owed::Nothing {
        return Ok(());
    }
    let body = check_text(&answer.body)?;
    if answer.status != 200 && body.get("error").is_none() {
        return Err(format!("status {} without an error", answer.status));
    }
    match owed {
        Owed::Id(id) if body.get("id") != Some(id) => Err(format!("not the id that was sent, {id}")),
        _ => Ok(()),
    }
}

/// Judges a message of a WebSocket: an answer, or the notification of a subscription. Whether it is an answer.
///
/// # Errors
/// What is wrong with it.
pub fn check_message(text: &[u8]) -> Result<bool, String> {
    let message: Value = serde_json::from_slice(text).map_err(|error| format!("not JSON: {error}"))?;
    if message.get("method").is_none() {
        return check_text(text).map(|_| true);
    }
    let subscription = &message["params"]["subscription"];
    if message["jsonrpc"] == "2.0" && subscription.is_u64() && !message["params"]["result"].is_null() {
        return Ok(false);
    }
    Err("not a notification".to_owned())
}

/// Judges the text of an answer; the answer.
///
/// # Errors
/// What is wrong with it.
pub fn check_text(text: &[u8]) -> Result<Value, String> {
    let answer: Value = serde_json::from_slice(text).map_err(|error| format!("not JSON: {error}"))?;
    match &answer {
        Value::Array(responses) if responses.is_empty() => Err("an empty list of answers".to_owned()),
        Value::Array(responses) => responses.iter().try_for_each(check_response),
        response => check_response(response),
    }?;
    Ok(answer)
}

/// Judges one response object.
///
/// # Errors
/// What is wrong with it.
pub fn check_response(response: &Value) -> Result<(), String> {
    let members = response.as_object().ok_or("not an object")?;
    if members.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err("not of version 2.0".to_owned());
    }
    let id = members.get("id").ok_or("without an id")?;
    if !(id.is_null() || id.is_string() || id.is_number()) {
        return Err(format!("not an id: {id}"));
    }
    if members.len() != 3 {
        return Err("members too many or too few".to_owned());
    }
    match (members.get("result"), members.get("error")) {
        (Some(_), None) => Ok(()),
        (None, Some(error)) => check_error(error.as_object().ok_or("an error that is no object")?),
        _ => Err("neither a result nor an error".to_owned()),
    }
}

fn check_error(error: &Map<String, Value>) -> Result<(), String> {
    let message = error
        .get("message")
        .and_then(Value::as_str)
        .ok_or("an error without a message")?;
    let code = error
        .get("code")
        .and_then(Value::as_i64)
        .ok_or("an error without a code")?;
    let too_large = code == INTERNAL && message.starts_with("the answer has more than");
    if !CODES.contains(&code) && !too_large {
        return Err(format!("code {code} ({message})"));
    }
    let data = error.get("data");
    if data.is_some_and(Value::is_null) {
        return Err("\"data\": null".to_owned());
    }
    if let Some(name) = error
        .keys()
        .find(|name| !matches!(name.as_str(), "code" | "message" | "data"))
    {
        return Err(format!("a member {name} in an error"));
    }
    if code == -32002 && data.and_then(|data| data.get("err")).is_none_or(Value::is_null) {
        return Err("a failed preflight that does not say why".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Result<Value, String> {
        check_text(text.as_bytes())
    }

    #[test]
    fn answers_that_are_right_pass() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"result":null}"#,
            r#"{"jsonrpc":"2.0","id":"x","result":{"value":[]}}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#,
            r#"[{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"m","data":{"err":"AccountInUse"}}}]"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"the answer has more than 3 bytes"}}"#,
        ] {
            judge(text).unwrap();
        }
    }

    #[test]
    fn answers_that_are_wrong_are_named() {
        for (text, what) in [
            ("", "not JSON"),
            ("null", "not an object"),
            ("[]", "empty list"),
            (r#"{"id":1,"result":1}"#, "version"),
            (r#"{"jsonrpc":"2.0","result":1}"#, "without an id"),
            (r#"{"jsonrpc":"2.0","id":[],"result":1}"#, "not an id"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "members"),
            (r#"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#, "members"),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32007,"message":"m"}}"#,
                "code -32007",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m"}}"#,
                "code -32603",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"m","data":null}}"#,
                "data",
            ),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32600}}"#, "message"),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"m"}}"#,
                "does not say why",
            ),
        ] {
            let found = judge(text).expect_err(text);
            assert!(found.contains(what), "{text}: {found}");
        }
    }

    #[test]
    fn silence_and_statuses_are_judged() {
        let answer = |status, body: &str| HttpAnswer {
            status,
            body: body.as_bytes().to_vec(),
        };
        let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#;
        let result = r#"{"jsonrpc":"2.0","id":1,"result":1}"#;
        assert!(check_http(&Owed::Answer, &answer(200, "")).is_err());
        assert!(check_http(&Owed::Nothing, &answer(200, "")).is_ok());
        assert!(check_http(&Owed::Nothing, &answer(200, "null")).is_err());
        assert!(check_http(&Owed::Answer, &answer(400, error)).is_ok());
        assert!(check_http(&Owed::Answer, &answer(500, error)).is_err());
        assert!(check_http(&Owed::Answer, &answer(413, result)).is_err());
        assert!(check_http(&Owed::Id(1.into()), &answer(200, result)).is_ok());
        assert!(check_http(&Owed::Id(2.into()), &answer(200, result)).is_err());
    }

    #[test]
    fn notifications_are_told_from_answers() {
        let news = r#"{"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":3,"result":{}}}"#;
        assert_eq!(check_message(news.as_bytes()), Ok(false));
        assert_eq!(check_message(br#"{"jsonrpc":"2.0","id":1,"result":3}"#), Ok(true));
        assert!(check_message(br#"{"jsonrpc":"2.0","method":"x","params":{}}"#).is_err());
    }
}
