//! Transactions that are refused: at once, before anything waits for them, in the form and order of Solana's nodes.

use isobath_sdk::builtins::compute_budget::{
    request_heap_frame, set_compute_unit_limit, set_compute_unit_price,
};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::wire::message::TableAddresses;
use isobath_sdk::{
    AccountMeta, Instruction, Message, MessageVersion, Pubkey, Transaction, builtins::system, ids,
};
use isobath_testkit::keys::unfunded_key;
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key, to_base64};
use crate::lookup_tables::make_table;

/// The errors of sending with and without preflight, and of a simulation.
fn errors_of_every_way(fixture: &Fixture, transaction: &Transaction) -> [Value; 3] {
    let wire = to_base64(transaction);
    let send = |skip: bool| {
        let config = json!({ "encoding": "base64", "skipPreflight": skip });
        fixture.error("sendTransaction", json!([wire, config]))
    };
    let simulate = json!([wire, { "encoding": "base64", "replaceRecentBlockhash": true }]);
    [
        send(true),
        send(false),
        fixture.error("simulateTransaction", simulate),
    ]
}

fn simulated(fixture: &Fixture, transaction: &Transaction, config: Value) -> Value {
    let mut config = config;
    config["encoding"] = json!("base64");
    fixture.result("simulateTransaction", json!([to_base64(transaction), config]))["value"].clone()
}

fn send_error(fixture: &Fixture, transaction: &Transaction, skip: bool) -> Value {
    let config = json!({ "encoding": "base64", "skipPreflight": skip });
    fixture.error("sendTransaction", json!([to_base64(transaction), config]))
}

/// A transfer whose recipient and further keys come from `table`, as if that held `addresses`.
fn through_table(fixture: &Fixture, table: Pubkey, addresses: &[Pubkey]) -> Transaction {
    let payer = dev_key(0);
    let to = *addresses.last().unwrap();
    let mut transfer = system::transfer(&payer.pubkey(), &to, 3_000_000);
    let others = &addresses[..addresses.len() - 1];
    transfer
        .accounts
        .extend(others.iter().map(|key| AccountMeta::readonly(*key)));
    let tables = [TableAddresses { table, addresses }];
    let message =
        Message::compile_with_tables(&payer.pubkey(), &[transfer], &tables, fixture.blockhash()).unwrap();
    Transaction::sign(message, &[&payer]).unwrap()
}

#[test]
fn a_lookup_that_finds_nothing_is_refused_at_once() {
    let fixture = Fixture::start();
    let (table, _) = make_table(&fixture);
    let one = [fresh_key(1)];
    let too_far = [fresh_key(1), fresh_key(2), fresh_key(3)];
    let cases = [
        (
            fresh_key(50),
            one.as_slice(),
            "Transaction loads an address table account that doesn't exist",
        ),
        (
            dev_key(1).pubkey(),
            &one,
            "Transaction loads an address table account with an invalid owner",
        ),
        (
            table,
            &too_far,
            "Transaction address table lookup uses an invalid index",
        ),
    ];
    for (table, addresses, text) in cases {
        let expected = json!({ "code": -32602, "message": format!("invalid transaction: {text}") });
        let mut transaction = through_table(&fixture, table, addresses);
        assert_eq!(
            errors_of_every_way(&fixture, &transaction),
            [0; 3].map(|_| expected.clone())
        );
        // Tables are looked at before signatures.
        transaction.signatures[0].0[5] ^= 1;
        assert_eq!(send_error(&fixture, &transaction, false), expected);
    }
    assert_eq!(fixture.node().counters().refused_lookups.get(), 9);
    assert_eq!(
        fixture.node().counters().pooled.get(),
        2,
        "the table's own transactions"
    );
}

#[test]
fn a_key_that_a_lookup_loads_again_has_no_effect() {
    let fixture = Fixture::start();
    let (table, _) = make_table(&fixture);
    let payer = dev_key(0);
    let mut transaction = through_table(&fixture, table, &[fresh_key(1), fresh_key(2)]);
    // The second lookup loads what the first one has.
    transaction
        .message
        .lookups
        .push(transaction.message.lookups[0].clone());
    let transaction = Transaction::sign(transaction.message, &[&payer]).unwrap();
    for skip in [false, true] {
        let error = send_error(&fixture, &transaction, skip);
        assert_eq!(error["code"], -32002);
        assert_eq!(error["data"]["err"], "AccountLoadedTwice");
    }
    assert_eq!(
        simulated(&fixture, &transaction, json!({}))["err"],
        "AccountLoadedTwice"
    );
}

