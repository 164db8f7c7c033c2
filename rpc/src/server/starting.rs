//! The answers while the node starts: how far it has come.
//!
//! ```text
//! GET /health         503 and "starting, slot x of y"
//! call                -32005 with the same text, under the id of the call
//! batch               the same for each entry
//! anything else       503 and the text, the handshake of WebSocket too
//! ```
//!
//! Nothing else is known of the chain before its ledger is replayed. What a request makes the server hold is bounded as
//! after the start.

use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::{Method, StatusCode};
use jsonrpsee::core::server::MethodResponse;
use jsonrpsee::core::{JsonRawValue, to_json_raw_value};
use jsonrpsee::types::{ErrorCode, ErrorObjectOwned, Id};

use crate::errors::RpcFailure;
use crate::server::http::{HttpRequest, HttpResponse, JSON, TEXT, read_message, respond};
use crate::server::message::{Call, Message};
use crate::server::state::{Port, ServerState};

/// When clients may ask again, in seconds.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// Answers a request.
pub(crate) async fn answer(port: Port, server: &ServerState, request: HttpRequest) -> HttpResponse {
    if port == Port::Socket || request.method() != Method::POST {
        let mut response = respond(StatusCode::SERVICE_UNAVAILABLE, TEXT, server.progress.to_string());
        response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S);
        return response;
    }
    let message = match read_message(request, &server.limits).await {
        Ok(message) => message,
        Err(refusal) => return refusal,
    };
    let entries_max = server.limits.batch_entries_max;
    let json = answer_message(&message, &server.progress.to_string(), entries_max);
    let text = json.map_or_else(String::new, |json| String::from(Box::<str>::from(json)));
    respond(StatusCode::OK, JSON, text)
}

/// The answer to a message; `None` if it has none.
fn answer_message(message: &[u8], progress: &str, entries_max: usize) -> Option<Box<JsonRawValue>> {
    match Message::read(message) {
        Some(Message::Call(call)) => answer_call(call, progress),
        Some(Message::Batch(entries)) if entries.is_empty() => {
            Some(RpcFailure::InvalidRequest("the batch is empty".to_owned()).to_answer())
        }
        Some(Message::Batch(entries)) if entries.len() > entries_max => {
            let count = entries.len();
            let text = format!("the batch has {count} entries, at most {entries_max} are served");
            Some(RpcFailure::InvalidRequest(text).to_answer())
        }
        Some(Message::Batch(entries)) => {
            let calls = entries.into_iter().map(|entry| Call::read(entry.get()));
            let answers: Vec<_> = calls.filter_map(|call| answer_call(call, progress)).collect();
            let list =
                to_json_raw_value(&answers).expect("a list of answers, each of which is JSON, is JSON");
            (!answers.is_empty()).then_some(list)
        }
        None => {
            Some(MethodResponse::error(Id::Null, ErrorObjectOwned::from(ErrorCode::ParseError)).into_json())
        }
    }
}

fn answer_call(call: Call<'_>, progress: &str) -> Option<Box<JsonRawValue>> {
    let (id, error) = match call {
        Call::Valid { id, .. } => {
            let text = format!("Node is unhealthy: {progress}");
            (id, RpcFailure::Unhealthy(text).to_object())
        }
        Call::Silent => return None,
        Call::Invalid(id) => (id, ErrorObjectOwned::from(ErrorCode::InvalidRequest)),
    };
    Some(MethodResponse::error(id, error).into_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(message: &str) -> Option<String> {
        let json = answer_message(message.as_bytes(), "starting, slot 1 of 9", 3)?;
        Some(json.get().to_owned())
    }

    fn refusal(id: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32005,"message":"Node is unhealthy: starting, slot 1 of 9","data":{{"numSlotsBehind":null}}}}}}"#
        )
    }

    #[test]
    fn every_call_is_answered_under_its_id() {
        let call = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"getHealth"}}"#);
        let silent = r#"{"jsonrpc":"2.0","method":"ping"}"#;
        assert_eq!(answer(&call("7")), Some(refusal("7")));
        assert_eq!(
            answer(&format!("[{},{silent},{}]", call("\"a\""), call("2"))),
            Some(format!("[{},{}]", refusal("\"a\""), refusal("2")))
        );
        assert_eq!(answer(silent), None);
        assert_eq!(answer(&format!("[{silent}]")), None);
    }

    #[test]
    fn what_is_no_call_is_refused_as_after_the_start() {
        for (message, code) in [
            ("{", -32700),
            ("{}", -32600),
            ("[]", -32600),
            ("[1,2,3,4]", -32600),
        ] {
            let text = answer(message).unwrap();
            assert!(text.contains(&format!("\"code\":{code}")), "{message}: {text}");
        }
    }
}
