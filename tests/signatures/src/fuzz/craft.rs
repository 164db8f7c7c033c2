//! One signature: signed with known secrets, then given a flaw, with the verdict that follows.

use curve25519_dalek::scalar::Scalar;
use isobath_sigverify::{Cause, Item, Verdict};

use crate::parts::{Part, SIGN_BIT, add_group_order, aliases, challenge};

/// What is wrong with a signature. Numbers choose among several of a kind and are taken modulo their count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Nothing.
    None,
    /// `s + d` for this `d` other than zero: the equation fails by `dB`.
    ScalarOff(i64),
    /// `L` added this many times to `s`, at least once.
    ScalarPlusOrder(u8),
    /// Some of the three highest bits of `s` are set.
    ScalarHighBits(u8),
    /// `A` in one of the 40 other encodings.
    KeyAlias(u8),
    /// `A` of small order.
    KeySmallOrder(u8),
    /// `A` on no point.
    KeyNoPoint(u8),
    /// `R` in one of the 40 other encodings.
    CommitmentAlias(u8),
    /// `R` of small order.
    CommitmentSmallOrder(u8),
    /// `R` on no point.
    CommitmentNoPoint(u8),
    /// One bit of the message, which must not be empty, was flipped.
    MessageBit(u16),
    /// One bit of `A` was flipped; which check fails is not known.
    KeyBit(u8),
    /// One bit of `R` was flipped; which check fails is not known.
    CommitmentBit(u8),
    /// `A` and `R` exchanged.
    Swapped,
    /// All parts are bad; the first check fails.
    Everything(u8),
}

impl Flaw {
    /// How many kinds there are.
    pub const KINDS: usize = 15;

    /// The flaw of this kind, which is taken modulo [`KINDS`](Self::KINDS), with `detail` to choose by.
    #[must_use]
    pub fn of(kind: usize, detail: u64) -> Self {
        let [low, high, ..] = detail.to_le_bytes();
        match kind % Self::KINDS {
            0 => Self::None,
            1 => Self::ScalarOff(i64::from(low) << (high % 40) | 1),
            2 => Self::ScalarPlusOrder(low),
            3 => Self::ScalarHighBits(low),
            4 => Self::KeyAlias(low),
            5 => Self::KeySmallOrder(low),
            6 => Self::KeyNoPoint(low),
            7 => Self::CommitmentAlias(low),
            8 => Self::CommitmentSmallOrder(low),
            9 => Self::CommitmentNoPoint(low),
            10 => Self::MessageBit(u16::from_le_bytes([low, high])),
            11 => Self::KeyBit(low),
            12 => Self::CommitmentBit(low),
            13 => Self::Swapped,
            _ => Self::Everything(low),
        }
    }

    /// Number of its kind, as in [`of`](Self::of).
    #[must_use]
    pub const fn kind(self) -> usize {
        match self {
            Self::None => 0,
            Self::ScalarOff(_) => 1,
            Self::ScalarPlusOrder(_) => 2,
            Self::ScalarHighBits(_) => 3,
            Self::KeyAlias(_) => 4,
            Self::KeySmallOrder(_) => 5,
            Self::KeyNoPoint(_) => 6,
            Self::CommitmentAlias(_) => 7,
            Self::CommitmentSmallOrder(_) => 8,
            Self::CommitmentNoPoint(_) => 9,
            Self::MessageBit(_) => 10,
            Self::KeyBit(_) => 11,
            Self::CommitmentBit(_) => 12,
            Self::Swapped => 13,
            Self::Everything(_) => 14,
        }
    }
}

/// What the maker knows of the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Exactly this one.
    Verdict(Verdict),
    /// Some check fails.
    Refused,
    /// Nothing: the bytes come from outside.
    Nothing,
}

/// A signature with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crafted {
    /// `A`.
    pub key: [u8; 32],
    /// The message.
    pub message: Vec<u8>,
    /// `R` and `s`.
    pub signature: [u8; 64],
    /// What was done to it.
    pub flaw: Flaw,
    /// The verdict of our rule.
    pub known: Known,
    /// Whether `verify_strict` of ed25519-dalek accepts it, if that is known.
    pub strict: Option<bool>,
}

