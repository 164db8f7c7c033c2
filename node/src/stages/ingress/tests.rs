//! No answer before a transaction is verified and in the pool.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use isobath_sdk::builtins::system;
use isobath_sdk::chain::genesis::dev_keypairs;
use isobath_sdk::{Message, MessageVersion, Pubkey, Transaction};

use super::*;
use crate::Node;
use crate::Preflight;

/// Transactions that are sent one after the other: enough that some wait for verification while the pool is held. Four
/// batches get further: two that are put out ahead, one before them and one behind.
const TRANSACTIONS: u64 = 16;

type Submission<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

fn transfer(node: &Node, lamports: u64) -> Transaction {
    let [payer, ..] = dev_keypairs();
    let instruction = system::transfer(&payer.pubkey(), &Pubkey([7; 32]), lamports);
    let blockhash = node.published().chain().blockhash();
    let message = Message::compile(MessageVersion::Legacy, &payer.pubkey(), &[instruction], blockhash);
    Transaction::sign(message.unwrap(), &[&payer]).unwrap()
}

/// A node with one thread that verifies and one that admits.
fn start(folder: &std::path::Path) -> Node {
    let mut config = NodeConfig::at(folder);
    config.slot_ms = Some(20);
    config.verify_threads = 1;
    Node::start(config).unwrap()
}

fn submit<'a>(node: &'a Node, transaction: &Transaction) -> Submission<'a> {
    Box::pin(node.submit(transaction.serialize(), Preflight::Skip))
}

fn poll(answer: &mut Submission<'_>) -> Poll<Answer> {
    answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn wait_for(answer: Submission<'_>) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(answer)
}

fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "nothing came within 20 s"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_transaction_is_answered_when_it_is_in_the_pool() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path());
    let state = &node.0.state;
    let transaction = transfer(&node, 1_000_000);
    // Admission ends with this lock.
    let pool = state.lock_pool();
    let mut answer = submit(&node, &transaction);
    assert!(poll(&mut answer).is_pending());
    wait_until(|| state.counters.signatures_verified.get() == 1);
    std::thread::sleep(Duration::from_millis(100));
    assert!(
        poll(&mut answer).is_pending(),
        "answered before it was in the pool"
    );
    assert_eq!((pool.pending.len(), state.counters.pooled.get()), (0, 0));
    drop(pool);
    wait_until(|| state.counters.pooled.get() == 1);
    assert_eq!(wait_for(answer).unwrap(), transaction.signatures[0]);
}

#[test]
fn a_transaction_that_waits_for_verification_has_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let node = start(folder.path());
    let state = &node.0.state;
    let transactions: Vec<_> = (1..=TRANSACTIONS)
        .map(|count| transfer(&node, 1_000_000_u64.saturating_add(count)))
        .collect();
    let pool = state.lock_pool();
    let mut answers: Vec<_> = transactions.iter().map(|one| submit(&node, one)).collect();
    for answer in &mut answers {
        assert!(poll(answer).is_pending());
        // Each is a batch of its own, as long as the stage takes any.
        let begun = Instant::now();
        while node.verify_waiting() > 0 && begun.elapsed() < Duration::from_millis(50) {
            std::thread::yield_now();
        }
    }
    std::thread::sleep(Duration::from_millis(100));
    assert!(node.verify_waiting() > 0 && node.verification().signatures < TRANSACTIONS);
    assert!(
        answers.iter_mut().all(|answer| poll(answer).is_pending()),
        "answered before it was verified"
    );
    drop(pool);
    for (answer, transaction) in answers.into_iter().zip(transactions) {
        assert_eq!(wait_for(answer).unwrap(), transaction.signatures[0]);
    }
    assert_eq!(node.verification().signatures, TRANSACTIONS);
}
