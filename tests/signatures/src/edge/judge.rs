//! From the facts of a signature to its verdicts under four rules.
//!
//! With `A = aB + iT` and `R = rB + jT` the difference `sB - kA - R` is `(s - ka - r)B - (ki + j)T`. `B` has order `L` and
//! `T` order 8, so the cofactored equation holds when `s - ka - r = 0 mod L`, and the cofactorless one when also
//! `ki + j = 0 mod 8`. The factor of `T` is `k` as a number, so there it matters which number represents `k`: here, as
//! in the verifiers compared with, the one below `L`. If the logarithm of `A` or `R` is unknown, the equation fails:
//! making it hold would be a forgery.

use curve25519_dalek::scalar::Scalar;
use isobath_sigverify::{Cause, Verdict};

use super::case::{Case, Class, Expected};
use crate::parts::{GROUP_ORDER, Part, challenge, challenge_wide, is_scalar_canonical};

/// A signature with what its maker knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// `A`.
    pub key: Part,
    /// `R`.
    pub commitment: Part,
    /// `s`, as sent.
    pub scalar: [u8; 32],
    /// The message as sent.
    pub message: Vec<u8>,
    /// Whether `s` was made with the hash over re-encoded points.
    pub is_hashed_reencoded: bool,
}

/// `sB - kA - R`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Residue {
    /// Not of small order.
    Large,
    /// That many times the point of order eight.
    Torsion(u8),
}

impl Draft {
    /// A signature that satisfies the cofactored equation: `s = r + ka` with `k` over the bytes as sent. The logarithms
    /// of both parts must be known; else `s` is one that does not satisfy it.
    #[must_use]
    pub fn signed(key: Part, commitment: Part, message: &[u8]) -> Self {
        let k = challenge(&commitment.bytes, &key.bytes, message);
        Self::with_challenge(key, commitment, message, k)
    }

    /// As [`signed`](Self::signed), but with `k` over the canonical encodings.
    #[must_use]
    pub fn signed_reencoded(key: Part, commitment: Part, message: &[u8]) -> Self {
        let k = challenge(&commitment.reencoded(), &key.reencoded(), message);
        Self {
            is_hashed_reencoded: true,
            ..Self::with_challenge(key, commitment, message, k)
        }
    }

    fn with_challenge(key: Part, commitment: Part, message: &[u8], k: Scalar) -> Self {
        let [a, r] = [key, commitment].map(|part| part.logarithm().map_or(Scalar::ONE, |(scalar, _)| scalar));
        Self {
            key,
            commitment,
            scalar: (r + k * a).to_bytes(),
            message: message.to_vec(),
            is_hashed_reencoded: false,
        }
    }

    /// The verdicts, from the facts alone.
    #[must_use]
    pub fn judge(&self) -> Expected {
        let residue = self.residue(self.challenge_residue());
        let is_cofactored = matches!(residue, Residue::Torsion(_));
        let is_cofactorless = residue == Residue::Torsion(0);
        let parts = [self.key, self.commitment];
        let is_readable = is_scalar_canonical(&self.scalar) && parts.iter().all(Part::is_point);
        let is_large = !parts.iter().any(Part::is_small_order);
        let cofactorless = is_readable && self.commitment.is_canonical && is_cofactorless;
        Expected {
            ours: self.rule_version_1(is_cofactored),
            strict: cofactorless && is_large,
            zip215: is_readable && is_cofactored,
            cofactorless,
        }
    }

    /// The checks of the rule in their order.
    fn rule_version_1(&self, is_cofactored: bool) -> Verdict {
        let is_encoding = |part: &Part| part.is_point() && part.is_canonical;
        let checks = [
            (is_scalar_canonical(&self.scalar), Cause::ScalarNotCanonical),
            (is_encoding(&self.key), Cause::KeyEncoding),
            (!self.key.is_small_order(), Cause::KeySmallOrder),
            (is_encoding(&self.commitment), Cause::CommitmentEncoding),
            (!self.commitment.is_small_order(), Cause::CommitmentSmallOrder),
            (is_cofactored, Cause::Equation),
        ];
        let failed = checks.into_iter().find(|(holds, _)| !holds);
        failed.map_or(Ok(()), |(_, cause)| Err(cause))
    }