fn with_budget(fixture: &Fixture, budget: &[Instruction]) -> Transaction {
    let payer = dev_key(0);
    let mut instructions = budget.to_vec();
    instructions.push(system::transfer(&payer.pubkey(), &fresh_key(1), 1_000_000));
    fixture.sign(MessageVersion::Legacy, &payer, &instructions)
}

#[test]
fn a_wrong_compute_budget_is_an_invalid_parameter() {
    let fixture = Fixture::start();
    let malformed = Instruction {
        program_id: ids::COMPUTE_BUDGET_PROGRAM,
        accounts: Vec::new(),
        data: vec![2, 1],
    };
    let twice = [set_compute_unit_price(1), set_compute_unit_price(1)];
    let cases = [
        (
            twice.as_slice(),
            "Transaction contains a duplicate instruction (1) that is not allowed",
        ),
        (
            &[set_compute_unit_limit(900), malformed],
            "Error processing Instruction 1: invalid instruction data",
        ),
    ];
    for (budget, text) in cases {
        let expected = json!({ "code": -32602, "message": format!("invalid transaction: {text}") });
        let transaction = with_budget(&fixture, budget);
        assert_eq!(
            errors_of_every_way(&fixture, &transaction),
            [0; 3].map(|_| expected.clone())
        );
    }
}

