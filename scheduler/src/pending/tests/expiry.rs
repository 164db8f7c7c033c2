//! Waiting and expiry.

use super::super::*;
use super::{AMPLE, ROOMY, entry, forget_taken, insert, payloads, pool, take};
use crate::{Budget, BudgetLimits};

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
                record_bytes: 0,
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
    let calls = std::iter::repeat_with(|| pending.forget_taken(1)).take_while(|is_more| *is_more);
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
        forget_taken(&mut pending, height);
    }
}