impl Crafted {
    /// As a verifier takes it.
    #[must_use]
    pub fn item(&self) -> Item<'_> {
        Item {
            key: &self.key,
            message: &self.message,
            signature: &self.signature,
        }
    }

    /// Bytes from outside, of which nothing is known.
    #[must_use]
    pub const fn of_bytes(key: [u8; 32], message: Vec<u8>, signature: [u8; 64]) -> Self {
        Self {
            key,
            message,
            signature,
            flaw: Flaw::None,
            known: Known::Nothing,
            strict: None,
        }
    }

    fn set_commitment(&mut self, bytes: [u8; 32]) {
        self.signature[..32].copy_from_slice(&bytes);
    }

    fn commitment(&self) -> [u8; 32] {
        let (halves, _) = self.signature.as_chunks::<32>();
        halves[0]
    }

    fn set_scalar(&mut self, bytes: [u8; 32]) {
        self.signature[32..].copy_from_slice(&bytes);
    }

    const fn refused(&mut self, cause: Cause) {
        self.known = Known::Verdict(Err(cause));
    }
}

/// Bytes that flaws substitute for points.
#[derive(Debug)]
pub(super) struct Crafter {
    aliases: Vec<[u8; 32]>,
    small: Vec<[u8; 32]>,
    no_points: Vec<[u8; 32]>,
}

impl Crafter {
    pub(super) fn new() -> Self {
        // y = 2, 7, 8, 11, 12, 13, 17 with either sign are on no point.
        let no_point = |y: u8| {
            let mut bytes = [0; 32];
            bytes[0] = y;
            let positive = bytes;
            bytes[31] = SIGN_BIT;
            [positive, bytes]
        };
        Self {
            aliases: aliases(),
            small: (0..8).map(|torsion| Part::small_order(torsion).bytes).collect(),
            no_points: [2, 7, 8, 11, 12, 13, 17].into_iter().flat_map(no_point).collect(),
        }
    }

    /// Signs, and then does to the signature what `flaw` says. Both parts have known logarithms other than zero.
    pub(super) fn craft(&self, key: &Part, commitment: &Part, message: Vec<u8>, flaw: Flaw) -> Crafted {
        let (a, i) = key.logarithm().expect("keys of the pool are known");
        let (r, j) = commitment.logarithm().expect("commitments of the pool are known");
        let k = challenge(&commitment.bytes, &key.bytes, &message);
        let scalar = r + k * a;
        let mut crafted = Crafted {
            key: key.bytes,
            message,
            signature: [0; 64],
            flaw,
            known: Known::Verdict(Ok(())),
            strict: Some((k.as_bytes()[0] % 8 * i + j).is_multiple_of(8)),
        };
        crafted.set_commitment(commitment.bytes);
        crafted.set_scalar(scalar.to_bytes());
        self.damage(&mut crafted, scalar);
        if crafted.known != Known::Verdict(Ok(())) {
            crafted.strict = Some(false);
        }
        crafted
    }

    fn damage(&self, crafted: &mut Crafted, scalar: Scalar) {
        match crafted.flaw {
            Flaw::None => {}
            Flaw::ScalarOff(_) | Flaw::ScalarPlusOrder(_) | Flaw::ScalarHighBits(_) | Flaw::Everything(_) => {
                self.damage_scalar(crafted, scalar)
            }
            Flaw::KeyAlias(choice) => {
                crafted.key = pick(&self.aliases, choice);
                crafted.refused(Cause::KeyEncoding);
            }
            Flaw::KeySmallOrder(choice) => {
                crafted.key = pick(&self.small, choice);
                crafted.refused(Cause::KeySmallOrder);
            }
            Flaw::KeyNoPoint(choice) => {
                crafted.key = pick(&self.no_points, choice);
                crafted.refused(Cause::KeyEncoding);
            }
            Flaw::CommitmentAlias(choice) => {
                crafted.set_commitment(pick(&self.aliases, choice));
                crafted.refused(Cause::CommitmentEncoding);
            }
            Flaw::CommitmentSmallOrder(choice) => {
                crafted.set_commitment(pick(&self.small, choice));
                crafted.refused(Cause::CommitmentSmallOrder);
            }
            Flaw::CommitmentNoPoint(choice) => {
                crafted.set_commitment(pick(&self.no_points, choice));
                crafted.refused(Cause::CommitmentEncoding);
            }
            Flaw::MessageBit(_) | Flaw::KeyBit(_) | Flaw::CommitmentBit(_) | Flaw::Swapped => {
                flip_or_swap(crafted);
            }
        }
    }

