//! The rule for one signature, in its obvious scalar form: the oracle of every faster path.
//!
//! Invariant: the six checks run in the order that the crate docs give, and the first failure is the answer.
//! Data flow: `s`, `A`, `R` from bytes; then the challenge; then the equation. The arithmetic is that of
//! the dalek crates, in variable time, since nothing here is secret.

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use sha2::{Digest, Sha512};

use crate::encoding::decode_canonical;
use crate::{Cause, Verdict};

/// One signature to verify.
///
/// ```text
/// key        32 bytes   A, canonical point
/// message    any length
/// signature  64 bytes   R, canonical point (0..32) | s, scalar below L, little endian (32..64)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// The verifying key `A`.
    pub key: &'a [u8; 32],
    /// The bytes that were signed.
    pub message: &'a [u8],
    /// The signature `(R, s)`.
    pub signature: &'a [u8; 64],
}

/// Verifies one signature under rule version 1 (see the crate docs).
///
/// # Errors
///
/// The [`Cause`] of the first check that failed, in the order of the rule.
pub fn verify_one(item: &Item<'_>) -> Verdict {
    let (commitment_bytes, scalar_bytes) = split(item.signature);
    let scalar = Scalar::from_canonical_bytes(scalar_bytes)
        .into_option()
        .ok_or(Cause::ScalarNotCanonical)?;
    let key = decode_canonical(item.key).ok_or(Cause::KeyEncoding)?;
    if key.is_small_order() {
        return Err(Cause::KeySmallOrder);
    }
    let commitment = decode_canonical(&commitment_bytes).ok_or(Cause::CommitmentEncoding)?;
    if commitment.is_small_order() {
        return Err(Cause::CommitmentSmallOrder);
    }
    let challenge = challenge(&commitment_bytes, item.key, item.message);
    // sB - kA in one pass over both scalars.
    let expected = EdwardsPoint::vartime_double_scalar_mul_basepoint(&challenge, &-key, &scalar);
    let difference = expected - commitment;
    if difference.mul_by_cofactor().is_identity() {
        Ok(())
    } else {
        Err(Cause::Equation)
    }
}

/// The challenge `k = SHA-512(R || A || message) mod L`.
///
/// Reducing `k` modulo `L` changes `kA` by a small-order point when `A` has a hidden component; the
/// cofactor of the equation removes that difference, so the verdict does not depend on it.
fn challenge(commitment: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    let digest = Sha512::new()
        .chain_update(commitment)
        .chain_update(key)
        .chain_update(message)
        .finalize();
    Scalar::from_bytes_mod_order_wide(&digest.into())
}

/// The two halves of a signature: the commitment `R` and the scalar `s`.
pub(crate) fn split(signature: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let (halves, _) = signature.as_chunks::<32>();
    (halves[0], halves[1])
}

#[cfg(test)]
pub(crate) mod tests;
