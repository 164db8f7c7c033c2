//! Transactions with address lookup tables, and calls between programs, as every method shows them.

use isobath_sdk::builtins::lookup_table_instruction::{create_lookup_table, extend_lookup_table};
use isobath_sdk::wire::message::TableAddresses;
use isobath_sdk::{AccountMeta, Message, MessageVersion, Pubkey, Transaction, builtins::system, ids};
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key, to_base64};

const TRANSFER: u64 = 3_000_000;

/// Makes a table of the keys 1 and 2; its address and the signature of its creation.
pub(crate) fn make_table(fixture: &Fixture) -> (Pubkey, String) {
    let payer = dev_key(0);
    fixture.wait(|| (fixture.node().published().chain().slot() > 2).then_some(()));
    let slot = fixture.node().published().chain().slot();
    let (create, table) = create_lookup_table(&payer.pubkey(), &payer.pubkey(), slot).expect("an address");
    let created = fixture.send(&fixture.sign(MessageVersion::Legacy, &payer, &[create]));
    fixture.confirm(&created);
    let keys = vec![fresh_key(1), fresh_key(2)];
    let extend = extend_lookup_table(&table, &payer.pubkey(), Some(&payer.pubkey()), keys);
    let extended = fixture.send(&fixture.sign(MessageVersion::Legacy, &payer, &[extend]));
    let slot = fixture.confirm(&extended)["slot"].as_u64().expect("a slot");
    // What is appended in a slot can be used from the next one.
    fixture.wait(|| (fixture.node().published().chain().slot() > slot).then_some(()));
    (table, created)
}

/// A transfer to key 1 that also names key 2, both taken from the table.
fn transfer(fixture: &Fixture, table: Pubkey) -> Transaction {
    let payer = dev_key(0);
    let mut transfer = system::transfer(&payer.pubkey(), &fresh_key(1), TRANSFER);
    transfer.accounts.push(AccountMeta::readonly(fresh_key(2)));
    let tables = [TableAddresses {
        table,
        addresses: &[fresh_key(1), fresh_key(2)],
    }];
    let message =
        Message::compile_with_tables(&payer.pubkey(), &[transfer], &tables, fixture.blockhash()).unwrap();
    Transaction::sign(message, &[&payer]).unwrap()
}

fn loaded() -> Value {
    json!({ "writable": [fresh_key(1)], "readonly": [fresh_key(2)] })
}

fn get(fixture: &Fixture, signature: &str, encoding: &str) -> Value {
    let config = json!({ "encoding": encoding, "maxSupportedTransactionVersion": 0 });
    fixture.result("getTransaction", json!([signature, config]))
}

#[test]
fn a_transaction_that_takes_keys_from_a_table() {
    let fixture = Fixture::start();
    let (table, _) = make_table(&fixture);
    let signature = fixture.send(&transfer(&fixture, table));
    let slot = fixture.confirm(&signature)["slot"].clone();
    let shown = get(&fixture, &signature, "json");
    assert_eq!(shown["meta"]["loadedAddresses"], loaded());
    assert_eq!(shown["meta"]["err"], Value::Null);
    // Static keys, then writable loaded ones, then the others: one sequence of indexes.
    assert_eq!(
        shown["meta"]["preBalances"].as_array().map(Vec::len),
        Some(4),
        "{shown}"
    );
    assert_eq!(shown["meta"]["postBalances"][2], TRANSFER);
    let message = &shown["transaction"]["message"];
    assert_eq!(
        message["accountKeys"],
        json!([dev_key(0).pubkey(), ids::SYSTEM_PROGRAM])
    );
    assert_eq!(message["instructions"][0]["accounts"], json!([0, 2, 3]));
    assert_eq!(
        message["addressTableLookups"],
        json!([{ "accountKey": table, "writableIndexes": [0], "readonlyIndexes": [1] }])
    );
    let parsed = get(&fixture, &signature, "jsonParsed");
    assert!(parsed["meta"].get("loadedAddresses").is_none());
    let message = &parsed["transaction"]["message"];
    let key = |pubkey: Pubkey, writable: bool| json!({ "pubkey": pubkey, "signer": false, "writable": writable, "source": "lookupTable" });
    assert_eq!(message["accountKeys"][2], key(fresh_key(1), true));
    assert_eq!(message["accountKeys"][3], key(fresh_key(2), false));
    let info = json!({ "source": dev_key(0).pubkey(), "destination": fresh_key(1), "lamports": TRANSFER });
    assert_eq!(
        message["instructions"][0]["parsed"],
        json!({ "type": "transfer", "info": info })
    );
    let block = fixture.result("getBlock", json!([slot, { "maxSupportedTransactionVersion": 0 }]));
    assert_eq!(block["transactions"][0]["meta"], shown["meta"]);
    let refused = fixture.error("getBlock", json!([slot]));
    assert_eq!(refused["code"], -32015);
    for address in [fresh_key(1), fresh_key(2), dev_key(0).pubkey()] {
        let found = fixture.result("getSignaturesForAddress", json!([address, { "limit": 1 }]));
        assert_eq!(found[0]["signature"], json!(signature), "{address}");
    }
}

