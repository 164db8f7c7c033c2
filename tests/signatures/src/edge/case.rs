//! A row of the table: its classes, its bytes and its verdicts.

use isobath_sigverify::{Item, Verdict};

/// What is special about a case. A case has all classes that apply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// `A` is one of the eight points of small order.
    KeySmallOrder,
    /// `A` is not of small order but has a component of small order.
    KeyMixedOrder,
    /// The bytes of `A` decode, but are not what the point encodes to.
    KeyNotCanonical,
    /// The bytes of `A` decode to no point.
    KeyNoPoint,
    /// `R` is one of the eight points of small order.
    CommitmentSmallOrder,
    /// `R` is not of small order but has a component of small order.
    CommitmentMixedOrder,
    /// The bytes of `R` decode, but are not what the point encodes to.
    CommitmentNotCanonical,
    /// The bytes of `R` decode to no point.
    CommitmentNoPoint,
    /// `s = 0`.
    ScalarZero,
    /// `s = L - 1`.
    ScalarLargest,
    /// `s = L`.
    ScalarIsOrder,
    /// `s > L`.
    ScalarAboveOrder,
    /// One of the three highest bits of `s` is set.
    ScalarHighBits,
    /// `sB - kA - R` is zero.
    ResidueZero,
    /// `sB - kA - R` is not zero but of small order: cofactored and cofactorless rules part.
    ResidueSmallOrder,
    /// `sB - kA - R` is not of small order, with `s` taken modulo `L`.
    ResidueLarge,
    /// Whether the cofactorless equation holds depends on whether `k` is reduced modulo `L` before it multiplies `A`.
    ReductionMatters,
    /// `s` was made with `k` over the canonical encodings of `A` and `R`, not over the bytes as sent.
    HashedReencoded,
}

impl Class {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 18] = [
        Self::KeySmallOrder,
        Self::KeyMixedOrder,
        Self::KeyNotCanonical,
        Self::KeyNoPoint,
        Self::CommitmentSmallOrder,
        Self::CommitmentMixedOrder,
        Self::CommitmentNotCanonical,
        Self::CommitmentNoPoint,
        Self::ScalarZero,
        Self::ScalarLargest,
        Self::ScalarIsOrder,
        Self::ScalarAboveOrder,
        Self::ScalarHighBits,
        Self::ResidueZero,
        Self::ResidueSmallOrder,
        Self::ResidueLarge,
        Self::ReductionMatters,
        Self::HashedReencoded,
    ];

    /// Its name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KeySmallOrder => "key-small-order",
            Self::KeyMixedOrder => "key-mixed-order",
            Self::KeyNotCanonical => "key-not-canonical",
            Self::KeyNoPoint => "key-no-point",
            Self::CommitmentSmallOrder => "commitment-small-order",
            Self::CommitmentMixedOrder => "commitment-mixed-order",
            Self::CommitmentNotCanonical => "commitment-not-canonical",
            Self::CommitmentNoPoint => "commitment-no-point",
            Self::ScalarZero => "scalar-zero",
            Self::ScalarLargest => "scalar-largest",
            Self::ScalarIsOrder => "scalar-is-order",
            Self::ScalarAboveOrder => "scalar-above-order",
            Self::ScalarHighBits => "scalar-high-bits",
            Self::ResidueZero => "residue-zero",
            Self::ResidueSmallOrder => "residue-small-order",
            Self::ResidueLarge => "residue-large",
            Self::ReductionMatters => "reduction-matters",
            Self::HashedReencoded => "hashed-reencoded",
        }
    }
}

/// The verdicts under four rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Rule version 1 of this project, with the cause.
    pub ours: Verdict,
    /// `verify_strict` of ed25519-dalek: cofactorless, `A` and `R` not of small order, `A` leniently decoded.
    pub strict: bool,
    /// ZIP-215: cofactored, every encoding that decodes.
    pub zip215: bool,
    /// `verify` of ed25519-dalek: cofactorless, compares the bytes of `R`, `A` leniently decoded.
    pub cofactorless: bool,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What it was made for.
    pub group: String,
    /// In the order of the enum.
    pub classes: Vec<Class>,
    /// The verifying key `A`.
    pub key: [u8; 32],
    /// The message.
    pub message: Vec<u8>,
    /// `R` and `s`.
    pub signature: [u8; 64],
    /// The verdicts under four rules.
    pub expected: Expected,
}

impl Case {
    /// The case as a verifier takes it.
    #[must_use]
    pub fn item(&self) -> Item<'_> {
        Item {
            key: &self.key,
            message: &self.message,
            signature: &self.signature,
        }
    }
}
