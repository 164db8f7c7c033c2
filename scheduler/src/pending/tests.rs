//! Tests of the pending pool: its rules one at a time, then random calls against a sorted list.

mod oracle;

use super::*;
use crate::{BudgetLimits, Nonce};

const ROOMY: PendingLimits = PendingLimits {
    transactions: 1_000,
    bytes: 1_000_000,
    payer_transactions: 1_000,
    payer_bytes: 1_000_000,
    taken: 1_000,
};
const AMPLE: BudgetLimits = BudgetLimits {
    transactions: 1_000,
    cost_units: 1_000_000,
    account_cost_units: 1_000_000,
    bytes: 1_000_000,
    record_bytes: 1_000_000,
};

/// An entry that costs 100 units, pays 5 lamports and has 10 bytes, for blocks 1 to 150; its identity is its payload.
fn entry(priority: u64, payload: u8) -> Entry<u8> {
    Entry {
        priority,
        cost_units: 100,
        size_bytes: 10,
        writable: Box::default(),
        payer: Pubkey([0; 32]),
        fee_lamports: 5,
        arrived_at_height: 0,
        expires_at_height: 150,
        nonce: None,
        identity: Hash([payload; 32]),
        payload,
    }
}

fn pool(limits: PendingLimits, entries: impl IntoIterator<Item = Entry<u8>>) -> Pending<u8> {
    let mut pending = Pending::new(limits);
    for entry in entries {
        assert_eq!(
            insert(&mut pending, entry).unwrap().evicted,
            [],
            "set up within the limits"
        );
    }
    pending
}

fn insert<T: Clone>(pending: &mut Pending<T>, entry: Entry<T>) -> Result<Inserted<T>, InsertError> {
    pending.insert(entry, |_| true)
}

/// What a payer owes, judging by the view of height 0.
fn fees_of<T: Clone>(pending: &Pending<T>, payer: &Pubkey) -> u64 {
    fees_at(pending, payer, 0)
}

fn fees_at<T: Clone>(pending: &Pending<T>, payer: &Pubkey, height: u64) -> u64 {
    let of_payer = pending.payers.get(payer);
    of_payer.map_or(0, |of_payer| pending.owed(of_payer, height))
}

fn forget_taken<T: Clone>(pending: &mut Pending<T>) {
    while pending.forget_taken() {}
}

fn payloads<'a>(entries: impl IntoIterator<Item = &'a Entry<u8>>) -> Vec<u8> {
    entries.into_iter().map(|entry| entry.payload).collect()
}

fn take_all(pending: &mut Pending<u8>, limits: BudgetLimits) -> Vec<u8> {
    let mut budget = Budget::new(limits);
    std::iter::from_fn(|| take(pending, &mut budget))
        .map(|entry| entry.payload)
        .collect()
}

/// The next entry that fits, however many calls it takes.
fn take(pending: &mut Pending<u8>, budget: &mut Budget) -> Option<Entry<u8>> {
    loop {
        match pending.take(budget) {
            Taken::Entry(entry) => return Some(entry),
            Taken::More => {}
            Taken::Nothing => return None,
        }
    }
}

#[test]
fn takes_by_priority_then_arrival() {
    let mut pending = pool(
        ROOMY,
        [
            entry(5, 1),
            entry(9, 2),
            entry(5, 3),
            entry(0, 4),
            entry(u64::MAX, 5),
        ],
    );
    assert_eq!(payloads(pending.iter()), [5, 2, 1, 3, 4]);
    assert_eq!(take_all(&mut pending, AMPLE), [5, 2, 1, 3, 4]);
    assert!(pending.is_empty());
    assert_eq!(pending.bytes(), 0);
}

