//! Scalars as signed digits.
//!
//! A scalar is cut into windows of `w` bits, and each window holds one digit. With `K` the sum of half a digit in every
//! window, digit `i` of `scalar + K`, less half a digit, is digit `i` of `scalar` in the range `-2^(w-1) .. 2^(w-1)`: no digit
//! depends on the one before it. Invariant: the windows have at least two bits more than the scalar (one more is not
//! enough: the largest number of 13 digits of 5 bits is `15/31 * 2^65 < 2^64`), or the caller looks for a carry with
//! [`Digits::bit`]. The wide scalars, below `L < 2^252.01`, need 254.

/// A scalar prepared for reading its digits: 256 bits, the windows above, and a word to read past the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits([u64; 7]);

/// A way to cut scalars into windows of `width` bits, each with one digit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    width: usize,
    offset: [u64; 7],
}

/// One digit: its magnitude, and whether it is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digit {
    pub(super) magnitude: usize,
    pub(super) is_negative: bool,
}

impl Cut {
    /// Windows of 1 to 16 bits, at most 384 bits in all.
    pub(super) fn new(width: usize, windows: usize) -> Self {
        debug_assert!((1..=16).contains(&width) && width * windows <= 384);
        let mut offset = [0; 7];
        for window in 0..windows {
            let bit = window * width + width - 1;
            offset[bit / 64] |= 1 << (bit % 64);
        }
        Self { width, offset }
    }

    /// Prepares a scalar, least significant word first.
    #[inline(always)]
    pub(super) fn digits(&self, scalar: &[u64; 4]) -> Digits {
        let mut words = [0; 7];
        let mut carry = false;
        for (i, word) in words.iter_mut().enumerate() {
            let summand = scalar.get(i).copied().unwrap_or(0);
            (*word, carry) = summand.carrying_add(self.offset[i], carry);
        }
        Digits(words)
    }

    /// The digit of a window.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "at most 16 bits")]
    pub(super) fn digit(&self, digits: &Digits, window: usize) -> Digit {
        let bit = window * self.width;
        let (word, shift) = (bit / 64, bit % 64);
        let pair = u128::from(digits.0[word]) | u128::from(digits.0[word + 1]) << 64;
        let raw = (pair >> shift) as i32 & ((1 << self.width) - 1);
        let value = raw - (1 << (self.width - 1));
        Digit {
            magnitude: value.unsigned_abs() as usize,
            is_negative: value < 0,
        }
    }
}

impl Digits {
    /// A bit of the prepared scalar; the first bit above all windows is the carry out of them.
    #[inline(always)]
    pub(super) const fn bit(&self, bit: usize) -> bool {
        self.0[bit / 64] >> (bit % 64) & 1 != 0
    }
}

/// 32 little-endian bytes as words.
#[inline(always)]
pub(super) fn words(scalar: &[u8; 32]) -> [u64; 4] {
    let (chunks, _) = scalar.as_chunks::<8>();
    core::array::from_fn(|i| u64::from_le_bytes(chunks[i]))
}

/// A 128-bit scalar as words.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the two halves")]
pub(super) const fn short_words(scalar: u128) -> [u64; 4] {
    [scalar as u64, (scalar >> 64) as u64, 0, 0]
}
