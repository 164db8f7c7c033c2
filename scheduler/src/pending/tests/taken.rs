//! What is remembered of taken entries until their block is published, of one block or of two.

use super::super::*;
use super::{
    AMPLE, ROOMY, entry, fees_at, fees_of, forget_taken, insert, payloads, pool, take, take_all, with_nonce,
};
use crate::Budget;

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
    forget_taken(&mut pending, 1);
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
    pending.forget_taken(1);
    assert_eq!(owed_by_view(&mut pending, 0), Err(InsertError::Outdated));
    assert_eq!(owed_by_view(&mut pending, 1), Ok(()));
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
    assert!(!pending.forget_taken(1), "nothing is left");
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
    forget_taken(&mut pending, 1);
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
    forget_taken(&mut pending, 1);
    pending.begin_block(2);
    assert_eq!(take(&mut pending, &mut budget).unwrap().payload, 3);
}

/// A caller takes many at a time and settles them in that order.
#[test]
fn those_without_effect_leave_room_for_others_whatever_the_order_of_their_release() {
    let limits = PendingLimits { taken: 100, ..ROOMY };
    let mut pending = pool(limits, (1..=200).map(|number| entry(9, number)));
    pending.begin_block(1);
    let mut budget = Budget::new(AMPLE);
    for _ in 0..2 {
        let taken: Vec<_> = std::iter::repeat_with(|| take(&mut pending, &mut budget))
            .take(100)
            .flatten()
            .collect();
        assert_eq!(taken.len(), 100);
        for entry in &taken {
            pending.release(entry);
        }
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
    pending.note_lost(1, &payer, 3);
    assert_eq!(fees_of(&pending, &payer), 10, "the fee is part of it");
    pending.note_lost(1, &payer, 1_000);
    assert_eq!(fees_of(&pending, &payer), 1_005);
    forget_taken(&mut pending, 1);
    assert_eq!(fees_of(&pending, &payer), 5);
}

/// A payer with three entries, of which block 1 takes the first and block 2 the second while block 1 is not published.
fn two_blocks() -> Pending<u8> {
    let mut pending = pool(ROOMY, [entry(3, 1), entry(2, 2), entry(1, 3)]);
    for (height, payload) in [(1, 1), (2, 2)] {
        pending.begin_block(height);
        let taken = take(&mut pending, &mut Budget::new(AMPLE)).unwrap();
        assert_eq!(taken.payload, payload);
    }
    pending
}

#[test]
fn a_payer_owes_for_each_block_that_the_view_does_not_have() {
    let payer = entry(0, 0).payer;
    let mut pending = two_blocks();
    pending.note_lost(2, &payer, 100);
    for (height, owed) in [(0, 5 + 100 + 5), (1, 100 + 5), (2, 5)] {
        assert_eq!(fees_at(&pending, &payer, height), owed, "by the view of {height}");
    }
    forget_taken(&mut pending, 1);
    assert_eq!(
        fees_at(&pending, &payer, 1),
        105,
        "what the open block took stays"
    );
    let judged_at = |arrived_at_height, payload| Entry {
        arrived_at_height,
        ..entry(1, payload)
    };
    assert_eq!(insert(&mut pending, judged_at(0, 4)), Err(InsertError::Outdated));
    let inserted = pending.insert(judged_at(1, 4), |fees| fees <= 109).map(drop);
    let owed_lamports = 105;
    assert_eq!(inserted, Err(InsertError::Unpayable { owed_lamports }));
    assert!(pending.insert(judged_at(2, 4), |fees| fees <= 10).is_ok());
    forget_taken(&mut pending, 2);
    assert_eq!(fees_of(&pending, &payer), 10);
}

/// A payer that could pay for all that one block took, but not for what the next one takes, has lost something in either.
#[test]
fn what_was_lost_in_the_block_before_is_owed_until_that_one_is_published() {
    let payer = entry(0, 0).payer;
    let mut pending = two_blocks();
    pending.note_lost(1, &payer, 100);
    for (height, owed) in [(0, 100 + 5 + 5), (1, 5 + 5), (2, 5)] {
        assert_eq!(fees_at(&pending, &payer, height), owed, "by the view of {height}");
    }
    forget_taken(&mut pending, 1);
    pending.note_lost(1, &payer, 100);
    pending.note_lost(3, &payer, 100);
    assert_eq!(
        fees_at(&pending, &payer, 1),
        10,
        "not for a block that is forgotten or to come"
    );
}

#[test]
fn repeated_transactions_of_both_blocks_are_recognized() {
    let mut pending = two_blocks();
    let judged_at = |arrived_at_height, payload| Entry {
        arrived_at_height,
        ..entry(9, payload)
    };
    for payload in [1, 2] {
        let again = insert(&mut pending, judged_at(2, payload));
        assert_eq!(again, Err(InsertError::Duplicate));
        assert_eq!(pending.get(&Hash([payload; 32])), Some(&payload));
    }
    forget_taken(&mut pending, 1);
    assert_eq!(pending.get(&Hash([1; 32])), None);
    assert_eq!(pending.get(&Hash([2; 32])), Some(&2));
    assert!(insert(&mut pending, judged_at(1, 1)).is_ok());
    assert_eq!(insert(&mut pending, judged_at(1, 2)), Err(InsertError::Duplicate));
}

#[test]
fn a_nonce_is_refused_until_its_own_block_is_published() {
    let mut pending = pool(ROOMY, [with_nonce(9, 1, 1, 1), with_nonce(8, 2, 2, 1)]);
    for height in [1, 2] {
        pending.begin_block(height);
        assert!(take(&mut pending, &mut Budget::new(AMPLE)).is_some());
    }
    let next = |payload, account| Entry {
        arrived_at_height: 1,
        ..with_nonce(1, payload, account, 2)
    };
    assert_eq!(insert(&mut pending, next(3, 1)), Err(InsertError::NonceTaken));
    forget_taken(&mut pending, 1);
    assert!(insert(&mut pending, next(3, 1)).is_ok());
    assert_eq!(insert(&mut pending, next(4, 2)), Err(InsertError::NonceTaken));
}

#[test]
fn an_entry_is_released_from_the_block_that_took_it() {
    let payer = entry(0, 0).payer;
    let mut pending = two_blocks();
    pending.release(&entry(3, 1));
    assert_eq!(
        fees_at(&pending, &payer, 0),
        10,
        "block 2 took one, one is pending"
    );
    assert_eq!(pending.get(&Hash([1; 32])), None);
    assert_eq!(fees_at(&pending, &payer, 1), 10);
    pending.release(&entry(2, 2));
    assert_eq!(fees_at(&pending, &payer, 0), 5);
    pending.release(&entry(2, 2));
    assert_eq!(fees_at(&pending, &payer, 0), 5, "once");
}

#[test]
fn each_block_has_the_limit_of_what_is_remembered() {
    let limits = PendingLimits { taken: 2, ..ROOMY };
    let mut pending = pool(limits, (1..=6).map(|number| with_nonce(9, number, number, 1)));
    for (height, expected) in [(1, [1, 2]), (2, [3, 4])] {
        pending.begin_block(height);
        assert_eq!(take_all(&mut pending, AMPLE), expected);
    }
    forget_taken(&mut pending, 1);
    assert!(
        take_all(&mut pending, AMPLE).is_empty(),
        "block 2 has its share, whatever is published"
    );
    pending.begin_block(3);
    assert_eq!(take_all(&mut pending, AMPLE), [5, 6]);
}

/// What a block has taken is forgotten in steps, and block 2 takes in between.
#[test]
fn the_open_block_takes_while_the_one_before_is_forgotten() {
    let limits = PendingLimits {
        transactions: 2_000,
        payer_transactions: 2_000,
        taken: 2_000,
        ..ROOMY
    };
    let mut pending: Pending<u16> = Pending::new(limits);
    let numbered = |number: u16| {
        let mut identity = [0; 32];
        identity[..2].copy_from_slice(&number.to_le_bytes());
        let Entry { writable, payer, .. } = entry(1, 0);
        Entry {
            priority: 1,
            cost_units: 1,
            size_bytes: 1,
            record_bytes: 0,
            writable,
            payer,
            fee_lamports: 1,
            arrived_at_height: 0,
            expires_at_height: 9,
            nonce: None,
            identity: Hash(identity),
            payload: number,
        }
    };
    for number in 0..700 {
        assert!(insert(&mut pending, numbered(number)).is_ok());
    }
    let take_some = |pending: &mut Pending<u16>, count| {
        let mut budget = Budget::new(AMPLE);
        let taken = std::iter::repeat_with(|| pending.take(&mut budget)).take(count);
        assert_eq!(
            taken.filter(|taken| matches!(taken, Taken::Entry(_))).count(),
            count
        );
    };
    pending.begin_block(1);
    take_some(&mut pending, 600);
    pending.begin_block(2);
    let mut steps = 0;
    while pending.forget_taken(1) {
        take_some(&mut pending, 10);
        steps += 1;
    }
    assert_eq!(steps, 600 / DROPPED_COUNT_MAX);
    let payer = numbered(0).payer;
    assert_eq!(fees_at(&pending, &payer, 2), 80, "what is pending");
    assert_eq!(fees_at(&pending, &payer, 1), 100, "and what block 2 took");
    let is_known = |number: u16| pending.get(&numbered(number).identity).is_some();
    assert!(!(0..600).any(is_known));
    assert!((600..700).all(is_known));
}

#[test]
fn a_block_that_is_given_up_may_be_opened_again() {
    let mut pending = two_blocks();
    pending.release(&entry(2, 2));
    pending.begin_block(2);
    assert_eq!(take_all(&mut pending, AMPLE), [3]);
    forget_taken(&mut pending, 2);
    assert_eq!(
        fees_of(&pending, &entry(0, 0).payer),
        0,
        "both are forgotten at once"
    );
    pending.begin_block(40);
}

#[test]
#[should_panic(expected = "two blocks at most: block 3 opens after block 2")]
fn a_third_block_does_not_open() {
    two_blocks().begin_block(3);
}

#[test]
#[should_panic(expected = "two blocks at most: block 4 opens after block 2")]
fn no_block_is_left_out_while_the_one_before_is_remembered() {
    let mut pending = two_blocks();
    forget_taken(&mut pending, 1);
    pending.begin_block(4);
}
