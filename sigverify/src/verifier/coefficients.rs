//! The secret coefficients of a batch.
//!
//! A batch checks the sum of its equations, each multiplied by a coefficient. Whoever knows the coefficients
//! can make two wrong signatures whose errors cancel in the sum, so they are drawn fresh for every signature of every
//! batch, also where a key repeats, 128 bits each, from a generator that the senders of signatures cannot predict: a wrong
//! signature then slips through with a chance of at most `2^-128`.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A cryptographic generator (ChaCha with twelve rounds) of coefficients and of the keys of hash tables.
pub(super) struct Secrets(StdRng);

impl Secrets {
    /// Seeded by the operating system, once; from then on nothing outside is asked.
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
