//! Signatures made by hand, with every part open to tampering: hidden components, wrong scalars, bad bytes.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;

use super::super::challenge;
use crate::{Item, Verdict, verify_one};

/// The group order `L`, little endian (RFC 8032, section 5.1).
pub(crate) const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// An owned item.
#[derive(Clone, Debug)]
pub(crate) struct Forged {
    pub(crate) key: [u8; 32],
    pub(crate) message: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

impl Forged {
    pub(crate) fn item(&self) -> Item<'_> {
        Item {
            key: &self.key,
            message: &self.message,
            signature: &self.signature,
        }
    }

    pub(crate) fn verify(&self) -> Verdict {
        verify_one(&self.item())
    }

    pub(crate) fn set_commitment(&mut self, bytes: [u8; 32]) {
        self.signature[..32].copy_from_slice(&bytes);
    }

    pub(crate) fn set_scalar(&mut self, bytes: [u8; 32]) {
        self.signature[32..].copy_from_slice(&bytes);
    }

    pub(crate) fn scalar(&self) -> [u8; 32] {
        self.signature[32..].try_into().unwrap()
    }
}

/// Secrets of a signer that need not be honest; the torsion indices add a hidden small-order component.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forger {
    pub(crate) secret: Scalar,
    pub(crate) nonce: Scalar,
    pub(crate) key_torsion: usize,
    pub(crate) commitment_torsion: usize,
}

impl Forger {
    /// `A = aB + T`, `R = rB + T'`, `s = r + ka` with `k` over the bytes as sent: the cofactored equation
    /// holds for every choice. A zero secret or nonce leaves only the small-order component.
    pub(crate) fn sign(&self, message: &[u8]) -> Forged {
        let key = point(self.secret, self.key_torsion);
        let commitment = point(self.nonce, self.commitment_torsion);
        let k = challenge(&commitment, &key, message);
        let mut forged = Forged {
            key,
            message: message.to_vec(),
            signature: [0; 64],
        };
        forged.set_commitment(commitment);
        forged.set_scalar((self.nonce + k * self.secret).to_bytes());
        forged
    }
}

fn point(scalar: Scalar, torsion: usize) -> [u8; 32] {
    let point: EdwardsPoint = ED25519_BASEPOINT_POINT * scalar + EIGHT_TORSION[torsion];
    point.compress().to_bytes()
}

/// A forger with fixed secrets and no hidden components.
pub(crate) fn honest() -> Forger {
    Forger {
        secret: Scalar::from(1_234_567_u64),
        nonce: Scalar::from(7_654_321_u64),
        key_torsion: 0,
        commitment_torsion: 0,
    }
}

/// `scalar + L` as a 256-bit integer: the same value modulo `L`, another encoding.
pub(crate) fn add_group_order(scalar: [u8; 32]) -> [u8; 32] {
    let mut carry = false;
    let mut sum = [0; 32];
    for (out, (digit, order_digit)) in sum.iter_mut().zip(scalar.into_iter().zip(GROUP_ORDER)) {
        (*out, carry) = digit.carrying_add(order_digit, carry);
    }
    assert!(!carry, "a scalar below L plus L fits in 256 bits");
    sum
}
