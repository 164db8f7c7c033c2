//! Statuses over many blocks: what is kept, what is forgotten, what is found.

use isobath_program_abi::{Hash, Pubkey};
use isobath_sdk::chain::header::{Anchor, Header};
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::chain::record::{Execution, History, LoadedAddresses};
use isobath_sdk::chain::result::{BlockResult, FeeTotals};
use isobath_sdk::{Keypair, Message, MessageVersion, Transaction, TransactionView, builtins::system};

use super::*;
use crate::effective_transactions;

const AGE: u64 = 150;

fn wire(nonce: u64) -> Vec<u8> {
    let payer = Keypair::from_seed([1; 32]);
    let instruction = system::transfer(&payer.pubkey(), &Pubkey::new([2; 32]), nonce);
    let message = Message::compile(
        MessageVersion::Legacy,
        &payer.pubkey(),
        &[instruction],
        Hash([3; 32]),
    )
    .unwrap();
    Transaction::sign(message, &[&payer]).unwrap().serialize()
}

fn execution(class: OutcomeClass) -> Execution {
    let error = (class != OutcomeClass::Executed).then_some(TransactionError::AccountNotFound);
    let outcome = Outcome {
        class,
        error,
        fee: 0,
        compute_units: 0,
        return_data: None,
    };
    Execution {
        outcome,
        pre_balances: Vec::new(),
        post_balances: Vec::new(),
        loaded_addresses: LoadedAddresses::default(),
        events: Vec::new(),
    }
}

fn block(height: u64, transactions: Vec<(Vec<u8>, OutcomeClass)>) -> History {
    let zero = Hash::ZERO;
    let (transactions, classes): (Vec<_>, Vec<_>) = transactions.into_iter().unzip();
    History {
        header: Header {
            version: 1,
            rules_version: 1,
            genesis_hash: zero,
            slot: height,
            height,
            parent_slot: height.saturating_sub(1),
            parent_hash: zero,
            timestamp_ms: 0,
            producer: Pubkey::default(),
            transactions_root: zero,
            transaction_count: 0,
            anchor: Anchor {
                slot: 0,
                result_hash: zero,
            },
        },
        transactions,
        executions: classes.into_iter().map(execution).collect(),
        result: BlockResult {
            version: 1,
            slot: height,
            height,
            block_hash: zero,
            parent_result_hash: zero,
            delta_root: zero,
            outcomes_root: zero,
            state_root: None,
            capitalization: 0,
            fees: FeeTotals {
                base: 0,
                priority: 0,
                burned: 0,
            },
            compute_units: 0,
        },
    }
}

fn push(statuses: &Statuses, block: &History) -> Vec<(Signature, Option<TransactionError>)> {
    let listed = list_statuses(&block.header, &effective_transactions(block));
    statuses.push(&block.header, &listed);
    statuses.forget_old(block.header.height);
    listed
        .into_iter()
        .map(|(signature, status)| (signature, status.error))
        .collect()
}

fn signature_of(wire: &[u8]) -> Signature {
    TransactionView::parse(wire).unwrap().signature(0)
}

#[test]
fn no_ops_are_invisible_but_keep_their_place() {
    let statuses = Statuses::new(AGE, HistoryLimits::default());
    let wires: Vec<_> = (0..3).map(wire).collect();
    let classes = [OutcomeClass::NoOp, OutcomeClass::Executed, OutcomeClass::FeesOnly];
    let listed = push(&statuses, &block(1, wires.iter().cloned().zip(classes).collect()));
    let signatures: Vec<_> = wires.iter().map(|wire| signature_of(wire)).collect();
    let expected = [
        (signatures[1], None),
        (signatures[2], Some(TransactionError::AccountNotFound)),
    ];
    assert_eq!(listed, expected);
    assert_eq!(statuses.recent(&signatures[0], u64::MAX), None);
    assert!(statuses.positions(&signatures[0]).is_empty());
    assert_eq!(statuses.recent(&signatures[1], u64::MAX).unwrap().index, 1);
    assert_eq!(statuses.positions(&signatures[2]), [(1, 2)]);
}

#[test]
fn a_status_lasts_as_long_as_promised_and_its_place_longer() {
    let statuses = Statuses::new(AGE, HistoryLimits::default());
    let first = wire(0);
    let signature = signature_of(&first);
    push(&statuses, &block(1, vec![(first, OutcomeClass::Executed)]));
    for height in 2..=KEPT_BLOCKS {
        push(&statuses, &block(height, Vec::new()));
        assert!(statuses.recent(&signature, u64::MAX).is_some(), "height {height}");
    }
    push(&statuses, &block(KEPT_BLOCKS.saturating_add(1), Vec::new()));
    assert!(statuses.recent(&signature, u64::MAX).is_none());
    assert_eq!(statuses.positions(&signature), [(1, 0)]);
}

#[test]
fn a_long_blockhash_age_keeps_statuses_longer() {
    let age = KEPT_BLOCKS.saturating_mul(2);
    let statuses = Statuses::new(age, HistoryLimits::default());
    let first = wire(0);
    let signature = signature_of(&first);
    push(&statuses, &block(1, vec![(first, OutcomeClass::Executed)]));
    // A blockhash of height 0 is valid up to height `age`; its statuses must outlive it by one.
    for height in 2..=age.saturating_add(1) {
        push(&statuses, &block(height, Vec::new()));
    }
    assert!(statuses.recent(&signature, u64::MAX).is_some());
}

#[test]
fn a_view_sees_no_status_of_a_later_block() {
    let statuses = Statuses::new(AGE, HistoryLimits::default());
    let (first, second) = (wire(0), wire(1));
    let signatures = [signature_of(&first), signature_of(&second)];
    push(&statuses, &block(1, vec![(first, OutcomeClass::Executed)]));
    push(&statuses, &block(2, vec![(second, OutcomeClass::Executed)]));
    let seen = |height| signatures.map(|signature| statuses.recent(&signature, height).is_some());
    assert_eq!(
        [seen(0), seen(1), seen(2)],
        [[false, false], [true, false], [true, true]]
    );
}

#[test]
fn what_an_old_view_may_ask_for_is_kept() {
    let statuses = Statuses::new(AGE, HistoryLimits::default());
    let first = wire(0);
    let signature = signature_of(&first);
    let header = |height| block(height, Vec::new()).header;
    push(&statuses, &block(1, vec![(first, OutcomeClass::Executed)]));
    for height in 2..=KEPT_BLOCKS.saturating_mul(2) {
        statuses.push(&header(height), &[]);
        // A reader still holds a view of this height.
        statuses.forget_old(KEPT_BLOCKS);
    }
    assert!(statuses.recent(&signature, KEPT_BLOCKS).is_some());
    statuses.forget_old(KEPT_BLOCKS.saturating_add(1));
    assert!(statuses.recent(&signature, u64::MAX).is_none());
}
