//! Sending, statuses, history and airdrops.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use isobath_rpc::RpcConfig;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::{Hash, Message, MessageVersion, Signature, Transaction, builtins::system};
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key, to_base64};

#[test]
fn a_transfer_from_sending_to_history() {
    let fixture = Fixture::start();
    let (payer, to) = (dev_key(0), fresh_key(1));
    let transaction = fixture.transfer(&payer, &to, 1_000_000);
    let signature = fixture.send(&transaction);
    assert_eq!(signature, transaction.signatures[0].to_string());
    let status = fixture.confirm(&signature);
    let slot = status["slot"].as_u64().unwrap();
    assert_eq!(
        status,
        json!({
            "slot": slot, "confirmations": null, "status": { "Ok": null }, "err": null,
            "confirmationStatus": "finalized",
        })
    );
    assert_eq!(fixture.result("getBalance", json!([to]))["value"], 1_000_000);

    let found = fixture.result("getTransaction", json!([signature]));
    assert_eq!(found["slot"], slot);
    assert!(found["blockTime"].as_i64().unwrap() > 1_600_000_000);
    assert!(found.get("version").is_none());
    let meta = &found["meta"];
    let before = meta["preBalances"][0].as_u64().unwrap();
    assert_eq!(
        *meta,
        json!({
            "err": null, "status": { "Ok": null }, "fee": 5_000,
            "preBalances": [before, 0, 1], "postBalances": [before - 1_005_000, 1_000_000, 1],
            "innerInstructions": [], "loadedAddresses": { "writable": [], "readonly": [] }, "preTokenBalances": [], "postTokenBalances": [], "rewards": [],
            "logMessages": [
                "Program 11111111111111111111111111111111 invoke [1]",
                "Program 11111111111111111111111111111111 success",
            ],
            "computeUnitsConsumed": 150,
            // A signature, two write locks, 12 bytes of data, 150 units, one page.
            "costUnits": 720 + 2 * 300 + 3 + 150 + 8,
        })
    );
    assert_eq!(
        found["transaction"],
        json!({
            "signatures": [signature],
            "message": {
                "header": {
                    "numRequiredSignatures": 1, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 1,
                },
                "accountKeys": [payer.pubkey(), to, "11111111111111111111111111111111"],
                "recentBlockhash": transaction.message.recent_blockhash,
                "instructions": [
                    { "programIdIndex": 2, "accounts": [0, 1], "data": "3Bxs4Bc3VYuGVB19", "stackHeight": 1 },
                ],
            },
        })
    );
}

#[test]
fn history_in_every_encoding() {
    let fixture = Fixture::start();
    let (payer, to) = (dev_key(1), fresh_key(2));
    let transaction = fixture.sign(
        MessageVersion::V0,
        &payer,
        &[system::transfer(&payer.pubkey(), &to, 2_000_000)],
    );
    let signature = fixture.send(&transaction);
    fixture.confirm(&signature);
    let wire = transaction.serialize();
    let get = |encoding: &str| {
        let config =
            json!({ "encoding": encoding, "maxSupportedTransactionVersion": 0, "commitment": "confirmed" });
        fixture.result("getTransaction", json!([signature, config]))
    };
    assert_eq!(
        get("base64")["transaction"],
        json!([STANDARD.encode(&wire), "base64"])
    );
    assert_eq!(
        get("base58")["transaction"],
        json!([bs58::encode(&wire).into_string(), "base58"])
    );
    assert_eq!(
        get("binary")["transaction"],
        json!(bs58::encode(&wire).into_string())
    );
    let compiled = get("json");
    assert_eq!(compiled["version"], 0);
    assert_eq!(
        compiled["meta"]["loadedAddresses"],
        json!({ "writable": [], "readonly": [] })
    );
    assert_eq!(
        compiled["transaction"]["message"]["addressTableLookups"],
        json!([])
    );
    let parsed = get("jsonParsed");
    assert!(parsed["meta"].get("loadedAddresses").is_none());
    let message = &parsed["transaction"]["message"];
    assert!(message.get("header").is_none());
    assert_eq!(
        message["accountKeys"][0],
        json!({
            "pubkey": payer.pubkey(), "signer": true, "writable": true, "source": "transaction",
        })
    );
    assert_eq!(message["accountKeys"][2]["writable"], false);
    assert_eq!(
        message["instructions"][0]["parsed"],
        json!({
            "type": "transfer", "info": { "source": payer.pubkey(), "destination": to, "lamports": 2_000_000 },
        })
    );
}

