//! The secret coefficients of a batch.
//!
//! A batch checks the sum of its equations, each multiplied by a coefficient. A sender who knows the coefficients
//! can make two invalid signatures whose errors cancel in the sum. So they are drawn fresh for every signature of every
//! batch, also where a key repeats, 128 bits each, from a generator that senders cannot predict: an invalid signature
//! then passes with a probability of at most `2^-128`.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A cryptographic generator (ChaCha with twelve rounds) of coefficients and of the keys of hash tables.
pub(super) struct Secrets(StdRng);

impl Secrets {
    /// Seeded by the operating system, once; draws nothing from it afterwards.
    pub(super) fn from_system() -> Self {
        Self(StdRng::from_os_rng())
    }

    /// Seeded by the caller, who may then predict every coefficient: for tests only.
    pub(super) fn from_seed(seed: [u8; 32]) -> Self {
        Self(StdRng::from_seed(seed))
    }

    /// A fresh number of 128 bits.
    pub(super) fn draw(&mut self) -> u128 {
        self.0.random()
    }

    /// Replaces the list by `count` fresh numbers.
    pub(super) fn draw_all(&mut self, count: usize, numbers: &mut Vec<u128>) {
        numbers.clear();
        numbers.extend((0..count).map(|_| self.draw()));
    }
}
