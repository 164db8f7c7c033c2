//! Accounts and balances.

use isobath_rpc::RpcConfig;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_sdk::{Pubkey, ids};
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key};

const DATA_ACCOUNT: Pubkey = Pubkey([0x51; 32]);
const OWNER: Pubkey = Pubkey([0x52; 32]);

/// A node whose genesis has an account with 200 bytes of data.
fn start() -> Fixture {
    let mut genesis = Genesis::development();
    genesis.accounts.push(GenesisAccount {
        owner: OWNER,
        data: (0..200).collect(),
        ..GenesisAccount::funded(DATA_ACCOUNT, 5_000_000)
    });
    genesis.normalize();
    Fixture::start_with(RpcConfig::on_port(0), Some(genesis))
}

#[test]
fn balances() {
    let fixture = Fixture::start();
    let funded = fixture.result("getBalance", json!([dev_key(0).pubkey()]));
    assert!(funded["value"].as_u64().unwrap() > 1_000_000_000);
    assert!(funded["context"]["slot"].is_u64());
    assert_eq!(
        fixture.result("getBalance", json!([fresh_key(1), null]))["value"],
        0
    );
    let error = fixture.error("getBalance", json!(["not base58: 0"]));
    assert_eq!(error["code"], -32602);
    assert!(error["message"].as_str().unwrap().contains("`address`"));
}

#[test]
fn account_info() {
    let fixture = start();
    let info =
        |config: Value| fixture.result("getAccountInfo", json!([DATA_ACCOUNT, config]))["value"].clone();
    let data: Vec<u8> = (0..200).collect();
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &data);
    let expected = json!({
        "lamports": 5_000_000, "owner": OWNER, "executable": false, "rentEpoch": u64::MAX, "space": 200,
        "data": [base64, "base64"],
    });
    assert_eq!(info(json!({ "encoding": "base64" })), expected);
    assert_eq!(info(json!({ "encoding": "jsonParsed" })), expected);
    assert_eq!(
        info(json!({ "encoding": "base64+zstd" }))["data"][1],
        "base64+zstd"
    );
    let sliced = json!({ "encoding": "base58", "dataSlice": { "offset": 198, "length": 9 } });
    assert_eq!(
        info(sliced)["data"],
        json!([bs58::encode([198, 199]).into_string(), "base58"])
    );
    let outside =
        json!({ "encoding": "base64", "dataSlice": { "offset": usize::MAX, "length": usize::MAX } });
    assert_eq!(info(outside)["data"], json!(["", "base64"]));
    assert_eq!(
        info(json!({ "encoding": "base64", "dataSlice": null }))["space"],
        200
    );
    assert!(fixture.result("getAccountInfo", json!([fresh_key(1)]))["value"].is_null());
}

#[test]
fn base58_has_a_limit() {
    let fixture = start();
    for config in [
        json!(null),
        json!({ "encoding": "base58" }),
        json!({ "encoding": "binary" }),
    ] {
        let error = fixture.error("getAccountInfo", json!([DATA_ACCOUNT, config]));
        assert_eq!(
            error,
            json!({
                "code": -32600,
                "message": "Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.",
            })
        );
    }
    let small = fixture.result("getAccountInfo", json!([dev_key(0).pubkey()]));
    assert_eq!(small["value"]["data"], "");
    assert_eq!(
        fixture.error("getAccountInfo", json!([DATA_ACCOUNT, { "encoding": "hex" }]))["code"],
        -32602
    );
}

#[test]
fn multiple_accounts() {
    let fixture = start();
    let keys = json!([DATA_ACCOUNT, fresh_key(1), ids::SYSTEM_PROGRAM]);
    let found =
        fixture.result("getMultipleAccounts", json!([keys, { "encoding": "base64" }]))["value"].clone();
    assert_eq!(found[0]["owner"], json!(OWNER));
    assert!(found[1].is_null());
    assert_eq!(found[2]["executable"], true);
    assert_eq!(found[2]["owner"], json!(ids::NATIVE_LOADER));
    assert_eq!(
        fixture.result("getMultipleAccounts", json!([[]]))["value"],
        json!([])
    );
    let error = fixture.error("getMultipleAccounts", json!([vec![fresh_key(1); 101]]));
    assert_eq!(
        error,
        json!({ "code": -32602, "message": "Too many inputs provided; max 100" })
    );
}

#[test]
fn sysvars_are_readable() {
    let fixture = Fixture::start();
    let clock = fixture.result(
        "getAccountInfo",
        json!([ids::SYSVAR_CLOCK, { "encoding": "base64" }]),
    );
    assert_eq!(clock["value"]["space"], 40);
    assert_eq!(clock["value"]["owner"], json!(ids::SYSVAR_OWNER));
    let data = clock["value"]["data"][0].as_str().unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).unwrap();
    assert_eq!(
        u64::from_le_bytes(bytes[..8].try_into().unwrap()),
        clock["context"]["slot"].as_u64().unwrap()
    );
    assert!(
        fixture.result("getBalance", json!([ids::SYSVAR_RENT]))["value"]
            .as_u64()
            .unwrap()
            > 0
    );
}
