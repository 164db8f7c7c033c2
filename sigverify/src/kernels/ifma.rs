//! The field on 52-bit multiply-add registers: eight lanes, five limbs of 51 bits.
//!
//! Generic over the register, so that the same algorithm runs on AVX-512 and on the tests' software model.
//!
//! Ranges. A carried element has limbs below `T = 2^51 + 2^16`, a factor below 2^52, which is all that the
//! multiplier reads. Let `P = 2^60` bound a product's columns:
//!
//! - low halves are below 2^52; high halves are below `2^102.0001 / 2^52 < 2^50.001` for carried factors, and
//!   below 2^51.001 if one of the two was negated (only one ever is);
//! - column `k < 5` sums at most 5 low halves and 2 * 5 high halves (twice, as a limb is 51 bits and the
//!   high half counts 52) over itself and column `k + 5`, the latter times 19; the worst is column 0 with
//!   one low half, and 19 times 4 low and 2 * 5 high ones: `2^52 (1 + 19 (4 + 2.51)) < 2^59`, and with a
//!   negated factor `2^52 (1 + 19 (4 + 5.01)) < 2^59.5`.
//!
//! A sum of six products is below `6 * 2^59 < 2^61.6`, the bias of a difference below 2^61, so columns
//! stay below `2^62.4`. Carrying moves less than 2^11.4 to the next limb, and `19 * 2^11.4 < 2^16` to limb 0: below `T`.

use super::field::{Field, LANES_MAX, Limbs, Row};
use super::niels::Niels;
use super::word::{P, Word, canonical, unrolled};

/// A register of eight words with the 52-bit multiplier.
pub(super) trait Register: Word {
    /// Proof that the machine has the instructions.
    type Token: Copy;

    /// The same value in every lane.
    fn splat(token: Self::Token, value: u64) -> Self;
    /// The words of memory, one for each lane.
    fn load(token: Self::Token, words: &[u64; 8]) -> Self;
    /// One word of each lane.
    fn store(self, words: &mut [u64; 8]);
    /// The difference modulo 2^64.
    fn sub(self, other: Self) -> Self;
    /// Adds the low 52 bits of the product of the low 52 bits of `a` and `b`.
    fn add_low_product(self, a: Self, b: Self) -> Self;
    /// Adds bits 52 to 103 of the product of the low 52 bits of `a` and `b`.
    fn add_high_product(self, a: Self, b: Self) -> Self;
    /// The lanes whose bits are set from `yes`, the others from `no`.
    fn select(bits: u8, yes: Self, no: Self) -> Self;
    /// Word `i` of register `j` becomes word `j` of register `i`.
    fn transpose(registers: [Self; 8]) -> [Self; 8];
}

/// Eight field elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ifma<W>([W; 5]);

/// `2^10 p` in columns: at least 2^60.9, above the two products that may be subtracted (2^60.5).
const BIAS: [u64; 5] = [P[0] << 10, P[1] << 10, P[2] << 10, P[3] << 10, P[4] << 10];

/// Columns 0 to 9 to columns 0 to 4: `2^255 = 19`.
#[inline(always)]
fn fold<W: Register>(columns: [W; 10]) -> [W; 5] {
    unrolled!(5, k => columns[k].add(columns[k + 5].times_19()))
}

/// Eight rows of eight words each, as registers of one word of each row.
#[inline(always)]
fn load_columns<W: Register>(token: W::Token, row: impl Fn(usize) -> [u64; 8]) -> [W; 8] {
    W::transpose(unrolled!(8, lane => W::load(token, &row(lane))))
}

/// The eight words from number `8 * part` on.
#[inline(always)]
fn part<const N: usize>(words: &[u64; N], part: usize) -> &[u64; 8] {
    &words.as_chunks::<8>().0[part]
}

/// The element whose limbs start at register `start` of a transposed row.
#[inline(always)]
fn element<W: Register, const N: usize>(columns: &[[W; 8]; N], start: usize) -> Ifma<W> {
    Ifma(unrolled!(5, i => {
        columns[(start + i) / 8][(start + i) % 8]
    }))
}

impl<W: Register> Field for Ifma<W> {
    const LANES: usize = 8;
    type Token = W::Token;
    type Wide = [W; 5];
    type Mask = u8;

    #[inline(always)]
    fn splat(token: W::Token, limbs: &[u64; 5]) -> Self {
        Self(unrolled!(5, i => W::splat(token, limbs[i])))
    }

    #[inline(always)]
    fn from_limbs(token: W::Token, limbs: &Limbs) -> Self {
        Self(unrolled!(5, i => W::load(token, &limbs[i])))
    }

    #[inline(always)]
    fn to_limbs(self) -> Limbs {
        let mut limbs = [[0; LANES_MAX]; 5];
        for (limb, word) in limbs.iter_mut().zip(canonical(self.0)) {
            word.store(limb);
        }
        limbs
    }

