//! The signatures that are timed: distinct keys, distinct messages, signed by ed25519-dalek.
//!
//! Everything follows from the number of a signature, so that every verifier and every run gets the same. A message begins
//! with a zero byte: a verifier that hashes the length of a namespace before the message gets no namespace and the rest of
//! the message, and so hashes the same bytes as all others.

use ed25519_dalek::{Signer, SigningKey};
use isobath_sigverify::Item;

/// Owned signatures.
#[derive(Clone, Debug)]
pub struct Corpus {
    signatures: Vec<Signed>,
}

#[derive(Clone, Debug)]
struct Signed {
    key: [u8; 32],
    message: Vec<u8>,
    signature: [u8; 64],
    is_bad: bool,
}

impl Corpus {
    /// Signs `count` messages of `message_len` bytes, each with its own key; calls `progress` before each.
    #[must_use]
    pub fn new(count: usize, message_len: usize, progress: impl Fn()) -> Self {
        let signed = (0..count as u64).map(|number| {
            progress();
            Signed::new(number, message_len)
        });
        Self {
            signatures: signed.collect(),
        }
    }

    /// The same with one bad signature in each run of `every`, at an index that moves; of these runs, only one in `one_in`
    /// gets it. Its scalar is off by one, so that only the equation fails.
    #[must_use]
    pub fn with_bad(&self, every: usize, one_in: usize) -> Self {
        let mut signatures = self.signatures.clone();
        for (number, run) in signatures.chunks_mut(every).enumerate() {
            let index = number.wrapping_mul(617).checked_rem(run.len()).unwrap_or(0);
            if number.checked_rem(one_in) == Some(0)
                && let Some(signed) = run.get_mut(index)
            {
                signed.spoil();
            }
        }
        Self { signatures }
    }

    /// As verifiers take them.
    #[must_use]
    pub fn items(&self) -> Vec<Item<'_>> {
        self.signatures.iter().map(Signed::item).collect()
    }

    /// Whether each is bad.
    #[must_use]
    pub fn bad(&self) -> Vec<bool> {
        self.signatures.iter().map(|signed| signed.is_bad).collect()
    }
}

impl Signed {
    fn new(number: u64, message_len: usize) -> Self {
        let mut seed = [0x5e; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let signer = SigningKey::from_bytes(&seed);
        let repeated = number.to_le_bytes().into_iter().cycle();
        let message: Vec<u8> = std::iter::once(0).chain(repeated).take(message_len).collect();
        Self {
            key: signer.verifying_key().to_bytes(),
            signature: signer.sign(&message).to_bytes(),
            message,
            is_bad: false,
        }
    }

    /// The lowest byte of `s` changed; all scalars stay below `L`, whose upper half decides.
    const fn spoil(&mut self) {
        self.signature[32] ^= 1;
        self.is_bad = true;
    }

    fn item(&self) -> Item<'_> {
        Item {
            key: &self.key,
            message: &self.message,
            signature: &self.signature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use isobath_sigverify::{Cause, verify_one};

    #[test]
    fn exactly_the_bad_ones_are_refused() {
        let corpus = Corpus::new(40, 33, || {});
        assert!(corpus.items().iter().all(|item| verify_one(item).is_ok()));
        let bad = corpus.with_bad(10, 2);
        assert_eq!(bad.bad().iter().filter(|bad| **bad).count(), 2);
        for (item, is_bad) in bad.items().iter().zip(bad.bad()) {
            let expected = if is_bad { Err(Cause::Equation) } else { Ok(()) };
            assert_eq!(verify_one(item), expected);
        }
    }
}