#[test]
fn versions_that_the_client_does_not_know_are_refused() {
    let fixture = Fixture::start();
    let payer = dev_key(2);
    let v0 = fixture.sign(
        MessageVersion::V0,
        &payer,
        &[system::transfer(&payer.pubkey(), &fresh_key(3), 890_880)],
    );
    let signature = fixture.send(&v0);
    fixture.confirm(&signature);
    for params in [
        json!([signature]),
        json!([signature, "json"]),
        json!([signature, { "encoding": "base64" }]),
    ] {
        assert_eq!(
            fixture.error("getTransaction", params),
            json!({
                "code": -32015,
                "message": "Transaction version (0) is not supported by the requesting client. Please try the request \
                            again with the following configuration parameter: \"maxSupportedTransactionVersion\": 0",
            })
        );
    }
    let legacy = fixture.send(&fixture.transfer(&payer, &fresh_key(3), 890_881));
    fixture.confirm(&legacy);
    let found = fixture.result(
        "getTransaction",
        json!([legacy, { "maxSupportedTransactionVersion": 0 }]),
    );
    assert_eq!(found["version"], "legacy");
    let none = json!({ "writable": [], "readonly": [] });
    assert_eq!(found["meta"]["loadedAddresses"], none);
}

#[test]
fn unknown_transactions_are_null() {
    let fixture = Fixture::start();
    let unknown = Signature([7; 64]);
    assert!(fixture.result("getTransaction", json!([unknown])).is_null());
    let searched = json!([[unknown, unknown], { "searchTransactionHistory": true }]);
    assert_eq!(
        fixture.result("getSignatureStatuses", searched)["value"],
        json!([null, null])
    );
    assert_eq!(fixture.error("getTransaction", json!(["abc"]))["code"], -32602);
    let processed = json!([unknown, { "commitment": "processed" }]);
    assert_eq!(
        fixture.error("getTransaction", processed),
        json!({ "code": -32602, "message": "Method does not support commitment below `confirmed`" })
    );
    let error = fixture.error("getSignatureStatuses", json!([vec![unknown; 257]]));
    assert_eq!(
        error,
        json!({ "code": -32602, "message": "Too many inputs provided; max 256" })
    );
}

#[test]
fn preflight_failures_carry_the_simulation() {
    let fixture = Fixture::start();
    let payer = dev_key(3);
    let balance = fixture.result("getBalance", json!([payer.pubkey()]))["value"]
        .as_u64()
        .unwrap();
    let transaction = fixture.transfer(&payer, &fresh_key(4), balance);
    let error = fixture.error(
        "sendTransaction",
        json!([to_base64(&transaction), { "encoding": "base64" }]),
    );
    assert_eq!(error["code"], -32002);
    assert_eq!(
        error["message"],
        "Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1"
    );
    let data = &error["data"];
    assert_eq!(data["err"], json!({ "InstructionError": [0, { "Custom": 1 }] }));
    assert_eq!(data["accounts"], Value::Null);
    assert_eq!(data["innerInstructions"], Value::Null);
    assert_eq!(data["returnData"], Value::Null);
    assert_eq!(data["unitsConsumed"], 150);
    let logs: Vec<_> = data["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    let shortfall = format!(
        "Transfer: insufficient lamports {}, need {balance}",
        balance - 5_000
    );
    assert_eq!(
        logs,
        [
            "Program 11111111111111111111111111111111 invoke [1]",
            &shortfall,
            "Program 11111111111111111111111111111111 failed: custom program error: 0x1",
        ]
    );
}

#[test]
fn failed_transactions_have_a_status() {
    let fixture = Fixture::start();
    let payer = dev_key(4);
    let transaction = fixture.transfer(&payer, &fresh_key(5), u64::MAX);
    let config =
        json!({ "encoding": "base64", "skipPreflight": true, "maxRetries": 0, "minContextSlot": null });
    let signature = fixture.result("sendTransaction", json!([to_base64(&transaction), config]));
    let status = fixture.confirm(signature.as_str().unwrap());
    let error = json!({ "InstructionError": [0, { "Custom": 1 }] });
    assert_eq!(status["err"], error);
    assert_eq!(status["status"], json!({ "Err": error }));
    let meta = fixture.result("getTransaction", json!([signature]))["meta"].clone();
    assert_eq!((&meta["err"], &meta["fee"]), (&error, &json!(5_000)));
    assert_eq!(meta["status"], json!({ "Err": error }));
}

