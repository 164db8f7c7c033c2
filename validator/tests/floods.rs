//! Floods of transactions that would cost their sender nothing: they are refused by name, and honest transactions are
//! confirmed beside them.

mod support;

use isobath_node::{AcceptedTx, Busy, DropReason, Node, NodeError, Preflight, SubmitError};
use isobath_sdk::builtins::nonce::NonceState;
use isobath_sdk::builtins::{compute_budget, system};
use isobath_sdk::{Instruction, Keypair, Pubkey, TransactionError};
use isobath_testkit::keys::{dev_key, unfunded_key};
use isobath_testkit::transactions;
use support::{balance, confirmed, fast, submit, transfer, until};

fn wire(node: &Node, payer: &Keypair, instructions: &[Instruction]) -> Vec<u8> {
    transactions::wire(&[payer], instructions, node.published().chain().blockhash())
}

/// A transfer with a limit of 1.4 million units at a price.
fn priced(node: &Node, payer: &Keypair, to: &Pubkey, lamports: u64, price: u64) -> Vec<u8> {
    let instructions = [
        compute_budget::set_compute_unit_limit(1_400_000),
        compute_budget::set_compute_unit_price(price),
        system::transfer(&payer.pubkey(), to, lamports),
    ];
    wire(node, payer, &instructions)
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_transactions_that_nobody_can_pay_for_delay_no_transfer() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(200);
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let (nobody, to) = (unfunded_key(3), unfunded_key(7).pubkey());
    for lamports in 1..=5_000 {
        let flood = priced(&node, &nobody, &to, lamports, u64::MAX);
        // The node does not verify the signatures again; that makes the flood the faster.
        let refused = node.submit_verified(&flood);
        assert!(matches!(
            refused,
            Err(SubmitError::Payer {
                error: TransactionError::AccountNotFound,
                pending_lamports: 0
            })
        ));
    }
    let before = node.published().chain().slot();
    let honest = submit(&node, transfer(&node, &dev_key(0), &to, 1_000_000)).await;
    let notice = confirmed(&mut notices, &honest).await;
    assert!(notice.slot <= before + 2, "{} after {before}", notice.slot);
    assert_eq!(node.counters().refused_payer.get(), 5_000);
    assert_eq!(node.counters().dropped_no_op.get(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payer_covers_the_fees_of_all_that_it_has_pending() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(60_000);
    let node = Node::start(config).unwrap();
    let (payer, to) = (dev_key(0), unfunded_key(7).pubkey());
    // Each fee is four tenths of what the payer has.
    let fee = balance(&node, &payer.pubkey()) / 10 * 4;
    let price = fee / 14 * 10;
    for lamports in 1_000_000..1_000_002 {
        submit(&node, priced(&node, &payer, &to, lamports, price)).await;
    }
    until(|| node.pending_len() == 0).await;
    let third = priced(&node, &payer, &to, 1_000_002, price);
    for preflight in [Preflight::Skip, Preflight::Run] {
        let refused = node.submit(third.clone(), preflight).await;
        let Err(SubmitError::Payer {
            error,
            pending_lamports,
        }) = refused
        else {
            panic!("{refused:?}");
        };
        assert_eq!(error, TransactionError::InsufficientFundsForFee);
        assert!(pending_lamports > fee, "also what the open block has taken");
    }
    assert_eq!(node.counters().refused_payer.get(), 2);
    assert!(
        node.submit(transfer(&node, &payer, &to, 5), Preflight::Skip)
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_pays_once_the_block_that_creates_it_is_published() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(400);
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let (new, to) = (unfunded_key(5), unfunded_key(7).pubkey());
    let funding = submit(&node, transfer(&node, &dev_key(0), &new.pubkey(), 1_000_000_000)).await;
    let early = node
        .submit(transfer(&node, &new, &to, 1_000_000), Preflight::Skip)
        .await;
    assert!(matches!(
        early,
        Err(SubmitError::Payer {
            error: TransactionError::AccountNotFound,
            ..
        })
    ));
    confirmed(&mut notices, &funding).await;
    let paid = submit(&node, transfer(&node, &new, &to, 1_000_000)).await;
    confirmed(&mut notices, &paid).await;
}

/// The payer of a nonce transaction is judged like any other, and of those with one nonce, of which one pays, one is
/// tried.
#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_transaction_is_paid_for_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(400);
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let (payer, nonce, to) = (dev_key(0), unfunded_key(9), unfunded_key(7).pubkey());
    let create = system::create_nonce_account(&payer.pubkey(), &nonce.pubkey(), &payer.pubkey(), 10_000_000);
    let blockhash = node.published().chain().blockhash();
    let created = submit(&node, transactions::wire(&[&payer, &nonce], &create, blockhash)).await;
    confirmed(&mut notices, &created).await;
    let account = node.published().account(&nonce.pubkey()).unwrap().unwrap();
    let value = NonceState::from_bytes(&account.data)
        .unwrap()
        .data
        .unwrap()
        .durable_nonce;
    let priced_under = |from: &Keypair, authority: &Keypair, lamports, price| {
        let advance = system::advance_nonce_account(&nonce.pubkey(), &authority.pubkey());
        let bid = compute_budget::set_compute_unit_price(price);
        let pay = system::transfer(&from.pubkey(), &to, lamports);
        let signers = if from.pubkey() == authority.pubkey() {
            vec![from]
        } else {
            vec![from, authority]
        };
        transactions::wire(&signers, &[advance, bid, pay], value)
    };
    let under_nonce = |from: &Keypair, lamports| priced_under(from, &payer, lamports, 0);

    let nobody = node
        .submit(under_nonce(&unfunded_key(3), 1), Preflight::Skip)
        .await;
    assert!(matches!(
        nobody,
        Err(SubmitError::Payer {
            error: TransactionError::AccountNotFound,
            ..
        })
    ));
    let other = dev_key(1);
    let foreign = priced_under(&other, &other, 1_000_000, 1_000_000);
    let refused = node.submit(foreign, Preflight::Skip).await;
    assert!(
        matches!(
            refused,
            Err(SubmitError::Invalid(TransactionError::BlockhashNotFound))
        ),
        "it is not the authority: {refused:?}"
    );
    let first = submit(&node, under_nonce(&payer, 1_000_000)).await;
    for lamports in 1_000_001..1_000_100 {
        let again = node.submit(under_nonce(&payer, lamports), Preflight::Skip).await;
        assert!(matches!(
            again,
            Err(SubmitError::Busy(Busy::Nonce(_)) | SubmitError::Invalid(TransactionError::BlockhashNotFound))
        ));
    }
    confirmed(&mut notices, &first).await;
    assert_eq!(node.counters().dropped_no_op.get(), 0);
}

/// What became of the one that is replaced can be asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_better_transaction_of_the_same_nonce_replaces_a_pending_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(400);
    config.budget.transactions = 1;
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let (payer, nonce, to) = (dev_key(0), unfunded_key(9), unfunded_key(7).pubkey());
    let create = system::create_nonce_account(&payer.pubkey(), &nonce.pubkey(), &payer.pubkey(), 10_000_000);
    let blockhash = node.published().chain().blockhash();
    let created = submit(&node, transactions::wire(&[&payer, &nonce], &create, blockhash)).await;
    confirmed(&mut notices, &created).await;
    let account = node.published().account(&nonce.pubkey()).unwrap().unwrap();
    let state = NonceState::from_bytes(&account.data).unwrap();
    let value = state.data.unwrap().durable_nonce;
    // It fills the open block, so that those under the nonce wait.
    submit(&node, priced(&node, &dev_key(1), &to, 1_000_000, 1_000_000)).await;
    until(|| node.pending_len() == 0).await;
    let under_nonce = |price| {
        let instructions = [
            system::advance_nonce_account(&nonce.pubkey(), &payer.pubkey()),
            compute_budget::set_compute_unit_price(price),
            system::transfer(&payer.pubkey(), &to, 1_000_000),
        ];
        transactions::wire(&[&payer], &instructions, value)
    };
    let low = submit(&node, under_nonce(0)).await;
    let high = submit(&node, under_nonce(1_000_000_000)).await;
    let Some(AcceptedTx::Dropped(dropped)) = node.accepted(&low) else {
        panic!("it is replaced");
    };
    assert_eq!(dropped.reason, DropReason::Replaced);
    assert_eq!(node.counters().dropped_replaced.get(), 1);
    confirmed(&mut notices, &high).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payer_does_not_fill_the_pool() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(60_000);
    config.budget.transactions = 1;
    (config.pending.transactions, config.pending.payer_transactions) = (20, 5);
    let node = Node::start(config).unwrap();
    let to = unfunded_key(7).pubkey();
    submit(&node, transfer(&node, &dev_key(9), &to, 1_000_000)).await;
    until(|| node.pending_len() == 0).await;
    for lamports in 1..=5 {
        submit(&node, priced(&node, &dev_key(0), &to, lamports, 1_000)).await;
    }
    let sixth = node
        .submit(priced(&node, &dev_key(0), &to, 6, 1_000_000), Preflight::Skip)
        .await;
    assert!(
        matches!(sixth, Err(SubmitError::Busy(Busy::PayerShare(_)))),
        "{sixth:?}"
    );
    assert_eq!(node.counters().busy_payer.get(), 1);
    submit(&node, transfer(&node, &dev_key(1), &to, 1_000_000)).await;
    assert_eq!(node.pending_len(), 6);
}

/// Each allocates 10 MiB and fails, for the fee of a transfer.
#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_allocate_much_delay_no_transfer() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(400);
    // Room for a few of them.
    config.budget.cost_units = Some(15_000_000);
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let (payer, new) = (dev_key(0), unfunded_key(3));
    for number in 0..200 {
        // A distinct number of lamports makes a distinct message.
        let create =
            system::create_account(&payer.pubkey(), &new.pubkey(), number, 10 << 20, &Pubkey([4; 32]));
        let blockhash = node.published().chain().blockhash();
        submit(&node, transactions::wire(&[&payer, &new], &[create], blockhash)).await;
    }
    let before = node.published().chain().slot();
    let to = unfunded_key(7).pubkey();
    let honest = submit(&node, transfer(&node, &dev_key(1), &to, 1_000_000)).await;
    let notice = confirmed(&mut notices, &honest).await;
    assert!(notice.slot <= before + 2, "{} after {before}", notice.slot);
}

