//! What the curve formulas need of the field of `p = 2^255 - 19`, in as many lanes as a backend has.
//!
//! Invariant: there are three ranges and each operation says which it takes.
//!
//! ```text
//!  factor   what mul, square and widen take: the output of carry, from_limbs, load_* or negate_where
//!    |  mul, square, widen
//!    v
//!  product  one Wide result; up to SIX products may be summed, of which up to TWO subtracted at a time
//!    |  carry
//!    v
//!  factor
//! ```
//!
//! So a sum of products is carried once, instead of each product and then their sum.

use super::niels::Niels;

/// The most lanes that a backend has.
pub(super) const LANES_MAX: usize = 8;

/// One field element for each lane in limbs of 51 bits: `limbs[i][lane]`. A backend with fewer lanes leaves
/// the others unread and unwritten.
pub(super) type Limbs = [[u64; LANES_MAX]; 5];

/// `d = -121665/121666`, the constant of the curve.
pub(super) const D: [u64; 5] = [
    0x0003_4dca_1359_78a3,
    0x0001_a828_3b15_6ebd,
    0x0005_e7a2_6001_c029,
    0x0007_39c6_63a0_3cbb,
    0x0005_2036_cee2_b6ff,
];

/// `2d`.
pub(super) const TWO_D: [u64; 5] = [
    0x0006_9b94_26b2_f159,
    0x0003_5050_762a_dd7a,
    0x0003_cf44_c003_8052,
    0x0006_738c_c740_7977,
    0x0002_406d_9dc5_6dff,
];

/// A square root of -1.
pub(super) const SQRT_MINUS_ONE: [u64; 5] = [
    0x0006_1b27_4a0e_a0b0,
    0x0000_d5a5_fc8f_189d,
    0x0007_ef5e_9cbd_0c60,
    0x0007_8595_a680_4c9e,
    0x0002_b832_4804_fc1d,
];

/// Zero.
pub(super) const ZERO: [u64; 5] = [0; 5];

/// One.
pub(super) const ONE: [u64; 5] = [1, 0, 0, 0, 0];

/// Four field elements for one lane, as a backend keeps a point in memory: 20 words and 4 of padding, three
/// cache lines. Only the backend that wrote a row may read it.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) words: [u64; 24],
}

impl Row {
    pub(super) const EMPTY: Self = Self { words: [0; 24] };
}

/// Field elements in lanes.
pub(super) trait Field: Copy {
    /// How many lanes there are, at most [`LANES_MAX`].
    const LANES: usize;
    /// Proof that the machine has the instructions.
    type Token: Copy;
    /// A sum of products that has not been carried.
    type Wide: Copy;
    /// Some of the lanes.
    type Mask: Copy;

    /// The same element in every lane, from limbs below 2^51.
    fn splat(token: Self::Token, limbs: &[u64; 5]) -> Self;
    /// From limbs below 2^51.
    fn from_limbs(token: Self::Token, limbs: &Limbs) -> Self;
    /// The limbs of the canonical form: the number below `p`.
    fn to_limbs(self) -> Limbs;
    /// The lanes whose bits are set.
    fn mask(token: Self::Token, bits: u8) -> Self::Mask;

    fn mul(&self, other: &Self) -> Self::Wide;
    fn square(&self) -> Self::Wide;
    /// The element as a sum, to be added to products.
    fn widen(&self) -> Self::Wide;
    fn sum(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// `a - b`, with at most four products in `a` and at most two in `b`.
    fn difference(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// Back to a factor.
    fn carry(wide: Self::Wide) -> Self;
    /// The lanes of `mask` from `yes`, the others from `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// Minus the element in the lanes of `mask`.
    fn negate_where(self, mask: Self::Mask) -> Self;

    /// The coordinates of one point in all lanes.
    fn broadcast_niels(token: Self::Token, point: &Niels) -> [Self; 3];
    /// The coordinates of the point of each lane.
    fn load_niels<'a>(token: Self::Token, point: impl Fn(usize) -> &'a Niels) -> [Self; 3];
    /// The four elements of each lane's row.
    fn load_rows<'a>(token: Self::Token, row: impl Fn(usize) -> &'a Row) -> [Self; 4];
    /// Writes the four elements of lane `i` to `rows[index(i)]`; the indices must differ.
    fn store_rows(elements: &[Self; 4], rows: &mut [Row], index: impl Fn(usize) -> usize);
}
