//! The chain and the node.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_sdk::wire::message::TableAddresses;
use isobath_sdk::{Hash, Message, MessageVersion, builtins::compute_budget, builtins::system};
use serde_json::json;

use crate::fixture::{Fixture, dev_key, fresh_key};

#[test]
fn versions_and_genesis() {
    let fixture = Fixture::start();
    assert_eq!(fixture.result("getHealth", json!([])), "ok");
    let version = fixture.result("getVersion", json!([]));
    assert_eq!(version["solana-core"], "4.2.2");
    // What a node of Solana 4.2.2 answers.
    assert_eq!(version["feature-set"], 565_236_538);
    assert_eq!(version["isobath-core"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        fixture.result("getGenesisHash", json!([])),
        json!(fixture.node().genesis().hash())
    );
}

#[test]
fn slots_heights_and_epochs() {
    let fixture = Fixture::start();
    let first = fixture.result("getSlot", json!([])).as_u64().unwrap();
    let later = fixture.wait(|| {
        fixture
            .result("getSlot", json!([null]))
            .as_u64()
            .filter(|slot| *slot > first)
    });
    for commitment in ["processed", "confirmed", "finalized", "recent", "max"] {
        let height = fixture.result("getBlockHeight", json!([{ "commitment": commitment }]));
        assert!(height.as_u64().unwrap() >= later);
    }
    let info = fixture.result("getEpochInfo", json!([{ "minContextSlot": later }]));
    let slots = fixture.node().genesis().slots_per_epoch;
    assert_eq!(info["slotsInEpoch"], slots);
    assert_eq!(info["slotIndex"], info["absoluteSlot"].as_u64().unwrap() % slots);
    assert_eq!(info["epoch"], info["absoluteSlot"].as_u64().unwrap() / slots);
    assert!(info["blockHeight"].is_u64() && info["transactionCount"].is_u64());
}

#[test]
fn a_view_that_is_too_old_says_so() {
    let fixture = Fixture::start();
    let error = fixture.error("getSlot", json!([{ "minContextSlot": u64::MAX }]));
    assert_eq!(error["code"], -32016);
    assert_eq!(error["message"], "Minimum context slot has not been reached");
    assert!(error["data"]["contextSlot"].is_u64());
    let parameters = [
        (
            "getBalance",
            json!([dev_key(0).pubkey(), { "minContextSlot": u64::MAX }]),
        ),
        (
            "getAccountInfo",
            json!([dev_key(0).pubkey(), { "minContextSlot": u64::MAX }]),
        ),
        ("getMultipleAccounts", json!([[], { "minContextSlot": u64::MAX }])),
        ("getLatestBlockhash", json!([{ "minContextSlot": u64::MAX }])),
        (
            "isBlockhashValid",
            json!([Hash::ZERO, { "minContextSlot": u64::MAX }]),
        ),
    ];
    for (method, params) in parameters {
        assert_eq!(fixture.error(method, params)["code"], -32016, "{method}");
    }
}

#[test]
fn blockhashes() {
    let fixture = Fixture::start();
    let latest = fixture.result("getLatestBlockhash", json!([]));
    assert_eq!(latest["context"]["apiVersion"], "4.2.2");
    let blockhash = latest["value"]["blockhash"].clone();
    // Slots are consecutive and a height is a slot here; the blockhash is that of the view's last block.
    let height = latest["context"]["slot"].as_u64().unwrap();
    assert_eq!(latest["value"]["lastValidBlockHeight"], height + 150);
    assert_eq!(
        fixture.result("isBlockhashValid", json!([blockhash]))["value"],
        true
    );
    assert_eq!(
        fixture.result("isBlockhashValid", json!([Hash::ZERO, null]))["value"],
        false
    );
    assert_eq!(fixture.error("isBlockhashValid", json!(["0"]))["code"], -32602);
}

#[test]
fn fees() {
    let fixture = Fixture::start();
    let payer = dev_key(0).pubkey();
    let fee = |instructions: &[_], blockhash| {
        let message = Message::compile(MessageVersion::V0, &payer, instructions, blockhash).unwrap();
        fixture.result("getFeeForMessage", json!([STANDARD.encode(message.serialize())]))["value"].clone()
    };
    let transfer = system::transfer(&payer, &fresh_key(1), 1);
    assert_eq!(fee(std::slice::from_ref(&transfer), fixture.blockhash()), 5_000);
    assert!(fee(std::slice::from_ref(&transfer), Hash::ZERO).is_null());
    let priced = [
        compute_budget::set_compute_unit_limit(100_000),
        compute_budget::set_compute_unit_price(1_000_001),
        transfer,
    ];
    assert_eq!(fee(&priced, fixture.blockhash()), 5_000 + 100_001);
    assert_eq!(fixture.error("getFeeForMessage", json!(["AAAA"]))["code"], -32602);
    // What a table that does not exist would load is unknown, whatever the blockhash.
    let to = fresh_key(2);
    let tables = [TableAddresses {
        table: fresh_key(3),
        addresses: &[to],
    }];
    let lost = Message::compile_with_tables(&payer, &[system::transfer(&payer, &to, 1)], &tables, Hash::ZERO);
    let lost = STANDARD.encode(lost.unwrap().serialize());
    let lost = fixture.error("getFeeForMessage", json!([lost]));
    assert_eq!(lost["code"], -32602);
    assert_eq!(
        lost["message"],
        "invalid transaction message: Transaction loads an address table account that doesn't exist"
    );
    assert_eq!(fixture.error("getFeeForMessage", json!(["%"]))["code"], -32602);
}

#[test]
fn rent_minimum() {
    let fixture = Fixture::start();
    let minimum = |length: u64| fixture.result("getMinimumBalanceForRentExemption", json!([length]));
    assert_eq!(minimum(0), 890_880);
    assert_eq!(minimum(165), 2_039_280);
    assert_eq!(minimum(10_485_760), 72_981_780_480_u64);
    for length in [10_485_761, u64::MAX] {
        assert_eq!(
            fixture.error("getMinimumBalanceForRentExemption", json!([length]))["code"],
            -32600
        );
    }
    assert_eq!(
        fixture.error("getMinimumBalanceForRentExemption", json!([-1]))["code"],
        -32602
    );
    assert_eq!(
        fixture.error("getMinimumBalanceForRentExemption", json!([]))["code"],
        -32602
    );
}
