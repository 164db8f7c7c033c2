//! The field in plain Rust: one lane, five limbs of 51 bits, products of 128 bits.
//!
//! Ranges. A factor has limbs below `T = 2^52` (carried ones below 2^51 + 2^13). A product has columns below
//! `P = 2^111`: with `19 * 2^52 < 2^57` a column is at most `2^104 + 4 * 2^109 < 2^111` in the worst case that
//! both factors were just negated; products of carried factors, of which all sums consist but for one
//! term, stay below `77 * 2^102 * 1.01 < 2^108.4`.

use super::field::{Field, LANES_MAX, Limbs, Row};
use super::niels::Niels;
use super::word::{LOW_51, P, canonical};

/// One field element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable([u64; 5]);

/// The whole product of two limbs; both below 2^64, so it fits.
#[inline(always)]
const fn limb_product(a: u64, b: u64) -> u128 {
    (a as u128).wrapping_mul(b as u128)
}

/// `2^59 p` in columns: above whatever is subtracted (less than 2^110, see [`Field::difference`]).
const BIAS: [u128; 5] = {
    let mut bias = [0; 5];
    let mut i = 0;
    while i < 5 {
        bias[i] = (P[i] as u128) << 59;
        i += 1;
    }
    bias
};

/// The low 51 bits of a column as a limb.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "masked to 51 bits")]
const fn limb(column: u128) -> u64 {
    column as u64 & LOW_51
}

impl Field for Portable {
    const LANES: usize = 1;
    type Token = ();
    type Wide = [u128; 5];
    type Mask = bool;

    #[inline(always)]
    fn splat(_token: (), limbs: &[u64; 5]) -> Self {
        Self(*limbs)
    }

    #[inline(always)]
    fn from_limbs(_token: (), limbs: &Limbs) -> Self {
        Self(core::array::from_fn(|i| limbs[i][0]))
    }

    #[inline(always)]
    fn to_limbs(self) -> Limbs {
        canonical(self.0).map(|limb| {
            let mut lanes = [0; LANES_MAX];
            lanes[0] = limb;
            lanes
        })
    }

    #[inline(always)]
    fn mask(_token: (), bits: u8) -> bool {
        bits & 1 != 0
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> [u128; 5] {
        let (a, b) = (&self.0, &other.0);
        let b19: [u64; 5] = b.map(|limb| limb.wrapping_mul(19));
        let mut columns = [0_u128; 5];
        for (k, column) in columns.iter_mut().enumerate() {
            for i in 0..5 {
                // Limb j of b meets limb i of a in column k, or in column k + 5, which counts 19 times.
                let factor = if i <= k { b[k - i] } else { b19[5 + k - i] };
                *column = column.wrapping_add(limb_product(a[i], factor));
            }
        }
        columns
    }

    #[inline(always)]
    fn square(&self) -> [u128; 5] {
        let a = &self.0;
        let double = a.map(|limb| limb.wrapping_mul(2));
        let a3_19 = a[3].wrapping_mul(19);
        let a4_19 = a[4].wrapping_mul(19);
        let sum = |x: u128, y: u128, z: u128| x.wrapping_add(y).wrapping_add(z);
        [
            sum(
                limb_product(a[0], a[0]),
                limb_product(double[1], a4_19),
                limb_product(double[2], a3_19),
            ),
            sum(
                limb_product(a[3], a3_19),
                limb_product(double[0], a[1]),
                limb_product(double[2], a4_19),
            ),
            sum(
                limb_product(a[1], a[1]),
                limb_product(double[0], a[2]),
                limb_product(double[3], a4_19),
            ),
            sum(
                limb_product(a[4], a4_19),
                limb_product(double[0], a[3]),
                limb_product(double[1], a[2]),
            ),
            sum(
                limb_product(a[2], a[2]),
                limb_product(double[0], a[4]),
                limb_product(double[1], a[3]),
            ),
        ]
    }

    #[inline(always)]
    fn widen(&self) -> [u128; 5] {
        self.0.map(u128::from)
    }

    #[inline(always)]
    fn sum(a: [u128; 5], b: [u128; 5]) -> [u128; 5] {
        core::array::from_fn(|i| a[i].wrapping_add(b[i]))
    }

    #[inline(always)]
    fn difference(a: [u128; 5], b: [u128; 5]) -> [u128; 5] {
        core::array::from_fn(|i| a[i].wrapping_add(BIAS[i]).wrapping_sub(b[i]))
    }

    /// Columns below 2^112, and the last one below 2^110.5 so that 19 times its excess fits 64 bits.
    #[inline(always)]
    fn carry(wide: [u128; 5]) -> Self {
        let mut limbs = [0; 5];
        let mut excess = 0_u128;
        for (limb_out, column) in limbs.iter_mut().zip(wide) {
            let column = column.wrapping_add(excess);
            *limb_out = limb(column);
            excess = column >> 51;
        }
        #[allow(
            clippy::cast_possible_truncation,
            reason = "below 2^59.5 by the range of the last column"
        )]
        let low = limbs[0].wrapping_add((excess as u64).wrapping_mul(19));
        limbs[0] = low & LOW_51;
        limbs[1] = limbs[1].wrapping_add(low >> 51);
        Self(limbs)
    }

    #[inline(always)]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }

    #[inline(always)]
    fn negate_where(self, mask: bool) -> Self {
        if mask {
            Self(core::array::from_fn(|i| {
                P[i].wrapping_mul(2).wrapping_sub(self.0[i])
            }))
        } else {
            self
        }
    }

    #[inline(always)]
    fn broadcast_niels(_token: (), point: &Niels) -> [Self; 3] {
        core::array::from_fn(|part| Self(core::array::from_fn(|i| point.words[5 * part + i])))
    }

    #[inline(always)]
    fn load_niels<'a>(token: (), point: impl Fn(usize) -> &'a Niels) -> [Self; 3] {
        Self::broadcast_niels(token, point(0))
    }

    #[inline(always)]
    fn load_rows<'a>(_token: (), row: impl Fn(usize) -> &'a Row) -> [Self; 4] {
        let words = &row(0).words;
        core::array::from_fn(|part| Self(core::array::from_fn(|i| words[5 * part + i])))
    }

    #[inline(always)]
    fn store_rows(elements: &[Self; 4], rows: &mut [Row], index: impl Fn(usize) -> usize) {
        let words = &mut rows[index(0)].words;
        for (part, element) in elements.iter().enumerate() {
            words[5 * part..][..5].copy_from_slice(&element.0);
        }
    }
}
