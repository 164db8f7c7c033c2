//! Strict decoding of curve points: exactly one byte string for each point.
//!
//! A point is 32 bytes: `y` in the low 255 bits, little endian, and the sign (lowest bit) of `x` in the top
//! bit. The dalek decoder is lenient: it reduces `y` modulo `p` and ignores the sign of `x = 0`. Canonical
//! means that the decoded point encodes to the same bytes; what is lenient about the decoder amounts to
//! exactly 40 byte strings (19 values of `y` from `p` up with either sign, and two negative zeros), so they
//! are refused by a look at the bytes. That saves the field inversion (about a tenth of a whole
//! verification for `A` and `R`) of encoding again; the tests hold the two definitions against each other.

use core::cmp::Ordering;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};

/// The top bit of the last byte: the sign of `x`.
const SIGN_BIT: u8 = 0x80;

/// `p = 2^255 - 19`, little endian: the first value of `y` that is too large.
const FIELD_ORDER: [u8; 32] = {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed;
    bytes[31] = 0x7f;
    bytes
};

/// `y = 1`: the identity, where `x = 0`.
const ONE: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

/// `y = -1`: the point of order two, where `x = 0`.
const MINUS_ONE: [u8; 32] = {
    let mut bytes = FIELD_ORDER;
    bytes[0] = 0xec;
    bytes
};

/// Decodes a point from its canonical encoding; `None` for every other byte string.
pub(crate) fn decode_canonical(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    if has_canonical_form(bytes) {
        CompressedEdwardsY(*bytes).decompress()
    } else {
        None
    }
}

/// Whether `y < p` and zero has no sign. Does not tell whether a point with this `y` exists.
fn has_canonical_form(bytes: &[u8; 32]) -> bool {
    let is_negative = bytes[31] & SIGN_BIT != 0;
    let mut y = *bytes;
    y[31] &= !SIGN_BIT;
    let is_reduced = y.iter().rev().cmp(FIELD_ORDER.iter().rev()) == Ordering::Less;
    let is_x_zero = y == ONE || y == MINUS_ONE;
    is_reduced && !(is_x_zero && is_negative)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition itself: decode leniently, encode again, compare.
    pub(crate) fn decode_by_encoding_again(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
        let point = CompressedEdwardsY(*bytes).decompress()?;
        (point.compress().to_bytes() == *bytes).then_some(point)
    }

    /// Every byte string that a lenient decoder could take for a canonical one's double.
    pub(crate) fn non_canonical_encodings() -> Vec<[u8; 32]> {
        let too_large = (0xed..=0xff_u8).map(|low| {
            let mut bytes = FIELD_ORDER;
            bytes[0] = low;
            bytes
        });
        let mut encodings: Vec<[u8; 32]> = too_large.flat_map(|bytes| [bytes, negative(bytes)]).collect();
        encodings.extend([negative(ONE), negative(MINUS_ONE)]);
        encodings
    }

    fn negative(mut bytes: [u8; 32]) -> [u8; 32] {
        bytes[31] |= SIGN_BIT;
        bytes
    }

    #[test]
    fn all_forty_non_canonical_encodings_are_refused() {
        let encodings = non_canonical_encodings();
        assert_eq!(encodings.len(), 40);
        let mut lenient = 0_u32;
        for bytes in encodings {
            assert_eq!(decode_canonical(&bytes), None, "{bytes:x?}");
            assert_eq!(decode_by_encoding_again(&bytes), None, "{bytes:x?}");
            lenient += u32::from(CompressedEdwardsY(bytes).decompress().is_some());
        }
        assert!(
            lenient > 20,
            "the lenient decoder takes many of them, else this test shows nothing"
        );
    }

    #[test]
    fn both_definitions_agree_around_the_edges() {
        for low in 0..=u8::MAX {
            for fill in [0x00, 0xff] {
                for high in [0x00, 0x7f, 0x80, 0xff] {
                    let mut bytes = [fill; 32];
                    bytes[0] = low;
                    bytes[31] = high;
                    assert_eq!(
                        decode_canonical(&bytes),
                        decode_by_encoding_again(&bytes),
                        "{bytes:x?}"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn both_definitions_agree_on_random_bytes(bytes: [u8; 32]) {
            prop_assert_eq!(decode_canonical(&bytes), decode_by_encoding_again(&bytes));
        }
    }
}
