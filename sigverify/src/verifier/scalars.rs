//! Scalars modulo the group order `L`, as a batch needs them.
//!
//! The sums of a batch are kept as plain integers and reduced once at the end: a product of a coefficient and
//! a scalar has at most 128 + 253 bits, so a sum in 512 bits holds `2^131` of them.

use core::cmp::Ordering;

use curve25519_dalek::scalar::Scalar;

use crate::sha512::Digest64;

/// The group order `L = 2^252 + 27742317777372353535851937790883648493` (RFC 8032, section 5.1), least
/// significant word first.
const GROUP_ORDER: [u64; 4] = [
    0x5812_631a_5cf5_d3ed,
    0x14de_f9de_a2f7_9cd6,
    0,
    0x1000_0000_0000_0000,
];

/// Whether a little-endian integer is below `L`.
pub(super) fn is_canonical(bytes: &[u8; 32]) -> bool {
    words(bytes).iter().rev().cmp(GROUP_ORDER.iter().rev()) == Ordering::Less
}

/// The challenge: a digest modulo `L`.
pub(super) fn reduce_digest(digest: &Digest64) -> [u8; 32] {
    Scalar::from_bytes_mod_order_wide(digest).to_bytes()
}

/// A sum of products, not reduced: eight words, least significant first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum([u64; 8]);

impl Sum {
    /// Adds `coefficient * scalar`, where the scalar is little endian and below `L`.
    pub(super) fn add_product(&mut self, coefficient: u128, scalar: &[u8; 32]) {
        let scalar = words(scalar);
        for (offset, factor) in halves(coefficient).into_iter().enumerate() {
            let (low, high) = self.0[offset..].split_at_mut(4);
            let mut carry = 0;
            for (word, digit) in low.iter_mut().zip(scalar) {
                (*word, carry) = factor.carrying_mul_add(digit, *word, carry);
            }
            let mut carry_bit = false;
            for word in high {
                (*word, carry_bit) = word.carrying_add(carry, carry_bit);
                carry = 0;
            }
        }
    }

    /// The sum modulo `L`.
    pub(super) fn reduce(&self) -> Scalar {
        let mut bytes = [0; 64];
        for (to, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *to = word.to_le_bytes();
        }
        Scalar::from_bytes_mod_order_wide(&bytes)
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the lower half of a word is what is wanted"
)]
const fn halves(wide: u128) -> [u64; 2] {
    [wide as u64, (wide >> 64) as u64]
}

fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let (words, _) = bytes.as_chunks::<8>();
    [0, 1, 2, 3].map(|at: usize| u64::from_le_bytes(words[at]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "test arithmetic on small numbers")]

    use super::*;
    use proptest::prelude::*;

    fn order() -> [u8; 32] {
        let mut bytes = (Scalar::ZERO - Scalar::ONE).to_bytes();
        bytes[0] += 1;
        bytes
    }

    #[test]
    fn canonical_ends_at_the_group_order() {
        let mut bytes = order();
        assert!(!is_canonical(&bytes));
        bytes[0] -= 1;
        assert!(is_canonical(&bytes));
        bytes[0] += 2;
        assert!(!is_canonical(&bytes));
        assert!(is_canonical(&[0; 32]));
        assert!(!is_canonical(&[0xff; 32]));
        for at in 0..32 {
            let mut bytes = order();
            bytes[at] = bytes[at].wrapping_add(1);
            let expected = bool::from(Scalar::from_canonical_bytes(bytes).is_some());
            assert_eq!(is_canonical(&bytes), expected, "byte {at}");
        }
    }

    #[test]
    fn the_largest_terms_fit() {
        let largest = (Scalar::ZERO - Scalar::ONE).to_bytes();
        let mut sum = Sum::default();
        for _ in 0..5_000 {
            sum.add_product(u128::MAX, &largest);
        }
        let expected = -Scalar::from(u128::MAX) * Scalar::from(5_000_u64);
        assert_eq!(sum.reduce(), expected);
    }

    proptest! {
        #[test]
        fn canonical_as_the_oracle_says(mut bytes: [u8; 32], top in 0_u8..=0x20) {
            bytes[31] = top;
            let expected: bool = Scalar::from_canonical_bytes(bytes).is_some().into();
            prop_assert_eq!(is_canonical(&bytes), expected);
        }

        #[test]
        fn sums_as_the_oracle_says(terms in prop::collection::vec((any::<u128>(), any::<[u8; 32]>()), 0..20)) {
            let mut sum = Sum::default();
            let mut expected = Scalar::ZERO;
            for (coefficient, bytes) in terms {
                let scalar = Scalar::from_bytes_mod_order(bytes);
                sum.add_product(coefficient, &scalar.to_bytes());
                expected += Scalar::from(coefficient) * scalar;
            }
            prop_assert_eq!(sum.reduce(), expected);
        }
    }
}
