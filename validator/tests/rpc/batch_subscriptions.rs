//! Subscriptions to programs and logs.

use isobath_sdk::{Keypair, Message, MessageVersion, Pubkey, Transaction, builtins::system};
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key, to_base64};
use crate::subscriptions::{notification, subscribe};

const SYSTEM: &str = "11111111111111111111111111111111";

/// Creates an account of `space` bytes for `owner`; its address.
fn create(fixture: &Fixture, seed: u8, space: u64, owner: &Pubkey) -> Pubkey {
    let (payer, new) = (dev_key(0), Keypair::from_seed([seed; 32]));
    let instruction = system::create_account(&payer.pubkey(), &new.pubkey(), 10_000_000, space, owner);
    let message = Message::compile(
        MessageVersion::Legacy,
        &payer.pubkey(),
        &[instruction],
        fixture.blockhash(),
    );
    fixture.send(&Transaction::sign(message.unwrap(), &[&payer, &new]).unwrap());
    new.pubkey()
}

#[test]
fn the_accounts_of_a_program() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    let owner = fresh_key(8);
    let config = json!({ "encoding": "base64", "filters": [{ "dataSize": 3 }] });
    let id = subscribe(&mut socket, "programSubscribe", json!([owner, config]));
    create(&fixture, 100, 2, &owner);
    create(&fixture, 101, 3, &fresh_key(9));
    let created = create(&fixture, 102, 3, &owner);
    let message = socket.receive();
    let slot = message["params"]["result"]["context"]["slot"].clone();
    assert!(slot.is_u64());
    let account = json!({
        "lamports": 10_000_000, "owner": owner, "executable": false, "rentEpoch": u64::MAX, "space": 3,
        "data": ["AAAA", "base64"],
    });
    let value = json!({ "pubkey": created, "account": account });
    let result = json!({ "context": { "slot": slot }, "value": value });
    assert_eq!(message, notification("programNotification", id, &result));
    assert_eq!(socket.call(2, "programUnsubscribe", json!([id]))["result"], true);
}

#[test]
fn every_changed_account_of_a_busy_program() {
    let fixture = Fixture::start();
    let mut socket = fixture.socket();
    subscribe(
        &mut socket,
        "programSubscribe",
        json!([SYSTEM, { "encoding": "base64" }]),
    );
    let (payer, count) = (dev_key(3), 150);
    for number in 0..count {
        fixture.send(&fixture.transfer(&payer, &fresh_key(number), 1_000_000));
    }
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < usize::from(count) {
        let pubkey = socket.receive()["params"]["result"]["value"]["pubkey"].clone();
        let pubkey: Pubkey = pubkey.as_str().expect("an address").parse().unwrap();
        if (0..count).any(|number| fresh_key(number) == pubkey) {
            seen.insert(pubkey);
        }
    }
}

#[test]
fn logs_of_all_and_of_one_address() {
    let fixture = Fixture::start();
    let (mut all, mut one) = (fixture.socket(), fixture.socket());
    let to = fresh_key(1);
    let all_id = subscribe(
        &mut all,
        "logsSubscribe",
        json!(["all", { "commitment": "confirmed" }]),
    );
    let one_id = subscribe(&mut one, "logsSubscribe", json!([{ "mentions": [to] }]));
    let other = fixture.send(&fixture.transfer(&dev_key(0), &fresh_key(2), 1_000_000));
    fixture.confirm(&other);
    let failing = fixture.transfer(&dev_key(1), &to, u64::MAX);
    let config = json!({ "encoding": "base64", "skipPreflight": true });
    fixture.result("sendTransaction", json!([to_base64(&failing), config]));
    let slot = fixture.confirm(&failing.signatures[0].to_string())["slot"].clone();
    let message = all.receive();
    assert_eq!(message["params"]["subscription"], all_id);
    assert_eq!(
        message["params"]["result"]["value"],
        json!({
            "signature": other, "err": null,
            "logs": [format!("Program {SYSTEM} invoke [1]"), format!("Program {SYSTEM} success")],
        })
    );
    let failed = all.receive()["params"]["result"].clone();
    assert_eq!(
        failed["value"]["err"],
        json!({ "InstructionError": [0, { "Custom": 1 }] })
    );
    assert_eq!(failed["value"]["signature"], json!(failing.signatures[0]));
    assert_eq!(failed["context"], json!({ "slot": slot }));
    // The same for the one who follows the address, and nothing before it.
    assert_eq!(one.receive(), notification("logsNotification", one_id, &failed));
    for (socket, id) in [(&mut all, all_id), (&mut one, one_id)] {
        let answer: Value = socket.call(2, "logsUnsubscribe", json!([id]));
        assert_eq!(answer["result"], true);
    }
}
