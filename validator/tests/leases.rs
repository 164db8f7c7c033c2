//! Views are leases: a read that outlasts blocks which change much is given up, the oldest first, and never gives a wrong
//! answer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

mod support;

use std::path::Path;
use std::sync::Arc;

use isobath_node::{BlockNotice, Node, NodeConfig, Published, ViewRevoked};
use isobath_sdk::Pubkey;
use isobath_sdk::chain::genesis::{Genesis, GenesisAccount};
use isobath_testkit::keys::{dev_key, unfunded_key};
use support::{FAST_SLOT_MS, balance, next_notice, pass_blocks, submit, transfer, until};
use tokio::sync::broadcast::Receiver;

const OWNER: Pubkey = Pubkey([77; 32]);
/// An account of [`OWNER`] that every transfer here changes, and the length of its data.
const LARGE: Pubkey = Pubkey([78; 32]);
const LARGE_LEN: u64 = 1 << 20;
/// What a block of one transfer counts for held views, at most.
const BLOCK_BYTES: u64 = 24 << 10;
/// What held views may keep.
const HELD_MAX: u64 = 8 * BLOCK_BYTES;
/// Small accounts of [`OWNER`], all below [`LARGE`] in order.
const SMALL_COUNT: u8 = 60;

fn start(dir: &Path) -> Node {
    let mut genesis = Genesis::development();
    let owned = |key, len| GenesisAccount {
        owner: OWNER,
        data: vec![1; len],
        ..GenesisAccount::funded(key, 100_000_000_000)
    };
    let small = (0..SMALL_COUNT).map(|number| owned(Pubkey([number.wrapping_add(10); 32]), 8));
    genesis.accounts.extend(small);
    genesis
        .accounts
        .push(owned(LARGE, usize::try_from(LARGE_LEN).unwrap()));
    genesis.normalize();
    let mut config = NodeConfig::at(dir);
    config.slot_ms = Some(FAST_SLOT_MS);
    config.genesis = Some(genesis);
    config.held_view_bytes = HELD_MAX;
    Node::start(config).unwrap()
}

/// Publishes blocks of one transfer, until so many views more are revoked.
async fn revoke(node: &Node, notices: &mut Receiver<Arc<BlockNotice>>, count: u64) {
    let end = node.counters().views_revoked.get() + count;
    for round in 0_u64.. {
        if node.counters().views_revoked.get() >= end {
            return;
        }
        assert!(round < 200, "no view is revoked");
        submit(node, transfer(node, &dev_key(1), &LARGE, 1_000 + round)).await;
        next_notice(notices).await;
        assert!(
            node.held_view_bytes() < HELD_MAX + 3 * BLOCK_BYTES,
            "memory for held views is bounded"
        );
    }
}

/// The accounts that a scan finds, or that it was given up.
fn count_owned(view: &Published<'_>) -> Result<usize, ViewRevoked> {
    view.owned_by(OWNER)
        .try_fold(0, |count, owned| owned.map(|_| count + 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_takes_too_long_is_given_up_and_quick_reads_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let node = start(dir.path());
    let mut notices = node.notices();
    let view = node.published();
    let before = view.account(&LARGE).unwrap().unwrap().lamports;
    let mut scan = view.owned_by(OWNER);
    for _ in 0..SMALL_COUNT / 2 {
        scan.next().unwrap().unwrap();
    }
    revoke(&node, &mut notices, 1).await;
    assert_eq!(scan.next(), Some(Err(ViewRevoked)));
    assert_eq!(scan.next(), None, "nothing follows the error");
    assert_eq!(view.account(&LARGE), Err(ViewRevoked));
    // Reads of their own view are answered meanwhile, and are right.
    assert_eq!(count_owned(&node.published()), Ok(usize::from(SMALL_COUNT) + 1));
    assert!(balance(&node, &LARGE) > before);
    // Without the check, the account would not exist.
    let mut unguarded = None;
    let guarded = view.read_accounts(|accounts| unguarded = Some(accounts.get(&LARGE)));
    assert_eq!((guarded, unguarded), (Err(ViewRevoked), Some(None)));
    // What the view keeps beside accounts stays.
    assert!(view.chain().slot() < node.published().chain().slot());
    assert_eq!(node.failed(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_view_goes_first_and_no_view_that_nobody_holds_counts() {
    let dir = tempfile::tempdir().unwrap();
    let node = start(dir.path());
    let mut notices = node.notices();
    let oldest = node.published();
    // Views of these blocks are held by nobody.
    for round in 0..2 {
        submit(&node, transfer(&node, &dev_key(2), &LARGE, 500 + round)).await;
        next_notice(&mut notices).await;
    }
    let younger = node.published();
    let expected = younger.account(&LARGE).unwrap();
    revoke(&node, &mut notices, 1).await;
    assert_eq!(oldest.account(&LARGE), Err(ViewRevoked));
    assert_eq!(younger.account(&LARGE), Ok(expected), "only the oldest went");
    drop(younger);
    // The reader of a revoked view costs nothing more, however long it holds it.
    for round in 0..12 {
        submit(&node, transfer(&node, &dev_key(3), &LARGE, 700 + round)).await;
        next_notice(&mut notices).await;
    }
    assert_eq!(node.counters().views_revoked.get(), 1);
    pass_blocks(&mut notices, 2).await;
    until(|| node.held_view_bytes() < 2 * BLOCK_BYTES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_are_accepted_while_views_are_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let node = start(dir.path());
    let mut notices = node.notices();
    let to = unfunded_key(3).pubkey();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(node.published());
        revoke(&node, &mut notices, 1).await;
    }
    submit(&node, transfer(&node, &dev_key(4), &to, 10_000_000)).await;
    until(|| balance(&node, &to) == 10_000_000).await;
    assert!(held.iter().all(|view| view.account(&to) == Err(ViewRevoked)));
    assert_eq!(node.counters().busy_view.get(), 0);
}
