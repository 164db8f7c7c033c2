//! Batches of every composition.

use super::*;

const SIZES: [usize; 10] = [0, 1, 2, 7, 8, 9, 63, 64, 65, 130];

fn goods(count: usize, key_count: u64) -> Vec<Forged> {
    (0..count as u64).map(|number| good(number, key_count)).collect()
}

#[test]
fn good_ones_of_every_size() {
    let mut verifiers = verifiers();
    for size in SIZES {
        assert_all_agree(&mut verifiers, &goods(size, u64::MAX), &vec![Ok(()); size]);
    }
}

#[test]
fn a_bad_one_first_in_the_middle_and_last() {
    let mut verifiers = verifiers();
    for size in [1, 2, 7, 8, 9, 64, 65] {
        let all_good = goods(size, u64::MAX);
        for (at, cause) in [0, size / 2, size - 1]
            .into_iter()
            .zip(Cause::ALL.into_iter().rev())
        {
            let mut forged = all_good.clone();
            forged[at] = bad(cause, 77);
            let mut verdicts = vec![Ok(()); size];
            verdicts[at] = Err(cause);
            assert_all_agree(&mut verifiers, &forged, &verdicts);
        }
    }
}

#[test]
fn every_cause_among_good_ones_and_alone() {
    let mut verifiers = verifiers();
    for cause in Cause::ALL {
        let mut forged = goods(40, 7);
        forged[17] = bad(cause, 1);
        forged[18] = bad(cause, 2);
        let verdicts = expected(&forged);
        assert_eq!(
            verdicts.iter().filter(|verdict| **verdict == Err(cause)).count(),
            2
        );
        assert_all_agree(&mut verifiers, &forged, &verdicts);
        let all: Vec<_> = (0..20).map(|number| bad(cause, number)).collect();
        assert_all_agree(&mut verifiers, &all, &[Err(cause); 20]);
    }
}

#[test]
fn two_things_wrong_give_the_first_cause() {
    let mut verifiers = verifiers();
    let mut forged = goods(12, u64::MAX);
    let wrong: [fn(&mut Forged); 6] = [
        |forged| forged.set_scalar([0xff; 32]),
        |forged| forged.key = [0xff; 32],
        |forged| forged.key = [0; 32],
        |forged| forged.set_commitment([0xff; 32]),
        |forged| forged.set_commitment([0; 32]),
        |forged| forged.message.push(0),
    ];
    for first in 0..wrong.len() {
        for second in first + 1..wrong.len() {
            let mut twice = good(1, u64::MAX);
            wrong[first](&mut twice);
            wrong[second](&mut twice);
            forged.push(twice);
        }
    }
    assert_all_agree(&mut verifiers, &forged, &expected(&forged));
}

#[test]
fn repeated_keys_and_repeated_items() {
    let mut verifiers = verifiers();
    for key_count in [1, 2, 5, 60] {
        let mut forged = goods(64, key_count);
        assert_all_agree(&mut verifiers, &forged, &[Ok(()); 64]);
        forged[63] = forged[0].clone();
        forged[30].message.push(9);
        forged[31].key = [0xff; 32];
        forged[32].key = [0xff; 32];
        assert_all_agree(&mut verifiers, &forged, &expected(&forged));
    }
}

#[test]
fn order_does_not_matter() {
    let mut verifiers = verifiers();
    let mut forged = goods(20, 6);
    forged.extend(Cause::ALL.map(|cause| bad(cause, 3)));
    for step in [1, 5, 11, 17] {
        let permuted: Vec<_> = (0..26).map(|at| forged[at * step % 26].clone()).collect();
        assert_all_agree(&mut verifiers, &permuted, &expected(&permuted));
        forged.rotate_left(step);
    }
}

#[test]
fn mixed_order_points_are_judged_as_by_themselves() {
    let mut verifiers = verifiers();
    let mut forged = Vec::new();
    for key_torsion in 0..8 {
        for commitment_torsion in 0..8 {
            let forger = Forger {
                key_torsion,
                commitment_torsion,
                ..honest()
            };
            forged.push(forger.sign(&[u8::try_from(commitment_torsion).unwrap()]));
        }
    }
    assert_all_agree(&mut verifiers, &forged, &[Ok(()); 64]);
    forged[13].message.push(0);
    assert_all_agree(&mut verifiers, &forged, &expected(&forged));
}

#[test]
fn a_thousand_with_some_bad_ones_in_every_state_of_the_policy() {
    let mut verifiers: Vec<_> = verifiers()
        .into_iter()
        .filter(|verifier| verifier.config().key_cache == 0 || verifier.config().policy == Policy::Adaptive)
        .collect();
    let mut forged = goods(1_024, 300);
    for at in [0, 500, 1_023] {
        forged[at].message.push(0);
    }
    let verdicts = expected(&forged);
    // Bad, good and bad again: the verifiers come into the second round having learnt from the first.
    let (good_part, good_verdicts) = (&forged[1..500], &verdicts[1..500]);
    assert_all_agree(&mut verifiers, &forged, &verdicts);
    assert_all_agree(&mut verifiers, good_part, good_verdicts);
    assert_all_agree(&mut verifiers, &forged, &verdicts);
}

#[test]
fn more_than_a_chunk() {
    let one = good(1, 1);
    let mut wrong = one.clone();
    wrong.message.push(0);
    let mut forged = vec![one; 4_100];
    forged[4_098] = wrong;
    let mut verdicts = vec![Ok(()); 4_100];
    verdicts[4_098] = Err(Cause::Equation);
    for policy in [Policy::Adaptive, Policy::Batch, Policy::Lanes] {
        assert_eq!(verifier(policy).verify(&items(&forged)), verdicts);
    }
}

#[test]
fn a_cached_key_is_not_decoded_again_and_a_bad_one_is_never_held() {
    let config = VerifierConfig {
        policy: Policy::Batch,
        key_cache: 64,
        ..VerifierConfig::default()
    };
    let mut verifier = Verifier::new(config);
    let mut forged = goods(20, 5);
    forged.push(bad(Cause::KeyEncoding, 1));
    forged.push(bad(Cause::KeySmallOrder, 1));
    let verdicts = expected(&forged);
    for round in 0..3 {
        assert_eq!(verifier.verify(&items(&forged)), verdicts);
        assert_eq!(verifier.counters().cache_hits, 5 * round);
    }
}

#[test]
fn counters_add_up() {
    let mut verifier = verifier(Policy::Batch);
    verifier.verify(&items(&goods(10, 3)));
    let mut forged = goods(10, 3);
    forged.extend(Cause::ALL.map(|cause| bad(cause, 3)));
    verifier.verify(&items(&forged));
    let counters = verifier.counters();
    assert_eq!(
        (counters.signatures, counters.batches, counters.fallbacks),
        (26, 2, 1)
    );
    for cause in Cause::ALL {
        assert_eq!(counters.failures_of(cause), 1, "{cause}");
    }
}

#[test]
fn threads_with_verifiers_of_their_own_agree() {
    let mut forged = goods(200, 50);
    forged[66].message.push(1);
    forged[199] = bad(Cause::CommitmentEncoding, 4);
    let (items, verdicts) = (items(&forged), expected(&forged));
    for threads in [1, 2, 3, 7] {
        let parts: Vec<Vec<Verdict>> = std::thread::scope(|scope| {
            let workers: Vec<_> = items
                .chunks(items.len().div_ceil(threads))
                .map(|part| scope.spawn(|| Verifier::new(VerifierConfig::default()).verify(part).to_vec()))
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        assert_eq!(parts.concat(), verdicts, "{threads} threads");
    }
}
