//! Tails and orders against their definitions.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "the sums of the tests are of few and small numbers"
)]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

/// A transaction of a test.
#[derive(Clone, Debug)]
struct Sample {
    band: u64,
    units: u64,
    locks: Vec<Lock>,
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let locks = btree_map(0..12_u32, any::<bool>(), 0..4);
    let sample = (0..3_u64, 0..50_u64, locks).prop_map(|(band, units, locks)| Sample {
        band,
        units,
        locks: locks
            .into_iter()
            .map(|(account, is_writable)| Lock { account, is_writable })
            .collect(),
    });
    vec(sample, 0..40).prop_map(|mut samples| {
        samples.sort_by_key(|sample| Reverse(sample.band));
        samples
    })
}

fn window(samples: &[Sample]) -> LookAhead {
    let mut look_ahead = LookAhead::new();
    fill(&mut look_ahead, samples);
    look_ahead
}

fn fill(look_ahead: &mut LookAhead, samples: &[Sample]) {
    look_ahead.clear();
    for sample in samples {
        look_ahead.push(sample.band, sample.units, sample.locks.iter().copied());
    }
}

fn conflict(a: &Sample, b: &Sample) -> bool {
    a.locks.iter().any(|one| {
        let mut others = b.locks.iter();
        others.any(|other| one.account == other.account && (one.is_writable || other.is_writable))
    })
}

/// By definition: its units, and the longest of those behind that conflict with it.
fn tails_of(samples: &[Sample]) -> Vec<u64> {
    let mut tails = vec![0; samples.len()];
    for index in (0..samples.len()).rev() {
        let behind = (index + 1..samples.len()).filter(|after| conflict(&samples[index], &samples[*after]));
        tails[index] = samples[index].units.max(1) + behind.map(|after| tails[after]).max().unwrap_or(0);
    }
    tails
}

fn in_order(samples: &[Sample], order: &[u32]) -> Vec<Sample> {
    order
        .iter()
        .map(|index| samples[*index as usize].clone())
        .collect()
}

const fn write(account: u32) -> Lock {
    Lock {
        account,
        is_writable: true,
    }
}

#[test]
fn the_chain_of_a_hot_account_starts_first() {
    let mut look_ahead = LookAhead::new();
    for own in 0..200 {
        look_ahead.push(0, 10, [write(100 + own)]);
    }
    for own in 200..220 {
        look_ahead.push(0, 10, [write(100 + own), write(0)]);
    }
    let order = look_ahead.order();
    assert_eq!(order[..2], [200, 201], "the chain, in the order of its arrival");
    assert!(order[..19].iter().all(|index| *index >= 200));
}

#[test]
fn what_joins_two_chains_does_not_make_one_of_them() {
    // In the order of arrival the second chain waits for all of the first.
    let mut look_ahead = LookAhead::new();
    for _ in 0..10 {
        look_ahead.push(0, 1, [write(0)]);
    }
    look_ahead.push(0, 1, [write(0), write(1)]);
    for _ in 0..10 {
        look_ahead.push(0, 1, [write(1)]);
    }
    let longest = |look_ahead: &mut LookAhead| look_ahead.tails().iter().max().copied();
    assert_eq!(longest(&mut look_ahead), Some(21));
    let order = look_ahead.order().to_vec();
    assert_eq!(order[0], 10);
    let mut reordered = LookAhead::new();
    for index in order {
        let locks: &[Lock] = match index {
            0..10 => &[write(0)],
            10 => &[write(0), write(1)],
            _ => &[write(1)],
        };
        reordered.push(0, 1, locks.iter().copied());
    }
    assert_eq!(longest(&mut reordered), Some(11));
}

#[test]
fn a_higher_band_stays_in_front_of_a_longer_chain() {
    let mut look_ahead = LookAhead::new();
    look_ahead.push(2, 1, [write(7)]);
    for _ in 0..5 {
        look_ahead.push(1, 100, [write(0)]);
    }
    assert_eq!(look_ahead.order()[0], 0);
}

proptest! {
    #[test]
    fn tails_are_those_of_the_definition(samples in samples()) {
        let mut look_ahead = window(&samples);
        prop_assert_eq!(look_ahead.tails(), tails_of(&samples));
    }

    #[test]
    fn an_order_moves_within_bands_and_has_the_longest_tails_first(samples in samples()) {
        let order = window(&samples).order().to_vec();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert!(sorted.into_iter().eq(0..u32::try_from(samples.len()).unwrap()), "a permutation");
        let reordered = in_order(&samples, &order);
        let bands = |samples: &[Sample]| samples.iter().map(|sample| sample.band).collect::<Vec<_>>();
        prop_assert_eq!(bands(&reordered), bands(&samples));
        let tails = tails_of(&reordered);
        for (index, pair) in tails.windows(2).enumerate() {
            let same_band = reordered[index].band == reordered[index + 1].band;
            prop_assert!(!same_band || pair[0] >= pair[1], "{tails:?}");
        }
    }

    #[test]
    fn a_window_that_is_used_again_remembers_nothing(first in samples(), second in samples()) {
        let mut used = window(&first);
        used.order();
        fill(&mut used, &second);
        let mut fresh = window(&second);
        prop_assert_eq!(used.order(), fresh.order());
        prop_assert_eq!(used.tails(), fresh.tails());
    }
}