#[test]
fn a_value_that_the_compute_budget_does_not_allow_fails_the_simulation() {
    let fixture = Fixture::start();
    let transaction = with_budget(&fixture, &[request_heap_frame(1_000)]);
    let err = json!({ "InstructionError": [0, "InvalidInstructionData"] });
    let value = simulated(&fixture, &transaction, json!({ "innerInstructions": true }));
    assert_eq!((&value["err"], &value["logs"]), (&err, &json!([])));
    assert_eq!(
        (&value["fee"], &value["innerInstructions"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(value["preBalances"].as_array().map(Vec::len), Some(4));
    assert_eq!(value["preBalances"], value["postBalances"]);
    assert_eq!(
        value["loadedAddresses"],
        json!({ "writable": [], "readonly": [] })
    );
    for skip in [false, true] {
        let error = send_error(&fixture, &transaction, skip);
        assert_eq!(
            error,
            failed_preflight("Error processing Instruction 0: invalid instruction data", &err)
        );
    }
}

/// The error of a preflight that failed before anything ran.
fn failed_preflight(text: &str, err: &Value) -> Value {
    json!({
        "code": -32002,
        "message": format!("Transaction simulation failed: {text}"),
        "data": {
            "err": err, "logs": [], "accounts": null, "unitsConsumed": 0, "loadedAccountsDataSize": 0,
            "returnData": null, "innerInstructions": null, "replacementBlockhash": null, "fee": null,
            "preBalances": null, "postBalances": null, "preTokenBalances": null, "postTokenBalances": null,
            "loadedAddresses": null,
        },
    })
}

#[test]
fn a_wrong_signature() {
    let fixture = Fixture::start();
    let mut forged = fixture.transfer(&dev_key(6), &fresh_key(7), 890_880);
    forged.signatures[0].0[5] ^= 1;
    let err = json!("SignatureFailure");
    assert_eq!(
        send_error(&fixture, &forged, false),
        failed_preflight("Transaction did not pass signature verification", &err)
    );
    assert_eq!(
        send_error(&fixture, &forged, true),
        json!({ "code": -32003, "message": "Transaction signature verification failure" })
    );
    let value = simulated(&fixture, &forged, json!({ "sigVerify": true }));
    assert_eq!(
        value,
        json!({
            "err": err, "logs": [], "accounts": null, "unitsConsumed": 0, "loadedAccountsDataSize": 0,
            "returnData": null, "innerInstructions": null, "replacementBlockhash": null, "fee": null,
            "preBalances": null, "postBalances": null, "preTokenBalances": null, "postTokenBalances": null,
            "loadedAddresses": { "writable": [], "readonly": [] },
        })
    );
    assert_eq!(simulated(&fixture, &forged, json!({}))["err"], Value::Null);
}

#[test]
fn a_transaction_that_cannot_run_shows_no_balances_in_preflight() {
    let fixture = Fixture::start();
    let poor = unfunded_key(30);
    let transaction = fixture.transfer(&poor, &fresh_key(1), 1);
    let text = "Attempt to debit an account but found no record of a prior credit.";
    assert_eq!(
        send_error(&fixture, &transaction, false),
        failed_preflight(text, &json!("AccountNotFound"))
    );
    let value = simulated(&fixture, &transaction, json!({}));
    assert_eq!(
        (&value["fee"], &value["loadedAccountsDataSize"]),
        (&Value::Null, &json!(0))
    );
    assert_eq!(value["preBalances"], json!([0, 0, 1]));
}

#[test]
fn a_program_that_does_not_exist_is_named() {
    let fixture = Fixture::start();
    let call = Instruction {
        program_id: ids::TOKEN_2022_PROGRAM,
        accounts: Vec::new(),
        data: Vec::new(),
    };
    let transaction = fixture.sign(MessageVersion::Legacy, &dev_key(0), &[call]);
    let line = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb (Token-2022) is not available here; built in: System, \
                Address Lookup Table, Compute Budget, Memo 1, Memo 4, Memo, Token, Associated Token Account";
    let error = send_error(&fixture, &transaction, false);
    let text = "Transaction simulation failed: Attempt to load a program that does not exist";
    assert_eq!(error["message"], format!("{text}: {line}"));
    assert_eq!(error["data"]["err"], "ProgramAccountNotFound");
    assert_eq!(
        (&error["data"]["logs"], &error["data"]["fee"]),
        (&json!([line]), &json!(5_000))
    );
    assert_eq!(
        simulated(&fixture, &transaction, json!({}))["logs"],
        json!([line])
    );

    let config = json!({ "encoding": "base64", "skipPreflight": true });
    let signature = fixture.result("sendTransaction", json!([to_base64(&transaction), config]));
    fixture.confirm(signature.as_str().unwrap());
    let explained = fixture.result("isobath_explainTransaction", json!([signature]));
    assert_eq!(
        (&explained["state"], &explained["err"]),
        (&json!("confirmed"), &json!("ProgramAccountNotFound"))
    );
    assert!(explained["text"].as_str().unwrap().ends_with(line), "{explained}");
}

fn explain(fixture: &Fixture, signature: &Value) -> Value {
    fixture.result("isobath_explainTransaction", json!([signature]))
}

/// Waits until a transaction no longer waits for its block, and expects that it was dropped without an error.
fn expect_dropped(fixture: &Fixture, signature: &str, reason: &str) {
    let signature = json!(signature);
    let dropped =
        fixture.wait(|| Some(explain(fixture, &signature)).filter(|found| found["state"] != "pending"));
    assert_eq!(
        (&dropped["state"], &dropped["reason"], &dropped["err"]),
        (&json!("dropped"), &json!(reason), &Value::Null)
    );
    assert!(dropped["slot"].is_u64());
}

#[test]
fn an_evicted_transaction_says_so() {
    let fixture = Fixture::start_node(|node| {
        // The block takes one transaction and another one waits.
        (node.budget.transactions, node.pending.transactions) = (1, 1);
        node.slot_ms = Some(2_000);
    });
    fixture.next_slot();
    let send = |price| fixture.send(&with_budget(&fixture, &[set_compute_unit_price(price)]));
    send(1);
    fixture.wait(|| (fixture.node().pending_len() == 0).then_some(()));
    let (low, high) = (send(2), send(1_000_000));
    expect_dropped(&fixture, &low, "evicted");
    assert_eq!(fixture.node().counters().dropped_evicted.get(), 1);
    assert_eq!(fixture.confirm(&high)["err"], Value::Null);
}

#[test]
fn an_expired_transaction_says_so() {
    let mut genesis = Genesis::development();
    genesis.blockhash_max_age_blocks = 3;
    let fixture = Fixture::start_node(|node| {
        // Three blocks take one transaction each, and then the blockhash is too old for the rest.
        node.budget.transactions = 1;
        node.genesis = Some(genesis);
        node.slot_ms = Some(500);
    });
    fixture.next_slot();
    let transfers =
        [0, 1, 2, 3, 4].map(|more| fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000 + more));
    let signatures = transfers.map(|transfer| fixture.send(&transfer));
    expect_dropped(&fixture, &signatures[4], "expired");
    assert!(fixture.node().counters().dropped_expired.get() > 0);
    assert_eq!(explain(&fixture, &json!(signatures[0]))["state"], "confirmed");
}

#[test]
fn an_accepted_transaction_can_be_asked_about() {
    let fixture = Fixture::start_node(|node| node.slot_ms = Some(1_000));
    let explain = |signature: &Value| explain(&fixture, signature);
    fixture.next_slot();
    // The second one is accepted by the balance before the first.
    let poor = dev_key(7);
    let balance = fixture.result("getBalance", json!([poor.pubkey()]))["value"].as_u64();
    fixture.send(&fixture.transfer(&poor, &dev_key(8).pubkey(), balance.unwrap() - 5_000));
    let transaction = fixture.transfer(&poor, &fresh_key(1), 1);
    let signature = json!(transaction.signatures[0]);
    assert_eq!(explain(&signature)["state"], "unknown");
    let config = json!({ "encoding": "base64", "skipPreflight": true });
    assert_eq!(
        fixture.result("sendTransaction", json!([to_base64(&transaction), config])),
        signature
    );
    let dropped = fixture.wait(|| Some(explain(&signature)).filter(|found| found["state"] != "pending"));
    assert_eq!(
        (&dropped["state"], &dropped["reason"], &dropped["err"]),
        (&json!("dropped"), &json!("noEffect"), &json!("AccountNotFound"))
    );
    assert!(dropped["slot"].is_u64());

    let sent = fixture.send(&fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000));
    let slot = fixture.confirm(&sent)["slot"].clone();
    let explained = explain(&json!(sent));
    // Whether a block passed it over depends on the moment at which it was accepted.
    let (index, delay) = (&explained["index"], &explained["delay"]);
    assert!(index.is_u64() && delay["blocks"].is_u64(), "{explained}");
    assert_eq!(delay["accounts"], json!([]));
    assert_eq!(
        explained,
        json!({
            "state": "confirmed", "slot": slot, "index": index, "err": null, "text": "succeeded", "delay": delay,
        })
    );
    assert_eq!(
        fixture.error("isobath_explainTransaction", json!(["abc"]))["code"],
        -32602
    );
}

#[test]
fn a_payer_that_does_not_exist_is_refused_without_preflight_too() {
    let fixture = Fixture::start();
    let transaction = fixture.transfer(&unfunded_key(31), &fresh_key(1), 1);
    for skip in [false, true] {
        let error = send_error(&fixture, &transaction, skip);
        assert_eq!(error["code"], -32002);
        assert_eq!(error["data"]["err"], "AccountNotFound");
        assert_eq!(
            error["message"],
            "Transaction simulation failed: Attempt to debit an account but found no record of a prior credit."
        );
    }
    assert_eq!(fixture.node().counters().refused_payer.get(), 1);
}

#[test]
fn what_a_payer_owes_already_is_in_the_error() {
    let fixture = Fixture::start_node(|node| node.slot_ms = Some(60_000));
    // A fee of seven tenths of the balance.
    let transfer = |lamports| {
        let payer = dev_key(9);
        let instructions = [
            set_compute_unit_limit(1_400_000),
            set_compute_unit_price(
                fixture.result("getBalance", json!([payer.pubkey()]))["value"]
                    .as_u64()
                    .unwrap()
                    / 2,
            ),
            system::transfer(&payer.pubkey(), &fresh_key(1), lamports),
        ];
        fixture.sign(MessageVersion::Legacy, &payer, &instructions)
    };
    fixture.send(&transfer(1_000_000));
    let error = send_error(&fixture, &transfer(1_000_001), true);
    assert_eq!(error["data"]["err"], "InsufficientFundsForFee");
    let text = error["message"].as_str().unwrap();
    assert!(
        text.contains("the pending transactions of the payer cost"),
        "{text}"
    );
}
