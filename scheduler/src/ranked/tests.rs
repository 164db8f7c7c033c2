//! Order, and every position once.

#![expect(clippy::disallowed_methods, reason = "tests own threads")]

use std::sync::Mutex;

use super::*;
use crate::steps::seed_yields;

fn drain(ranked: &Ranked) -> Vec<u32> {
    std::iter::from_fn(|| ranked.pop()).collect()
}

#[test]
fn ranks_rise_with_every_half_of_a_doubling() {
    assert!(Rank::of(0).is_short() && Rank::of(1).is_short() && Rank::of(SHORT_UNITS - 1).is_short());
    let tails = [SHORT_UNITS, 12_287, 12_288, 16_383, 16_384, 24_576, u32::MAX];
    assert_eq!(tails.map(|tail| Rank::of(tail).0), [1, 1, 2, 2, 3, 4, LEVELS]);
}

#[test]
fn the_highest_rank_comes_first_and_equal_ones_in_turn() {
    let ranked = Ranked::new(8);
    assert!(ranked.is_empty());
    for (tail, position) in [(10_000, 1), (900_000, 2), (11_000, 3), (1_000_000, 4)] {
        ranked.push(Rank::of(tail), position);
    }
    assert!(!ranked.is_empty());
    assert_eq!(ranked.pop_above(Rank::of(1_000_000)), None);
    assert_eq!(ranked.pop_above(Rank::of(12_500)), Some(2));
    assert_eq!(drain(&ranked), [4, 1, 3]);
    assert!(ranked.is_empty());
}

#[test]
fn a_ring_is_used_again_and_again() {
    let ranked = Ranked::new(4);
    for position in 0..100 {
        for offset in 0..4 {
            ranked.push(Rank::of(SHORT_UNITS), position + offset);
        }
        assert_eq!(drain(&ranked), (position..position + 4).collect::<Vec<u32>>());
    }
}

#[test]
fn ranks_are_found_again_and_never_fall() {
    let ranked = Ranked::new(8);
    for (tail, position) in [(10_000, 1), (50_000, 2), (10_000, 3)] {
        ranked.push(Rank::of(tail), position);
    }
    ranked.rank_again(|position| {
        if position == 3 {
            Rank::of(90_000)
        } else {
            Rank::SHORT
        }
    });
    assert_eq!(drain(&ranked), [3, 2, 1]);
}

#[test]
#[should_panic(expected = "the list holds what is not short")]
fn what_is_short_is_not_listed() {
    Ranked::new(8).push(Rank::SHORT, 1);
}

#[test]
fn threads_take_every_position_once_while_ranks_change() {
    const PUSHED: u32 = 64;
    for seed in 1..40 {
        let (ranked, taken) = (Ranked::new(128), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (ranked, taken) = (&ranked, &taken);
                scope.spawn(move || {
                    seed_yields(seed * 7 + u64::from(thread));
                    for number in 0..PUSHED / 2 {
                        if thread < 2 {
                            ranked.push(
                                Rank::of(SHORT_UNITS << (number % 3)),
                                thread * PUSHED / 2 + number,
                            );
                        } else {
                            ranked.rank_again(|position| Rank::of(SHORT_UNITS << (position % 5)));
                        }
                        taken.lock().unwrap().extend(ranked.pop());
                    }
                });
            }
        });
        let mut taken = taken.into_inner().unwrap();
        taken.extend(drain(&ranked));
        taken.sort_unstable();
        assert_eq!(taken, (0..PUSHED).collect::<Vec<u32>>(), "seed {seed}");
    }
}