#[test]
fn a_simulation_that_takes_keys_from_a_table() {
    let fixture = Fixture::start();
    let (table, _) = make_table(&fixture);
    let wire = to_base64(&transfer(&fixture, table));
    let accounts = json!({ "encoding": "base64", "addresses": [fresh_key(1), table] });
    let config = json!({ "encoding": "base64", "innerInstructions": true, "accounts": accounts });
    let value = fixture.result("simulateTransaction", json!([wire, config]))["value"].clone();
    assert_eq!(value["err"], Value::Null);
    assert_eq!(value["loadedAddresses"], loaded());
    assert_eq!(value["accounts"][0]["lamports"], TRANSFER);
    assert_eq!(
        value["accounts"][1]["owner"],
        json!(ids::ADDRESS_LOOKUP_TABLE_PROGRAM)
    );
    assert_eq!(
        value["postBalances"].as_array().map(|list| list[2].clone()),
        Some(json!(TRANSFER))
    );
    assert_eq!(
        (&value["preTokenBalances"], &value["postTokenBalances"]),
        (&json!([]), &json!([]))
    );
}

#[test]
fn calls_between_programs_are_shown_under_their_instruction() {
    let fixture = Fixture::start();
    let (table, created) = make_table(&fixture);
    let compiled = get(&fixture, &created, "json");
    let inner = &compiled["meta"]["innerInstructions"];
    assert_eq!(inner[0]["index"], 0);
    assert_eq!(inner[0]["instructions"][0]["stackHeight"], 2);
    assert!(inner[0]["instructions"][0]["programIdIndex"].is_u64());
    let parsed = get(&fixture, &created, "jsonParsed");
    let outer = &parsed["transaction"]["message"]["instructions"][0];
    assert_eq!(outer["program"], "address-lookup-table");
    assert_eq!(outer["parsed"]["type"], "createLookupTable");
    assert_eq!(outer["parsed"]["info"]["lookupTableAccount"], json!(table));
    let kinds: Vec<&str> = parsed["meta"]["innerInstructions"][0]["instructions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|call| call["parsed"]["type"].as_str().expect("a parsed call"))
        .collect();
    assert_eq!(kinds, ["transfer", "allocate", "assign"]);
    let shown = fixture.result("getAccountInfo", json!([table, { "encoding": "jsonParsed" }]));
    let data = &shown["value"]["data"];
    assert_eq!(data["program"], "address-lookup-table");
    let info = &data["parsed"]["info"];
    assert_eq!(info["addresses"], json!([fresh_key(1), fresh_key(2)]));
    assert_eq!(info["authority"], json!(dev_key(0).pubkey()));
    assert_eq!(info["deactivationSlot"], json!(u64::MAX.to_string()));
}