/// Whoever empties its account with the best of many transactions has them dropped; only those that are in flight with it
/// are tried.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_emptied_account_has_pending_is_dropped_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.slot_ms = Some(2_000);
    config.budget.transactions = 60;
    config.pending.payer_transactions = 300;
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let (payer, other) = (unfunded_key(4), unfunded_key(8).pubkey());
    let funding = submit(&node, transfer(&node, &dev_key(0), &payer.pubkey(), 10_000_000)).await;
    confirmed(&mut notices, &funding).await;
    // Fill the open block, so that the rest waits for the next one.
    for lamports in 1..=60 {
        submit(
            &node,
            transfer(&node, &dev_key(1), &dev_key(2).pubkey(), lamports),
        )
        .await;
    }
    until(|| node.pending_len() == 0).await;
    // A thousand units at a price of a thousand lamports each.
    let emptying = [
        compute_budget::set_compute_unit_limit(1_000),
        compute_budget::set_compute_unit_price(1_000_000_000),
        system::transfer(&payer.pubkey(), &other, 10_000_000 - 5_000 - 1_000_000),
    ];
    let signature = submit(&node, wire(&node, &payer, &emptying)).await;
    for lamports in 1..=200 {
        submit(&node, transfer(&node, &payer, &other, lamports)).await;
    }
    confirmed(&mut notices, &signature).await;
    until(|| node.pending_len() == 0).await;
    let tried = node.counters().dropped_no_op.get();
    // No more are in flight than a block holds.
    assert!((1..60).contains(&tried), "{tried} were tried in vain");
    assert_eq!(node.counters().dropped_unpayable.get(), 200 - tried);
    assert_eq!(balance(&node, &payer.pubkey()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_whose_record_is_long_enough_takes_no_more() {
    const RECORD_BYTES: u64 = 2_000;
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.budget.record_bytes = RECORD_BYTES;
    let node = Node::start(config).unwrap();
    let mut notices = node.notices();
    let mut signatures = Vec::new();
    for index in 0..10 {
        for lamports in 0..3 {
            let to = unfunded_key(u8::try_from(index).unwrap() + 20).pubkey();
            let wire = transfer(&node, &dev_key(index), &to, 1_000_000 + lamports);
            signatures.push(submit(&node, wire).await);
        }
    }
    let last = signatures.last().unwrap();
    until(|| signatures.iter().all(|one| node.status(one).is_some())).await;
    confirmed(&mut notices, last).await;
    let slots = 0..=node.published().chain().slot();
    let blocks = slots.filter_map(|slot| node.history(slot).unwrap());
    let lens = blocks.map(|history| history.transactions.len());
    let longest = lens.max().unwrap();
    // A transfer takes at least 400 bytes.
    assert!(longest as u64 <= RECORD_BYTES / 400 + 1, "{longest} transactions");
}

#[test]
fn a_block_cannot_be_configured_to_outgrow_its_record() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fast(dir.path());
    config.budget.record_bytes = 1 << 30;
    let Err(NodeError::Config(text)) = Node::start(config) else {
        panic!("it starts");
    };
    assert!(text.starts_with("budget.record_bytes is 1073741824"), "{text}");
}
