//! A disk that fills up, at every place of a record, below the account store and below a whole node.

#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "the helpers of a test are test code, which clippy cannot see: a panic is a failed test"
)]

use std::io;
use std::sync::Arc;
use std::time::Duration;

use isobath_ledger::{CommitError, OpenError};
use isobath_node::Store;
use isobath_node::{BlockNotice, Node, NodeConfig, Preflight, SubmitError};
use isobath_sdk::chain::genesis::dev_keypairs;
use isobath_storage::LossyStorage;
use isobath_tests::crash::claims::Claims;
use isobath_tests::crash::recorder::Step;
use isobath_tests::crash::reference::Reference;
use isobath_tests::crash::reopen::{Promise, Reopened, reopen};
use isobath_tests::crash::tear::Parts;
use isobath_tests::crash::trace::{Walk, store};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

const SEED: u64 = 20_261_102;
const BLOCKS: usize = 16;
/// Besides the ends of the parts, bytes of a record at a fixed distance are tried as the last that fit.
const STRIDE: usize = 97;
const SLOT_MS: u64 = 20;
/// How long nothing comes when nothing is to come.
const SILENCE: Duration = Duration::from_millis(SLOT_MS * 2);
const PATIENCE: Duration = Duration::from_secs(20);

const fn exactly(blocks: u64) -> Promise {
    Promise {
        acknowledged: blocks,
        begun: blocks,
    }
}

/// Asserts that committing the next block fails for lack of room, says so, and kills the handle.
fn assert_full(reference: &Reference, ledger: &Reopened, context: &str) {
    let record = reference.execute_next(&ledger.chain, &ledger.db).unwrap();
    let Err(CommitError::Storage(error)) = ledger.db.commit_received(record.clone()) else {
        panic!("{context}: the disk is full");
    };
    assert_eq!(error.cause().kind(), io::ErrorKind::StorageFull, "{context}");
    let text = error.to_string();
    assert!(
        text.contains("append a block") && text.contains("make room"),
        "{text}"
    );
    for _ in 0..2 {
        let again = ledger.db.commit_received(record.clone());
        assert!(
            matches!(again, Err(CommitError::Poisoned)),
            "{context}: {again:?}"
        );
    }
    let slot = ledger.db.view().slot();
    for slot in 1..=slot {
        let history = ledger.db.history(slot).unwrap();
        let stored = reference.record(slot).map(|record| &record.history);
        assert_eq!(history.as_ref(), stored, "{context}: what is published is served");
    }
}

/// A disk with the blocks before `walk`'s next record, and room for `room` bytes of it. Whether the power goes
/// after the failure depends on `turn`: a process that ends leaves its half-written record, a power failure may not.
fn fill_up(reference: &Reference, walk: &Walk, room: usize, turn: usize) -> Result<(), String> {
    let blocks = walk.promise().acknowledged;
    let context = format!("block {}, room for {room} bytes", blocks + 1);
    let disk = walk.fork();
    disk.set_capacity(Some(disk.bytes().len() + room));
    let ledger = reopen(reference, Box::new(disk.clone()), exactly(blocks))?;
    assert_full(reference, &ledger, &context);
    drop(ledger);
    let is_power_failure = turn.is_multiple_of(2);
    if is_power_failure {
        disk.crash();
    }
    // Still full: the ledger opens, cuts what is half written, and fails in the same way.
    let ledger = reopen(reference, Box::new(disk.clone()), exactly(blocks))?;
    let torn = if is_power_failure { 0 } else { room as u64 };
    assert_eq!(ledger.report.torn_bytes_cut, torn, "{context}");
    assert_full(reference, &ledger, &context);
    drop(ledger);
    disk.set_capacity(None);
    let mut ledger = reopen(reference, Box::new(disk.clone()), exactly(blocks))?;
    ledger.go_on(reference)?;
    drop(ledger);
    disk.crash();
    reopen(reference, Box::new(disk), exactly(blocks + 1)).map(drop)
}

#[test]
fn a_commit_that_does_not_fit_fails_clearly_at_every_length() {
    let reference = Reference::new(SEED, BLOCKS);
    let steps = store(&reference, |_| None).unwrap();
    let mut walk = Walk::default();
    let mut tried = 0;
    for step in &steps {
        if let Step::Append(bytes) = step
            && walk.has_ledger()
        {
            let record = reference.record(walk.promise().begun).unwrap();
            let parts = Parts::of(record, bytes.len());
            let mut rooms = parts.lengths();
            rooms.extend((0..parts.total()).step_by(STRIDE));
            rooms.retain(|room| *room < parts.total());
            for room in rooms {
                fill_up(&reference, &walk, room, tried)
                    .unwrap_or_else(|what| panic!("room for {room}: {what}"));
                tried += 1;
            }
        }
        walk.step(step);
    }
    println!("{tried} full disks");
    assert!(tried > BLOCKS * 12);
}

#[test]
fn a_ledger_that_does_not_fit_is_refused_clearly_and_created_later() {
    let reference = Reference::new(SEED, 1);
    let whole = LossyStorage::new();
    drop(reopen(&reference, Box::new(whole.clone()), exactly(0)).unwrap());
    let len = whole.bytes().len();
    for room in (0..len).step_by(61).chain([len - 1]) {
        let disk = LossyStorage::new();
        disk.set_capacity(Some(room));
        let opened = Store::open(Box::new(disk.clone()), reference.genesis(), &mut |_| Ok(()));
        let Err(OpenError::Storage(error)) = opened else {
            panic!("room for {room} of {len} bytes: {opened:?}");
        };
        assert!(
            error.is_out_of_room() && error.to_string().contains("make room"),
            "{error}"
        );
        disk.set_capacity(None);
        let mut ledger = reopen(&reference, Box::new(disk.clone()), exactly(0)).unwrap();
        assert!(ledger.report.created);
        ledger.go_on(&reference).unwrap();
        drop(ledger);
        disk.crash();
        reopen(&reference, Box::new(disk), exactly(1)).unwrap();
    }
}