    fn damage_scalar(&self, crafted: &mut Crafted, scalar: Scalar) {
        match crafted.flaw {
            Flaw::ScalarOff(difference) => {
                let amount = Scalar::from(difference.unsigned_abs());
                let amount = if difference < 0 { -amount } else { amount };
                crafted.set_scalar((scalar + amount).to_bytes());
                crafted.refused(Cause::Equation);
            }
            Flaw::ScalarPlusOrder(times) => {
                let plus = |times| add_group_order(scalar.to_bytes(), times);
                let large = plus(times % 15 + 1).or_else(|| plus(1));
                crafted.set_scalar(large.expect("2L is below 2^256"));
                crafted.refused(Cause::ScalarNotCanonical);
            }
            Flaw::ScalarHighBits(bits) => {
                let mut bytes = scalar.to_bytes();
                bytes[31] |= (bits % 7 + 1) << 5;
                crafted.set_scalar(bytes);
                crafted.refused(Cause::ScalarNotCanonical);
            }
            Flaw::Everything(choice) => {
                crafted.key = pick(&self.aliases, choice);
                crafted.set_commitment(pick(&self.no_points, choice));
                crafted.set_scalar([0xff; 32]);
                crafted.refused(Cause::ScalarNotCanonical);
            }
            other => unreachable!("{other:?} is not about the scalar"),
        }
    }
}

fn flip_or_swap(crafted: &mut Crafted) {
    match crafted.flaw {
        Flaw::MessageBit(bit) => {
            if crafted.message.is_empty() {
                crafted.message.push(0);
            } else {
                let bit = usize::from(bit) % (crafted.message.len() * 8);
                flip(&mut crafted.message, bit);
            }
            crafted.refused(Cause::Equation);
        }
        Flaw::KeyBit(bit) => {
            flip(&mut crafted.key, bit.into());
            crafted.known = Known::Refused;
        }
        Flaw::CommitmentBit(bit) => {
            flip(&mut crafted.signature, bit.into());
            crafted.known = Known::Refused;
        }
        Flaw::Swapped => {
            let commitment = crafted.commitment();
            // Where both are one point, nothing changes.
            if commitment != crafted.key {
                crafted.set_commitment(crafted.key);
                crafted.key = commitment;
                crafted.refused(Cause::Equation);
            }
        }
        other => unreachable!("{other:?} neither flips nor swaps"),
    }
}

fn pick(list: &[[u8; 32]], choice: u8) -> [u8; 32] {
    list[usize::from(choice) % list.len()]
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use isobath_sigverify::verify_one;

    #[test]
    fn kinds_are_numbered_as_they_are_made() {
        for kind in 0..Flaw::KINDS {
            assert_eq!(Flaw::of(kind, 77).kind(), kind);
        }
    }

    #[test]
    fn what_is_known_of_every_flaw_is_true() {
        let crafter = Crafter::new();
        let key = Part::known(Scalar::from(12_345_u32), 3);
        let commitment = Part::known(Scalar::from(67_890_u32), 5);
        for kind in 0..Flaw::KINDS {
            for detail in (0..600).step_by(7) {
                let message = vec![9; usize::from(detail % 2 == 0) * 30];
                let crafted = crafter.craft(&key, &commitment, message, Flaw::of(kind, detail));
                let verdict = verify_one(&crafted.item());
                match crafted.known {
                    Known::Verdict(known) => assert_eq!(verdict, known, "{:?}", crafted.flaw),
                    Known::Refused => assert!(verdict.is_err(), "{:?}", crafted.flaw),
                    Known::Nothing => panic!("it was crafted here"),
                }
            }
        }
    }
}
