//! The parts of a signature by what their maker knows of them.
//!
//! A [`Part`] is the 32 bytes of a key or of a commitment together with the facts from which verdicts follow: whether
//! the bytes are the canonical encoding, and the point's logarithm and hidden component where there are such. The
//! scalar is plain bytes, compared with the group order as digits.

use curve25519_dalek::constants::{ED25519_BASEPOINT_TABLE, EIGHT_TORSION};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

use crate::naive_field::{Root, is_reduced, points_with_y};

/// The group order `L`, little endian (RFC 8032, section 5.1).
pub const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The top bit of an encoding: the sign of `x`.
pub const SIGN_BIT: u8 = 0x80;

/// What a lenient decoder makes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Nothing: no point has this `y`.
    None,
    /// `scalar * B + torsion * T`, where `T` is a point of order eight.
    Known {
        /// Logarithm to the base point; zero means small order.
        scalar: Scalar,
        /// Multiple of the point of order eight: 0 to 7.
        torsion: u8,
    },
    /// A point whose logarithm is unknown, so that no equation can be made to hold for it.
    Unknown,
}

/// A key or a commitment with what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// As sent.
    pub bytes: [u8; 32],
    /// What the bytes decode to, leniently.
    pub point: Point,
    /// Whether they are the one encoding of that point.
    pub is_canonical: bool,
}

impl Part {
    /// The canonical encoding of `scalar * B + torsion * T`.
    #[must_use]
    pub fn known(scalar: Scalar, torsion: u8) -> Self {
        let hidden = EIGHT_TORSION[usize::from(torsion % 8)];
        let point = &scalar * ED25519_BASEPOINT_TABLE + hidden;
        Self {
            bytes: point.compress().to_bytes(),
            point: Point::Known {
                scalar,
                torsion: torsion % 8,
            },
            is_canonical: true,
        }
    }

    /// A point of small order in its canonical encoding.
    #[must_use]
    pub fn small_order(torsion: u8) -> Self {
        Self::known(Scalar::ZERO, torsion)
    }

    /// Any bytes whose point, if there is one, has no known logarithm; the facts come from schoolbook arithmetic.
    #[must_use]
    pub fn of_bytes(bytes: [u8; 32]) -> Self {
        let root = points_with_y(&bytes);
        let is_negative = bytes[31] & SIGN_BIT != 0;
        let is_canonical = is_reduced(&bytes) && !(root == Root::Zero && is_negative);
        let point = match root {
            Root::None => Point::None,
            Root::Zero | Root::Two => small_order_point(&bytes).unwrap_or(Point::Unknown),
        };
        Self {
            bytes,
            point,
            is_canonical,
        }
    }

    /// Logarithm and hidden component, if they are known.
    #[must_use]
    pub const fn logarithm(&self) -> Option<(Scalar, u8)> {
        match self.point {
            Point::Known { scalar, torsion } => Some((scalar, torsion)),
            Point::None | Point::Unknown => None,
        }
    }

    /// Whether a lenient decoder finds a point.
    #[must_use]
    pub fn is_point(&self) -> bool {
        self.point != Point::None
    }

    /// Whether the point is one of the eight of small order.
    #[must_use]
    pub fn is_small_order(&self) -> bool {
        self.logarithm().is_some_and(|(scalar, _)| scalar == Scalar::ZERO)
    }

    /// The bytes that a decoder makes of these by decoding and encoding again, where that is known here.
    #[must_use]
    pub fn reencoded(&self) -> [u8; 32] {
        self.logarithm()
            .map_or(self.bytes, |(scalar, torsion)| Self::known(scalar, torsion).bytes)
    }
}

/// The point of small order that a lenient decoder finds in these bytes: the one whose canonical encoding they become
/// when `y` is reduced and the sign of `x = 0` dropped.
fn small_order_point(bytes: &[u8; 32]) -> Option<Point> {
    let reduced = reduce_leniently(*bytes);
    (0..8_u8)
        .map(Part::small_order)
        .find(|part| part.bytes == reduced)
        .map(|part| part.point)
}