fn on(disk: &LossyStorage) -> NodeConfig {
    let mut config = NodeConfig::default();
    config.slot_ms = Some(SLOT_MS);
    config.storage = Some(Box::new(disk.clone()));
    config
}

/// Confirms what a notice lists; false when there is none left.
async fn hear(notices: &mut Receiver<Arc<BlockNotice>>, claims: &mut Claims, patience: Duration) -> bool {
    let Ok(Ok(notice)) = timeout(patience, notices.recv()).await else {
        return false;
    };
    for (signature, error) in &notice.signatures {
        assert_eq!(*error, None, "the transfers are payable");
        claims.confirm(signature, notice.slot).unwrap();
    }
    true
}

/// Sends `count` transfers; the first refusal, if there is one.
async fn send(node: &Node, claims: &mut Claims, count: usize) -> Result<(), SubmitError> {
    let keys = dev_keypairs();
    for _ in 0..count {
        let blockhash = node.published().chain().blockhash();
        let index = claims.next(&keys[claims.transfers().len() % keys.len()], blockhash);
        let wire = claims.transfers()[index].wire.clone();
        node.submit(wire, Preflight::Skip).await?;
    }
    Ok(())
}

/// Sends transfers until some are confirmed, then lets the disk fill up, and sends until the node refuses them.
async fn load_until_full(node: &Node, disk: &LossyStorage, room: usize, claims: &mut Claims) -> SubmitError {
    let mut notices = node.notices();
    while claims.confirmed().len() < 20 {
        send(node, claims, 5).await.expect("the node takes transfers");
        hear(&mut notices, claims, SILENCE).await;
    }
    disk.set_capacity(Some(disk.bytes().len() + room));
    let refusal = timeout(PATIENCE, async {
        loop {
            if let Err(refusal) = send(node, claims, 5).await {
                break refusal;
            }
            hear(&mut notices, claims, SILENCE).await;
        }
    });
    let refusal = refusal.await.expect("a node without room refuses in time");
    timeout(PATIENCE, node.stopped())
        .await
        .expect("and stops in time");
    while hear(&mut notices, claims, SILENCE).await {}
    refusal
}

/// Asserts that the node, whatever its disk does, serves every confirmed transfer.
fn assert_serves(node: &Node, claims: &Claims) {
    for index in claims.confirmed() {
        let transfer = &claims.transfers()[index];
        let status = node.status(&transfer.signature);
        let status = status.expect("a confirmed transfer has a status");
        assert_eq!((Some(status.slot), status.error), (claims.slot(index), None));
        let found = node.find(&transfer.signature).unwrap();
        assert_eq!(found.map(|found| found.slot), claims.slot(index));
        let balance = node
            .published()
            .account(&transfer.recipient)
            .unwrap()
            .map(|account| account.lamports);
        assert_eq!(balance, Some(transfer.lamports));
    }
}

/// Asserts that the node has stopped for lack of room and says so, to everybody who asks.
async fn assert_stopped(node: &Node, refusal: SubmitError, claims: &mut Claims) {
    let reason = node.failed().expect("the node has failed");
    for part in ["cannot write the ledger", "make room", "start again", "is kept"] {
        assert!(reason.contains(part), "{part} is not in: {reason}");
    }
    let again = send(node, claims, 1)
        .await
        .expect_err("a failed node takes nothing in");
    for refusal in [refusal, again] {
        assert!(
            matches!(&refusal, SubmitError::Failed(named) if *named == reason),
            "{refusal:?}"
        );
    }
    let slot = node.published().chain().slot();
    tokio::time::sleep(Duration::from_millis(SLOT_MS * 3)).await;
    assert_eq!(
        node.published().chain().slot(),
        slot,
        "a failed node makes no block"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_disk_fills_up_stops_clearly_and_keeps_what_it_confirmed() {
    let rooms = [0, 1, 171, 172, 173, 600, 900, 2_000, 7_777, 40_000];
    for (turn, room) in rooms.into_iter().enumerate() {
        let disk = LossyStorage::new();
        let mut claims = Claims::default();
        let node = Node::start(on(&disk)).unwrap();
        let refusal = load_until_full(&node, &disk, room, &mut claims).await;
        assert_stopped(&node, refusal, &mut claims).await;
        assert_serves(&node, &claims);
        let slot = node.published().chain().slot();
        node.shutdown();
        assert_serves(&node, &claims);
        drop(node);

        if turn.is_multiple_of(2) {
            disk.crash();
        }
        disk.set_capacity(None);
        let node = Node::start(on(&disk)).unwrap();
        assert!(node.published().chain().slot() >= slot);
        assert_serves(&node, &claims);
        let mut notices = node.notices();
        let before = claims.confirmed().len();
        send(&node, &mut claims, 5).await.unwrap();
        while claims.confirmed().len() < before + 5 {
            assert!(
                hear(&mut notices, &mut claims, PATIENCE).await,
                "blocks keep coming"
            );
        }
        node.shutdown();
        drop(node);
        let landed = claims.check_ledger(Box::new(disk)).unwrap();
        println!(
            "room for {room} bytes: {landed:?} of {} sent",
            claims.transfers().len()
        );
    }
}
