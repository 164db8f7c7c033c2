//! The interface of the kernels in its obvious form, on `curve25519-dalek`.

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;

use super::niels::{Decoding, Niels};
use crate::encoding::decode_canonical;

/// See `Backend::decode`. A point is kept as its encoding in the first four words.
pub(super) fn decode(encodings: &[[u8; 32]], points: &mut [Niels], decodings: &mut [Decoding]) {
    for ((encoding, point), decoding) in encodings.iter().zip(points).zip(decodings) {
        let decoded = decode_canonical(encoding);
        *decoding = match &decoded {
            None => Decoding::NotCanonical,
            Some(point) if point.is_small_order() => Decoding::SmallOrder,
            Some(_) => Decoding::Point,
        };
        *point = decoded.map_or(Niels::IDENTITY, |_| pack(encoding));
    }
}

fn pack(encoding: &[u8; 32]) -> Niels {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(encoding.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    Niels { words }
}

fn unpack(point: &Niels) -> EdwardsPoint {
    let mut encoding = [0; 32];
    for (bytes, word) in encoding.as_chunks_mut::<8>().0.iter_mut().zip(point.words) {
        *bytes = word.to_le_bytes();
    }
    CompressedEdwardsY(encoding).decompress().unwrap_or_default()
}

/// See `Backend::sum_is_zero`.
pub(super) fn sum_is_zero(
    short: &[Niels],
    short_scalars: &[u128],
    wide: &[Niels],
    wide_scalars: &[[u8; 32]],
    base: &[u8; 32],
) -> bool {
    let short_terms = short
        .iter()
        .zip(short_scalars)
        .map(|(point, scalar)| unpack(point) * Scalar::from(*scalar));
    let wide_terms = wide
        .iter()
        .zip(wide_scalars)
        .map(|(point, scalar)| unpack(point) * reduced(scalar));
    let sum: EdwardsPoint = short_terms.chain(wide_terms).sum();
    (sum + ED25519_BASEPOINT_POINT * reduced(base))
        .mul_by_cofactor()
        .is_identity()
}

/// See `Backend::equations`.
pub(super) fn equations(
    s: &[[u8; 32]],
    k: &[[u8; 32]],
    keys: &[Niels],
    commitments: &[Niels],
    valid: &mut [bool],
) {
    let points = keys.iter().zip(commitments);
    for (((s, k), (key, commitment)), valid) in s.iter().zip(k).zip(points).zip(valid) {
        let sum = ED25519_BASEPOINT_POINT * reduced(s) - unpack(key) * reduced(k) - unpack(commitment);
        *valid = sum.mul_by_cofactor().is_identity();
    }
}

fn reduced(scalar: &[u8; 32]) -> Scalar {
    Scalar::from_bytes_mod_order(*scalar)
}
