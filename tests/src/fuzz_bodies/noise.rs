//! Seeded bytes and seeded damage for tests without a fuzzer.
//!
//! The same seed always gives the same inputs on every machine, so a failure is repeated by its seed alone.

/// A generator of 64-bit numbers (SplitMix64: public domain, one addition and three mixing steps per number).
#[derive(Clone, Debug)]
pub struct Noise(u64);

impl Noise {
    /// A generator for this seed.
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

    /// A number below `bound`, or 0 if `bound` is 0. The bias is below 2^-32 for the bounds of tests.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        let value = self.next_u64().checked_rem(bound).unwrap_or_default();
        usize::try_from(value).unwrap_or_default()
    }

    /// A byte; small values, powers of two less one and the extremes are more frequent, as decoders branch on them.
    pub fn byte(&mut self) -> u8 {
        const TELLING: [u8; 12] = [0, 1, 2, 3, 4, 31, 32, 63, 64, 127, 128, 255];
        if self.below(2) == 0 {
            TELLING[self.below(TELLING.len())]
        } else {
            self.next_u64().to_le_bytes()[0]
        }
    }

    /// Up to `len_max` bytes.
    pub fn bytes(&mut self, len_max: usize) -> Vec<u8> {
        let len = self.below(len_max.saturating_add(1));
        (0..len).map(|_| self.byte()).collect()
    }

    /// Changes `bytes` in one to four places: sets, inserts, removes, flips a bit, truncates, appends, or copies a
    /// piece to another place.
    pub fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            self.damage_once(bytes);
        }
    }

    fn damage_once(&mut self, bytes: &mut Vec<u8>) {
        let byte = self.byte();
        if bytes.is_empty() {
            bytes.push(byte);
            return;
        }
        let at = self.below(bytes.len());
        match self.below(8) {
            0 | 1 => bytes[at] = byte,
            2 => bytes.insert(at, byte),
            3 => drop(bytes.remove(at)),
            4 => bytes[at] ^= 1u8.rotate_left(u32::from(byte)),
            5 => bytes.truncate(at),
            6 => bytes.push(byte),
            _ => {
                let piece: Vec<u8> = bytes.iter().skip(at).take(self.below(40)).copied().collect();
                let to = self.below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
}