#[test]
fn refuses_a_duplicate_identity_and_changes_nothing() {
    let mut pending = pool(ROOMY, [entry(5, 1)]);
    let again = Entry {
        priority: 99,
        ..entry(5, 1)
    };
    assert_eq!(insert(&mut pending, again), Err(InsertError::Duplicate));
    assert_eq!(payloads(pending.iter()), [1]);
    assert_eq!(pending.bytes(), 10);
    pending.begin_block(1);
    assert_eq!(take_all(&mut pending, AMPLE), [1]);
    assert_eq!(insert(&mut pending, entry(5, 1)), Err(InsertError::Duplicate));
    assert_eq!(pending.get(&Hash([1; 32])), Some(&1));
    // Once readers see the block, it is theirs to recognize.
    forget_taken(&mut pending);
    assert_eq!(pending.get(&Hash([1; 32])), None);
    let again = Entry {
        arrived_at_height: 1,
        ..entry(5, 1)
    };
    assert!(insert(&mut pending, again).is_ok());
}

#[test]
fn a_full_pool_evicts_the_latest_of_the_lowest_priority() {
    let limits = PendingLimits {
        transactions: 3,
        ..ROOMY
    };
    let mut pending = pool(limits, [entry(2, 1), entry(7, 2), entry(2, 3)]);
    let inserted = insert(&mut pending, entry(3, 4)).unwrap();
    assert_eq!(payloads(&inserted.evicted), [3]);
    assert_eq!(payloads(pending.iter()), [2, 4, 1]);
    assert_eq!(pending.get(&Hash([3; 32])), None);
    assert_eq!(pending.get(&Hash([4; 32])), Some(&4));
}

#[test]
fn a_newcomer_of_equal_priority_does_not_evict() {
    let limits = PendingLimits {
        transactions: 2,
        ..ROOMY
    };
    let mut pending = pool(limits, [entry(2, 1), entry(7, 2)]);
    for priority in [0, 1, 2] {
        assert_eq!(
            insert(&mut pending, entry(priority, 3)),
            Err(InsertError::Full { lowest_priority: 2 })
        );
    }
    assert_eq!(payloads(pending.iter()), [2, 1]);
}

#[test]
fn bytes_are_bounded_and_may_cost_several_evictions() {
    let limits = PendingLimits { bytes: 40, ..ROOMY };
    let mut pending = pool(limits, [entry(1, 1), entry(4, 2), entry(2, 3), entry(3, 4)]);
    let long = Entry {
        size_bytes: 25,
        ..entry(9, 5)
    };
    assert_eq!(payloads(&insert(&mut pending, long).unwrap().evicted), [1, 3, 4]);
    assert_eq!(payloads(pending.iter()), [5, 2]);
    assert_eq!(pending.bytes(), 35);
}

#[test]
fn a_newcomer_that_outbids_too_few_evicts_none() {
    let limits = PendingLimits { bytes: 40, ..ROOMY };
    let mut pending = pool(limits, [entry(1, 1), entry(4, 2), entry(2, 3), entry(3, 4)]);
    let long = Entry {
        size_bytes: 25,
        ..entry(3, 5)
    };
    assert_eq!(
        insert(&mut pending, long),
        Err(InsertError::Full { lowest_priority: 3 })
    );
    assert_eq!(
        payloads(pending.iter()),
        [2, 4, 3, 1],
        "nothing was evicted on the way"
    );
    assert_eq!(pending.bytes(), 40);
}