fn reduce_leniently(mut bytes: [u8; 32]) -> [u8; 32] {
    if !is_reduced(&bytes) {
        // y is p to p + 18, so its low byte is 0xed to 0xff and y - p is that byte less 0xed.
        let (low, sign) = (bytes[0].wrapping_sub(0xed), bytes[31] & SIGN_BIT);
        bytes = [0; 32];
        (bytes[0], bytes[31]) = (low, sign);
    }
    if points_with_y(&bytes) == Root::Zero {
        bytes[31] &= !SIGN_BIT;
    }
    bytes
}

/// All 40 byte strings that a lenient decoder may take for another encoding: `y` from `p` to `p + 18` with either sign,
/// and the two negative zeros.
#[must_use]
pub fn aliases() -> Vec<[u8; 32]> {
    let too_large = (0xed..=0xff_u8).flat_map(|low| {
        let mut bytes = [0xff; 32];
        bytes[0] = low;
        let mut positive = bytes;
        positive[31] &= !SIGN_BIT;
        [positive, bytes]
    });
    let mut one = [0; 32];
    (one[0], one[31]) = (1, SIGN_BIT);
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    too_large.chain([one, minus_one]).collect()
}

/// The challenge `k` as the 512 bits of the hash, before any reduction.
#[must_use]
pub fn challenge_wide(commitment: &[u8; 32], key: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let hash = Sha512::new()
        .chain_update(commitment)
        .chain_update(key)
        .chain_update(message);
    hash.finalize().into()
}

/// The challenge `k` modulo `L`.
#[must_use]
pub fn challenge(commitment: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&challenge_wide(commitment, key, message))
}

/// Whether these bytes are a number below `L`.
#[must_use]
pub fn is_scalar_canonical(bytes: &[u8; 32]) -> bool {
    bytes.iter().rev().lt(GROUP_ORDER.iter().rev())
}

/// `scalar + times * L` as a 256-bit number, if it fits.
#[must_use]
pub fn add_group_order(scalar: [u8; 32], times: u8) -> Option<[u8; 32]> {
    (0..times).try_fold(scalar, |number, _| {
        let (mut sum, mut carry) = ([0; 32], false);
        for ((out, digit), order_digit) in sum.iter_mut().zip(number).zip(GROUP_ORDER) {
            (*out, carry) = digit.carrying_add(order_digit, carry);
        }
        (!carry).then_some(sum)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::edwards::CompressedEdwardsY;
    use curve25519_dalek::traits::IsIdentity;

    #[test]
    fn torsion_counts_multiples_of_one_point() {
        let mut sum = EIGHT_TORSION[0];
        for point in EIGHT_TORSION {
            assert_eq!(sum, point);
            sum += EIGHT_TORSION[1];
        }
        assert!(sum.is_identity());
    }

    #[test]
    fn facts_of_aliases_are_those_of_the_lenient_decoder() {
        let small_order = aliases()
            .into_iter()
            .filter(|bytes| {
                let part = Part::of_bytes(*bytes);
                assert!(!part.is_canonical);
                let decoded = CompressedEdwardsY(*bytes).decompress();
                assert_eq!(decoded.is_some(), part.is_point(), "{bytes:x?}");
                let is_small = decoded.is_some_and(|point| point.is_small_order());
                assert_eq!(is_small, part.is_small_order(), "{bytes:x?}");
                if let (Some(point), true) = (decoded, is_small) {
                    assert_eq!(point.compress().to_bytes(), part.reencoded());
                }
                is_small
            })
            .count();
        assert_eq!(small_order, 6, "with the eight canonical ones that makes 14");
    }

    #[test]
    fn facts_of_other_bytes_are_those_of_the_decoder() {
        for low in 0..16 {
            for top in [0, SIGN_BIT, 0x7f, 0xff] {
                let mut bytes = [0x5a; 32];
                (bytes[0], bytes[31]) = (low, top);
                let part = Part::of_bytes(bytes);
                assert!(part.is_canonical);
                assert_eq!(part.is_point(), CompressedEdwardsY(bytes).decompress().is_some());
            }
        }
    }

    #[test]
    fn the_group_order_is_added_until_it_does_not_fit() {
        assert_eq!(add_group_order([0; 32], 1), Some(GROUP_ORDER));
        assert!(add_group_order([0; 32], 15).is_some());
        assert_eq!(add_group_order([0; 32], 16), None);
        assert!(!is_scalar_canonical(&GROUP_ORDER));
        assert!(is_scalar_canonical(&(-Scalar::ONE).to_bytes()));
    }
}
