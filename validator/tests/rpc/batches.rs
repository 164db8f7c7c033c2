//! Batches: entries side by side, answers in order.

use isobath_rpc::RpcConfig;
use isobath_sdk::Transaction;
use serde_json::{Value, json};

use crate::client::post;
use crate::fixture::{Fixture, dev_key, fresh_key, to_base64};

fn entry(id: usize, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn send(id: usize, transaction: &Transaction) -> Value {
    let config = json!({ "encoding": "base64", "skipPreflight": true });
    entry(id, "sendTransaction", &json!([to_base64(transaction), config]))
}

fn transfers(fixture: &Fixture, count: u8) -> Vec<Transaction> {
    let payer = dev_key(0);
    let to_each = |number| fixture.transfer(&payer, &fresh_key(number), 1_000_000);
    (0..count).map(to_each).collect()
}

fn answers(fixture: &Fixture, entries: Vec<Value>) -> Vec<Value> {
    let answer = post(fixture.http(), &Value::Array(entries).to_string()).json();
    answer.as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

#[test]
fn transactions_of_a_batch_are_verified_together_and_answered_in_order() {
    let fixture = Fixture::start();
    let transactions = transfers(&fixture, 64);
    let verified_before = fixture.node().counters().verify_batches.get();
    let entries = transactions
        .iter()
        .enumerate()
        .map(|(id, transaction)| send(id, transaction));
    let answers = answers(&fixture, entries.collect());
    assert_eq!(answers.len(), 64);
    for (id, (answer, transaction)) in answers.iter().zip(&transactions).enumerate() {
        let signature = transaction.signatures[0].to_string();
        assert_eq!(
            *answer,
            json!({ "jsonrpc": "2.0", "id": id, "result": signature })
        );
    }
    let batches = fixture.node().counters().verify_batches.get() - verified_before;
    assert!(batches <= 32, "64 signatures were verified in {batches} batches");
}

#[test]
fn quick_and_slow_entries_keep_their_order_and_their_errors() {
    let fixture = Fixture::start();
    let mut transactions = transfers(&fixture, 3).into_iter();
    let mut forged = transactions.next().unwrap();
    forged.signatures[0].0[0] ^= 1;
    let good = transactions.next().unwrap();
    let undecodable = json!(["AAAA", { "encoding": "base64" }]);
    let entries = vec![
        entry(0, "getBlock", &json!([1])),
        entry(1, "getHealth", &json!([])),
        send(2, &forged),
        entry(3, "noSuchMethod", &json!([])),
        send(4, &good),
        json!(7),
        entry(6, "sendTransaction", &undecodable),
        json!({ "jsonrpc": "2.0", "method": "ping" }),
        entry(8, "getMultipleAccounts", &json!([[dev_key(0).pubkey()]])),
        entry(9, "getHealth", &json!([])),
    ];
    fixture.wait(|| (fixture.node().published().chain().slot() > 1).then_some(()));
    let answers = answers(&fixture, entries);
    let ids: Vec<_> = answers.iter().map(|answer| answer["id"].clone()).collect();
    assert_eq!(json!(ids), json!([0, 1, 2, 3, 4, null, 6, 8, 9]));
    assert_eq!(answers[0]["result"]["parentSlot"], 0);
    assert_eq!(answers[1]["result"], "ok");
    assert_eq!(answers[2]["error"]["code"], -32003);
    assert_eq!(answers[3]["error"]["code"], -32601);
    assert_eq!(answers[4]["result"], good.signatures[0].to_string());
    assert_eq!(answers[5]["error"]["code"], -32600);
    assert_eq!(answers[6]["error"]["code"], -32602);
    assert!(answers[7]["result"]["value"][0]["lamports"].is_u64());
    assert_eq!(answers[8]["result"], "ok");
}

#[test]
fn no_more_entries_run_at_once_than_the_limit() {
    let mut config = RpcConfig::on_port(0);
    config.limits.batch_calls_running_max = 1;
    let fixture = Fixture::start_with(config, None);
    let transactions = transfers(&fixture, 6);
    let verified_before = fixture.node().counters().verify_batches.get();
    let entries = transactions
        .iter()
        .enumerate()
        .map(|(id, transaction)| send(id, transaction));
    assert_eq!(answers(&fixture, entries.collect()).len(), 6);
    assert_eq!(
        fixture.node().counters().verify_batches.get() - verified_before,
        6,
        "each entry is verified alone"
    );
}
