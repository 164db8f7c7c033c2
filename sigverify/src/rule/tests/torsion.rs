//! Points of small and of mixed order, in canonical and other encodings, as key and as commitment.
//!
//! Each forgery satisfies the cofactored equation, so that nothing but the check under test refuses it.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signature, VerifyingKey};

use super::forge::{Forged, Forger, honest};
use crate::Cause;
use crate::encoding::tests::non_canonical_encodings;

/// Signs with a key that is nothing but the torsion point, a zero secret.
fn sign_with_small_order_key(key_torsion: usize) -> Forged {
    let secret = Scalar::ZERO;
    Forger {
        secret,
        key_torsion,
        ..honest()
    }
    .sign(b"any message at all")
}

/// Signs with a commitment that is nothing but the torsion point, a zero nonce.
fn sign_with_small_order_commitment(commitment_torsion: usize) -> Forged {
    let nonce = Scalar::ZERO;
    Forger {
        nonce,
        commitment_torsion,
        ..honest()
    }
    .sign(b"any message at all")
}

#[test]
fn small_order_keys_are_refused() {
    for (torsion, point) in EIGHT_TORSION.iter().enumerate() {
        let forged = sign_with_small_order_key(torsion);
        assert_eq!(forged.key, point.compress().to_bytes());
        assert_eq!(
            forged.verify(),
            Err(Cause::KeySmallOrder),
            "torsion point {torsion}"
        );
    }
}

#[test]
fn small_order_commitments_are_refused() {
    for (torsion, point) in EIGHT_TORSION.iter().enumerate() {
        let forged = sign_with_small_order_commitment(torsion);
        assert_eq!(forged.signature[..32], point.compress().to_bytes());
        assert_eq!(
            forged.verify(),
            Err(Cause::CommitmentSmallOrder),
            "torsion point {torsion}"
        );
    }
}

#[test]
fn the_all_zero_key_signs_nothing() {
    // Programs use it as "no authority"; it is the point of order four with y = 0.
    let all_zero = EIGHT_TORSION
        .iter()
        .position(|point| point.compress().to_bytes() == [0; 32]);
    let mut forged = sign_with_small_order_key(all_zero.expect("y = 0 is a point of order four"));
    for message in [&b""[..], b"a", b"drain the account"] {
        forged.message = message.to_vec();
        assert_eq!(forged.verify(), Err(Cause::KeySmallOrder));
    }
}

#[test]
fn non_canonical_keys_are_refused_as_encodings() {
    for encoding in non_canonical_encodings() {
        // Many of them are doubles of small-order points: the encoding is checked first.
        let mut forged = honest().sign(b"message");
        forged.key = encoding;
        assert_eq!(forged.verify(), Err(Cause::KeyEncoding), "{encoding:x?}");
    }
}

#[test]
fn non_canonical_commitments_are_refused_as_encodings() {
    for encoding in non_canonical_encodings() {
        let mut forged = honest().sign(b"message");
        forged.set_commitment(encoding);
        assert_eq!(forged.verify(), Err(Cause::CommitmentEncoding), "{encoding:x?}");
    }
}

#[test]
fn bytes_that_are_no_point_are_refused() {
    // y = 2: (y^2 - 1) / (d y^2 + 1) is not a square.
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let mut forged = honest().sign(b"message");
    forged.set_commitment(no_point);
    assert_eq!(forged.verify(), Err(Cause::CommitmentEncoding));
    forged.key = no_point;
    assert_eq!(forged.verify(), Err(Cause::KeyEncoding));
}

#[test]
fn mixed_order_points_are_accepted_when_the_cofactored_equation_holds() {
    for key_torsion in 0..8 {
        for commitment_torsion in 0..8 {
            let forged = Forger {
                key_torsion,
                commitment_torsion,
                ..honest()
            }
            .sign(b"mixed");
            assert_eq!(
                forged.verify(),
                Ok(()),
                "A + T{key_torsion}, R + T{commitment_torsion}"
            );
            let mut tampered = forged.clone();
            tampered.message.push(0);
            assert_eq!(tampered.verify(), Err(Cause::Equation));
        }
    }
}

#[test]
fn a_cofactorless_verifier_would_refuse_some_of_them() {
    let disagreements = (1..8_usize).filter(|&commitment_torsion| {
        let forged = Forger {
            commitment_torsion,
            ..honest()
        }
        .sign(b"mixed");
        let key = VerifyingKey::from_bytes(&forged.key).unwrap();
        let is_strict = key
            .verify_strict(&forged.message, &Signature::from_bytes(&forged.signature))
            .is_ok();
        forged.verify().is_ok() && !is_strict
    });
    assert_eq!(
        disagreements.count(),
        7,
        "else the test above does not show that the equation is cofactored"
    );
}