#[test]
fn an_entry_larger_than_the_pool_is_refused_for_good() {
    let mut pending: Pending<u8> = Pending::new(PendingLimits { bytes: 9, ..ROOMY });
    assert_eq!(
        insert(&mut pending, entry(u64::MAX, 1)),
        Err(InsertError::TooLarge)
    );
    let mut pending: Pending<u8> = Pending::new(PendingLimits {
        transactions: 0,
        ..ROOMY
    });
    assert_eq!(
        insert(&mut pending, entry(u64::MAX, 1)),
        Err(InsertError::TooLarge)
    );
    let mut pending: Pending<u8> = Pending::new(PendingLimits {
        bytes: u64::MAX,
        payer_bytes: u64::MAX,
        ..ROOMY
    });
    let huge = Entry {
        size_bytes: u64::MAX,
        ..entry(1, 1)
    };
    assert!(insert(&mut pending, huge).is_ok());
    let other = |priority, payload| Entry {
        payer: Pubkey([1; 32]),
        ..entry(priority, payload)
    };
    assert_eq!(
        insert(&mut pending, other(1, 2)),
        Err(InsertError::Full { lowest_priority: 1 })
    );
    assert_eq!(payloads(&insert(&mut pending, other(2, 3)).unwrap().evicted), [1]);
}

#[test]
fn take_passes_over_what_does_not_fit_and_keeps_it() {
    let big = Entry {
        cost_units: 500,
        ..entry(9, 1)
    };
    let mut pending = pool(ROOMY, [big, entry(5, 2), entry(4, 3)]);
    let small_block = BudgetLimits {
        cost_units: 250,
        ..AMPLE
    };
    assert_eq!(take_all(&mut pending, small_block), [2, 3]);
    assert_eq!(payloads(pending.iter()), [1]);
    let rest = take_all(&mut pending, AMPLE);
    assert!(rest.is_empty(), "it is set aside for this block");
    pending.begin_block(1);
    assert_eq!(
        take_all(&mut pending, AMPLE),
        [1],
        "it is first when there is room"
    );
}

#[test]
fn take_charges_each_dimension_of_the_budget() {
    for limits in [
        BudgetLimits {
            transactions: 2,
            ..AMPLE
        },
        BudgetLimits {
            cost_units: 299,
            ..AMPLE
        },
        BudgetLimits { bytes: 29, ..AMPLE },
    ] {
        let mut pending = pool(ROOMY, [entry(3, 1), entry(2, 2), entry(1, 3)]);
        assert_eq!(take_all(&mut pending, limits), [1, 2]);
        assert_eq!(payloads(pending.iter()), [3]);
    }
}

/// However many large entries are better: the pool gave up after 64.
#[test]
fn large_entries_hide_no_small_one() {
    let small_block = BudgetLimits {
        cost_units: 100,
        ..AMPLE
    };
    for big_count in [64, 65, 254] {
        let bigs = (1..=big_count).map(|payload| Entry {
            cost_units: 101,
            ..entry(9, payload)
        });
        let mut pending = pool(ROOMY, bigs.chain([entry(1, 0)]));
        assert_eq!(
            take_all(&mut pending, small_block),
            [0],
            "behind {big_count} that do not fit"
        );
    }
}

#[test]
fn an_account_without_room_hides_only_its_own_writers() {
    let on = |priority, payload, key: u8| Entry {
        writable: Box::new([Pubkey([key; 32])]),
        ..entry(priority, payload)
    };
    let limits = BudgetLimits {
        account_cost_units: 200,
        ..AMPLE
    };
    let hot = [on(9, 1, 7), on(8, 2, 7), on(7, 3, 7)];
    let mut pending = pool(ROOMY, hot.into_iter().chain([on(6, 4, 8), entry(5, 5)]));
    assert_eq!(take_all(&mut pending, limits), [1, 2, 4, 5]);
    pending.begin_block(1);
    assert_eq!(take_all(&mut pending, limits), [3]);
}

#[test]
fn a_take_examines_few_entries_and_each_once_per_block() {
    let count = u16::try_from(EXAMINED_COUNT_MAX + 10).unwrap();
    let mut pending: Pending<u8> = Pending::new(ROOMY);
    for number in 0..count {
        let mut identity = [0; 32];
        identity[..2].copy_from_slice(&number.to_le_bytes());
        let big = Entry {
            cost_units: 2_000_000,
            identity: Hash(identity),
            ..entry(9, 1)
        };
        assert!(insert(&mut pending, big).is_ok());
    }
    let mut budget = Budget::new(AMPLE);
    assert_eq!(pending.take(&mut budget), Taken::More);
    assert_eq!(pending.take(&mut budget), Taken::Nothing);
    assert_eq!(pending.len(), usize::from(count), "they stay");
    pending.begin_block(1);
    assert_eq!(
        pending.take(&mut budget),
        Taken::More,
        "the next block examines them again"
    );
}

