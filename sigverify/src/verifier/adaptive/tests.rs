//! The choices, and the bound on what an attacker can cost, against adversaries of several kinds.

#![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

use super::*;

/// The models of all backends, whether or not this machine has them.
fn models() -> Vec<Costs> {
    Costs::ALL.to_vec()
}

/// Runs a sequence of calls, each a list of good (true) and bad signatures; cost by the model, over that of the lanes.
fn overhead(costs: Costs, calls: &[Vec<bool>]) -> f64 {
    let mut policy = AdaptivePolicy::new(costs);
    let (mut cost, mut lanes) = (0.0, 0.0);
    for call in calls {
        lanes += call.len() as f64 * (costs.prepare + costs.equation());
        let mut rest = call.as_slice();
        while !rest.is_empty() {
            let step = policy.choose(rest.len());
            let (part, later) = rest.split_at(step.count());
            let bad = part.iter().filter(|good| !**good).count();
            cost += take_step(&costs, &mut policy, step, bad);
            rest = later;
        }
    }
    cost / lanes
}

fn take_step(costs: &Costs, policy: &mut AdaptivePolicy, step: Step, bad: usize) -> f64 {
    match step {
        Step::Each(count) => {
            policy.lanes_done(count, bad);
            count as f64 * costs.one
        }
        Step::Lanes(count) => {
            policy.lanes_done(count, bad);
            count as f64 * costs.through_lanes(count)
        }
        Step::Batch(count) => {
            let sum = costs.prepare + costs.sum_over(count).unwrap();
            if bad == 0 {
                policy.batch_held(count);
                count as f64 * sum
            } else {
                policy.batch_failed(count, bad);
                count as f64 * (sum + costs.equation())
            }
        }
    }
}

fn all_good(count: usize) -> Vec<bool> {
    vec![true; count]
}

fn one_bad(count: usize) -> Vec<bool> {
    let mut call = all_good(count);
    call[count / 3] = false;
    call
}

#[test]
fn good_signatures_are_verified_in_batches_as_large_as_possible() {
    for costs in models() {
        let policy = AdaptivePolicy::new(costs);
        assert_eq!(policy.choose(1_024), Step::Batch(1_024));
        assert_eq!(policy.choose(4_096), Step::Batch(4_096));
        assert_eq!(policy.choose(4_098), Step::Batch(2_049), "two even halves");
        assert!(matches!(policy.choose(1), Step::Each(1) | Step::Lanes(1)));
        assert!(overhead(costs, &vec![all_good(1_024); 10]) < 0.75);
    }
}

#[test]
fn a_bad_one_in_every_batch_costs_less_than_a_third_more_than_the_lanes() {
    for costs in models() {
        for size in [16, 32, 64, 256, 1_024, 4_096] {
            let calls = vec![one_bad(size); 100 * 1_024 / size.min(1_024)];
            let overhead = overhead(costs, &calls);
            assert!(overhead < 4.0 / 3.0, "{overhead} for {size}");
        }
    }
}

#[test]
fn alternating_good_and_bad_batches_cost_less_than_a_third_more_than_the_lanes() {
    for costs in models() {
        for size in [32, 64, 1_024, 4_096] {
            for bad in [one_bad(size), vec![false; size]] {
                let pair = [all_good(size), bad];
                let calls: Vec<_> = pair.iter().cycle().take(100).cloned().collect();
                let overhead = overhead(costs, &calls);
                assert!(overhead < 4.0 / 3.0, "{overhead} for {size}");
            }
        }
    }
}

#[test]
fn an_adversary_who_sees_every_choice_stays_below_the_bound() {
    // It makes exactly those batches fail that are tried, after letting the verifier recover for a while.
    for costs in models() {
        for patience in [0, 1, 3, 10, 100] {
            let mut policy = AdaptivePolicy::new(costs);
            let (mut cost, mut lanes, mut since) = (0.0, 0.0, 0);
            for _ in 0..5_000 {
                let step = policy.choose(1_024);
                let is_attacked = matches!(step, Step::Batch(_)) && since >= patience;
                since = if is_attacked { 0 } else { since + 1 };
                cost += take_step(&costs, &mut policy, step, usize::from(is_attacked));
                lanes += step.count() as f64 * (costs.prepare + costs.equation());
            }
            let bound = lanes * (1.0 + CREDIT_SHARE) + credit_max(&costs);
            assert!(cost <= bound * 1.001, "{cost} > {bound} with patience {patience}");
        }
    }
}

#[test]
fn rare_bad_ones_cost_less_than_the_lanes() {
    // One in 1024 leaves smaller batches worth while.
    for costs in models() {
        let overhead = overhead(costs, &vec![one_bad(1_024); 100]);
        assert!(overhead < 1.0, "{overhead}");
    }
}

#[test]
fn large_batches_come_back_when_the_bad_ones_stop() {
    for costs in models() {
        let mut policy = AdaptivePolicy::new(costs);
        for _ in 0..50 {
            let step = policy.choose(1_024);
            take_step(&costs, &mut policy, step, step.count());
        }
        assert!(!matches!(policy.choose(1_024), Step::Batch(_)), "only bad ones");
        let mut verified = 0_usize;
        while !matches!(policy.choose(1_024), Step::Batch(1_024)) {
            let step = policy.choose(1_024);
            take_step(&costs, &mut policy, step, 0);
            verified += step.count();
            assert!(verified < 1_000_000, "it never recovers");
        }
        assert!(verified < 100_000, "{verified}");
    }
}

#[test]
fn parts_are_even_and_none_is_empty() {
    assert_eq!(even_part(1, 4_096), 1);
    assert_eq!(even_part(4_096, 4_096), 4_096);
    assert_eq!(even_part(4_097, 4_096), 2_049);
    assert_eq!(even_part(10, 4), 4);
    assert_eq!(even_part(9, 8), 5);
}
