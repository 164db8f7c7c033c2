//! The load generator against a node that misbehaves on purpose, whose own record is the oracle.
//!
//! Whatever the node does, every transfer must end in exactly one block, and the generator's counts must equal those of
//! the node.

mod fake_node;

use std::sync::Mutex;

use clap::Parser;
use jsonrpsee::server::ServerHandle;

use self::fake_node::{FakeNode, Faults, is_busy_at_first, is_failing, is_lost_at_first, serve};
use super::*;
use crate::cli::{Cli, Command};

const TRANSFERS: u64 = 1_000;

/// A node, its address, and the server in front of it.
async fn start(faults: Faults) -> (Arc<Mutex<FakeNode>>, Target, ServerHandle) {
    let node = FakeNode::new(faults);
    let (url, server) = serve(Arc::clone(&node)).await;
    // Nothing listens for WebSocket, so statuses are requested at a fixed interval.
    let ws_url = "ws://127.0.0.1:1".to_owned();
    (node, Target { url, ws_url }, server)
}

fn load_args(arguments: &[&str]) -> LoadArgs {
    let all = ["isobath-bench", "client"].iter().chain(arguments);
    match Cli::try_parse_from(all).unwrap().command {
        Command::Client(args) => args.load,
        _ => panic!("client was asked for"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_transfer_gets_into_exactly_one_block_whatever_the_node_does() {
    let (node, target, server) = start(Faults {
        mistreats: true,
        refused_reads: 3,
        ..Faults::default()
    })
    .await;
    let args = load_args(&[
        "--accounts",
        "10",
        "--window",
        "200",
        "--batch",
        "8",
        "--connections",
        "3",
    ]);
    let funder = Funder::Airdrop(derive_funder(1));
    let goal = Goal::Transfers(TRANSFERS);
    let result = drive(&target, &args, goal, &funder, Stop::new(), None)
        .await
        .unwrap();
    server.stop().unwrap();

    let node = node.lock().unwrap();
    assert_eq!(node.transfers.len() as u64, TRANSFERS, "every transfer was sent");
    for transfer in node.transfers.values() {
        assert_eq!(
            transfer.blocks.len(),
            1,
            "transfer {} is in {} blocks",
            transfer.number,
            transfer.blocks.len()
        );
    }
    let count = |property: fn(u64) -> bool| (0..TRANSFERS).filter(|number| property(*number)).count() as u64;
    let load = &result.load;
    let failed = count(is_failing);
    assert_eq!((load.sent, load.unresolved), (TRANSFERS, 0));
    assert_eq!(load.confirmed, TRANSFERS.saturating_sub(failed));
    let causes: Vec<_> = load.failures.iter().collect();
    assert_eq!(
        causes,
        [(
            &"failed in its block: InstructionError: Custom 1".to_owned(),
            &failed
        )]
    );
    assert_eq!(load.busy_answers, count(is_busy_at_first));
    assert!(
        load.resigned >= count(is_lost_at_first),
        "{} re-signed",
        load.resigned
    );
    assert!(
        result.conservation.unwrap().holds,
        "although the node refused the first closing reads"
    );
    assert_eq!(node.reads_without_commitment, 0);
    assert_eq!(load.latency_us.len(), load.confirmed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_goes_away_ends_the_run_with_a_report() {
    let (node, target, server) = start(Faults::default()).await;
    let args = load_args(&["--accounts", "10", "--rate", "200", "--timeout", "2"]);
    let funder = Funder::Airdrop(derive_funder(1));
    tokio::spawn(async move {
        while node.lock().unwrap().transfers.len() < 50 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.stop().unwrap();
    });
    let result = drive(&target, &args, Goal::Transfers(5_000), &funder, Stop::new(), None)
        .await
        .unwrap();
    let load = &result.load;
    assert_eq!(load.stop_reason, Some(crate::stop::StopReason::Stalled));
    assert!(
        load.confirmed > 0 && load.confirmed < 5_000,
        "{} confirmed",
        load.confirmed
    );
    assert!(result.conservation.unwrap_err().contains("cannot connect"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stands_still_is_charged_for_every_transfer_that_was_due() {
    const STALL: Duration = Duration::from_millis(1_000);
    let (_node, target, server) = start(Faults {
        stall: Some(STALL),
        ..Faults::default()
    })
    .await;
    // Ten in flight at most, so that nearly all that are due meanwhile cannot even be sent.
    let args = load_args(&["--accounts", "10", "--rate", "200", "--window", "10"]);
    let funder = Funder::Airdrop(derive_funder(1));
    let goal = Goal::Transfers(400);
    let result = drive(&target, &args, goal, &funder, Stop::new(), None)
        .await
        .unwrap();
    server.stop().unwrap();

    let load = &result.load;
    assert_eq!(load.confirmed, 400);
    // During the stall 200 are due, one every 5 ms; half of them wait for at least half of it.
    let half_us = u64::try_from(STALL.as_micros() / 2).unwrap();
    let slow = load.latency_us.count_between(half_us, u64::MAX);
    assert!(slow >= 90, "{slow} transfers took half of the stall");
    let late = load.late.unwrap();
    assert!(late.transfers >= 90 && late.unsent == 0, "{late:?}");
    assert!(late.max_us >= half_us && late.mean_us <= late.max_us, "{late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_beyond_the_bound_on_bodies_goes_out_in_several_requests() {
    let (_node, target, server) = start(Faults::default()).await;
    let args = load_args(&["--accounts", "10", "--batch", "256", "--timeout", "5"]);
    let funder = Funder::Airdrop(derive_funder(1));
    let goal = Goal::Transfers(1_024);
    let result = drive(&target, &args, goal, &funder, Stop::new(), None)
        .await
        .unwrap();
    server.stop().unwrap();
    let load = &result.load;
    assert_eq!(
        (load.confirmed, load.last_error.as_ref()),
        (1_024, None),
        "{:?}",
        load.failures
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_stopped_before_its_load_says_so() {
    let (node, target, server) = start(Faults::default()).await;
    let stop = Stop::new();
    stop.request(crate::stop::StopReason::Interrupted);
    let args = load_args(&["--accounts", "10"]);
    let funder = Funder::Airdrop(derive_funder(1));
    let error = drive(&target, &args, Goal::Transfers(10), &funder, stop, None)
        .await
        .unwrap_err();
    server.stop().unwrap();
    assert!(error.is::<Interrupted>(), "{error:#}");
    assert!(node.lock().unwrap().transfers.is_empty());
}