    #[inline(always)]
    fn mask(_token: W::Token, bits: u8) -> u8 {
        bits
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> [W; 5] {
        let (a, b) = (&self.0, &other.0);
        let zero = a[0].fill(0);
        // High halves first: they start the low columns with twice their value.
        let mut columns = [zero; 10];
        for i in 0..5 {
            for j in 0..5 {
                columns[i + j + 1] = columns[i + j + 1].add_high_product(a[i], b[j]);
            }
        }
        for column in &mut columns[1..] {
            *column = column.add(*column);
        }
        for i in 0..5 {
            for j in 0..5 {
                columns[i + j] = columns[i + j].add_low_product(a[i], b[j]);
            }
        }
        fold(columns)
    }

    #[inline(always)]
    fn square(&self) -> [W; 5] {
        let a = &self.0;
        let zero = a[0].fill(0);
        // With c(i, j) one product of limbs: all high halves are needed twice, and those with i < j twice again, as are
        // their low halves. So: 2 (high halves of i = j) + 4 (high, i < j) + 2 (low, i < j) + (low, i = j).
        let mut columns = [zero; 10];
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j + 1] = columns[i + j + 1].add_high_product(a[i], a[j]);
            }
        }
        for column in &mut columns[2..9] {
            *column = column.add(*column);
        }
        for i in 0..5 {
            columns[2 * i + 1] = columns[2 * i + 1].add_high_product(a[i], a[i]);
            for j in i + 1..5 {
                columns[i + j] = columns[i + j].add_low_product(a[i], a[j]);
            }
        }
        for column in &mut columns[1..] {
            *column = column.add(*column);
        }
        for i in 0..5 {
            columns[2 * i] = columns[2 * i].add_low_product(a[i], a[i]);
        }
        fold(columns)
    }

    #[inline(always)]
    fn widen(&self) -> [W; 5] {
        self.0
    }

    #[inline(always)]
    fn sum(a: [W; 5], b: [W; 5]) -> [W; 5] {
        unrolled!(5, i => a[i].add(b[i]))
    }

    #[inline(always)]
    fn difference(a: [W; 5], b: [W; 5]) -> [W; 5] {
        unrolled!(5, i => a[i].add(a[i].fill(BIAS[i])).sub(b[i]))
    }

    #[inline(always)]
    fn carry(wide: [W; 5]) -> Self {
        let excess = unrolled!(5, i => wide[i].high_51());
        let low = unrolled!(5, i => wide[i].low_51());
        // The excess of the last limb is below 2^12, so the multiplier may add 19 times it.
        let nineteen = low[0].fill(19);
        Self([
            low[0].add_low_product(excess[4], nineteen),
            low[1].add(excess[0]),
            low[2].add(excess[1]),
            low[3].add(excess[2]),
            low[4].add(excess[3]),
        ])
    }

    #[inline(always)]
    fn select(mask: u8, yes: Self, no: Self) -> Self {
        Self(unrolled!(5, i => W::select(mask, yes.0[i], no.0[i])))
    }

    #[inline(always)]
    fn negate_where(self, mask: u8) -> Self {
        // 2p has limbs of at least 2^52 - 38 > T, so nothing goes below zero, and nothing reaches 2^52.
        Self(unrolled!(5, i => {
            let limb = self.0[i];
            W::select(mask, limb.fill(2 * P[i]).sub(limb), limb)
        }))
    }

    #[inline(always)]
    fn broadcast_niels(token: W::Token, point: &Niels) -> [Self; 3] {
        unrolled!(3, k => Self(unrolled!(5, i => W::splat(token, point.words[5 * k + i]))))
    }

    #[inline(always)]
    fn load_niels<'a>(token: W::Token, point: impl Fn(usize) -> &'a Niels) -> [Self; 3] {
        let columns: [[W; 8]; 2] =
            unrolled!(2, k => load_columns(token, |lane| *part(&point(lane).words, k)));
        unrolled!(3, k => element(&columns, 5 * k))
    }

    #[inline(always)]
    fn load_rows<'a>(token: W::Token, row: impl Fn(usize) -> &'a Row) -> [Self; 4] {
        let columns: [[W; 8]; 3] = unrolled!(3, k => load_columns(token, |lane| *part(&row(lane).words, k)));
        unrolled!(4, k => element(&columns, 5 * k))
    }

    #[inline(always)]
    fn store_rows(elements: &[Self; 4], rows: &mut [Row], index: impl Fn(usize) -> usize) {
        let zero = elements[0].0[0].fill(0);
        let word = |i: usize| if i < 20 { elements[i / 5].0[i % 5] } else { zero };
        let columns: [[W; 8]; 3] = unrolled!(3, k => W::transpose(unrolled!(8, i => word(8 * k + i))));
        for lane in 0..8 {
            let words = rows[index(lane)].words.as_chunks_mut::<8>().0;
            for (k, chunk) in words.iter_mut().enumerate() {
                columns[k][lane].store(chunk);
            }
        }
    }
}
