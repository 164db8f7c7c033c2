//! What only a larger cluster has, the supply, and the leaders.

use isobath_rpc::RpcConfig;
use isobath_sdk::chain::genesis::Genesis;
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key};

#[test]
fn this_node_is_the_cluster() {
    let fixture = Fixture::start();
    let identity = fixture.result("getIdentity", json!([]))["identity"].clone();
    assert_eq!(identity, json!(fixture.node().runtime().producer()));
    let nodes = fixture.result("getClusterNodes", json!([]));
    assert_eq!(nodes.as_array().map(Vec::len), Some(1));
    assert_eq!(nodes[0]["pubkey"], identity);
    assert_eq!(nodes[0]["rpc"], fixture.http().to_string());
    for absent in ["gossip", "tpu", "tpuQuic", "shredVersion"] {
        assert_eq!(nodes[0].get(absent), Some(&Value::Null), "{absent}");
    }
    assert_eq!(
        fixture.result("getVoteAccounts", json!([{ "commitment": "confirmed" }])),
        json!({ "current": [], "delinquent": [] })
    );
    assert_eq!(
        fixture.error("getHighestSnapshotSlot", json!([])),
        json!({ "code": -32008, "message": "No snapshot" })
    );
    assert_eq!(
        fixture.result("getBlockCommitment", json!([1])),
        json!({ "commitment": null, "totalStake": 0 })
    );
}

#[test]
fn the_newest_slot_is_the_one_that_has_arrived() {
    let fixture = Fixture::start();
    let newest = fixture.result("getSlot", json!([])).as_u64().unwrap();
    for method in ["getMaxRetransmitSlot", "getMaxShredInsertSlot"] {
        assert!(
            fixture.result(method, json!([])).as_u64().unwrap() >= newest,
            "{method}"
        );
    }
}

#[test]
fn leaders() {
    let fixture = Fixture::start();
    let leader = fixture.result("getSlotLeader", json!([]));
    assert_eq!(leader, json!(fixture.node().runtime().producer()));
    assert_eq!(
        fixture.result("getSlotLeaders", json!([3, 2])),
        json!([leader, leader])
    );
    let error = fixture.error("getSlotLeaders", json!([3, 5_001]));
    assert_eq!(error["message"], "Invalid limit; max 5000");
    assert_eq!(
        fixture.error("getSlotLeaders", json!([u64::MAX, 1]))["code"],
        -32602
    );
    let name = leader.as_str().expect("an address");
    let slots_per_epoch = fixture.node().genesis().slots_per_epoch;
    for params in [
        json!([]),
        json!([null]),
        json!([3, { "identity": leader }]),
        json!([{ "identity": leader }]),
    ] {
        let schedule = fixture.result("getLeaderSchedule", params);
        let slots = schedule[name].as_array().expect("a list");
        assert_eq!(slots.len() as u64, slots_per_epoch);
        assert_eq!(slots.last(), Some(&json!(slots_per_epoch - 1)));
    }
    let other = json!([null, { "identity": fresh_key(1) }]);
    assert_eq!(fixture.result("getLeaderSchedule", other), json!({}));
    assert!(fixture.result("getLeaderSchedule", json!([u64::MAX])).is_null());
}

#[test]
fn a_leader_schedule_that_does_not_fit_is_refused() {
    let genesis = Genesis {
        slots_per_epoch: 4 << 20,
        ..Genesis::development()
    };
    let mut config = RpcConfig::on_port(0);
    config.limits.response_bytes_max = 1 << 20;
    let fixture = Fixture::start_with(config, Some(genesis));
    let error = fixture.error("getLeaderSchedule", json!([]));
    assert_eq!(error["code"], -32600);
    assert_eq!(
        error["message"],
        "a list of 4194304 slots exceeds the response limit of 1048576 bytes"
    );
    let other = json!([null, { "identity": fresh_key(1) }]);
    assert_eq!(fixture.result("getLeaderSchedule", other), json!({}));
}

#[test]
fn block_production() {
    let fixture = Fixture::start();
    fixture.wait(|| (fixture.node().published().chain().slot() > 6).then_some(()));
    let leader = fixture.node().runtime().producer().to_string();
    let get = |config: Value| fixture.result("getBlockProduction", json!([config]))["value"].clone();
    assert_eq!(
        get(json!({ "range": { "firstSlot": 2, "lastSlot": 5 } })),
        json!({ "byIdentity": { &leader: [4, 4] }, "range": { "firstSlot": 2, "lastSlot": 5 } })
    );
    assert_eq!(get(json!({}))["range"]["firstSlot"], 0);
    assert_eq!(get(json!({ "identity": fresh_key(1) }))["byIdentity"], json!({}));
    for range in [
        json!({ "firstSlot": 5, "lastSlot": 4 }),
        json!({ "firstSlot": 5, "lastSlot": 1_000_000_000 }),
    ] {
        let error = fixture.error("getBlockProduction", json!([{ "range": range }]));
        assert_eq!(error["code"], -32602);
    }
}

#[test]
fn supply_and_inflation() {
    let fixture = Fixture::start();
    let total = fixture.node().genesis().capitalization().expect("it is valid");
    assert_eq!(
        fixture.result(
            "getSupply",
            json!([{ "excludeNonCirculatingAccountsList": true }])
        )["value"],
        json!({ "total": total, "circulating": total, "nonCirculating": 0, "nonCirculatingAccounts": [] })
    );
    let largest = fixture.result("getLargestAccounts", json!([{ "filter": "circulating" }]))["value"].clone();
    let largest = largest.as_array().expect("a list");
    assert!(largest.len() >= 10 && largest.len() <= 20);
    let lamports: Vec<u64> = largest
        .iter()
        .map(|account| account["lamports"].as_u64().expect("a number"))
        .collect();
    assert!(lamports.is_sorted_by(|before, after| before >= after));
    assert!(
        largest
            .iter()
            .any(|account| account["address"] == json!(dev_key(0).pubkey()))
    );
    let none = fixture.result("getLargestAccounts", json!([{ "filter": "nonCirculating" }]));
    assert_eq!(none["value"], json!([]));
    assert_eq!(
        fixture.result("getInflationGovernor", json!([])),
        json!({ "initial": 0.0, "terminal": 0.0, "taper": 0.0, "foundation": 0.0, "foundationTerm": 0.0 })
    );
    assert_eq!(
        fixture.result("getInflationRate", json!([])),
        json!({ "total": 0.0, "validator": 0.0, "foundation": 0.0, "epoch": 0 })
    );
    let rewards = |config| fixture.error("getInflationReward", json!([[fresh_key(1)], config]));
    assert_eq!(rewards(json!({}))["code"], -32004);
    assert_eq!(
        rewards(json!({ "epoch": 2 }))["message"],
        "Block not available for slot 24576"
    );
    assert_eq!(
        fixture.result("getStakeMinimumDelegation", json!([]))["value"],
        1_000_000_000
    );
}

#[test]
fn schedule_and_count() {
    let fixture = Fixture::start();
    let slots_per_epoch = fixture.node().genesis().slots_per_epoch;
    assert_eq!(
        fixture.result("getEpochSchedule", json!([])),
        json!({
            "slotsPerEpoch": slots_per_epoch, "leaderScheduleSlotOffset": slots_per_epoch, "warmup": false,
            "firstNormalEpoch": 0, "firstNormalSlot": 0,
        })
    );
    assert_eq!(fixture.result("getTransactionCount", json!([])), 0);
    fixture.confirm(&fixture.send(&fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000)));
    assert_eq!(
        fixture.result("getTransactionCount", json!([{ "commitment": "processed" }])),
        1
    );
}
