//! Straus's method with one point in each lane: for few terms, and for equations side by side.
//!
//! Each lane has a table of the multiples 1 to 16 of its point. From the highest window down, the sum is doubled
//! five times and each term adds the multiple for its digit. All lanes are doubled at once, and all groups of
//! terms share the doublings, since only the total counts; in the equations, each lane keeps its own sum.
//!
//! `B` costs little: a sum cuts its scalar into one piece for each lane (a comb, 32 bits each for eight lanes), and the
//! equations read a large table of its multiples in every second window.

use super::base::BaseTables;
use super::digits::{Cut, Digit, Digits, short_words, words};
use super::field::{LANES_MAX, Row};
use super::lanes::{is_identity, sum_of_lanes, write_multiples};
use super::niels::Niels;
use super::outlined::Outlined;
use super::point::{Affine, Cached, Point};
use super::portable::Portable;
use super::terms::{MsmScratch, SHORT_BITS, Terms, WIDE_BITS};

/// Bits of a digit.
const WIDTH: usize = 5;
/// Rows of one lane's table: the magnitudes 0 to 16.
const TABLE: usize = 17;
/// Windows of a wide scalar.
const WIDE_WINDOWS: usize = WIDE_BITS.div_ceil(WIDTH);
/// Windows of a short scalar, with room for the carry.
const SHORT_WINDOWS: usize = (SHORT_BITS + 2).div_ceil(WIDTH);

/// The sum of all terms.
#[inline(always)]
pub(super) fn sum<F: Outlined>(
    token: F::Token,
    scratch: &mut MsmScratch,
    terms: &Terms<'_>,
    base: &BaseTables,
) -> Point<Portable> {
    let MsmScratch { rows, digits, .. } = scratch;
    let short_groups = terms.short.len().div_ceil(F::LANES);
    let groups = short_groups + terms.wide.len().div_ceil(F::LANES);
    write_tables::<F>(token, rows, terms, short_groups, groups);
    let (wide_cut, short_cut) = (Cut::new(WIDTH, WIDE_WINDOWS), Cut::new(WIDTH, SHORT_WINDOWS));
    let idle = wide_cut.digits(&[0; 4]);
    digits.clear();
    digits.extend(
        terms
            .short_scalars
            .iter()
            .map(|scalar| short_cut.digits(&short_words(*scalar))),
    );
    digits.resize(short_groups * F::LANES, short_cut.digits(&[0; 4]));
    digits.extend(
        terms
            .wide_scalars
            .iter()
            .map(|scalar| wide_cut.digits(&words(scalar))),
    );
    digits.resize(groups * F::LANES, idle);
    let comb = Comb::new(terms.base, F::LANES);

    let mut sum = Point::<F>::identity(token);
    for window in (0..WIDE_WINDOWS).rev() {
        if window + 1 < WIDE_WINDOWS {
            sum = sum.double_times(WIDTH);
        }
        let first = if window < SHORT_WINDOWS { 0 } else { short_groups };
        for group in first..groups {
            let digits = &digits[group * F::LANES..][..F::LANES];
            let rows = &rows[group * F::LANES * TABLE..][..F::LANES * TABLE];
            sum = sum.add_cached(&pick::<F>(token, rows, digits, &wide_cut, window, false));
        }
        if window < comb.windows {
            sum = sum.add_affine(&comb.pick::<F>(token, base, window));
        }
    }
    sum_of_lanes(&sum)
}

/// Writes the multiples of every point. Lanes without a point get those of the neutral element.
#[inline(always)]
fn write_tables<F: Outlined>(
    token: F::Token,
    rows: &mut Vec<Row>,
    terms: &Terms<'_>,
    short_groups: usize,
    groups: usize,
) {
    let group_rows = F::LANES * TABLE;
    if rows.len() < groups * group_rows {
        rows.resize(groups * group_rows, Row::EMPTY);
    }
    for group in 0..groups {
        let (points, start) = if group < short_groups {
            (terms.short, group * F::LANES)
        } else {
            (terms.wide, (group - short_groups) * F::LANES)
        };
        let point = Affine::<F>::load(token, |lane| points.get(start + lane).unwrap_or(&Niels::IDENTITY));
        write_multiples(
            token,
            &point,
            &mut rows[group * group_rows..][..group_rows],
            TABLE - 1,
        );
    }
}

/// For each lane the multiple for its digit in a window, or minus that.
#[inline(always)]
fn pick<F: Outlined>(
    token: F::Token,
    rows: &[Row],
    digits: &[Digits],
    cut: &Cut,
    window: usize,
    is_subtracted: bool,
) -> Cached<F> {
    let mut index = [0; LANES_MAX];
    let mut negative = 0;
    for (lane, digits) in digits.iter().enumerate() {
        let digit = cut.digit(digits, window);
        index[lane] = lane * TABLE + digit.magnitude;
        negative |= u8::from(digit.is_negative != is_subtracted) << lane;
    }
    Cached(F::load_rows(token, |lane| &rows[index[lane]])).negate_where(F::mask(token, negative))
}