    /// `k` below `L`, modulo 8.
    fn challenge_residue(&self) -> u8 {
        challenge(&self.commitment.bytes, &self.key.bytes, &self.message).as_bytes()[0] % 8
    }

    /// `k` as the 512 bits of the hash, modulo 8.
    fn wide_challenge_residue(&self) -> u8 {
        challenge_wide(&self.commitment.bytes, &self.key.bytes, &self.message)[0] % 8
    }

    /// `sB - kA - R`, where the number that multiplies the hidden component of `A` is `k_residue` modulo 8.
    fn residue(&self, k_residue: u8) -> Residue {
        let (Some((a, i)), Some((r, j))) = (self.key.logarithm(), self.commitment.logarithm()) else {
            return Residue::Large;
        };
        let k = challenge(&self.commitment.bytes, &self.key.bytes, &self.message);
        let s = Scalar::from_bytes_mod_order(self.scalar);
        if s - k * a - r == Scalar::ZERO {
            let torsion = (k_residue * i + j) % 8;
            Residue::Torsion((8 - torsion) % 8)
        } else {
            Residue::Large
        }
    }

    fn classes(&self) -> Vec<Class> {
        let is_mixed = |part: &Part| {
            part.logarithm()
                .is_some_and(|(scalar, torsion)| scalar != Scalar::ZERO && torsion != 0)
        };
        let residue = self.residue(self.challenge_residue());
        let applies = |class: &Class| match class {
            Class::KeySmallOrder => self.key.is_small_order(),
            Class::KeyMixedOrder => is_mixed(&self.key),
            Class::KeyNotCanonical => self.key.is_point() && !self.key.is_canonical,
            Class::KeyNoPoint => !self.key.is_point(),
            Class::CommitmentSmallOrder => self.commitment.is_small_order(),
            Class::CommitmentMixedOrder => is_mixed(&self.commitment),
            Class::CommitmentNotCanonical => self.commitment.is_point() && !self.commitment.is_canonical,
            Class::CommitmentNoPoint => !self.commitment.is_point(),
            Class::ScalarZero => self.scalar == [0; 32],
            Class::ScalarLargest => self.scalar == (-Scalar::ONE).to_bytes(),
            Class::ScalarIsOrder => self.scalar == GROUP_ORDER,
            Class::ScalarAboveOrder => !is_scalar_canonical(&self.scalar) && self.scalar != GROUP_ORDER,
            Class::ScalarHighBits => self.scalar[31] >= 0x20,
            Class::ResidueZero => residue == Residue::Torsion(0),
            Class::ResidueSmallOrder => matches!(residue, Residue::Torsion(1..)),
            Class::ResidueLarge => residue == Residue::Large,
            Class::ReductionMatters => self.reduction_matters(),
            Class::HashedReencoded => self.is_hashed_reencoded,
        };
        Class::ALL.into_iter().filter(applies).collect()
    }

    fn reduction_matters(&self) -> bool {
        let is_zero = |k_residue| self.residue(k_residue) == Residue::Torsion(0);
        is_zero(self.challenge_residue()) != is_zero(self.wide_challenge_residue())
    }

    /// Whether the case has this class.
    #[must_use]
    pub fn has(&self, class: Class) -> bool {
        self.classes().contains(&class)
    }

    /// The row of the table.
    #[must_use]
    pub fn case(&self, group: &str) -> Case {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&self.commitment.bytes);
        signature[32..].copy_from_slice(&self.scalar);
        Case {
            group: group.to_owned(),
            classes: self.classes(),
            key: self.key.bytes,
            message: self.message.clone(),
            signature,
            expected: self.judge(),
        }
    }
}
