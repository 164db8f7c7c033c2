//! Whatever comes in, every method answers and the node goes on.

use serde_json::{Value, json};

use crate::client::post;
use crate::fixture::{Fixture, dev_key, fresh_key};

const METHODS: [&str; 48] = [
    "getHealth",
    "getVersion",
    "getGenesisHash",
    "getSlot",
    "getBlockHeight",
    "getEpochInfo",
    "getLatestBlockhash",
    "isBlockhashValid",
    "getFeeForMessage",
    "getMinimumBalanceForRentExemption",
    "getBalance",
    "getAccountInfo",
    "getMultipleAccounts",
    "simulateTransaction",
    "getSignatureStatuses",
    "getTransaction",
    "sendTransaction",
    "requestAirdrop",
    "getEpochSchedule",
    "getTransactionCount",
    "getIdentity",
    "getClusterNodes",
    "getSlotLeader",
    "getSlotLeaders",
    "getLeaderSchedule",
    "getBlockProduction",
    "getVoteAccounts",
    "getBlockCommitment",
    "getInflationGovernor",
    "getInflationRate",
    "getInflationReward",
    "getStakeMinimumDelegation",
    "getProgramAccounts",
    "getSupply",
    "getLargestAccounts",
    "getFirstAvailableBlock",
    "minimumLedgerSlot",
    "getMaxRetransmitSlot",
    "getMaxShredInsertSlot",
    "getBlock",
    "getBlockTime",
    "getBlocks",
    "getBlocksWithLimit",
    "getSignaturesForAddress",
    "isobath_explainTransaction",
    "isobath_getContention",
    "getRecentPrioritizationFees",
    "getRecentPerformanceSamples",
];

/// What a call may answer: a result, wrong parameters, a refused transaction, no such block, an account or a scan that
/// is not served. Never an internal error.
const KNOWN: [Option<i64>; 10] = [
    None,
    Some(-32602),
    Some(-32600),
    Some(-32001),
    Some(-32002),
    Some(-32003),
    Some(-32004),
    Some(-32010),
    Some(-32016),
    Some(-32020),
];

/// Values that are wrong for most parameters and right for some.
fn odd_values() -> Vec<Value> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("1"),
        json!("11111111111111111111111111111111"),
        json!("\u{1f980}\u{0}\u{202e}"),
        json!("1".repeat(2_000)),
        json!("A".repeat(1_640)),
        json!("//////////////////////////////////////////////////////////////////////////8="),
        json!([]),
        json!({}),
        json!([[[[[[]]]]]]),
        json!([null, 1, "x"]),
        json!([fresh_key(1), "x"]),
        json!(dev_key(0).pubkey()),
        json!({ "encoding": "base64", "dataSlice": { "offset": -1, "length": 1 } }),
        json!({ "encoding": "base64", "dataSlice": { "offset": u64::MAX, "length": u64::MAX } }),
        json!({ "encoding": "jsonParsed", "commitment": "processed", "maxSupportedTransactionVersion": 255 }),
        json!({ "encoding": ["base64"], "commitment": {} }),
        json!({ "encoding": "base64", "accounts": { "addresses": vec!["x"; 300] }, "sigVerify": 1 }),
        json!({ "recentBlockhash": "x", "searchTransactionHistory": "yes", "skipPreflight": [] }),
    ];
    // Base64 of bytes that begin like a transaction, cut at every length.
    let wire =
        "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8BAAECAAAA";
    values.extend((0..wire.len()).step_by(4).map(|length| json!(wire[..length])));
    values
}

/// Sends a body and returns the code of the error, if it is one.
fn code(fixture: &Fixture, body: &str) -> Option<i64> {
    let answer = post(fixture.http(), body);
    assert_eq!(answer.status, 200, "{body}");
    let answer = answer.json();
    let error = answer.get("error");
    assert_ne!(
        error.is_some(),
        answer.get("result").is_some(),
        "{body}: {answer}"
    );
    if let Some(data) = error.and_then(|error| error.get("data")) {
        assert!(!data.is_null(), "{body}: {answer}");
    }
    error.map(|error| error["code"].as_i64().expect("a code"))
}

#[test]
fn every_method_survives_every_parameter() {
    let fixture = Fixture::start();
    let values = odd_values();
    let valid = json!(dev_key(0).pubkey());
    for method in METHODS {
        for value in &values {
            for params in [
                json!([value]),
                json!([valid, value]),
                json!([value, value]),
                value.clone(),
            ] {
                let body =
                    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
                let code = code(&fixture, &body);
                assert!(KNOWN.contains(&code), "{body}: {code:?}");
            }
        }
    }
    assert_eq!(fixture.result("getHealth", json!([])), "ok");
}

#[test]
fn damaged_requests_are_answered() {
    let fixture = Fixture::start();
    let whole =
        r#"{"jsonrpc":"2.0","id":1,"method":"getBalance","params":["11111111111111111111111111111111",{}]}"#;
    for cut in 1..whole.len() {
        if whole[..cut].starts_with('{') {
            assert!(code(&fixture, &whole[..cut]).is_some(), "{}", &whole[..cut]);
        }
    }
    for (index, _) in whole.char_indices().step_by(3) {
        let mut damaged = whole.as_bytes().to_vec();
        damaged[index] = b'}';
        let body = String::from_utf8(damaged).expect("ASCII");
        let status = post(fixture.http(), &body).status;
        assert!(status == 200 || status == 400, "{body}: {status}");
    }
    assert_eq!(fixture.result("getHealth", json!([])), "ok");
}
