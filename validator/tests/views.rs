//! Views held while blocks are produced: they block nothing, and remain those of their block.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use isobath_node::{BlockNotice, Node, Preflight, Published, ViewRevoked};
use isobath_sdk::chain::account::Account;
use isobath_sdk::ids;
use isobath_sdk::{Keypair, Pubkey, Signature, builtins::system};
use isobath_testkit::keys::{dev_key, unfunded_key};
use isobath_testkit::transactions::wire;
use support::{next_notice, pass_blocks, start_fast, submit, transfer};
use tokio::sync::broadcast::Receiver;

const OWNER: Pubkey = Pubkey([77; 32]);
const RENT: u64 = 10_000_000;

/// Creates an account of [`OWNER`].
fn create(node: &Node, payer: &Keypair, account: &Keypair) -> Vec<u8> {
    let instruction = system::create_account(&payer.pubkey(), &account.pubkey(), RENT, 8, &OWNER);
    let blockhash = node.published().chain().blockhash();
    wire(&[payer, account], &[instruction], blockhash)
}

/// What one view shows, in several ways.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    slot: u64,
    owned: Vec<Pubkey>,
    transactions: u64,
    statuses: Vec<bool>,
}

fn shown(view: &Published<'_>, signatures: &[Signature]) -> Shown {
    assert_eq!(
        view.read_accounts(|accounts| accounts.slot()),
        Ok(view.chain().slot())
    );
    let sum = u128::from(view.chain().capitalization());
    assert_eq!(view.read_accounts(|accounts| accounts.sum_lamports()), Ok(sum));
    let owned = view.owned_by(OWNER).map(|owned| Ok(owned?.0));
    let owned = owned.collect::<Result<Vec<Pubkey>, ViewRevoked>>().unwrap();
    let expected = view.read_accounts(|accounts| accounts.iter()).unwrap();
    let expected: Vec<Pubkey> = expected
        .filter(|(_, account)| account.owner == OWNER)
        .map(|(key, _)| key)
        .collect();
    assert_eq!(owned, expected, "the index and the accounts agree");
    let statuses: Vec<bool> = signatures
        .iter()
        .map(|signature| view.status(signature).unwrap().is_some())
        .collect();
    Shown {
        slot: view.chain().slot(),
        owned,
        transactions: view.transaction_count(),
        statuses,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_views_stay_and_hold_up_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let mut notices = node.notices();
    let mut signatures = Vec::new();
    for round in 0..24_u8 {
        let payer = dev_key(usize::from(round % 10));
        let wire = match round % 3 {
            0 | 1 => create(&node, &payer, &unfunded_key(100 + round)),
            _ => transfer(&node, &payer, &unfunded_key(9).pubkey(), RENT),
        };
        signatures.push(submit(&node, wire).await);
        next_notice(&mut notices).await;
    }
    // The signatures are known now, so read all views again that were held meanwhile.
    let node_of_reader = node.clone();
    let known = signatures.clone();
    let before = shown(&node.published(), &known);
    let reader = std::thread::spawn(move || {
        let node = node_of_reader;
        let mut held: Vec<(Published<'_>, Shown)> = Vec::new();
        let first = node.published();
        let as_first = shown(&first, &known);
        for _ in 0..20 {
            let view = node.published();
            let now = shown(&view, &known);
            held.push((view, now));
            let blocks = node.counters().blocks.get();
            // The node makes blocks although this thread holds views.
            while node.counters().blocks.get() < blocks + 2 {
                std::thread::yield_now();
            }
        }
        for (view, now) in &held {
            assert_eq!(&shown(view, &known), now, "a held view does not move");
        }
        assert_eq!(shown(&first, &known), as_first);
        assert!(held.last().unwrap().1.slot >= as_first.slot + 38);
    });
    for round in 100..130_u8 {
        let payer = dev_key(usize::from(round % 10));
        let wire = create(&node, &payer, &unfunded_key(100 + round));
        submit(&node, wire).await;
        next_notice(&mut notices).await;
    }
    reader.join().unwrap();
    pass_blocks(&mut notices, 3).await;
    let after = shown(&node.published(), &signatures);
    assert!(after.slot > before.slot);
    assert_eq!(after.owned.len(), 16 + 30);
    assert!(after.statuses.iter().all(|known| *known));
    // What a view shows is durable: its block can be read back, also by the next node.
    let durable = after.slot;
    assert_eq!(node.history(durable).unwrap().unwrap().header.slot, durable);
    node.shutdown();
    drop(node);
    let node = start_fast(dir.path());
    assert!(node.published().chain().slot() >= durable);
    assert_eq!(shown(&node.published(), &signatures).owned, after.owned);
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_transactions_skip_signatures_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let mut notices = node.notices();
    let to = unfunded_key(8).pubkey();
    let mut wire = transfer(&node, &dev_key(1), &to, RENT);
    wire[1..65].copy_from_slice(&[5; 64]);
    node.submit(wire.clone(), Preflight::Skip)
        .await
        .expect_err("ingress for clients verifies signatures");
    let signature = node.submit_verified(&wire).unwrap();
    assert_eq!(signature, Signature([5; 64]));
    while node.status(&signature).is_none() {
        next_notice(&mut notices).await;
    }
    // Decoding, blockhash and duplicates are checked as ever.
    node.submit_verified(&wire[..70]).expect_err("cut short");
    assert_eq!(node.submit_verified(&wire).unwrap(), signature, "known already");
    let mut renamed = wire.clone();
    renamed[1] = 6;
    node.submit_verified(&renamed).expect_err("the same message");
    let mut stale = wire;
    // Behind one signature, the header and three keys.
    let blockhash_at = 65 + 4 + 3 * 32;
    stale[blockhash_at] ^= 1;
    node.submit_verified(&stale).expect_err("a blockhash of no block");
    node.shutdown();
    let late = isobath_testkit::transactions::transfer(isobath_sdk::Hash([1; 32]), &dev_key(1), &to, 1);
    node.submit_verified(&late).expect_err("the node has stopped");
}

/// Accounts by key.
type Accounts = BTreeMap<Pubkey, Account>;

/// What a reader found in the view of a slot.
struct Answer {
    slot: u64,
    all: Accounts,
    /// By owner: those of [`OWNER`], and those of the System program with data.
    owned: [Accounts; 2],
}

const OWNERS: [Pubkey; 2] = [OWNER, ids::SYSTEM_PROGRAM];
/// Answers of a reader that are kept.
const ANSWERS: usize = 400;

/// Reads views until it is stopped. Every other view is read only when it is no longer the newest.
fn read_views(node: &Node, stop: &AtomicBool) -> Vec<Answer> {
    let mut answers = Vec::new();
    while !stop.load(Ordering::Acquire) && answers.len() < ANSWERS {
        let view = node.published();
        let slot = view.chain().slot();
        while answers.len() % 2 == 1
            && node.published().chain().slot() == slot
            && !stop.load(Ordering::Acquire)
        {
            std::thread::yield_now();
        }
        let owned = OWNERS.map(|owner| {
            view.owned_by(owner)
                .collect::<Result<Accounts, ViewRevoked>>()
                .unwrap()
        });
        let all = view.read_accounts(|accounts| accounts.iter().collect()).unwrap();
        answers.push(Answer { slot, all, owned });
    }
    answers
}

/// Follows blocks to the one with this transaction, which must succeed, and keeps the accounts at the end of each.
async fn follow(
    notices: &mut Receiver<Arc<BlockNotice>>,
    states: &mut BTreeMap<u64, Accounts>,
    signature: Signature,
) {
    loop {
        let notice = next_notice(notices).await;
        let (newest, mut accounts) = states
            .last_key_value()
            .map(|(slot, accounts)| (*slot, accounts.clone()))
            .unwrap();
        if notice.slot > newest {
            assert_eq!(notice.slot, newest.saturating_add(1));
            for (key, account) in &notice.changed {
                match account {
                    Some(account) => accounts.insert(*key, account.clone()),
                    None => accounts.remove(key),
                };
            }
            states.insert(notice.slot, accounts);
        }
        if let Some((_, error)) = notice.signatures.iter().find(|(listed, _)| *listed == signature) {
            assert_eq!(*error, None);
            return;
        }
    }
}

/// Round `round` of changes: a nonce account is created or closed, and an account with data gets another owner two rounds
/// after it was made, while one of [`OWNER`] gains lamports.
fn change(node: &Node, round: u8) -> Vec<u8> {
    let (payer, nonce) = (dev_key(0), unfunded_key(round / 2 % 3));
    let (made, given) = (
        unfunded_key(round.saturating_add(100)),
        unfunded_key(round.saturating_add(98)),
    );
    let mut instructions = match round % 2 {
        0 => system::create_nonce_account(&payer.pubkey(), &nonce.pubkey(), &payer.pubkey(), RENT).to_vec(),
        _ => vec![system::withdraw_nonce_account(
            &nonce.pubkey(),
            &payer.pubkey(),
            &payer.pubkey(),
            RENT,
        )],
    };
    instructions.push(system::create_account(
        &payer.pubkey(),
        &made.pubkey(),
        RENT,
        8,
        &ids::SYSTEM_PROGRAM,
    ));
    let mut signers = vec![&payer, &made];
    if round.is_multiple_of(2) {
        signers.push(&nonce);
    }
    if round >= 2 {
        instructions.push(system::assign(&given.pubkey(), &OWNER));
        signers.push(&given);
    }
    if round >= 3 {
        instructions.push(system::transfer(&payer.pubkey(), &unfunded_key(100).pubkey(), 1));
    }
    wire(&signers, &instructions, node.published().chain().blockhash())
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_and_scans_beside_the_producer_see_ends_of_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let mut notices = node.notices();
    let view = node.published();
    let first = view.read_accounts(|accounts| (accounts.slot(), accounts.iter().collect()));
    let mut states = BTreeMap::from([first.unwrap()]);
    let stop = Arc::new(AtomicBool::new(false));
    let readers = [(); 2].map(|()| {
        let (node, stop) = (node.clone(), Arc::clone(&stop));
        std::thread::spawn(move || read_views(&node, &stop))
    });
    for round in 0..40 {
        let signature = submit(&node, change(&node, round)).await;
        follow(&mut notices, &mut states, signature).await;
    }
    stop.store(true, Ordering::Release);
    let mut slots = Vec::new();
    for answer in readers.into_iter().flat_map(|reader| reader.join().unwrap()) {
        // A block may have come after the last that was followed.
        let Some(expected) = states.get(&answer.slot) else {
            continue;
        };
        assert_eq!(&answer.all, expected, "slot {}", answer.slot);
        for (owner, owned) in OWNERS.iter().zip(&answer.owned) {
            let is_listed = |account: &Account| account.owner == *owner && !account.data.is_empty();
            let of_owner = expected.iter().filter(|(_, account)| is_listed(account));
            assert!(owned.iter().eq(of_owner), "slot {}: {owned:?}", answer.slot);
        }
        slots.push(answer.slot);
    }
    slots.sort_unstable();
    slots.dedup();
    assert!(slots.len() > 20, "answers of {} slots", slots.len());
}
