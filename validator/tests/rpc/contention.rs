//! What transactions waited for.

use std::cell::Cell;
use std::collections::BTreeMap;

use isobath_sdk::Pubkey;
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key};

/// Payers of the transfers to one account.
const PAYERS: usize = 8;

/// Sends a transfer from each payer to one account, waits until all are in blocks, and returns by slot and index what the
/// node says of them.
fn explain_transfers(fixture: &Fixture, to: &Pubkey, lamports: u64) -> BTreeMap<(u64, u64), (String, Value)> {
    fixture.next_slot();
    let transfers: Vec<_> = (0..PAYERS)
        .map(|payer| fixture.transfer(&dev_key(payer), to, lamports).serialize())
        .collect();
    // One group: the threads find all of them in the pool at once.
    let node = fixture.node();
    let hasher = node.key_hasher();
    let admit = |wire: &Vec<u8>| node.runtime().admit(wire, hasher).unwrap();
    let submitted = node.submit_admitted(transfers.iter().map(admit).collect());
    let signatures: Vec<String> = submitted
        .into_iter()
        .map(|signature| signature.unwrap().to_string())
        .collect();
    let explain = |signature: String| {
        fixture.confirm(&signature);
        let explained = fixture.result("isobath_explainTransaction", json!([signature]));
        let number = |name: &str| explained[name].as_u64().unwrap();
        ((number("slot"), number("index")), (signature, explained))
    };
    signatures.into_iter().map(explain).collect()
}

fn waited_for(explained: &Value) -> &Vec<Value> {
    explained["delay"]["accounts"].as_array().unwrap()
}

#[test]
fn transfers_to_a_hot_account_say_behind_whom_they_waited() {
    let fixture = Fixture::start_node(|node| {
        node.execution_threads = 2;
        node.slot_ms = Some(400);
    });
    let hot = dev_key(9).pubkey();
    let lamports = Cell::new(1_000_000);
    // Whether one has to wait depends on how fast the one before is.
    let explained = fixture.wait(|| {
        lamports.set(lamports.get() + 1);
        let explained = explain_transfers(&fixture, &hot, lamports.get());
        let mut waited = explained
            .values()
            .map(|(_, explained)| waited_for(explained).len());
        waited.any(|len| len > 0).then_some(explained)
    });
    let mut waits = BTreeMap::new();
    for ((slot, index), (_, explanation)) in &explained {
        let [wait] = &waited_for(explanation)[..] else {
            assert_eq!(waited_for(explanation), &Vec::<Value>::new());
            continue;
        };
        let (before, _) = &explained[&(*slot, index - 1)];
        assert_eq!((&wait["account"], &wait["behind"]), (&json!(hot), &json!(before)));
        assert!(wait["microseconds"].is_u64());
        assert_eq!(explanation["delay"]["blocks"], 0);
        let text = explanation["delay"]["text"].as_str().unwrap();
        let end = format!("when the transaction {before} was done with the account {hot}");
        assert!(text.ends_with(&end), "{text}");
        *waits.entry(*slot).or_insert(0_u64) += 1;
    }
    for (slot, count) in waits {
        let block = fixture.result("isobath_getContention", json!([slot]));
        assert_eq!(
            (&block["waits"], &block["contendedAccounts"], &block["unrecorded"]),
            (&json!(count), &json!(1), &json!(0))
        );
        let hottest = &block["hottest"][0];
        assert_eq!(
            (&hottest["account"], &hottest["waits"]),
            (&json!(hot), &json!(count))
        );
        assert!(fixture.node().counters().lock_waits.get() >= count);
    }
    let later = fixture.node().published().chain().slot() + 1_000;
    assert_eq!(
        fixture.result("isobath_getContention", json!([later])),
        Value::Null
    );
    assert_eq!(
        fixture.error("isobath_getContention", json!(["x"]))["code"],
        -32602
    );
}

#[test]
fn a_transaction_that_found_no_room_in_a_block_says_how_many_passed() {
    let fixture = Fixture::start_node(|node| {
        node.budget.transactions = 2;
        node.slot_ms = Some(200);
    });
    let explained = explain_transfers(&fixture, &dev_key(9).pubkey(), 1_000_000);
    let slots: Vec<u64> = explained.keys().map(|(slot, _)| *slot).collect();
    let (first, last) = (slots[0], slots[slots.len() - 1]);
    assert!(last >= first + 3, "{slots:?}");
    let blocks = |(_, explained): &(String, Value)| explained["delay"]["blocks"].as_u64().unwrap();
    let (_, latest) = explained.last_key_value().unwrap();
    assert!(blocks(latest) >= 2, "{latest:?}");
}

#[test]
fn what_a_restarted_node_did_not_see_it_does_not_claim_to_know() {
    let fixture = Fixture::start();
    let signature = fixture.send(&fixture.transfer(&dev_key(0), &dev_key(1).pubkey(), 1));
    let slot = fixture.confirm(&signature)["slot"].clone();
    let fixture = fixture.restart();
    fixture.next_slot();
    assert_eq!(
        fixture.result("isobath_getContention", json!([slot])),
        Value::Null
    );
    let explained = fixture.result("isobath_explainTransaction", json!([signature]));
    assert_eq!(
        (&explained["state"], &explained["delay"]),
        (&json!("confirmed"), &Value::Null)
    );
    let newest = fixture.node().published().chain().slot();
    let block = fixture.result("isobath_getContention", json!([newest]));
    assert_eq!(
        block,
        json!({"slot": newest, "waits": 0, "unrecorded": 0, "contendedAccounts": 0, "hottest": []})
    );
}
