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

#[test]
fn many_subscribers_one_encoding() {
    let fixture = Fixture::start();
    let owner = fresh_key(8);
    let encoded = || fixture.server().counters().notifications_encoded.get();
    // Four that are equal, and four with filters of their own; on one connection and on several.
    let configs = [
        json!({ "encoding": "base64" }),
        json!({ "encoding": "base64", "filters": [{ "dataSize": 3 }] }),
        json!({ "encoding": "base64", "filters": [{ "memcmp": { "offset": 0, "bytes": "1" } }] }),
        json!({ "encoding": "base64", "filters": [{ "memcmp": { "offset": 1, "bytes": "1" } }] }),
        json!({ "encoding": "base64", "filters": [{ "memcmp": { "offset": 2, "bytes": "1" } }] }),
    ];
    let configs: Vec<&Value> = configs
        .iter()
        .chain(std::iter::repeat_n(&configs[0], 3))
        .collect();
    let mut sockets = [fixture.socket(), fixture.socket(), fixture.socket()];
    let mut ids: Vec<Vec<u64>> = vec![Vec::new(); sockets.len()];
    for (index, config) in configs.iter().enumerate() {
        let at = index % sockets.len();
        ids[at].push(subscribe(
            &mut sockets[at],
            "programSubscribe",
            json!([owner, config]),
        ));
    }
    let created = create(&fixture, 102, 3, &owner);
    let mut results = Vec::new();
    for (socket, ids) in sockets.iter_mut().zip(&mut ids) {
        for _ in 0..ids.len() {
            let message = socket.receive();
            let id = message["params"]["subscription"].as_u64().expect("an id");
            let at = ids
                .iter()
                .position(|known| *known == id)
                .expect("an id of this connection");
            ids.swap_remove(at);
            results.push(message["params"]["result"].clone());
        }
    }
    assert_eq!(results.len(), 8);
    assert_eq!(results[0]["value"]["pubkey"], json!(created));
    assert!(results.iter().all(|result| *result == results[0]), "{results:?}");
    assert_eq!(encoded(), 1, "eight subscribers, one encoding");
}
