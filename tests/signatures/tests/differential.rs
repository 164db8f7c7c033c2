//! The differential fuzz in small: no mismatch on the real paths, and planted defects are found.

use isobath_signature_tests::fuzz::{Checker, Plan, run};
use isobath_signature_tests::paths::{self, Choice, Path};
use isobath_sigverify::{Cause, Item, Verdict, verify_one};

const PLAN: Plan = Plan {
    count: 1,
    seed: 20_261_123,
    jobs: 2,
};

fn run_with(path: impl Fn() -> Path + Sync) -> Result<(), String> {
    let checker = || Checker::new(vec![path()], Vec::new(), u64::MAX);
    run(PLAN, checker, |_| {}).map(drop)
}

fn oracle(items: &[Item<'_>]) -> Vec<Verdict> {
    items.iter().map(verify_one).collect()
}

#[test]
fn all_paths_agree_and_much_was_seen() {
    let checker = || {
        let (always, sometimes) = paths::fuzzed(&Choice::All);
        Checker::new(always, sometimes, 8)
    };
    let report = run(PLAN, checker, |_| {}).unwrap_or_else(|mismatch| panic!("{mismatch}"));
    assert!(report.flaws.iter().all(|count| *count > 0), "{report}");
    assert!(report.sizes.iter().all(|count| *count > 0), "{report}");
    assert!(
        report.good_batches > 10 && report.cofactored_only > 100,
        "{report}"
    );
    assert!(report.asked.0 > 1_000 && report.asked.1 > 1_000, "{report}");
}

#[test]
fn a_path_that_trusts_large_batches_is_found() {
    let trusting = |items: &[Item<'_>]| match items.len() {
        0..=100 => oracle(items),
        count => vec![Ok(()); count],
    };
    let found = run_with(|| Path::new("trusting", trusting)).expect_err("it accepts bad signatures");
    assert!(
        found.starts_with("round 20261123: trusting: signature"),
        "{found}"
    );
}

#[test]
fn a_path_with_equal_coefficients_is_found() {
    // A sum with equal coefficients is zero for the pairs that cancel: plant what such a path would answer.
    let summing = |items: &[Item<'_>]| {
        let mut verdicts = oracle(items);
        let wrong: Vec<usize> = (0..items.len())
            .filter(|&index| verdicts[index] == Err(Cause::Equation))
            .collect();
        if wrong == [0, 1] || wrong == [0, 1, items.len() - 2, items.len() - 1] {
            verdicts.fill(Ok(()));
        }
        verdicts
    };
    assert!(run_with(|| Path::new("summing", summing)).is_err());
}

#[test]
fn a_path_without_the_cofactor_is_found() {
    let cofactorless = |items: &[Item<'_>]| {
        let strict = |item: &Item<'_>| {
            let key = ed25519_dalek::VerifyingKey::from_bytes(item.key);
            let signature = ed25519_dalek::Signature::from_bytes(item.signature);
            key.is_ok_and(|key| key.verify_strict(item.message, &signature).is_ok())
        };
        let verdict = |item: &Item<'_>| {
            verify_one(item).and(if strict(item) {
                Ok(())
            } else {
                Err(Cause::Equation)
            })
        };
        items.iter().map(verdict).collect()
    };
    assert!(run_with(|| Path::new("cofactorless", cofactorless)).is_err());
}

#[test]
fn a_path_that_reports_another_cause_is_found() {
    let other_order = |items: &[Item<'_>]| {
        let swapped = |verdict: Verdict| match verdict {
            Err(Cause::KeySmallOrder) => Err(Cause::KeyEncoding),
            other => other,
        };
        oracle(items).into_iter().map(swapped).collect()
    };
    assert!(run_with(|| Path::new("other order", other_order)).is_err());
}
