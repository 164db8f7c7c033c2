//! Points in the form that every backend reads, and what decoding found.

/// An affine point `(x, y)` as `y + x`, `y - x` and `2dxy`, which is what an addition wants.
///
/// ```text
/// words  0..5   y + x    five limbs of 51 bits, least significant first
/// words  5..10  y - x    five limbs of 51 bits
/// words 10..15  2dxy     five limbs of 51 bits
/// word  15      0        padding: two cache lines in all
/// ```
///
/// The same on every backend, so it may be kept and used with another one.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Niels {
    pub(super) words: [u64; 16],
}

impl Niels {
    /// The neutral element `(0, 1)`.
    pub(crate) const IDENTITY: Self = Self {
        words: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    };
}

impl Default for Niels {
    fn default() -> Self {
        Self::IDENTITY
    }
}

/// What 32 bytes turned out to be.
#[repr(u8)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Decoding {
    /// The canonical encoding of a point that is not of small order.
    Point = 0,
    /// Not the canonical encoding of any curve point.
    #[default]
    NotCanonical = 1,
    /// The canonical encoding of a point `P` with `8P = 0`.
    SmallOrder = 2,
}
