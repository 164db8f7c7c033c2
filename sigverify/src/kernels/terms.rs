//! What a multi-scalar sum adds up, and the memory that it works in.

use super::digits::Digits;
use super::field::Row;
use super::niels::Niels;
use super::point::Point;
use super::portable::Portable;

/// Bits that a wide scalar's signed digits need: scalars are below `L < 2^252.01`.
pub(super) const WIDE_BITS: usize = 254;

/// Bits of a short scalar, without the two more that its signed digits may need.
pub(super) const SHORT_BITS: usize = 128;

/// The terms of a sum: points with 128-bit scalars, points with scalars below `L`, and a multiple of `B`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    pub(super) short: &'a [Niels],
    pub(super) short_scalars: &'a [u128],
    pub(super) wide: &'a [Niels],
    pub(super) wide_scalars: &'a [[u8; 32]],
    pub(super) base: &'a [u8; 32],
}

impl Terms<'_> {
    /// How many terms there are, short ones counted as halves.
    pub(super) const fn weight(&self) -> usize {
        self.wide.len() + self.short.len().div_ceil(2)
    }
}

/// Memory of a sum, kept between calls so that a warm one allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct MsmScratch {
    /// Tables of multiples, or buckets.
    pub(super) rows: Vec<Row>,
    /// The prepared scalars: the short ones, then the wide ones.
    pub(super) digits: Vec<Digits>,
    /// The sum of each window.
    pub(super) windows: Vec<Point<Portable>>,
    /// Indices of the short scalars that carry out of their highest window.
    pub(super) carries: Vec<usize>,
}
