//! From the lanes of a register to single points, and tables of multiples in each lane.

use super::field::{Field, LANES_MAX, Row};
use super::outlined::Outlined;
use super::point::{Affine, Cached, Point};
use super::portable::Portable;
use super::word::unrolled;

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
