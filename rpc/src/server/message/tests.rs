//! Calls, batches, what is neither, and what is not JSON.

use jsonrpsee::core::JsonRawValue;

use super::{Call, ID_BYTES_MAX, Message};

/// What a message is, in words.
fn kind(bytes: &[u8]) -> String {
    match Message::read(bytes) {
        None => "not JSON".to_owned(),
        Some(Message::Batch(entries)) => format!("batch of {}", entries.len()),
        Some(Message::Call(call)) => describe(&call),
    }
}

fn describe(call: &Call<'_>) -> String {
    match call {
        Call::Valid { id, method, params } => {
            let params = params.map_or("no", JsonRawValue::get);
            format!("{id:?} {method} {params}")
        }
        Call::Silent => "silent".to_owned(),
        Call::Invalid(id) => format!("invalid {id:?}"),
    }
}

#[test]
fn calls() {
    for (text, expected) in [
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"getSlot","params":[{"a":1}]}"#,
            r#"Number(7) getSlot [{"a":1}]"#,
        ),
        (
            " \n{\"params\" : null, \"method\":\"get\\u0053lot\", \"id\":\"x\", \"jsonrpc\":\"2.0\", \"other\":{}}\t\r",
            r#"Str("x") getSlot null"#,
        ),
        (r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, "Null m no"),
        (
            r#"{"jsonrpc":"2.0","id": 18446744073709551615 ,"method":"m"}"#,
            "Number(18446744073709551615) m no",
        ),
        (
            r#"{"jsonrpc":"2.0","id":"\u00e9\"","method":"m"}"#,
            "Str(\"\u{e9}\\\"\") m no",
        ),
        (r#"{"jsonrpc":"2.0","method":"ping"}"#, "silent"),
    ] {
        assert_eq!(kind(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn what_is_not_a_call() {
    for (text, expected) in [
        ("{}", "invalid Null"),
        ("7", "invalid Null"),
        ("\"x\"", "invalid Null"),
        ("null", "invalid Null"),
        (r#"{"jsonrpc":"1.0","id":7,"method":"m"}"#, "invalid Number(7)"),
        (r#"{"id":7,"method":"m"}"#, "invalid Number(7)"),
        (r#"{"jsonrpc":"2.0","id":7,"method":3}"#, "invalid Number(7)"),
        (r#"{"jsonrpc":"2.0","id":[],"method":"m"}"#, "invalid Null"),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, "invalid Null"),
        (r#"{"jsonrpc":"2.0","id":-1,"method":"m"}"#, "invalid Null"),
        (r#"{"jsonrpc":"2.0","id":1e3,"method":"m"}"#, "invalid Null"),
        (r#"{"jsonrpc":"2.0","id":true,"method":"m"}"#, "invalid Null"),
        (
            r#"{"jsonrpc":"2.0","id":18446744073709551616,"method":"m"}"#,
            "invalid Null",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#, "invalid Null"),
    ] {
        assert_eq!(kind(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn ids_are_bounded() {
    let with_id = |id: &str| kind(format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"m"}}"#).as_bytes());
    let longest = "x".repeat(ID_BYTES_MAX - 2);
    assert_eq!(with_id(&longest), format!("Str({longest:?}) m no"));
    assert_eq!(with_id(&format!("{longest}x")), "invalid Null");
    let number = "7".repeat(ID_BYTES_MAX + 1);
    let call = format!(r#"{{"jsonrpc":"2.0","id":{number},"method":"m"}}"#);
    assert_eq!(kind(call.as_bytes()), "invalid Null");
}

#[test]
fn batches() {
    assert_eq!(kind(b"[]"), "batch of 0");
    assert_eq!(kind(b" [1, {}, [] ]\n"), "batch of 3");
    let deep = format!("[{}{}]", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(kind(deep.as_bytes()), "batch of 1");
    assert_eq!(describe(&Call::read("7")), "invalid Null");
    // The members of a call have names; a list of their values is not a call.
    assert_eq!(describe(&Call::read(r#"["2.0",1,"getSlot",[]]"#)), "invalid Null");
}

#[test]
fn what_is_not_json() {
    let call = r#"{"jsonrpc":"2.0","id":7,"method":"getSlot","params":[1]}"#;
    for end in 0..call.len() {
        assert_eq!(kind(&call.as_bytes()[..end]), "not JSON", "{end}");
    }
    for text in [
        r#"{"jsonrpc":"2.0","id":7,"method":"m"} x"#,
        "7 x",
        r#"{"id":1,"id":2"#,
        "[1,]",
        "[1",
        "{\"x\":01}",
        "\u{feff}{}",
    ] {
        assert_eq!(kind(text.as_bytes()), "not JSON", "{text}");
    }
    // The byte lies in a member that nothing reads.
    assert_eq!(
        kind(b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"x\":\"\xff\"}"),
        "not JSON"
    );
}
