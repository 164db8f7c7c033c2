//! The time of blocks when the clock of the host is wrong.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test, on small numbers"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use isobath_node::{Node, NodeConfig};
use isobath_sdk::chain::genesis::Genesis;
use isobath_storage::LossyStorage;

const SLOT_MS: u64 = 20;
const TEN_YEARS_MS: i64 = 10 * 365 * 86_400_000;

fn host_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn start(disk: &LossyStorage, genesis: Option<Genesis>) -> Node {
    let mut config = NodeConfig::default();
    config.storage = Some(Box::new(disk.clone()));
    config.genesis = genesis;
    config.slot_ms = Some(SLOT_MS);
    Node::start(config).unwrap()
}

/// Stops the node after this many more blocks. Returns the times of all of its blocks.
fn times_after(node: &Node, blocks: u64) -> Vec<i64> {
    let first = node.published().chain().slot();
    while node.published().chain().slot() < first + blocks {
        std::thread::sleep(Duration::from_millis(SLOT_MS));
    }
    node.shutdown();
    let newest = node.published().chain().slot();
    let history = |slot| node.history(slot).unwrap().unwrap();
    (1..=newest)
        .map(|slot| history(slot).header.timestamp_ms)
        .collect()
}

#[test]
fn a_chain_ahead_of_the_clock_goes_on_slowly_and_never_goes_back() {
    let genesis = Genesis {
        start_time_ms: host_ms() + TEN_YEARS_MS,
        ..Genesis::development()
    };
    let disk = LossyStorage::new();
    let begun = host_ms();
    times_after(&start(&disk, Some(genesis.clone())), 5);
    // A restart changes nothing about it.
    let node = start(&disk, None);
    let times = times_after(&node, 10);
    let took = host_ms() - begun;
    assert!(times.is_sorted() && times[0] >= genesis.start_time_ms);
    let passed = times.last().unwrap() - genesis.start_time_ms;
    assert!(
        passed >= 8 * 20 / 2,
        "time stands still: {passed} ms in {} blocks",
        times.len()
    );
    assert!(passed <= took / 2 + 1, "{passed} ms while {took} ms passed");
    assert!(node.counters().blocks_off_clock.get() >= 10);
}

#[test]
fn a_chain_that_agrees_with_the_clock_follows_it() {
    let disk = LossyStorage::new();
    let begun = host_ms();
    let node = start(&disk, None);
    let times = times_after(&node, 10);
    assert!(times[0] >= begun && *times.last().unwrap() <= host_ms());
    assert_eq!(node.counters().blocks_off_clock.get(), 0);
}