#[test]
fn one_payer_gets_its_share_and_no_more() {
    let limits = PendingLimits {
        payer_transactions: 2,
        payer_bytes: 25,
        ..ROOMY
    };
    let mut pending = pool(limits, [entry(1, 1), entry(2, 2)]);
    let full = |bytes| InsertError::PayerShare {
        transactions: 2,
        bytes,
        transactions_max: 2,
        bytes_max: 25,
    };
    assert_eq!(insert(&mut pending, entry(u64::MAX, 3)), Err(full(20)));
    let other = Entry {
        payer: Pubkey([9; 32]),
        ..entry(0, 4)
    };
    assert!(insert(&mut pending, other).is_ok(), "others have their own");
    assert!(pending.remove(&Hash([1; 32])).is_some());
    let long = Entry {
        size_bytes: 16,
        ..entry(3, 5)
    };
    assert!(matches!(
        insert(&mut pending, long),
        Err(InsertError::PayerShare {
            transactions: 1,
            bytes: 10,
            ..
        })
    ));
    assert!(insert(&mut pending, entry(3, 6)).is_ok());
}

#[test]
fn keys_that_an_entry_writes_count_as_bytes_of_the_pool() {
    let limits = PendingLimits {
        payer_bytes: 73,
        ..ROOMY
    };
    let with_keys = Entry {
        writable: Box::new([Pubkey([1; 32]), Pubkey([2; 32])]),
        ..entry(1, 1)
    };
    assert_eq!(
        insert(&mut Pending::new(limits), with_keys.clone()),
        Err(InsertError::TooLarge)
    );
    let pending = pool(ROOMY, [with_keys]);
    assert_eq!(pending.bytes(), 10 + 64);
}

#[test]
fn fees_count_against_the_payer_until_its_block_is_published() {
    let payer = Pubkey([0; 32]);
    let mut pending = pool(ROOMY, [entry(3, 1), entry(2, 2), entry(1, 3)]);
    pending.begin_block(1);
    assert_eq!(fees_of(&pending, &payer), 15);
    assert_eq!(fees_of(&pending, &Pubkey([1; 32])), 0);
    let mut budget = Budget::new(AMPLE);
    assert_eq!(take(&mut pending, &mut budget).unwrap().payload, 1);
    assert_eq!(fees_of(&pending, &payer), 15);
    assert_eq!(
        fees_at(&pending, &payer, 1),
        10,
        "the view of the block has the fee"
    );
    forget_taken(&mut pending);
    assert_eq!(fees_of(&pending, &payer), 10);
    assert_eq!(payloads(&pending.drop_unpayable(&payer, |fees| fees <= 9)), [3]);
    assert_eq!(payloads(&pending.drop_unpayable(&payer, |_| false)), [2]);
    assert!(pending.drop_unpayable(&payer, |_| false).is_empty());
    assert_eq!(fees_of(&pending, &payer), 0);
}

/// Otherwise its payer would have the balance from before the block, and no debts.
#[test]
fn what_was_judged_before_the_forgotten_block_is_judged_again() {
    let mut pending = pool(ROOMY, [entry(3, 1)]);
    pending.begin_block(1);
    assert_eq!(take_all(&mut pending, AMPLE), [1]);
    let owed_by_view = |pending: &mut Pending<u8>, arrived_at_height| {
        let newcomer = Entry {
            arrived_at_height,
            ..entry(3, 2)
        };
        pending.insert(newcomer, |fees| fees <= 5).map(drop)
    };
    let owed_lamports = 5;
    let unpayable = Err(InsertError::Unpayable { owed_lamports });
    assert_eq!(owed_by_view(&mut pending, 0), unpayable);
    pending.forget_taken();
    assert_eq!(owed_by_view(&mut pending, 0), Err(InsertError::Outdated));
    assert_eq!(owed_by_view(&mut pending, 1), Ok(()));
}

