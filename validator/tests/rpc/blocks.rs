//! Blocks and the history of addresses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::builtins::compute_budget::ComputeBudgetInstruction;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::{Instruction, MessageVersion, Signature, builtins::system, ids};
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key};

const TRANSFER: u64 = 1_000_000;

/// Waits until there are blocks, so that what comes now is not in the first one.
fn wait_for_blocks(fixture: &Fixture) {
    fixture.wait(|| (fixture.node().published().chain().slot() > 2).then_some(()));
}

/// Makes a block with one transfer, not the first one; its slot and signature.
fn transfer(fixture: &Fixture, version: MessageVersion) -> (u64, String) {
    wait_for_blocks(fixture);
    let (payer, to) = (dev_key(0), fresh_key(1));
    let instruction = system::transfer(&payer.pubkey(), &to, TRANSFER);
    let signature = fixture.send(&fixture.sign(version, &payer, &[instruction]));
    let slot = fixture.confirm(&signature)["slot"].as_u64().expect("a slot");
    (slot, signature)
}

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_block_in_full() {
    let fixture = Fixture::start();
    let (slot, signature) = transfer(&fixture, MessageVersion::Legacy);
    let block = fixture.result("getBlock", json!([slot]));
    let before = fixture.result(
        "getBlock",
        json!([slot - 1, { "transactionDetails": "none", "rewards": false }]),
    );
    assert_eq!(
        members(&before),
        [
            "blockHeight",
            "blockTime",
            "blockhash",
            "parentSlot",
            "previousBlockhash"
        ]
    );
    assert_eq!(block["previousBlockhash"], before["blockhash"]);
    assert_eq!(
        (&block["parentSlot"], &block["blockHeight"]),
        (&json!(slot - 1), &json!(slot))
    );
    assert_eq!(block["blockTime"], fixture.result("getBlockTime", json!([slot])));
    let producer = fixture.node().runtime().producer();
    let balance = fixture.result("getBalance", json!([producer]))["value"].clone();
    assert_eq!(
        block["rewards"],
        json!([{
            "pubkey": producer, "lamports": 2_500, "postBalance": balance, "rewardType": "Fee", "commission": null,
        }])
    );
    // Each transaction is as in getTransaction, without slot and time.
    let mut found = fixture.result("getTransaction", json!([signature]));
    let alone = found.as_object_mut().expect("an object");
    alone.remove("slot");
    alone.remove("blockTime");
    assert_eq!(alone.remove("transactionIndex"), Some(json!(0)));
    assert_eq!(block["transactions"], json!([found]));
    assert!(block.get("signatures").is_none());
}

#[test]
fn a_block_in_every_detail() {
    let fixture = Fixture::start();
    let (slot, signature) = transfer(&fixture, MessageVersion::Legacy);
    let get = |config: Value| fixture.result("getBlock", json!([slot, config]));
    let listed = get(json!({ "transactionDetails": "signatures" }));
    assert_eq!(listed["signatures"], json!([signature]));
    assert!(listed.get("transactions").is_none());
    let accounts = get(json!({ "transactionDetails": "accounts", "rewards": false }));
    assert!(accounts.get("rewards").is_none());
    let transaction = &accounts["transactions"][0];
    assert_eq!(
        members(&transaction["meta"]),
        [
            "err",
            "fee",
            "postBalances",
            "postTokenBalances",
            "preBalances",
            "preTokenBalances",
            "status"
        ]
    );
    assert_eq!(transaction["transaction"]["signatures"], json!([signature]));
    assert_eq!(
        transaction["transaction"]["accountKeys"][0],
        json!({ "pubkey": dev_key(0).pubkey(), "signer": true, "writable": true, "source": "transaction" })
    );
    let base64 = get(json!({ "encoding": "base64", "maxSupportedTransactionVersion": 0 }));
    assert_eq!(base64["transactions"][0]["version"], "legacy");
    assert_eq!(base64["transactions"][0]["transaction"][1], "base64");
    let parsed = fixture.result("getBlock", json!([slot, "jsonParsed"]));
    let message = &parsed["transactions"][0]["transaction"]["message"];
    assert_eq!(message["instructions"][0]["parsed"]["type"], "transfer");
}

