//! The order of the checks: with any set of faults, the first check of the rule that fails is reported.

use super::forge::{Forged, Forger, GROUP_ORDER, add_group_order, honest};
use crate::Cause;
use curve25519_dalek::scalar::Scalar;

/// `y = 2` is on no point of the curve.
const NO_POINT: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 2;
    bytes
};

/// The identity with a sign bit: of small order for a lenient decoder, and never canonical.
const NEGATIVE_ZERO: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes[31] = 0x80;
    bytes
};

/// What is wrong with a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    NoPoint,
    SmallOrder,
    NegativeZero,
}

const FAULTS: [Fault; 4] = [
    Fault::None,
    Fault::NoPoint,
    Fault::SmallOrder,
    Fault::NegativeZero,
];

/// The all-zero bytes are the canonical encoding of a point of order four.
fn bytes_of(fault: Fault) -> Option<[u8; 32]> {
    match fault {
        Fault::None => None,
        Fault::NoPoint => Some(NO_POINT),
        Fault::SmallOrder => Some([0; 32]),
        Fault::NegativeZero => Some(NEGATIVE_ZERO),
    }
}

fn forge(scalar_is_bad: bool, key: Fault, commitment: Fault, message_is_other: bool) -> Forged {
    let mut forged = honest().sign(b"signed");
    if message_is_other {
        forged.message = b"other".to_vec();
    }
    if let Some(bytes) = bytes_of(key) {
        forged.key = bytes;
    }
    if let Some(bytes) = bytes_of(commitment) {
        forged.set_commitment(bytes);
    }
    if scalar_is_bad {
        forged.set_scalar(add_group_order(forged.scalar()));
    }
    forged
}

fn expected(scalar_is_bad: bool, key: Fault, commitment: Fault, message_is_other: bool) -> Result<(), Cause> {
    match (scalar_is_bad, key, commitment) {
        (true, ..) => Err(Cause::ScalarNotCanonical),
        (_, Fault::NoPoint | Fault::NegativeZero, _) => Err(Cause::KeyEncoding),
        (_, Fault::SmallOrder, _) => Err(Cause::KeySmallOrder),
        (_, _, Fault::NoPoint | Fault::NegativeZero) => Err(Cause::CommitmentEncoding),
        (_, _, Fault::SmallOrder) => Err(Cause::CommitmentSmallOrder),
        _ if message_is_other => Err(Cause::Equation),
        _ => Ok(()),
    }
}

#[test]
fn every_combination_of_faults_reports_the_first() {
    for scalar_is_bad in [false, true] {
        for key in FAULTS {
            for commitment in FAULTS {
                for message_is_other in [false, true] {
                    let verdict = forge(scalar_is_bad, key, commitment, message_is_other).verify();
                    let expected = expected(scalar_is_bad, key, commitment, message_is_other);
                    assert_eq!(
                        verdict, expected,
                        "{scalar_is_bad} {key:?} {commitment:?} {message_is_other}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_scalar_plus_the_group_order_is_refused() {
    let mut forged = honest().sign(b"signed");
    assert_eq!(forged.verify(), Ok(()));
    forged.set_scalar(add_group_order(forged.scalar()));
    assert_eq!(forged.verify(), Err(Cause::ScalarNotCanonical));
}

#[test]
fn scalars_are_bounded_exactly() {
    let largest = (-Scalar::ONE).to_bytes();
    for (scalar, is_canonical) in [
        ([0; 32], true),
        (largest, true),
        (GROUP_ORDER, false),
        (add_group_order(Scalar::ONE.to_bytes()), false),
        ([0xff; 32], false),
    ] {
        let mut forged = honest().sign(b"signed");
        forged.set_scalar(scalar);
        let cause = if is_canonical {
            Cause::Equation
        } else {
            Cause::ScalarNotCanonical
        };
        assert_eq!(forged.verify(), Err(cause), "{scalar:x?}");
    }
}

#[test]
fn secrets_at_the_ends_of_their_range_sign() {
    for secret in [Scalar::ONE, -Scalar::ONE] {
        for nonce in [Scalar::ONE, -Scalar::ONE] {
            assert_eq!(
                Forger {
                    secret,
                    nonce,
                    ..honest()
                }
                .sign(b"signed")
                .verify(),
                Ok(())
            );
        }
    }
}
