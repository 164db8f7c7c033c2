//! Why the coefficients are secret.

use super::*;
use crate::verify_batch;

/// The coefficients that a verifier with this seed draws for its first batch.
fn predict(seed: [u8; 32], count: usize) -> Vec<u128> {
    let mut secrets = super::super::Secrets::from_seed(seed);
    // The hash of keys takes its own share first.
    drop(super::super::Keys::new(&mut secrets, 0));
    let mut coefficients = Vec::new();
    secrets.draw_all(count, &mut coefficients);
    coefficients
}

/// Two signatures, both wrong, whose errors cancel under these coefficients: the second scalar takes back what the first one
/// adds.
fn cancelling(coefficients: &[u128]) -> Vec<Forged> {
    let mut forged = vec![good(1, u64::MAX), good(2, u64::MAX)];
    let error = Scalar::from(12_345_u64);
    let answer = -error * Scalar::from(coefficients[0]) * Scalar::from(coefficients[1]).invert();
    for (forged, error) in forged.iter_mut().zip([error, answer]) {
        let scalar = Scalar::from_canonical_bytes(forged.scalar()).unwrap() + error;
        forged.set_scalar(scalar.to_bytes());
        assert_eq!(forged.verify(), Err(Cause::Equation));
    }
    forged
}

#[test]
fn known_coefficients_let_wrong_signatures_through() {
    let seed = [3; 32];
    let forged = cancelling(&predict(seed, 2));
    for backend in backends() {
        let config = VerifierConfig {
            backend,
            policy: Policy::Batch,
            key_cache: 0,
        };
        let mut predicted = Verifier::with_predictable_coefficients(config, seed);
        assert_eq!(
            predicted.verify(&items(&forged)),
            [Ok(()); 2],
            "the attack works, so this test shows something"
        );
        // The next batch has other coefficients, and a verifier with secrets of its own never had these.
        assert_eq!(predicted.verify(&items(&forged)), [Err(Cause::Equation); 2]);
        let mut secret = Verifier::new(config);
        assert_eq!(secret.verify(&items(&forged)), [Err(Cause::Equation); 2]);
    }
    assert!(
        verify_batch(&items(&forged))
            .iter()
            .all(|verdict| verdict == Err(Cause::Equation))
    );
}

#[test]
fn errors_that_cancel_with_equal_coefficients_are_found() {
    // Also under one key, whose terms are added up.
    for key_count in [1, u64::MAX] {
        let mut forged = vec![good(1, key_count), good(2, key_count)];
        let error = Scalar::from(99_u64);
        for (forged, error) in forged.iter_mut().zip([error, -error]) {
            let scalar = Scalar::from_canonical_bytes(forged.scalar()).unwrap() + error;
            forged.set_scalar(scalar.to_bytes());
        }
        assert_eq!(
            verifier(Policy::Batch).verify(&items(&forged)),
            [Err(Cause::Equation); 2]
        );
    }
}

#[test]
fn no_coefficient_is_drawn_twice() {
    let mut secrets = super::super::Secrets::from_system();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    secrets.draw_all(1_000, &mut first);
    secrets.draw_all(1_000, &mut second);
    let all: std::collections::BTreeSet<u128> = first.iter().chain(&second).copied().collect();
    assert_eq!(all.len(), 2_000);
    assert!(
        all.iter().any(|number| number >> 120 != 0),
        "the upper bits are used"
    );
}