#[test]
fn versions_and_slots_that_cannot_be_shown() {
    let fixture = Fixture::start();
    let (slot, signature) = transfer(&fixture, MessageVersion::V0);
    assert_eq!(fixture.error("getBlock", json!([slot]))["code"], -32015);
    let listed = fixture.result("getBlock", json!([slot, { "transactionDetails": "signatures" }]));
    assert_eq!(listed["signatures"], json!([signature]));
    let block = fixture.result("getBlock", json!([slot, { "maxSupportedTransactionVersion": 0 }]));
    assert_eq!(block["transactions"][0]["version"], 0);
    for method in ["getBlock", "getBlockTime"] {
        assert_eq!(
            fixture.error(method, json!([1_000_000_000])),
            json!({ "code": -32004, "message": "Block not available for slot 1000000000" })
        );
    }
    let details = json!([slot, { "transactionDetails": "some" }]);
    assert_eq!(fixture.error("getBlock", details)["code"], -32602);
    let first = fixture.result("getBlock", json!([1]));
    let genesis = Genesis::development();
    assert_eq!(first["previousBlockhash"], json!(genesis.first_blockhash));
    assert_eq!(
        fixture.result("getBlockTime", json!([0])),
        genesis.start_time_ms / 1_000
    );
    for params in [
        json!(["getBlock", [slot, { "commitment": "processed" }]]),
        json!(["getBlocks", [1, 2, { "commitment": "processed" }]]),
        json!(["getBlocksWithLimit", [1, 2, { "commitment": "processed" }]]),
        json!(["getSignaturesForAddress", [fresh_key(1), { "commitment": "processed" }]]),
    ] {
        let error = fixture.error(params[0].as_str().expect("a name"), params[1].clone());
        let text = "Method does not support commitment below `confirmed`";
        assert_eq!(error, json!({ "code": -32602, "message": text }), "{params}");
    }
}

#[test]
fn the_genesis_is_block_0() {
    let fixture = Fixture::start();
    let genesis = Genesis::development();
    let block = json!({
        "blockhash": genesis.first_blockhash, "previousBlockhash": genesis.first_blockhash, "parentSlot": 0,
        "transactions": [], "rewards": [], "blockTime": genesis.start_time_ms / 1_000, "blockHeight": 0,
    });
    assert_eq!(fixture.result("getBlock", json!([0])), block);
    let brief = fixture.result(
        "getBlock",
        json!([0, { "transactionDetails": "signatures", "rewards": false }]),
    );
    assert_eq!(brief["signatures"], json!([]));
    assert!(brief.get("transactions").is_none() && brief.get("rewards").is_none());
}

#[test]
fn ranges_of_blocks() {
    let fixture = Fixture::start();
    fixture.wait(|| (fixture.node().published().chain().slot() > 12).then_some(()));
    assert_eq!(fixture.result("getFirstAvailableBlock", json!([])), 0);
    assert_eq!(fixture.result("minimumLedgerSlot", json!([])), 0);
    let blocks = |params: Value| fixture.result("getBlocks", params);
    assert_eq!(blocks(json!([5, 8])), json!([5, 6, 7, 8]));
    assert_eq!(
        blocks(json!([0, 2, { "commitment": "confirmed" }])),
        json!([0, 1, 2])
    );
    assert_eq!(blocks(json!([8, 5])), json!([]));
    assert_eq!(blocks(json!([u64::MAX])), json!([]));
    let open = blocks(json!([10, { "commitment": "finalized" }]));
    assert_eq!(open[0], 10);
    assert!(open.as_array().expect("a list").len() >= 3);
    assert_eq!(blocks(json!([10, null]))[0], 10);
    let limited = |params: Value| fixture.result("getBlocksWithLimit", params);
    assert_eq!(limited(json!([5, 3])), json!([5, 6, 7]));
    assert_eq!(limited(json!([0, 2])), json!([0, 1]));
    assert_eq!(limited(json!([5, 0])), json!([]));
    assert_eq!(limited(json!([u64::MAX, 10])), json!([]));
    assert_eq!(
        fixture.error("getBlocksWithLimit", json!([5, 500_001])),
        json!({ "code": -32602, "message": "Limit too large; max 500000" })
    );
}

