//! The random numbers behind the sequences.
//!
//! A generator of its own, because recorded fixtures name sequences by seed: the numbers must stay the same for as
//! long as the fixtures do, whatever a library does in its next version. The algorithm is SplitMix64 (Steele, Lea,
//! Flood: "Fast splittable pseudorandom number generators", 2014).

/// A stream of random numbers that is a function of its seed.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        let mut random = Self { state: seed };
        // Neighbouring seeds start close together; one step takes them apart.
        random.state = random.next() ^ seed.rotate_left(32);
        random
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which must not be 0.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "less than `end`, which is a usize"
    )]
    pub const fn below(&mut self, end: usize) -> usize {
        assert!(end > 0, "there is no number below 0");
        // The bias of the remainder is below 2^-50 for the small ends used here.
        (self.next() % end as u64) as usize
    }

    /// True in `count` of `of` cases.
    pub const fn chance(&mut self, count: usize, of: usize) -> bool {
        self.below(of) < count
    }

    /// One of `values`, which must not be empty.
    pub const fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// A byte.
    pub const fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// `len` bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }
}
