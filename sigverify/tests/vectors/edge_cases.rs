//! The table of edge cases: unchanged, complete, and obeyed by every path and by the verifiers that it describes.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use isobath_signature_tests::edge::{Case, Class, build, parse, render};
use isobath_sigverify::{Cause, Verdict};
use sha2::{Digest, Sha256};

use crate::batches::{Owned, assert_on_every_path};

const TABLE: &str = include_str!("edge-cases.txt");

/// SHA-256 of the table; `isobath-edge-cases --check` prints it.
const TABLE_SHA256: &str = "0d9771dbbdc41913f676e7025b17a04ac14e69154a0912b66f6930bcbe455974";

fn table() -> Vec<Case> {
    parse(TABLE).expect("every line is a row")
}

#[test]
fn the_table_is_pinned_and_is_what_the_generator_makes() {
    let hash: String = Sha256::digest(TABLE)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hash, TABLE_SHA256);
    let built = build();
    assert_eq!(render(&built), TABLE);
    assert_eq!(table(), built);
}

#[test]
fn every_path_gives_the_verdicts_of_the_table() {
    let cases: Vec<(Owned, Verdict)> = table()
        .into_iter()
        .map(|case| {
            let owned = Owned {
                key: case.key,
                message: case.message,
                signature: case.signature,
            };
            (owned, case.expected.ours)
        })
        .collect();
    assert_on_every_path(&cases);
}

#[test]
fn dalek_gives_the_verdicts_of_its_columns() {
    for case in table() {
        let signature = Signature::from_bytes(&case.signature);
        let key = VerifyingKey::from_bytes(&case.key);
        let strict = key
            .as_ref()
            .is_ok_and(|key| key.verify_strict(&case.message, &signature).is_ok());
        let plain = key.is_ok_and(|key| key.verify(&case.message, &signature).is_ok());
        assert_eq!(strict, case.expected.strict, "verify_strict: {case:x?}");
        assert_eq!(plain, case.expected.cofactorless, "verify: {case:x?}");
    }
}

#[test]
fn rules_imply_each_other_as_they_must() {
    for case in table() {
        let expected = case.expected;
        assert!(!expected.cofactorless || expected.zip215, "{case:x?}");
        assert!(!expected.strict || expected.cofactorless, "{case:x?}");
        assert!(expected.ours.is_err() || expected.zip215, "{case:x?}");
    }
}

/// Every class alone, and the pairs that tell rules apart, have to be there; so has every verdict.
#[test]
fn every_class_and_every_verdict_is_covered() {
    let cases = table();
    let classes: BTreeSet<Class> = cases
        .iter()
        .flat_map(|case| case.classes.iter().copied())
        .collect();
    assert_eq!(classes.len(), Class::ALL.len(), "{classes:?}");
    let with = |wanted: &[Class]| {
        let has_all = |case: &&Case| wanted.iter().all(|class| case.classes.contains(class));
        cases.iter().filter(has_all).count()
    };
    for wanted in [
        &[
            Class::KeySmallOrder,
            Class::CommitmentSmallOrder,
            Class::ScalarZero,
        ][..],
        &[Class::KeySmallOrder, Class::CommitmentMixedOrder],
        &[
            Class::KeyMixedOrder,
            Class::CommitmentMixedOrder,
            Class::ResidueZero,
        ],
        &[
            Class::KeyMixedOrder,
            Class::CommitmentMixedOrder,
            Class::ResidueSmallOrder,
        ],
        &[Class::KeyMixedOrder, Class::ResidueLarge],
        &[Class::KeyNotCanonical, Class::KeySmallOrder, Class::ResidueZero],
        &[
            Class::CommitmentNotCanonical,
            Class::CommitmentSmallOrder,
            Class::ResidueZero,
        ],
        &[Class::KeyNotCanonical, Class::HashedReencoded],
        &[Class::CommitmentNotCanonical, Class::HashedReencoded],
        &[Class::KeySmallOrder, Class::ScalarLargest],
        &[Class::ScalarAboveOrder, Class::ScalarHighBits, Class::ResidueZero],
        &[Class::ScalarIsOrder, Class::KeySmallOrder],
        &[Class::ReductionMatters, Class::ResidueZero],
        &[Class::ReductionMatters, Class::ResidueSmallOrder],
    ] {
        assert!(with(wanted) > 0, "{wanted:?}");
    }
    let mut verdicts: BTreeMap<Option<Cause>, usize> = BTreeMap::new();
    for case in &cases {
        *verdicts.entry(case.expected.ours.err()).or_default() += 1;
    }
    assert_eq!(verdicts.len(), 7, "valid and six causes: {verdicts:?}");
    assert!(verdicts.values().all(|count| *count >= 20), "{verdicts:?}");
}

/// Rows on which our rule parts from each of the others; without them the columns would say nothing.
#[test]
fn the_rules_part_where_they_should() {
    let cases = table();
    let count = |parts: fn(&Case) -> bool| cases.iter().filter(|case| parts(case)).count();
    let only_cofactored = count(|case| case.expected.ours.is_ok() && !case.expected.strict);
    let only_zip215 = count(|case| case.expected.zip215 && case.expected.ours.is_err());
    let only_lax = count(|case| case.expected.cofactorless && !case.expected.strict);
    assert!(only_cofactored >= 50, "{only_cofactored}");
    assert!(only_zip215 >= 196, "{only_zip215}");
    assert!(only_lax >= 20, "{only_lax}");
}
