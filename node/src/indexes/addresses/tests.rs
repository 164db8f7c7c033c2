//! Chains over many blocks, and forgetting.

use isobath_program_abi::Hash;
use isobath_sdk::chain::header::Anchor;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::chain::record::{Execution, Executions, LoadedAddresses};
use isobath_sdk::{Keypair, Message, MessageVersion, Transaction, TransactionView, builtins::system};

use super::*;

fn header(slot: u64) -> Header {
    Header {
        version: 1,
        rules_version: 1,
        genesis_hash: Hash::ZERO,
        slot,
        height: slot,
        parent_slot: slot.saturating_sub(1),
        parent_hash: Hash::ZERO,
        timestamp_ms: 0,
        producer: Pubkey::default(),
        transactions_root: Hash::ZERO,
        transaction_count: 0,
        anchor: Anchor {
            slot: 0,
            result_hash: Hash::ZERO,
        },
    }
}

fn execution(loaded: &[Pubkey]) -> Execution {
    Execution {
        outcome: Outcome {
            class: OutcomeClass::Executed,
            error: None,
            fee: 0,
            compute_units: 0,
            return_data: None,
        },
        pre_balances: Vec::new(),
        post_balances: Vec::new(),
        loaded_addresses: LoadedAddresses {
            writable: loaded.to_vec(),
            readonly: Vec::new(),
        },
        events: Vec::new(),
    }
}

/// Pushes a block with one transfer to `to`, which names three keys beside those loaded.
fn push(index: &mut AddressIndex, slot: u64, to: Pubkey, loaded: &[Pubkey]) {
    let payer = Keypair::from_seed([1; 32]);
    let instruction = system::transfer(&payer.pubkey(), &to, slot);
    let message = Message::compile(
        MessageVersion::Legacy,
        &payer.pubkey(),
        &[instruction],
        Hash::ZERO,
    );
    let wire = Transaction::sign(message.unwrap(), &[&payer])
        .unwrap()
        .serialize();
    let executions = Executions::from_iter([execution(loaded)]);
    let tx = EffectiveTx {
        recorded: &(),
        view: TransactionView::parse(&wire).unwrap(),
        index: 0,
        execution: executions.get(0).unwrap(),
    };
    index.push(&header(slot), &[tx]);
}

/// The slots of an address, newest first, walked in steps of two.
fn slots(index: &AddressIndex, address: &Pubkey) -> Vec<u64> {
    let mut found = Vec::new();
    let mut next = index.newest(address);
    while let Some(posting) = next {
        next = index.walk(posting, 2, &mut |entry| {
            found.push(entry.slot);
            ControlFlow::Continue(())
        });
    }
    found
}

#[test]
fn every_key_has_its_chain() {
    let mut index = AddressIndex::new(1_000);
    let (a, b, loaded) = (Pubkey([7; 32]), Pubkey([8; 32]), Pubkey([9; 32]));
    for slot in 1..=9 {
        let to = if slot % 3 == 0 { b } else { a };
        push(&mut index, slot, to, &[loaded][..usize::from(slot == 4)]);
    }
    let payer = Keypair::from_seed([1; 32]).pubkey();
    assert_eq!(slots(&index, &payer), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(slots(&index, &a), [8, 7, 5, 4, 2, 1]);
    assert_eq!(slots(&index, &b), [9, 6, 3]);
    assert_eq!(slots(&index, &loaded), [4]);
    assert!(slots(&index, &Pubkey([1; 32])).is_empty());
    let from = index.newest(&payer).unwrap();
    assert_eq!(index.walk(from, 9, &mut |_| ControlFlow::Break(())), None);
}

#[test]
fn the_oldest_are_forgotten() {
    // Room for three transactions of three keys.
    let mut index = AddressIndex::new(9);
    let (a, b) = (Pubkey([7; 32]), Pubkey([8; 32]));
    push(&mut index, 1, a, &[]);
    let old = index.newest(&a).unwrap();
    for slot in 2..=5 {
        push(&mut index, slot, b, &[]);
    }
    assert!(slots(&index, &a).is_empty());
    assert_eq!(index.walk(old, 9, &mut |_| unreachable!()), None);
    assert_eq!(slots(&index, &b), [5, 4, 3]);
    assert_eq!(index.heads.len(), 3);
    assert_eq!((index.postings.len(), index.transactions.len()), (9, 3));
    for slot in 6..=8 {
        push(&mut index, slot, a, &[]);
    }
    assert!(slots(&index, &b).is_empty());
    assert_eq!(slots(&index, &a), [8, 7, 6]);
    assert_eq!(index.heads.len(), 3);
}
