//! One multi-scalar sum, by the method that costs less for the number of terms.
//!
//! Both methods end with sums in the lanes of a few registers. These are combined in plain arithmetic of one lane, since what
//! is left (doublings one after another) gains nothing from lanes.

use super::base::BaseTables;
use super::digits::Digits;
use super::field::{Field, LANES_MAX, Row};
use super::niels::Niels;
use super::outlined::Outlined;
use super::point::{Affine, Cached, Point};
use super::portable::Portable;
use super::tuning::Method;
use super::word::unrolled;
use super::{pippenger, straus};

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

/// Whether 8 times the sum of the terms is the neutral element.
#[inline(always)]
pub(super) fn is_zero<F: Outlined>(
    token: F::Token,
    scratch: &mut MsmScratch,
    terms: &Terms<'_>,
    method: Method,
) -> bool {
    let sum = match method {
        Method::Straus => straus::sum::<F>(token, scratch, terms, BaseTables::get()),
        Method::Pippenger { width } => pippenger::sum::<F>(token, scratch, terms, width),
    };
    is_identity(&sum.double_times(3))[0]
}

/// In which lanes the point is the neutral element: `X = 0` and `Y = Z`.
#[inline(always)]
pub(super) fn is_identity<F: Outlined>(point: &Point<F>) -> [bool; LANES_MAX] {
    let (sum, difference, z) = (
        point.sum.to_limbs(),
        point.difference.to_limbs(),
        point.z.to_limbs(),
    );
    core::array::from_fn(|lane| {
        let is_equal = |a: &[u64; LANES_MAX], b: &[u64; LANES_MAX]| a[lane] == b[lane];
        (0..5).all(|i| is_equal(&sum[i], &difference[i]) && is_equal(&sum[i], &z[i]))
    })
}

/// The points of the lanes, each for itself.
#[inline(always)]
pub(super) fn lanes<F: Outlined>(point: &Point<F>) -> [Point<Portable>; LANES_MAX] {
    let coordinates = point.coordinates();
    let limbs = unrolled!(4, i => coordinates[i].to_limbs());
    core::array::from_fn(|lane| {
        Point::from_coordinates(limbs.map(|limbs| {
            let mut single = [[0; LANES_MAX]; 5];
            for (to, from) in single.iter_mut().zip(&limbs) {
                to[0] = from[lane];
            }
            Portable::from_limbs((), &single)
        }))
    })
}

/// The sum of the points of all lanes.
#[inline(always)]
pub(super) fn sum_of_lanes<F: Outlined>(point: &Point<F>) -> Point<Portable> {
    let lanes = lanes(point);
    lanes[1..F::LANES]
        .iter()
        .fold(lanes[0], |sum, lane| sum.add_cached(&lane.cached(())))
}

/// The multiples 0 to `max` of each lane's point, written to `rows[lane * (max + 1) + multiple]`.
#[inline(always)]
pub(super) fn write_multiples<F: Outlined>(token: F::Token, point: &Affine<F>, rows: &mut [Row], max: usize) {
    let one = Point::<F>::identity(token);
    let [sum, difference, t] = point.0;
    let mut put = |multiple: usize, cached: &Cached<F>| {
        F::store_rows(&cached.0, rows, |lane| lane * (max + 1) + multiple);
    };
    put(0, &Cached(one.coordinates()));
    put(1, &Cached([sum, difference, one.z, t]));
    // Two factors of one product must not both be as they were loaded. Doubling does not read T.
    let mut multiple_point = Point {
        sum: F::carry(sum.widen()),
        difference: F::carry(difference.widen()),
        ..one
    }
    .double();
    put(2, &multiple_point.cached(token));
    for multiple in 3..=max {
        multiple_point = multiple_point.add_affine(point);
        put(multiple, &multiple_point.cached(token));
    }
}
