//! History beyond the limits of a node is answered as if it were gone.

use isobath_node::HistoryLimits;
use serde_json::{Value, json};

use crate::fixture::{Fixture, dev_key, fresh_key};

#[test]
fn blocks_and_transactions_are_forgotten_together() {
    let fixture = Fixture::start_remembering(HistoryLimits {
        blocks_max: 10,
        ..HistoryLimits::default()
    });
    let signature = fixture.send(&fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000));
    let slot = fixture.confirm(&signature)["slot"].as_u64().expect("a slot");
    let config = json!({ "commitment": "confirmed" });
    assert_eq!(
        fixture.result("getTransaction", json!([signature, config]))["slot"],
        slot
    );
    fixture.wait(|| (fixture.node().published().chain().slot() > slot + 20).then_some(()));
    // Blocks are made meanwhile, so numbers are compared in the order in which they were asked for.
    let first = fixture.result("getFirstAvailableBlock", json!([]));
    let newest = fixture.result("getSlot", json!([]));
    let oldest = fixture.result("minimumLedgerSlot", json!([]));
    let number = |value: &Value| value.as_u64().expect("a slot");
    assert!(number(&first) > slot && number(&first) + 9 <= number(&newest));
    assert!(number(&oldest) + 9 >= number(&newest));
    for method in ["getBlock", "getBlockTime"] {
        let error = fixture.error(method, json!([slot]));
        assert_eq!(error["code"], -32001, "{error}");
    }
    assert!(
        fixture
            .result("getTransaction", json!([signature, config]))
            .is_null()
    );
    let listed = fixture.result("getSignaturesForAddress", json!([fresh_key(1)]));
    assert_eq!(listed, json!([]));
    let blocks = fixture.result("getBlocks", json!([0]));
    assert!(number(&blocks[0]) >= number(&oldest));
    assert!(blocks.as_array().expect("a list").len() <= 10);
    // A client that polls gets the correct status as long as its blockhash can be valid.
    let status = fixture.confirm(&signature);
    assert_eq!(status["slot"], slot);
    // The newest block is served at all times.
    fixture.wait(|| {
        let newest = fixture.node().published().chain().slot();
        let block = crate::client::call(fixture.http(), "getBlock", json!([newest]));
        block.get("result").map(|_| ())
    });
}

#[test]
fn a_restarted_node_may_remember_more() {
    let fixture = Fixture::start_remembering(HistoryLimits {
        blocks_max: 2,
        ..HistoryLimits::default()
    });
    let signature = fixture.send(&fixture.transfer(&dev_key(0), &fresh_key(1), 1_000_000));
    let slot = fixture.confirm(&signature)["slot"].as_u64().expect("a slot");
    fixture.wait(|| (fixture.node().published().first_slot() > slot).then_some(()));
    assert!(fixture.result("getTransaction", json!([signature])).is_null());
    let fixture = fixture.restart();
    assert_eq!(fixture.result("getFirstAvailableBlock", json!([])), 0);
    assert_eq!(fixture.result("getTransaction", json!([signature]))["slot"], slot);
}
