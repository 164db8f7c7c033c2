//! What is remembered of taken entries until their block is published.

use super::super::*;
use super::{
    AMPLE, ROOMY, entry, fees_at, fees_of, forget_taken, insert, payloads, pool, take, take_all, with_nonce,
};

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
    pending.note_lost(&payer, 3);
    assert_eq!(fees_of(&pending, &payer), 10, "the fee is part of it");
    pending.note_lost(&payer, 1_000);
    assert_eq!(fees_of(&pending, &payer), 1_005);
    forget_taken(&mut pending);
    assert_eq!(fees_of(&pending, &payer), 5);
}
