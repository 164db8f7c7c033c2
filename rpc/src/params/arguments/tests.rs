//! Parameters that are missing, `null`, of the wrong type or too many.

use jsonrpsee::types::Params;

use super::Arguments;
use crate::errors::RpcFailure;
use crate::params::configs::ContextConfig;

fn parse(json: &str, count_max: usize) -> Result<Arguments, RpcFailure> {
    Arguments::parse(&Params::new(Some(json)), count_max)
}

fn text(failure: RpcFailure) -> String {
    let object = failure.to_object();
    assert_eq!(object.code(), -32602);
    assert!(object.data().is_none());
    object.message().to_owned()
}

#[test]
fn absent_parameters_are_no_parameters() {
    for params in [None, Some("null"), Some("[]")] {
        let mut arguments = Arguments::parse(&Params::new(params), 1).expect("no parameters");
        assert!(
            arguments
                .config::<ContextConfig>(0)
                .expect("defaults")
                .min_context_slot
                .is_none()
        );
        let missing = arguments.pubkey(0, "address").expect_err("missing");
        assert_eq!(text(missing), "Invalid params: `address`: missing");
    }
}

#[test]
fn unknown_members_are_ignored_and_known_ones_are_read() {
    let json = r#"[{"minContextSlot":7,"commitment":"singleGossip","shoe":9}]"#;
    let config: ContextConfig = parse(json, 1)
        .and_then(|mut arguments| arguments.config(0))
        .expect("a config");
    assert_eq!(config.min_context_slot, Some(7));
    let config: ContextConfig = parse(r#"[{"minContextSlot":null}]"#, 1)
        .and_then(|mut arguments| arguments.config(0))
        .expect("a config");
    assert_eq!(config.min_context_slot, None);
}

#[test]
fn wrong_types_name_the_parameter() {
    for json in [
        r#"[{"commitment":"eventually"}]"#,
        r#"[{"minContextSlot":"7"}]"#,
        "[3]",
        r#"["x"]"#,
    ] {
        let failure = parse(json, 1).and_then(|mut arguments| arguments.config::<ContextConfig>(0));
        let message = text(failure.expect_err("wrong type"));
        assert!(
            message.starts_with("Invalid params: `config`: "),
            "{json}: {message}"
        );
    }
    for json in [r#"["too short"]"#, "[4]", "[[]]", r#"["0OIl"]"#] {
        let failure = parse(json, 1).and_then(|mut arguments| arguments.pubkey(0, "address"));
        let message = text(failure.expect_err("no address"));
        assert!(
            message.starts_with("Invalid params: `address`: "),
            "{json}: {message}"
        );
    }
}

#[test]
fn objects_and_surplus_parameters_are_refused() {
    assert_eq!(
        text(parse("{}", 1).expect_err("an object")),
        "Invalid params: `params` must be an array"
    );
    let surplus = parse("[1,2,3]", 2).expect_err("three of two");
    assert_eq!(
        text(surplus),
        "Invalid params: expected at most 2 parameters, got 3"
    );
    parse("7", 2).expect_err("a number");
    parse("[1,", 2).expect_err("no JSON");
}

#[test]
fn lists_are_bounded() {
    let two = r#"[["11111111111111111111111111111111","11111111111111111111111111111111"]]"#;
    let keys =
        parse(two, 1).and_then(|mut arguments| arguments.list::<isobath_sdk::Pubkey>(0, "addresses", 2));
    assert_eq!(keys.expect("two keys").len(), 2);
    let keys =
        parse(two, 1).and_then(|mut arguments| arguments.list::<isobath_sdk::Pubkey>(0, "addresses", 1));
    assert_eq!(
        text(keys.expect_err("one too many")),
        "Too many inputs provided; max 1"
    );
}