/// The scalar of `B` in one piece for each lane.
struct Comb {
    digits: [Digits; LANES_MAX],
    cut: Cut,
    windows: usize,
    /// How many tables of the comb lie between those of neighbouring lanes.
    step: usize,
}

impl Comb {
    #[inline(always)]
    fn new(scalar: &[u8; 32], lanes: usize) -> Self {
        let bits = 256 / lanes;
        let windows = (bits + 2).div_ceil(WIDTH).min(WIDE_WINDOWS);
        let cut = Cut::new(WIDTH, windows);
        let mut pieces = [[0_u8; 32]; LANES_MAX];
        for (piece, bytes) in pieces.iter_mut().zip(scalar.chunks(bits / 8)) {
            piece[..bytes.len()].copy_from_slice(bytes);
        }
        Self {
            digits: pieces.map(|piece| cut.digits(&words(&piece))),
            cut,
            windows,
            step: LANES_MAX / lanes,
        }
    }

    #[inline(always)]
    fn pick<F: Outlined>(&self, token: F::Token, base: &BaseTables, window: usize) -> Affine<F> {
        let table = |lane: usize| &base.comb[lane * self.step * TABLE..][..TABLE];
        pick_affine::<F>(token, |lane| {
            (table(lane), self.cut.digit(&self.digits[lane], window))
        })
    }
}

/// For each lane the entry of its table for its digit.
#[inline(always)]
fn pick_affine<'a, F: Outlined>(
    token: F::Token,
    choice: impl Fn(usize) -> (&'a [Niels], Digit),
) -> Affine<F> {
    let mut negative = 0;
    let mut entries = [&Niels::IDENTITY; LANES_MAX];
    for (lane, entry) in entries.iter_mut().enumerate().take(F::LANES) {
        let (table, digit) = choice(lane);
        *entry = &table[digit.magnitude];
        negative |= u8::from(digit.is_negative) << lane;
    }
    Affine::load(token, |lane| entries[lane]).negate_where(F::mask(token, negative))
}

/// Memory of the equations, kept between calls so that a warm one allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct LanesScratch {
    rows: Vec<Row>,
}

/// What the equations are about; all slices have the same length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Equations<'a> {
    pub(super) s: &'a [[u8; 32]],
    pub(super) k: &'a [[u8; 32]],
    pub(super) keys: &'a [Niels],
    pub(super) commitments: &'a [Niels],
}

/// Whether `8 (s B - k A - R) = 0`, for each by itself.
#[inline(always)]
pub(super) fn equations<F: Outlined>(
    token: F::Token,
    scratch: &mut LanesScratch,
    equations: &Equations<'_>,
    valid: &mut [bool],
) {
    let base = BaseTables::get();
    scratch.rows.resize(F::LANES * TABLE, Row::EMPTY);
    for (group, valid) in valid.chunks_mut(F::LANES).enumerate() {
        let start = group * F::LANES;
        let point = |points: &'_ [Niels]| {
            Affine::<F>::load(token, |lane| points.get(start + lane).unwrap_or(&Niels::IDENTITY))
        };
        write_multiples(token, &point(equations.keys), &mut scratch.rows, TABLE - 1);
        let sum = base_minus_keys::<F>(token, &scratch.rows, equations, start, base);
        let commitments = point(equations.commitments).negate_where(F::mask(token, u8::MAX));
        let is_valid = is_identity(&sum.add_affine(&commitments).double_times(3));
        valid.copy_from_slice(&is_valid[..valid.len()]);
    }
}

/// `s B - k A` in each lane, for the equations from `start` on.
#[inline(always)]
fn base_minus_keys<F: Outlined>(
    token: F::Token,
    rows: &[Row],
    equations: &Equations<'_>,
    start: usize,
    base: &BaseTables,
) -> Point<F> {
    let (key_cut, base_cut) = (
        Cut::new(WIDTH, WIDE_WINDOWS),
        Cut::new(2 * WIDTH, WIDE_WINDOWS.div_ceil(2)),
    );
    let scalar = |scalars: &[[u8; 32]], lane| scalars.get(start + lane).map_or([0; 4], words);
    let k: [Digits; LANES_MAX] = core::array::from_fn(|lane| key_cut.digits(&scalar(equations.k, lane)));
    let s: [Digits; LANES_MAX] = core::array::from_fn(|lane| base_cut.digits(&scalar(equations.s, lane)));
    let mut sum = Point::<F>::identity(token);
    for window in (0..WIDE_WINDOWS).rev() {
        if window + 1 < WIDE_WINDOWS {
            sum = sum.double_times(WIDTH);
        }
        sum = sum.add_cached(&pick::<F>(token, rows, &k[..F::LANES], &key_cut, window, true));
        if window % 2 == 0 {
            let entry = |lane: usize| (&base.wide[..], base_cut.digit(&s[lane], window / 2));
            sum = sum.add_affine(&pick_affine::<F>(token, entry));
        }
    }
    sum
}
