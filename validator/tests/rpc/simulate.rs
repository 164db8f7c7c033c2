//! Simulation.

use isobath_sdk::{Hash, Message, MessageVersion, Transaction, builtins::system};
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key, to_base64};

fn unsigned(fixture: &Fixture, blockhash: Hash, lamports: u64) -> (Transaction, u64) {
    let payer = dev_key(0).pubkey();
    let transfer = system::transfer(&payer, &fresh_key(1), lamports);
    let message = Message::compile(MessageVersion::V0, &payer, &[transfer], blockhash).unwrap();
    let balance = fixture.result("getBalance", json!([payer]))["value"]
        .as_u64()
        .unwrap();
    (Transaction::unsigned(message), balance)
}

#[test]
fn a_transfer() {
    let fixture = Fixture::start();
    let (transaction, balance) = unsigned(&fixture, fixture.blockhash(), 1_000_000);
    let config = json!({
        "encoding": "base64", "innerInstructions": true, "commitment": "confirmed",
        "accounts": { "encoding": "base64", "addresses": [dev_key(0).pubkey(), fresh_key(1), fresh_key(2)] },
    });
    let result = fixture.result("simulateTransaction", json!([to_base64(&transaction), config]));
    assert!(result["context"]["slot"].is_u64());
    let value = &result["value"];
    let account = |lamports: u64| {
        json!({
            "lamports": lamports, "owner": "11111111111111111111111111111111", "executable": false,
            "rentEpoch": u64::MAX, "space": 0, "data": ["", "base64"],
        })
    };
    assert_eq!(
        value["accounts"],
        json!([account(balance - 1_005_000), account(1_000_000), null])
    );
    assert_eq!(value["err"], Value::Null);
    assert_eq!(value["innerInstructions"], json!([]));
    assert_eq!(value["logs"].as_array().map(Vec::len), Some(2));
    assert_eq!(value["replacementBlockhash"], Value::Null);
    assert_eq!(value["returnData"], Value::Null);
    assert_eq!(value["unitsConsumed"], 150);
    assert_eq!(value["fee"], 5_000);
    assert!(value["loadedAccountsDataSize"].is_u64());
    assert_eq!(fixture.result("getBalance", json!([fresh_key(1)]))["value"], 0);
}

#[test]
fn another_blockhash() {
    let fixture = Fixture::start();
    let (stale, _) = unsigned(&fixture, Hash([3; 32]), 1_000_000);
    let simulate = |config: Value| fixture.result("simulateTransaction", json!([to_base64(&stale), config]));
    let kept =
        simulate(json!({ "encoding": "base64", "accounts": { "addresses": [fresh_key(1)] } }))["value"]
            .clone();
    assert_eq!(kept["err"], "BlockhashNotFound");
    assert_eq!(kept["logs"], json!([]));
    assert_eq!(kept["accounts"], json!([null]));
    assert_eq!(kept["unitsConsumed"], 0);
    let replaced = simulate(json!({ "encoding": "base64", "replaceRecentBlockhash": true }));
    assert_eq!(replaced["value"]["err"], Value::Null);
    let replacement = &replaced["value"]["replacementBlockhash"];
    assert!(replacement["blockhash"].is_string());
    assert_eq!(
        replacement["lastValidBlockHeight"],
        replaced["context"]["slot"].as_u64().unwrap() + 150
    );
}

#[test]
fn signatures_are_checked_on_request() {
    let fixture = Fixture::start();
    let (transaction, _) = unsigned(&fixture, fixture.blockhash(), 1_000_000);
    let with = |config: Value| json!([to_base64(&transaction), config]);
    let checked = with(json!({ "encoding": "base64", "sigVerify": true }));
    let value = fixture.result("simulateTransaction", checked)["value"].clone();
    assert_eq!(value["err"], "SignatureFailure");
    let both = with(json!({ "encoding": "base64", "sigVerify": true, "replaceRecentBlockhash": true }));
    assert_eq!(fixture.error("simulateTransaction", both)["code"], -32602);
    let signed = fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000);
    let params = json!([to_base64(&signed), { "encoding": "base64", "sigVerify": true }]);
    assert!(fixture.result("simulateTransaction", params)["value"]["err"].is_null());
}

#[test]
fn failures_show_no_accounts() {
    let fixture = Fixture::start();
    let (transaction, _) = unsigned(&fixture, fixture.blockhash(), u64::MAX);
    let config =
        json!({ "encoding": "base64", "accounts": { "encoding": "base64", "addresses": [fresh_key(1)] } });
    let value =
        fixture.result("simulateTransaction", json!([to_base64(&transaction), config]))["value"].clone();
    assert_eq!(value["err"], json!({ "InstructionError": [0, { "Custom": 1 }] }));
    assert_eq!(value["accounts"], json!([null]));
    assert_eq!(value["innerInstructions"], Value::Null);
    assert_eq!(value["unitsConsumed"], 150);
}

#[test]
fn wanted_accounts_are_bounded() {
    let fixture = Fixture::start();
    let (transaction, _) = unsigned(&fixture, fixture.blockhash(), 1_000_000);
    let error = |accounts: Value| {
        let config = json!({ "encoding": "base64", "accounts": accounts });
        fixture.error("simulateTransaction", json!([to_base64(&transaction), config]))
    };
    let many = error(json!({ "addresses": vec![fresh_key(1); 4] }));
    assert_eq!(
        many,
        json!({ "code": -32602, "message": "Too many accounts provided; max 3" })
    );
    let base58 = error(json!({ "encoding": "base58", "addresses": [] }));
    assert_eq!(
        base58,
        json!({ "code": -32602, "message": "base58 encoding not supported" })
    );
    assert_eq!(error(json!({ "addresses": ["x"] }))["code"], -32602);
    assert_eq!(error(json!({}))["code"], -32602);
}
