//! Pippenger's method with one place of the digits in each lane: for many terms.
//!
//! A pass handles as many places as there are lanes. Each lane has buckets of its own, one for each magnitude of a
//! digit; a point is the same in all lanes, and is added to the bucket that the lane's digit asks for (minus
//! the point if it is negative). Then the buckets of each lane are summed, each times its magnitude.
//!
//! ```text
//!  for each pass:  for each point: digits of the lanes -> load one bucket per lane, add, store
//!                  for each magnitude downwards: running sum += bucket, sum += running sum
//!  places -> doubled together from the highest down, in one lane
//! ```
//!
//! Bucket 0 takes what has nothing to add, so that no lane is ever treated apart.

use super::base::BASE_POINT;
use super::digits::{Cut, Digits, short_words, words};
use super::field::{LANES_MAX, Row};
use super::msm::{MsmScratch, SHORT_BITS, Terms, WIDE_BITS, lanes, sum_of_lanes};
use super::niels::Niels;
use super::outlined::Outlined;
use super::point::{Affine, Point};
use super::portable::Portable;

/// The sum of all terms, with digits of `width` bits.
#[inline(always)]
pub(super) fn sum<F: Outlined>(
    token: F::Token,
    scratch: &mut MsmScratch,
    terms: &Terms<'_>,
    width: usize,
) -> Point<Portable> {
    let short_places = SHORT_BITS.div_ceil(width).next_multiple_of(F::LANES);
    let wide_places = WIDE_BITS.div_ceil(width).next_multiple_of(F::LANES);
    let (short_cut, wide_cut) = (Cut::new(width, short_places), Cut::new(width, wide_places));
    let MsmScratch {
        rows,
        digits,
        places,
        carries,
    } = scratch;
    digits.clear();
    digits.extend(
        terms
            .short_scalars
            .iter()
            .map(|scalar| short_cut.digits(&short_words(*scalar))),
    );
    digits.extend(
        terms
            .wide_scalars
            .iter()
            .map(|scalar| wide_cut.digits(&words(scalar))),
    );
    digits.push(wide_cut.digits(&words(terms.base)));
    let (short_digits, wide_digits) = digits.split_at(terms.short.len());

    let mut buckets = Buckets::<F>::new(token, rows, width);
    places.clear();
    for first_place in (0..wide_places).step_by(F::LANES) {
        buckets.clear();
        if first_place < short_places {
            buckets.add_all(terms.short, short_digits, &short_cut, first_place);
        }
        buckets.add_all(terms.wide, wide_digits, &wide_cut, first_place);
        buckets.add_all(
            &[BASE_POINT],
            &wide_digits[terms.wide.len()..],
            &wide_cut,
            first_place,
        );
        places.extend_from_slice(&lanes(&buckets.weighted_sum())[..F::LANES]);
    }
    // Where the places end with the scalar, about half of the scalars carry 1 to the place above.
    let end = short_places * width;
    if end <= SHORT_BITS + 1 {
        carries.clear();
        carries.extend((0..terms.short.len()).filter(|index| short_digits[*index].bit(end)));
        let carried = sum_of_selected::<F>(token, terms.short, carries);
        places[short_places] = places[short_places].add_cached(&carried.cached(()));
    }
    combine(places, width)
}

/// The sum of the places, each doubled `width` times for each place below it.
fn combine(places: &[Point<Portable>], width: usize) -> Point<Portable> {
    let (highest, lower) = places
        .split_last()
        .expect("there are as many places as lanes at least");
    lower.iter().rev().fold(*highest, |sum, place| {
        sum.double_times(width).add_cached(&place.cached(()))
    })
}

/// The sum of the points of these indices.
#[inline(always)]
fn sum_of_selected<F: Outlined>(token: F::Token, points: &[Niels], indices: &[usize]) -> Point<Portable> {
    let mut sum = Point::<F>::identity(token);
    for indices in indices.chunks(F::LANES) {
        let point = |lane: usize| {
            indices
                .get(lane)
                .map_or(&Niels::IDENTITY, |index| &points[*index])
        };
        sum = sum.add_affine(&Affine::load(token, point));
    }
    sum_of_lanes(&sum)
}

/// The buckets of all lanes: that of magnitude `m` in lane `l` at `l * (max + 1) + m`.
struct Buckets<'a, F: Outlined> {
    token: F::Token,
    rows: &'a mut [Row],
    max: usize,
}

impl<'a, F: Outlined> Buckets<'a, F> {
    #[inline(always)]
    fn new(token: F::Token, rows: &'a mut Vec<Row>, width: usize) -> Self {
        let max = 1 << (width - 1);
        let count = F::LANES * (max + 1);
        if rows.len() < count {
            rows.resize(count, Row::EMPTY);
        }
        Self {
            token,
            rows: &mut rows[..count],
            max,
        }
    }

    /// Puts the neutral element into every bucket.
    #[inline(always)]
    fn clear(&mut self) {
        let stride = self.max + 1;
        F::store_rows(
            &Point::<F>::identity(self.token).coordinates(),
            self.rows,
            |lane| lane * stride,
        );
        let neutral = self.rows[0];
        self.rows.fill(neutral);
    }

    /// Adds each point to the buckets that its digits from `first_place` on ask for.
    #[inline(always)]
    fn add_all(&mut self, points: &[Niels], digits: &[Digits], cut: &Cut, first_place: usize) {
        let stride = self.max + 1;
        for (point, digits) in points.iter().zip(digits) {
            let mut index = [0; LANES_MAX];
            let mut negative = 0;
            for (lane, index) in index.iter_mut().enumerate().take(F::LANES) {
                let digit = cut.digit(digits, first_place + lane);
                *index = lane * stride + digit.magnitude;
                negative |= u8::from(digit.is_negative) << lane;
            }
            let addend =
                Affine::<F>::broadcast(self.token, point).negate_where(F::mask(self.token, negative));
            let bucket = Point::from_coordinates(F::load_rows(self.token, |lane| &self.rows[index[lane]]));
            F::store_rows(&bucket.add_affine(&addend).coordinates(), self.rows, |lane| {
                index[lane]
            });
        }
    }

    /// The sum of all buckets, each times its magnitude, in each lane.
    #[inline(always)]
    fn weighted_sum(&self) -> Point<F> {
        let stride = self.max + 1;
        let mut running = Point::<F>::identity(self.token);
        let mut sum = running;
        for magnitude in (1..stride).rev() {
            let bucket = F::load_rows(self.token, |lane| &self.rows[lane * stride + magnitude]);
            running = running.add_cached(&Point::from_coordinates(bucket).cached(self.token));
            sum = sum.add_cached(&running.cached(self.token));
        }
        sum
    }
}
