//! The accounts of a program, and account data as objects.

use isobath_rpc::RpcConfig;
use isobath_sdk::builtins::nonce::{NonceData, NonceState, durable_nonce};
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::{Hash, MessageVersion, Pubkey, builtins::system, ids};
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key};

const OWNER: Pubkey = Pubkey([0x52; 32]);
const NONCE: Pubkey = Pubkey([0x61; 32]);

const fn key(number: u8) -> Pubkey {
    Pubkey([number; 32])
}

/// Five accounts of one program with data of growing length, and a nonce.
fn start() -> Fixture {
    let mut genesis = Genesis::development();
    for number in [5, 3, 1, 4, 2] {
        genesis.accounts.push(GenesisAccount {
            owner: OWNER,
            data: vec![number; usize::from(number)],
            ..GenesisAccount::funded(key(number), 5_000_000)
        });
    }
    let nonce = NonceState::initialized(NonceData {
        authority: fresh_key(1),
        durable_nonce: durable_nonce(&Hash([7; 32])),
        lamports_per_signature: 5_000,
    });
    genesis.accounts.push(GenesisAccount {
        data: nonce.to_bytes().to_vec(),
        ..GenesisAccount::funded(NONCE, 5_000_000)
    });
    genesis.normalize();
    Fixture::start_with(RpcConfig::on_port(0), Some(genesis))
}

fn addresses(found: &Value) -> Vec<String> {
    let entries = found.as_array().expect("a list").iter();
    entries
        .map(|entry| entry["pubkey"].as_str().expect("an address").to_owned())
        .collect()
}

fn names(numbers: &[u8]) -> Vec<String> {
    numbers.iter().map(|number| key(*number).to_string()).collect()
}

#[test]
fn all_accounts_and_filtered_ones() {
    let fixture = start();
    let get = |config: Value| fixture.result("getProgramAccounts", json!([OWNER, config]));
    let all = get(json!({ "encoding": "base64" }));
    assert_eq!(addresses(&all), names(&[1, 2, 3, 4, 5]));
    assert_eq!(
        all[1]["account"],
        json!({
            "lamports": 5_000_000, "owner": OWNER, "executable": false, "rentEpoch": u64::MAX, "space": 2,
            "data": ["AgI=", "base64"],
        })
    );
    assert_eq!(get(json!(null))[0]["account"]["data"], "2");
    let sized = get(json!({ "encoding": "base64", "filters": [{ "dataSize": 3 }] }));
    assert_eq!(addresses(&sized), names(&[3]));
    let compare = json!({ "memcmp": { "offset": 3, "bytes": bs58::encode([5]).into_string() } });
    assert_eq!(addresses(&get(json!({ "filters": [compare] }))), names(&[5]));
    let sliced = get(json!({ "encoding": "base64", "dataSlice": { "offset": 0, "length": 0 } }));
    assert_eq!(sliced[4]["account"]["data"], json!(["", "base64"]));
    assert_eq!(sliced[4]["account"]["space"], 5);
    let with_context = get(json!({ "withContext": true, "filters": [{ "dataSize": 1 }] }));
    assert!(with_context["context"]["slot"].is_u64());
    assert_eq!(addresses(&with_context["value"]), names(&[1]));
    assert_eq!(
        fixture.result("getProgramAccounts", json!([fresh_key(9)])),
        json!([])
    );
    let error = fixture.error(
        "getProgramAccounts",
        json!([OWNER, { "filters": vec![json!({ "dataSize": 1 }); 5] }]),
    );
    assert_eq!(
        error,
        json!({ "code": -32602, "message": "Too many filters provided; max 4" })
    );
}

#[test]
fn new_accounts_are_found_and_large_answers_are_not() {
    let fixture = start();
    let (payer, owner) = (dev_key(0), fresh_key(8));
    let new = isobath_sdk::Keypair::from_seed([77; 32]);
    let create = system::create_account(&payer.pubkey(), &new.pubkey(), 10_000_000, 9, &owner);
    let message = isobath_sdk::Message::compile(
        MessageVersion::Legacy,
        &payer.pubkey(),
        &[create],
        fixture.blockhash(),
    );
    let signed = isobath_sdk::Transaction::sign(message.unwrap(), &[&payer, &new]).unwrap();
    fixture.confirm(&fixture.send(&signed));
    let found = fixture.result("getProgramAccounts", json!([owner, { "encoding": "base64" }]));
    assert_eq!(addresses(&found), [new.pubkey().to_string()]);
    let mut config = RpcConfig::on_port(0);
    config.limits.response_bytes_max = 1_000;
    let fixture = fixture.restart_with(config);
    let found = fixture.result("getProgramAccounts", json!([owner, { "encoding": "base64" }]));
    assert_eq!(addresses(&found), [new.pubkey().to_string()]);
    let error = fixture.error("getProgramAccounts", json!([OWNER, { "encoding": "base64" }]));
    assert_eq!(error["code"], -32012);
}