fn with_nonce(priority: u64, payload: u8, account: u8, value: u8) -> Entry<u8> {
    let nonce = Nonce {
        account: Pubkey([account; 32]),
        value: Hash([value; 32]),
    };
    Entry {
        nonce: Some(Box::new(nonce)),
        payer: Pubkey([payload; 32]),
        ..entry(priority, payload)
    }
}

/// Only one of them would pay.
#[test]
fn a_nonce_has_one_entry_which_a_clearly_better_one_replaces() {
    let mut pending = pool(ROOMY, [with_nonce(80, 1, 7, 1), with_nonce(80, 2, 8, 1)]);
    let outbid = InsertError::NoncePending { outbid_priority: 90 };
    assert_eq!(insert(&mut pending, with_nonce(90, 3, 7, 1)), Err(outbid));
    let inserted = insert(&mut pending, with_nonce(91, 3, 7, 1)).unwrap();
    assert_eq!(inserted.replaced.map(|replaced| replaced.payload), Some(1));
    assert_eq!(payloads(pending.iter()), [3, 2]);
    assert_eq!(fees_of(&pending, &Pubkey([1; 32])), 0);
    assert!(pending.remove(&Hash([3; 32])).is_some());
    assert!(
        insert(&mut pending, with_nonce(0, 4, 7, 1)).is_ok(),
        "it is free again"
    );
}

#[test]
fn a_nonce_that_was_taken_is_refused_until_the_block_is_published() {
    let mut pending = pool(ROOMY, [with_nonce(80, 1, 7, 1)]);
    pending.begin_block(1);
    let taken = take(&mut pending, &mut Budget::new(AMPLE)).unwrap();
    let used = Err(InsertError::NonceTaken);
    assert_eq!(insert(&mut pending, with_nonce(u64::MAX, 2, 7, 1)), used);
    pending.release(&taken);
    assert_eq!(
        insert(&mut pending, with_nonce(u64::MAX, 2, 7, 1)),
        used,
        "also without effect"
    );
    forget_taken(&mut pending);
    let next = Entry {
        arrived_at_height: 1,
        ..with_nonce(1, 3, 7, 2)
    };
    assert!(insert(&mut pending, next).is_ok());
}

/// The nonce has advanced, so one of the two views is older.
#[test]
fn an_entry_of_a_newer_value_replaces_one_of_an_older_value() {
    let mut pending = pool(ROOMY, [with_nonce(80, 1, 7, 1)]);
    let newer = Entry {
        arrived_at_height: 4,
        ..with_nonce(1, 2, 7, 2)
    };
    let inserted = insert(&mut pending, newer).unwrap();
    assert_eq!(inserted.replaced.map(|replaced| replaced.payload), Some(1));
    let older = with_nonce(u64::MAX, 3, 7, 1);
    assert_eq!(insert(&mut pending, older), Err(InsertError::Outdated));
}

/// The entry that is replaced makes room, in the share of the payer as in the pool.
#[test]
fn a_replacement_needs_no_other_room() {
    let limits = PendingLimits {
        transactions: 1,
        payer_transactions: 1,
        ..ROOMY
    };
    let mut pending = pool(limits, [with_nonce(80, 1, 7, 1)]);
    let better = Entry {
        payer: Pubkey([1; 32]),
        ..with_nonce(100, 2, 7, 1)
    };
    let inserted = pending.insert(better, |fees| fees <= 5).unwrap();
    assert_eq!(payloads(&inserted.replaced), [1]);
    assert_eq!(inserted.evicted, []);
}