#[test]
fn the_history_of_an_address() {
    let fixture = Fixture::start();
    let sent: Vec<_> = (0..5)
        .map(|_| transfer(&fixture, MessageVersion::Legacy))
        .collect();
    let newest_first: Vec<&str> = sent
        .iter()
        .rev()
        .map(|(_, signature)| signature.as_str())
        .collect();
    let get = |config: Value| fixture.result("getSignaturesForAddress", json!([fresh_key(1), config]));
    let list = |config: Value| -> Vec<String> {
        let found = get(config);
        let entries = found.as_array().expect("a list").iter();
        entries
            .map(|entry| entry["signature"].as_str().expect("a signature").to_owned())
            .collect()
    };
    assert_eq!(list(json!(null)), newest_first);
    let block_time = fixture.result("getBlockTime", json!([sent[4].0]));
    assert_eq!(
        get(json!({ "limit": 1 })),
        json!([{
            "signature": sent[4].1, "slot": sent[4].0, "err": null, "memo": null, "blockTime": block_time,
            "confirmationStatus": "finalized", "transactionIndex": 0,
        }])
    );
    assert_eq!(
        list(json!({ "before": newest_first[1], "limit": 2 })),
        newest_first[2..4]
    );
    assert_eq!(list(json!({ "until": newest_first[3] })), newest_first[..3]);
    assert_eq!(
        list(json!({ "before": newest_first[0], "until": newest_first[2] })),
        newest_first[1..2]
    );
    let unknown = Signature([9; 64]);
    for config in [json!({ "before": unknown }), json!({ "until": unknown })] {
        let error = fixture.error("getSignaturesForAddress", json!([fresh_key(1), config]));
        let text = format!("Transaction {unknown} not found");
        assert_eq!(error, json!({ "code": -32020, "message": text }));
    }
    for wrong in [
        json!({ "limit": 0 }),
        json!({ "limit": 1_001 }),
        json!({ "before": "x" }),
    ] {
        let error = fixture.error("getSignaturesForAddress", json!([fresh_key(1), wrong]));
        assert_eq!(error["code"], -32602);
    }
    let system = fixture.result(
        "getSignaturesForAddress",
        json!([ids::SYSTEM_PROGRAM, { "limit": 3 }]),
    );
    assert_eq!(system.as_array().map(Vec::len), Some(3));
    let none = fixture.result("getSignaturesForAddress", json!([fresh_key(9)]));
    assert_eq!(none, json!([]));
}

#[test]
fn what_recent_transactions_bid() {
    let fixture = Fixture::start();
    wait_for_blocks(&fixture);
    let (payer, to) = (dev_key(0), fresh_key(1));
    let price = Instruction {
        program_id: ids::COMPUTE_BUDGET_PROGRAM,
        accounts: Vec::new(),
        data: ComputeBudgetInstruction::SetComputeUnitPrice(7_000).encode(),
    };
    let transfer = system::transfer(&payer.pubkey(), &to, TRANSFER);
    let signature = fixture.send(&fixture.sign(MessageVersion::Legacy, &payer, &[price, transfer]));
    let slot = fixture.confirm(&signature)["slot"].clone();
    let fees = fixture.result("getRecentPrioritizationFees", json!([[to]]));
    let fees = fees.as_array().expect("a list");
    assert!(fees.len() > 1 && fees.len() <= 150);
    for fee in fees {
        let expected = if fee["slot"] == slot { 7_000 } else { 0 };
        assert_eq!(fee["prioritizationFee"], expected);
    }
    let many = vec![to; 129];
    assert_eq!(
        fixture.error("getRecentPrioritizationFees", json!([many])),
        json!({ "code": -32602, "message": "Too many inputs provided; max 128" })
    );
    assert_eq!(
        fixture.result("getRecentPerformanceSamples", json!([4])),
        json!([])
    );
    let error = fixture.error("getRecentPerformanceSamples", json!([721]));
    assert_eq!(error["message"], "Invalid limit; max 720");
}

#[test]
fn a_restarted_node_remembers() {
    let fixture = Fixture::start();
    let (slot, signature) = transfer(&fixture, MessageVersion::Legacy);
    let fixture = fixture.restart();
    let found = fixture.result("getSignaturesForAddress", json!([fresh_key(1)]));
    assert_eq!(
        (&found[0]["signature"], &found[0]["slot"]),
        (&json!(signature), &json!(slot))
    );
    let block = fixture.result("getBlock", json!([slot, { "encoding": "base64" }]));
    let wire = block["transactions"][0]["transaction"][0]
        .as_str()
        .expect("a text");
    let bytes = STANDARD.decode(wire).expect("base64");
    assert_eq!(bs58::encode(&bytes[1..65]).into_string(), signature);
}
