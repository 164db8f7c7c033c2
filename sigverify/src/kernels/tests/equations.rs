//! Equations side by side.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;

use super::{Equations, Numbers, implementations, niels};

#[test]
fn each_equation_has_its_own_verdict() {
    for count in [0, 1, 3, 4, 5, 8, 9, 16, 21] {
        let mut numbers = Numbers::new(count as u64);
        let (mut s, mut k, mut keys, mut commitments, mut expected) =
            (vec![], vec![], vec![], vec![], vec![]);
        for index in 0..count {
            let (secret, nonce) = (numbers.scalar(), numbers.scalar());
            let challenge = [numbers.scalar(), Scalar::ZERO, -Scalar::ONE][index % 3];
            let torsion = EIGHT_TORSION[index % 8];
            keys.push(EdwardsPoint::mul_base(&secret) + torsion);
            commitments.push(EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[index / 2 % 8]);
            let is_good = numbers.next().is_multiple_of(2);
            let error = if is_good { Scalar::ZERO } else { Scalar::ONE };
            s.push((nonce + challenge * secret + error).to_bytes());
            k.push(challenge.to_bytes());
            expected.push(is_good);
        }
        let (keys, commitments) = (niels(&keys), niels(&commitments));
        let equations = Equations {
            s: &s,
            k: &k,
            keys: &keys,
            commitments: &commitments,
        };
        for implementation in implementations() {
            assert_eq!(
                implementation.equations(&equations),
                expected,
                "{implementation:?}"
            );
        }
    }
}
