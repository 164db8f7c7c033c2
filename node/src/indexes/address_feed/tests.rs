//! What readers find while no thread, or a slow one, enters the blocks.

use isobath_program_abi::Hash;
use isobath_runtime::admit;
use isobath_sdk::chain::genesis::Genesis;
use isobath_sdk::chain::header::{Anchor, HEADER_VERSION, Header};
use isobath_sdk::chain::key_hash::KeyHasher;
use isobath_sdk::chain::merkle::EMPTY_ROOT;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::chain::record::{Execution, Executions, LoadedAddresses};
use isobath_sdk::chain::result::{BlockResult, FeeTotals, RESULT_VERSION};
use isobath_sdk::{Keypair, Message, MessageVersion, Transaction, builtins::system};

use super::*;

const TO: Pubkey = Pubkey([7; 32]);
const ALL: AddressQuery = AddressQuery {
    slot_min: 0,
    slot_max: u64::MAX,
    before: None,
    after: None,
    count_max: usize::MAX,
};

fn header(slot: u64) -> Header {
    Header {
        version: HEADER_VERSION,
        rules_version: 1,
        genesis_hash: Hash::ZERO,
        slot,
        height: slot,
        parent_slot: slot.saturating_sub(1),
        parent_hash: Hash::ZERO,
        timestamp_ms: 0,
        producer: Pubkey::default(),
        transactions_root: EMPTY_ROOT,
        transaction_count: 1,
        anchor: Anchor {
            slot: 0,
            result_hash: Hash::ZERO,
        },
    }
}

fn result(slot: u64) -> BlockResult {
    BlockResult {
        version: RESULT_VERSION,
        slot,
        height: slot,
        block_hash: Hash::ZERO,
        parent_result_hash: Hash::ZERO,
        delta_root: EMPTY_ROOT,
        outcomes_root: EMPTY_ROOT,
        state_root: None,
        capitalization: 0,
        fees: FeeTotals::default(),
        compute_units: 0,
    }
}

/// A block with one transfer to [`TO`].
fn block(slot: u64) -> Arc<History<Tx>> {
    let payer = Keypair::from_seed([1; 32]);
    let transfer = system::transfer(&payer.pubkey(), &TO, slot);
    let message = Message::compile(MessageVersion::Legacy, &payer.pubkey(), &[transfer], Hash::ZERO);
    let transaction = Transaction::sign(message.unwrap(), &[&payer]).unwrap();
    let tx = admit(
        &transaction.serialize(),
        &Genesis::development().rules(),
        KeyHasher::new([0; 2]),
    )
    .unwrap();
    let execution = Execution {
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
            writable: Vec::new(),
            readonly: Vec::new(),
        },
        events: Vec::new(),
    };
    Arc::new(History {
        header: header(slot),
        transactions: vec![tx],
        executions: Executions::from_iter([execution]),
        result: result(slot),
    })
}

fn slots(feed: &AddressFeed) -> Vec<u64> {
    let found = feed.transactions_of(&TO, ALL);
    found.iter().map(|entry| entry.slot).collect()
}

#[test]
fn readers_find_blocks_that_no_thread_has_entered() {
    let feed = AddressFeed::new(AddressIndex::new(1_000));
    assert!(slots(&feed).is_empty());
    feed.enqueue(block(1));
    feed.enqueue(block(2));
    assert_eq!(slots(&feed), [2, 1]);
    assert!(feed.lock_waiting().blocks.is_empty());
    feed.enqueue(block(3));
    assert_eq!(slots(&feed), [3, 2, 1]);
}

#[test]
fn readers_wait_for_a_block_that_another_thread_is_entering() {
    let feed = AddressFeed::new(AddressIndex::new(1_000));
    feed.enqueue(block(1));
    std::thread::scope(|scope| {
        // The other thread is about to enter the block.
        let entering = feed.entering.lock().unwrap();
        let entered = feed.lock_waiting().blocks.front().cloned().unwrap();
        let reader = scope.spawn(|| slots(&feed));
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(!reader.is_finished());
        feed.index
            .write()
            .unwrap()
            .push(&entered.header, &effective_transactions(&entered));
        feed.lock_waiting().blocks.pop_front();
        drop(entering);
        assert_eq!(reader.join().unwrap(), [1]);
    });
}

#[test]
fn a_block_waits_until_it_is_entered_so_that_a_panic_loses_none() {
    let feed = AddressFeed::new(AddressIndex::new(1_000));
    feed.enqueue(block(1));
    std::thread::scope(|scope| {
        let index = feed.read();
        let reader = scope.spawn(|| slots(&feed));
        while feed.entering.try_lock().is_ok() {
            std::thread::yield_now();
        }
        // The reader cannot enter the block while the index is read.
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert_eq!(feed.lock_waiting().blocks.len(), 1);
        drop(index);
        assert_eq!(reader.join().unwrap(), [1]);
    });
}

#[test]
fn what_waits_is_bounded() {
    let feed = AddressFeed::new(AddressIndex::new(1_000));
    for slot in 1..=9 {
        feed.make_room();
        feed.enqueue(block(slot));
        assert!(feed.lock_waiting().blocks.len() <= WAITING_MAX);
    }
    assert_eq!(slots(&feed), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
}

#[test]
fn the_thread_enters_blocks_and_ends_when_closed() {
    let feed = AddressFeed::new(AddressIndex::new(1_000));
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| feed.run());
        feed.enqueue(block(1));
        while feed.read().newest(&TO).is_none() {
            std::thread::yield_now();
        }
        feed.close();
        thread.join().unwrap();
    });
}