#[test]
fn what_has_no_effect_is_owed_no_more_and_may_come_again() {
    let mut pending = pool(ROOMY, [entry(3, 1)]);
    pending.begin_block(1);
    let taken = take(&mut pending, &mut Budget::new(AMPLE)).unwrap();
    assert_eq!(fees_of(&pending, &taken.payer), 5);
    pending.release(&taken);
    assert_eq!(fees_of(&pending, &taken.payer), 0);
    assert!(insert(&mut pending, taken).is_ok());
    assert!(!pending.forget_taken(), "nothing is left");
    assert_eq!(pending.get(&Hash([1; 32])), Some(&1));
}

#[test]
fn no_more_is_remembered_as_taken_than_the_limit() {
    let of_payer = |priority, payload| Entry {
        payer: Pubkey([payload; 32]),
        ..entry(priority, payload)
    };
    let limits = PendingLimits { taken: 2, ..ROOMY };
    let three = [of_payer(3, 1), of_payer(2, 2), of_payer(1, 3)];
    let mut pending = pool(limits, three);
    pending.begin_block(1);
    assert_eq!(take_all(&mut pending, AMPLE), [1, 2]);
    forget_taken(&mut pending);
    pending.begin_block(2);
    assert_eq!(take_all(&mut pending, AMPLE), [3]);

    // Transactions without effect leave, but the nonces that they used remain.
    let mut pending = pool(limits, [1, 2, 3].map(|number| with_nonce(9, number, number, 1)));
    assert!(insert(&mut pending, entry(1, 4)).is_ok());
    pending.begin_block(1);
    let mut budget = Budget::new(AMPLE);
    for _ in 0..2 {
        let taken = take(&mut pending, &mut budget).unwrap();
        pending.release(&taken);
    }
    assert_eq!(take(&mut pending, &mut budget).unwrap().payload, 4);
    assert!(take(&mut pending, &mut budget).is_none());
    pending.begin_block(2);
    forget_taken(&mut pending);
    assert_eq!(take(&mut pending, &mut budget).unwrap().payload, 3);
}

/// A caller takes some at a time and tries them in that order.
#[test]
fn those_without_effect_leave_room_for_others_whatever_the_order_of_their_release() {
    let limits = PendingLimits { taken: 4, ..ROOMY };
    let mut pending = pool(limits, (1..=8).map(|number| entry(9, number)));
    pending.begin_block(1);
    let mut budget = Budget::new(AMPLE);
    for _ in 0..2 {
        let taken: Vec<_> = std::iter::repeat_with(|| take(&mut pending, &mut budget))
            .take(4)
            .flatten()
            .collect();
        assert_eq!(taken.len(), 4);
        for entry in &taken {
            pending.release(entry);
        }
    }
}

/// A caller holds a lock meanwhile.
#[test]
fn few_entries_expire_or_are_forgotten_in_one_call() {
    let limits = PendingLimits {
        payer_transactions: 2_000,
        transactions: 2_000,
        ..ROOMY
    };
    let mut pending: Pending<u16> = Pending::new(limits);
    let fill = |pending: &mut Pending<u16>| {
        for number in 0..600_u16 {
            let mut identity = [0; 32];
            identity[..2].copy_from_slice(&number.to_le_bytes());
            let filled = Entry {
                identity: Hash(identity),
                priority: 1,
                cost_units: 1,
                size_bytes: 1,
                writable: Box::default(),
                payer: Pubkey([0; 32]),
                fee_lamports: 1,
                arrived_at_height: 0,
                expires_at_height: 4,
                nonce: None,
                payload: number,
            };
            assert!(insert(pending, filled).is_ok());
        }
    };
    fill(&mut pending);
    let dropped = std::iter::repeat_with(|| pending.drop_expired(5).len());
    let dropped: Vec<_> = dropped.take(4).collect();
    assert_eq!(
        dropped,
        [
            DROPPED_COUNT_MAX,
            DROPPED_COUNT_MAX,
            600 - 2 * DROPPED_COUNT_MAX,
            0
        ]
    );
    fill(&mut pending);
    pending.begin_block(1);
    while let Taken::Entry(_) = pending.take(&mut Budget::new(AMPLE)) {}
    let calls = std::iter::repeat_with(|| pending.forget_taken()).take_while(|is_more| *is_more);
    assert_eq!(calls.count(), 600 / DROPPED_COUNT_MAX);
    assert_eq!(pending.get(&Hash([0; 32])), None);
}