#[test]
fn system_accounts_only_with_data() {
    let fixture = start();
    let get = |filters: Value| json!([ids::SYSTEM_PROGRAM, { "encoding": "jsonParsed", "filters": filters }]);
    for filters in [json!([]), json!(null), json!([{ "dataSize": 0 }])] {
        let error = fixture.error("getProgramAccounts", get(filters));
        assert_eq!(error["code"], -32010);
    }
    let authority = json!({ "memcmp": { "offset": 8, "bytes": fresh_key(1) } });
    let found = fixture.result("getProgramAccounts", get(json!([{ "dataSize": 80 }, authority])));
    assert_eq!(addresses(&found), [NONCE.to_string()]);
    let data = &found[0]["account"]["data"];
    assert_eq!((&data["program"], &data["space"]), (&json!("nonce"), &json!(80)));
    assert_eq!(data["parsed"]["info"]["authority"], json!(fresh_key(1)));
}

#[test]
fn the_owner_of_the_sysvars_owns_them() {
    let fixture = Fixture::start();
    let get = |config: Value| fixture.result("getProgramAccounts", json!([ids::SYSVAR_OWNER, config]));
    let found = get(json!({ "encoding": "jsonParsed" }));
    let listed = addresses(&found);
    assert_eq!(listed.len(), 7, "{listed:?}");
    assert!(listed.contains(&ids::SYSVAR_CLOCK.to_string()));
    let keys: Vec<Pubkey> = listed
        .iter()
        .map(|text| text.parse().expect("an address"))
        .collect();
    assert!(keys.is_sorted());
    assert!(
        found
            .as_array()
            .expect("a list")
            .iter()
            .all(|entry| entry["account"]["data"]["program"] == "sysvar")
    );
    let clock = get(json!({ "encoding": "base64", "filters": [{ "dataSize": 40 }] }));
    assert_eq!(addresses(&clock), [ids::SYSVAR_CLOCK.to_string()]);
}

#[test]
fn compressed_data_counts_with_its_compressed_length() {
    let mut genesis = Genesis::development();
    genesis.accounts.push(GenesisAccount {
        owner: OWNER,
        data: vec![0; 8_000],
        ..GenesisAccount::funded(key(1), 500_000_000)
    });
    genesis.normalize();
    let mut config = RpcConfig::on_port(0);
    config.limits.response_bytes_max = 2_000;
    let fixture = Fixture::start_with(config, Some(genesis));
    let info = |encoding: &str| json!([key(1), { "encoding": encoding }]);
    assert_eq!(fixture.error("getAccountInfo", info("base64"))["code"], -32600);
    let compressed = fixture.result("getAccountInfo", info("base64+zstd"));
    assert_eq!(compressed["value"]["space"], 8_000);
    let found = fixture.result(
        "getProgramAccounts",
        json!([OWNER, { "encoding": "base64+zstd" }]),
    );
    assert_eq!(addresses(&found), names(&[1]));
}

#[test]
fn sysvars_as_objects() {
    let fixture = Fixture::start();
    for (sysvar, name) in [
        (ids::SYSVAR_CLOCK, "clock"),
        (ids::SYSVAR_RENT, "rent"),
        (ids::SYSVAR_EPOCH_SCHEDULE, "epochSchedule"),
        (ids::SYSVAR_SLOT_HASHES, "slotHashes"),
        (ids::SYSVAR_RECENT_BLOCKHASHES, "recentBlockhashes"),
        (ids::SYSVAR_LAST_RESTART_SLOT, "lastRestartSlot"),
        (ids::SYSVAR_EPOCH_REWARDS, "epochRewards"),
    ] {
        let found = fixture.result("getAccountInfo", json!([sysvar, { "encoding": "jsonParsed" }]));
        let data = &found["value"]["data"];
        assert_eq!(data["program"], "sysvar", "{name}");
        assert_eq!(data["parsed"]["type"], name);
        assert!(!data["parsed"]["info"].is_null(), "{name}");
    }
}
