//! Pippenger's method with one window in each lane: for many terms.
//!
//! A pass handles as many windows as there are lanes. Each lane has its own buckets, one for each magnitude of a digit. A
//! point is the same in all lanes; each lane adds it to the bucket of its digit (or subtracts it if the digit is
//! negative). Then each lane sums its buckets, each times its magnitude.
//!
//! ```text
//!  for each pass:  for each point: digits of the lanes -> load one bucket per lane, add, store
//!                  for each magnitude downwards: running sum += bucket, sum += running sum
//!  windows -> doubled together from the highest down, in one lane
//! ```
//!
//! Bucket 0 absorbs digits of zero, so that no lane needs a special case.

use super::base::BASE_POINT;
use super::digits::{Cut, Digits, short_words, words};
use super::field::{LANES_MAX, Row};
use super::lanes::{lanes, sum_of_lanes};
use super::niels::Niels;
use super::outlined::Outlined;
use super::point::{Affine, Point};
use super::portable::Portable;
use super::terms::{MsmScratch, SHORT_BITS, Terms, WIDE_BITS};

/// The sum of all terms, with digits of `width` bits.
#[inline(always)]
pub(super) fn sum<F: Outlined>(
    token: F::Token,
    scratch: &mut MsmScratch,
    terms: &Terms<'_>,
    width: usize,
) -> Point<Portable> {
    let short_windows = SHORT_BITS.div_ceil(width).next_multiple_of(F::LANES);
    let wide_windows = WIDE_BITS.div_ceil(width).next_multiple_of(F::LANES);
    let (short_cut, wide_cut) = (Cut::new(width, short_windows), Cut::new(width, wide_windows));
    let MsmScratch {
        rows,
        digits,
        windows,
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
    windows.clear();
    for first_window in (0..wide_windows).step_by(F::LANES) {
        buckets.clear();
        if first_window < short_windows {
            buckets.add_all(terms.short, short_digits, &short_cut, first_window);
        }
        buckets.add_all(terms.wide, wide_digits, &wide_cut, first_window);
        buckets.add_all(
            &[BASE_POINT],
            &wide_digits[terms.wide.len()..],
            &wide_cut,
            first_window,
        );
        windows.extend_from_slice(&lanes(&buckets.weighted_sum())[..F::LANES]);
    }
    // If the windows end where the scalar does, about half of the scalars carry 1 into the window above.
    let end = short_windows * width;
    if end <= SHORT_BITS + 1 {
        carries.clear();
        carries.extend((0..terms.short.len()).filter(|index| short_digits[*index].bit(end)));
        let carried = sum_of_selected::<F>(token, terms.short, carries);
        windows[short_windows] = windows[short_windows].add_cached(&carried.cached(()));
    }
    combine(windows, width)
}

/// The sum of the windows, each doubled `width` times for each window below it.
fn combine(windows: &[Point<Portable>], width: usize) -> Point<Portable> {
    let (highest, lower) = windows
        .split_last()
        .expect("there are at least as many windows as lanes");
    lower.iter().rev().fold(*highest, |sum, window| {
        sum.double_times(width).add_cached(&window.cached(()))
    })
}

/// The sum of the points at these indices.
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

    /// Adds each point to the buckets of its digits from `first_window` on.
    #[inline(always)]
    fn add_all(&mut self, points: &[Niels], digits: &[Digits], cut: &Cut, first_window: usize) {
        let stride = self.max + 1;
        for (point, digits) in points.iter().zip(digits) {
            let mut index = [0; LANES_MAX];
            let mut negative = 0;
            for (lane, index) in index.iter_mut().enumerate().take(F::LANES) {
                let digit = cut.digit(digits, first_window + lane);
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