#[test]
fn entries_expire_after_their_last_height() {
    let lives_until = |expires_at_height, payload| Entry {
        expires_at_height,
        ..entry(u64::from(payload), payload)
    };
    let mut pending = pool(
        ROOMY,
        [
            lives_until(7, 1),
            lives_until(5, 2),
            lives_until(6, 3),
            lives_until(5, 4),
        ],
    );
    assert!(
        pending.drop_expired(5).is_empty(),
        "the block of height 5 can still hold them"
    );
    assert_eq!(
        payloads(&pending.drop_expired(6)),
        [4, 2],
        "the latest arrival first"
    );
    assert_eq!(pending.bytes(), 20);
    assert_eq!(payloads(&pending.drop_expired(u64::MAX)), [3, 1]);
    assert!(pending.is_empty());
}

#[test]
fn remove_takes_out_by_identity() {
    let mut pending = pool(ROOMY, [entry(3, 1), entry(2, 2)]);
    assert_eq!(pending.remove(&Hash([1; 32])), Some(entry(3, 1)));
    assert_eq!(pending.remove(&Hash([1; 32])), None);
    assert_eq!(payloads(pending.iter()), [2]);
}

#[test]
fn the_wait_is_counted_in_blocks() {
    let waiting = Entry {
        arrived_at_height: 40,
        ..entry(1, 1)
    };
    assert_eq!(waiting.waited_blocks(40), 0);
    assert_eq!(waiting.waited_blocks(47), 7);
    assert_eq!(waiting.waited_blocks(39), 0, "an older view counts as no wait");
}

#[test]
fn no_wait_outlasts_the_expiry_under_constant_overtaking() {
    let one_per_block = BudgetLimits {
        transactions: 1,
        ..AMPLE
    };
    let mut pending: Pending<u8> = pool(
        ROOMY,
        [Entry {
            expires_at_height: 20,
            ..entry(0, 0)
        }],
    );
    for height in 1..=21 {
        let overtaking = Entry {
            arrived_at_height: height,
            ..entry(1, u8::try_from(height).unwrap())
        };
        assert!(insert(&mut pending, overtaking).is_ok());
        pending.begin_block(height);
        let expired = pending.drop_expired(height);
        assert_eq!(payloads(&expired), if height == 21 { vec![0] } else { vec![] });
        let mut budget = Budget::new(one_per_block);
        let taken = take(&mut pending, &mut budget).expect("one arrives per block");
        assert_eq!(taken.waited_blocks(height), 0);
    }
}

#[test]
fn what_a_payer_lost_is_owed_until_the_block_is_published() {
    let payer = entry(0, 0).payer;
    let mut pending = pool(ROOMY, [entry(5, 1), entry(4, 2)]);
    pending.begin_block(1);
    let mut budget = Budget::new(AMPLE);
    assert!(take(&mut pending, &mut budget).is_some());
    assert_eq!(fees_of(&pending, &payer), 10);
    pending.note_lost(&payer, 3);
    assert_eq!(fees_of(&pending, &payer), 10, "the fee is part of it");
    pending.note_lost(&payer, 1_000);
    assert_eq!(fees_of(&pending, &payer), 1_005);
    forget_taken(&mut pending);
    assert_eq!(fees_of(&pending, &payer), 5);
}
