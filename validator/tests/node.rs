//! A node from the outside: what is submitted is confirmed, found again and never lost; what has no effect is never
//! seen.

mod support;

use isobath_ledger::OpenError;
use isobath_node::{AcceptedTx, Node, NodeError, Preflight, SubmitError};
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::outcome::OutcomeClass;
use isobath_sdk::{TransactionError, TransactionView};
use isobath_testkit::keys::{dev_key, unfunded_key};
use isobath_testkit::transactions;
use support::{balance, confirmed, fast, pass_blocks, sign_again, start_fast, submit, transfer, until};

#[tokio::test(flavor = "multi_thread")]
async fn transfers_are_confirmed_and_found_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let mut notices = node.notices();
    let (from, to) = (dev_key(0), unfunded_key(7).pubkey());
    let mut signatures = Vec::new();
    for lamports in 1_000_000..1_000_020 {
        let signature = submit(&node, transfer(&node, &from, &to, lamports)).await;
        let notice = confirmed(&mut notices, &signature).await;
        let status = node.status(&signature).unwrap();
        assert_eq!(
            (status.slot, status.height, status.error),
            (notice.slot, notice.height, None)
        );
        assert!(notice.changed.iter().any(|(key, _)| *key == to));
        assert!(notice.changed.is_sorted_by_key(|(key, _)| *key));
        signatures.push(signature);
    }
    let owned = balance(&node, &to);
    assert_eq!(owned, (1_000_000..1_000_020).sum::<u64>());
    node.shutdown();
    let tip = node.published().chain().slot();
    drop(node);

    let node = start_fast(dir.path());
    assert!(node.published().chain().slot() >= tip);
    assert_eq!(balance(&node, &to), owned);
    for signature in &signatures {
        let found = node.find(signature).unwrap().unwrap();
        let status = node.status(signature).unwrap();
        assert_eq!((found.slot, found.index), (status.slot, status.index));
        assert_eq!(found.history.header.slot, found.slot);
    }
    assert_eq!(node.published().transaction_count(), 20);
    assert!(node.find(&unfunded_key(1).sign(b"never sent")).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_message_is_refused_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let mut notices = node.notices();
    let to = unfunded_key(7).pubkey();
    let wire = transfer(&node, &dev_key(0), &to, 1_000_000);
    let signature = submit(&node, wire.clone()).await;
    confirmed(&mut notices, &signature).await;
    drop(node);

    let node = start_fast(dir.path());
    let mut notices = node.notices();
    assert_eq!(
        submit(&node, wire.clone()).await,
        signature,
        "a resend is answered, not carried out again"
    );
    let refused = node.submit(wire, Preflight::Run).await.unwrap_err();
    let SubmitError::Preflight(simulation) = refused else {
        panic!("preflight refuses: {refused}")
    };
    assert_eq!(simulation.outcome.error, Some(TransactionError::AlreadyProcessed));
    pass_blocks(&mut notices, 3).await;
    assert_eq!(balance(&node, &to), 1_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_transaction_in_the_open_block_is_answered_like_that_of_a_pending_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(2_000);
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    pass_blocks(&mut notices, 1).await;
    let wire = transfer(&node, &dev_key(0), &unfunded_key(7).pubkey(), 1_000_000);
    let signature = submit(&node, wire.clone()).await;
    until(|| node.pending_len() == 0).await;
    assert_eq!(submit(&node, wire.clone()).await, signature);
    assert_eq!(
        node.counters().repeated.get(),
        1,
        "it does not enter the pool again"
    );
    let renamed = node.submit(sign_again(&wire, 0), Preflight::Skip).await;
    let is_refused = matches!(
        renamed,
        Err(SubmitError::Invalid(TransactionError::AlreadyProcessed))
    );
    assert!(is_refused, "{renamed:?}");
    assert_eq!(node.accepted(&signature), Some(AcceptedTx::Pending));
    confirmed(&mut notices, &signature).await;
    assert_eq!(node.accepted(&signature), None);
    assert_eq!(node.counters().dropped_no_op.get(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_effect_is_never_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(400);
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let (poor, to) = (dev_key(3), dev_key(0).pubkey());
    // The second one is accepted by the balance before the first.
    let all = balance(&node, &poor.pubkey()) - 5_000;
    let emptying = submit(&node, transfer(&node, &poor, &to, all)).await;
    let signature = submit(&node, transfer(&node, &poor, &to, 1)).await;
    confirmed(&mut notices, &emptying).await;
    assert_eq!(node.counters().dropped_no_op.get(), 1);
    assert_eq!(node.pending_len(), 0);
    assert!(node.status(&signature).is_none());
    assert!(node.find(&signature).unwrap().is_none());
    let tip = node.published().chain().slot();
    for slot in 1..=tip {
        let history = node.history(slot).unwrap().unwrap();
        let signatures = history.transactions.iter();
        let mut signatures = signatures.map(|wire| TransactionView::parse(wire).unwrap().signature(0));
        assert!(signatures.all(|listed| listed == emptying));
        assert!(
            history
                .executions
                .iter()
                .all(|execution| execution.outcome.class != OutcomeClass::NoOp)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction_pays_and_is_listed_with_its_error() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let mut notices = node.notices();
    let from = dev_key(1);
    let before = balance(&node, &from.pubkey());
    let wire = transfer(&node, &from, &unfunded_key(4).pubkey(), u64::MAX);
    let refused = node.submit(wire.clone(), Preflight::Run).await.unwrap_err();
    assert!(matches!(refused, SubmitError::Preflight(_)), "{refused}");
    assert_eq!(balance(&node, &from.pubkey()), before);
    let signature = submit(&node, wire).await;
    let notice = confirmed(&mut notices, &signature).await;
    let (_, error) = notice
        .signatures
        .iter()
        .find(|(listed, _)| *listed == signature)
        .unwrap();
    assert!(matches!(error, Some(TransactionError::InstructionError(0, _))));
    assert_eq!(balance(&node, &from.pubkey()), before.checked_sub(5_000).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_typed_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let to = unfunded_key(5).pubkey();
    let good = transfer(&node, &dev_key(2), &to, 1_000_000);

    let truncated = good[..good.len() / 2].to_vec();
    assert!(matches!(
        node.submit(truncated, Preflight::Skip).await,
        Err(SubmitError::Decode(_))
    ));
    let mut forged = good.clone();
    forged[5] ^= 1;
    assert!(matches!(
        node.submit(forged, Preflight::Skip).await,
        Err(SubmitError::SignatureVerification)
    ));
    let unknown = transactions::transfer(isobath_sdk::Hash([9; 32]), &dev_key(2), &to, 1);
    assert!(matches!(
        node.submit(unknown.clone(), Preflight::Skip).await,
        Err(SubmitError::Invalid(TransactionError::BlockhashNotFound))
    ));
    assert!(matches!(
        node.submit(unknown, Preflight::Run).await,
        Err(SubmitError::Preflight(_))
    ));

    let counters = node.counters();
    assert_eq!(counters.received.get(), 4);
    assert_eq!(counters.refused_decode.get(), 1);
    assert_eq!(counters.refused_signature.get(), 1);
    assert_eq!(counters.refused_stale.get(), 1);
    assert_eq!(counters.refused_preflight.get(), 1);
    node.submit(good, Preflight::Run).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_verified_once_and_answered_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let good = transfer(&node, &dev_key(3), &unfunded_key(6).pubkey(), 1_000_000);
    let mut forged = good.clone();
    forged[5] ^= 1;
    let signature = node.submit(good.clone(), Preflight::Skip).await.unwrap();
    for _ in 0..3 {
        assert_eq!(
            node.submit(good.clone(), Preflight::Skip).await.unwrap(),
            signature
        );
        assert!(matches!(
            node.submit(forged.clone(), Preflight::Skip).await,
            Err(SubmitError::SignatureVerification)
        ));
    }
    let (counts, counters) = (node.verification(), node.counters());
    assert_eq!((counts.packets, counts.signatures, counts.duplicates), (7, 2, 5));
    assert_eq!(counters.signatures_verified.get(), 2);
    assert_eq!(counters.refused_signature.get(), 3);
    assert_eq!(counts.failures.iter().sum::<u64>(), 1);
    assert_eq!(node.verify_waiting(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_signature_does_not_touch_its_neighbours() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let mut tasks = Vec::new();
    for seed in 0..60u8 {
        let mut wire = transfer(
            &node,
            &dev_key(usize::from(seed) % 10),
            &unfunded_key(seed).pubkey(),
            1_000_000,
        );
        let is_bad = seed % 7 == 3;
        if is_bad {
            wire[20] ^= 0x40;
        }
        let node = node.clone();
        tasks.push((
            is_bad,
            tokio::spawn(async move { node.submit(wire, Preflight::Skip).await }),
        ));
    }
    for (is_bad, task) in tasks {
        let answer = task.await.unwrap();
        assert_eq!(
            is_bad,
            matches!(answer, Err(SubmitError::SignatureVerification)),
            "{answer:?}"
        );
        assert_eq!(is_bad, answer.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_answers_busy_and_a_stop_still_builds_in_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(60_000);
    config.budget.transactions = 1;
    config.pending.transactions = 1;
    let node = Node::start(config).unwrap();
    let to = unfunded_key(6).pubkey();
    let in_block = submit(&node, transfer(&node, &dev_key(0), &to, 1_000_000)).await;
    while node.pending_len() > 0 {
        tokio::task::yield_now().await;
    }
    let in_pool = transfer(&node, &dev_key(1), &to, 1_000_000);
    let waiting = submit(&node, in_pool.clone()).await;
    let refused = node
        .submit(transfer(&node, &dev_key(2), &to, 1_000_000), Preflight::Skip)
        .await;
    assert!(matches!(refused, Err(SubmitError::Busy(_))), "{refused:?}");
    assert_eq!(
        submit(&node, in_pool.clone()).await,
        waiting,
        "a resend of what waits is answered"
    );
    let renamed = sign_again(&in_pool, 1);
    assert_ne!(renamed, in_pool);
    assert!(matches!(
        node.submit(renamed, Preflight::Skip).await,
        Err(SubmitError::Invalid(TransactionError::AlreadyProcessed))
    ));
    node.shutdown();
    assert!(matches!(
        node.submit(Vec::new(), Preflight::Skip).await,
        Err(SubmitError::Decode(_))
    ));
    let late = transfer(&node, &dev_key(3), &to, 1_000_000);
    assert!(matches!(
        node.submit(late, Preflight::Skip).await,
        Err(SubmitError::Stopping)
    ));
    drop(node);

    let node = start_fast(dir.path());
    for signature in [in_block, waiting] {
        assert!(node.find(&signature).unwrap().is_some());
    }
    assert_eq!(balance(&node, &to), 2_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_are_consecutive_and_time_never_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let node = start_fast(dir.path());
        pass_blocks(&mut node.notices(), 5).await;
    }
    let node = start_fast(dir.path());
    let tip = node.published().chain().slot();
    assert!(tip >= 15);
    let mut parent = node.history(1).unwrap().unwrap().header;
    for slot in 2..=tip {
        let header = node.history(slot).unwrap().unwrap().header;
        assert_eq!((header.slot, header.parent_slot), (slot, parent.slot));
        assert_eq!(header.parent_hash, parent.blockhash());
        assert!(header.timestamp_ms >= parent.timestamp_ms);
        parent = header;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_is_of_one_block() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let mut notices = node.notices();
    let to = unfunded_key(8).pubkey();
    let reader = std::thread::spawn({
        let node = node.clone();
        move || {
            while node.failed().is_none() && node.counters().blocks.get() < 60 {
                let view = node.published();
                assert_eq!(
                    view.read_accounts(|accounts| accounts.slot()),
                    Ok(view.chain().slot())
                );
                let sum = u128::from(view.chain().capitalization());
                assert_eq!(view.read_accounts(|accounts| accounts.sum_lamports()), Ok(sum));
                // Each transfer is of a million; its status and its balance appear together.
                let owned = view.account(&to).unwrap().map_or(0, |account| account.lamports);
                assert_eq!(owned, view.transaction_count() * 1_000_000);
            }
        }
    });
    for round in 0..30 {
        submit(&node, transfer(&node, &dev_key(round % 10), &to, 1_000_000)).await;
        pass_blocks(&mut notices, 2).await;
    }
    reader.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_in_use_and_a_foreign_genesis_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let node = start_fast(dir.path());
    let refused = Node::start(fast(dir.path())).unwrap_err();
    assert!(
        matches!(refused, NodeError::Open(OpenError::Locked { .. })),
        "{refused}"
    );
    node.shutdown();
    drop(node);

    let mut other = Genesis::development();
    other.slot_ms = 300;
    let mut config = fast(dir.path());
    config.genesis = Some(other.clone());
    let text = Node::start(config).unwrap_err().to_string();
    for part in [
        other.hash().to_string(),
        Genesis::development().hash().to_string(),
        "--reset".to_owned(),
    ] {
        assert!(text.contains(&part), "{text}");
    }
    let mut config = fast(dir.path());
    config.genesis = Some(Genesis::development());
    Node::start(config).expect("the same genesis is not a mismatch");
}

#[test]
fn slots_below_the_least_are_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(19);
    let text = Node::start(config).unwrap_err().to_string();
    assert!(text.contains("synced") && text.contains("20"), "{text}");
}