#[test]
fn stale_blockhashes_and_repeats() {
    let fixture = Fixture::start();
    let payer = dev_key(5);
    let transfer = system::transfer(&payer.pubkey(), &fresh_key(6), 890_880);
    let message = Message::compile(
        MessageVersion::Legacy,
        &payer.pubkey(),
        &[transfer],
        Hash([9; 32]),
    )
    .unwrap();
    let stale = Transaction::sign(message, &[&payer]).unwrap();
    for skip in [false, true] {
        let config = json!({ "encoding": "base64", "skipPreflight": skip });
        let error = fixture.error("sendTransaction", json!([to_base64(&stale), config]));
        assert_eq!(error["code"], -32002);
        assert_eq!(
            error["message"],
            "Transaction simulation failed: Blockhash not found"
        );
        assert_eq!(error["data"]["err"], "BlockhashNotFound");
        assert_eq!(error["data"]["logs"], json!([]));
    }
    let transaction = fixture.transfer(&payer, &fresh_key(6), 890_880);
    fixture.confirm(&fixture.send(&transaction));
    let error = fixture.error(
        "sendTransaction",
        json!([to_base64(&transaction), { "encoding": "base64" }]),
    );
    assert_eq!(error["data"]["err"], "AlreadyProcessed");
}

#[test]
fn wrong_bytes() {
    let fixture = Fixture::start();
    let code = |params: Value| fixture.error("sendTransaction", params)["code"].clone();
    assert_eq!(code(json!(["AAAA", { "encoding": "base64" }])), -32602);
    assert_eq!(code(json!(["!", { "encoding": "base64" }])), -32602);
    assert_eq!(code(json!(["0OIl"])), -32602);
    assert_eq!(code(json!(["", { "encoding": "json" }])), -32602);
    assert_eq!(code(json!([7])), -32602);
    assert_eq!(code(json!([])), -32602);
    let large = STANDARD.encode([0; 1235]);
    let error = fixture.error("sendTransaction", json!([large, { "encoding": "base64" }]));
    let message = error["message"].as_str().unwrap();
    assert!(
        message.starts_with("base64 encoded solana_transaction::versioned::VersionedTransaction too large: ")
    );
    let mut short = fixture.transfer(&dev_key(6), &fresh_key(7), 890_880);
    short.message.header.num_readonly_signed = 1;
    let error = fixture.error(
        "sendTransaction",
        json!([to_base64(&short), { "encoding": "base64" }]),
    );
    assert_eq!(
        error["message"],
        "invalid transaction: Transaction failed to sanitize accounts offsets correctly: no writable signer"
    );
}

#[test]
fn base58_is_the_default_encoding() {
    let fixture = Fixture::start();
    let transaction = fixture.transfer(&dev_key(7), &fresh_key(8), 890_880);
    let text = bs58::encode(transaction.serialize()).into_string();
    let signature = fixture.result("sendTransaction", json!([text]));
    fixture.confirm(signature.as_str().unwrap());
}

#[test]
fn airdrops_are_transfers_of_the_faucet() {
    let fixture = Fixture::start();
    let to = fresh_key(9);
    let signatures: Vec<_> = (0..5)
        .map(|_| fixture.result("requestAirdrop", json!([to, 1_000_000_000_u64])))
        .collect();
    for signature in &signatures {
        assert!(fixture.confirm(signature.as_str().unwrap())["err"].is_null());
    }
    assert_eq!(
        fixture.result("getBalance", json!([to]))["value"],
        5_000_000_000_u64
    );
    let error = fixture.error(
        "requestAirdrop",
        json!([to, u64::MAX, { "commitment": "confirmed" }]),
    );
    assert_eq!(error["code"], -32602);
    assert!(error["message"].as_str().unwrap().contains("`lamports`"));
    // Too little to exist on its own.
    assert_eq!(
        fixture.error("requestAirdrop", json!([fresh_key(10), 1]))["code"],
        -32002
    );
}

#[test]
fn without_the_faucet_key_there_are_no_airdrops() {
    let mut genesis = Genesis::development();
    genesis.faucet = None;
    let fixture = Fixture::start_with(RpcConfig::on_port(0), Some(genesis));
    let error = fixture.error("requestAirdrop", json!([fresh_key(1), 1_000_000_000]));
    assert_eq!(error["code"], -32600);
    assert!(error["message"].as_str().unwrap().contains("faucet"));
}
