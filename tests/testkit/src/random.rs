//! The seeded generator of all tests: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
//! 2014; public domain).
//!
//! Invariant: the stream of a seed never changes, on no machine and with no version of a library, because recorded
//! fixtures and reports name their inputs by seed. Whatever a method draws is therefore fixed too; what the methods of
//! [`rand::Rng`] draw from the stream changes with that library and must not be recorded.
//!
//! Cost: one addition and three mixing steps for each number. It hides nothing: no secret may come from it.

use rand::RngCore;

/// A stream of random numbers that is a function of its seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, uniform over all 64-bit values. Wraps by design.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; the bias of the remainder is below 2^-32 for the ends of tests.
    ///
    /// # Panics
    /// When `end` is 0.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "less than `end`, which is a usize"
    )]
    pub const fn below(&mut self, end: usize) -> usize {
        assert!(end > 0, "there is no number below 0");
        (self.next_u64() % end as u64) as usize
    }

    /// True in `count` of `of` cases.
    ///
    /// # Panics
    /// When `of` is 0.
    pub const fn chance(&mut self, count: usize, of: usize) -> bool {
        self.below(of) < count
    }

    /// One of `values`.
    ///
    /// # Panics
    /// When there is none.
    pub const fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// A byte; takes a whole number of the stream.
    pub const fn byte(&mut self) -> u8 {
        self.next_u64().to_le_bytes()[0]
    }

    /// `len` bytes; takes a whole number of the stream for each.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    /// Fills `bytes`, eight from one number of the stream, lowest first.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// For the distributions of `rand`.
impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        let [a, b, c, d, ..] = Self::next_u64(self).to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    fn next_u64(&mut self) -> u64 {
        Self::next_u64(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.fill(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // The first numbers of the reference implementation, `splitmix64.c` by Vigna.
        let mut random = Random::new(1_234_567);
        let numbers = [(); 3].map(|()| random.next_u64());
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn everything_drawn_comes_from_the_stream() {
        let numbers = |count: usize| {
            let mut random = Random::new(3);
            let numbers: Vec<u64> = (0..count).map(|_| random.next_u64()).collect();
            numbers
        };
        let first = numbers(1)[0];
        assert_eq!(Random::new(3).below(10), usize::try_from(first % 10).unwrap());
        assert_eq!(
            Random::new(3).pick(&[1, 2, 3]),
            [1, 2, 3][usize::try_from(first % 3).unwrap()]
        );
        assert_eq!(Random::new(3).chance(5, 10), first % 10 < 5);
        let low: Vec<u8> = numbers(4).iter().map(|number| number.to_le_bytes()[0]).collect();
        assert_eq!(Random::new(3).bytes(4), low);
        let mut filled = [0; 12];
        Random::new(3).fill(&mut filled);
        let whole: Vec<u8> = numbers(2)
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        assert_eq!(filled, whole[..12]);
    }
}
