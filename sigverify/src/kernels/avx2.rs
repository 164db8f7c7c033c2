//! The field in four lanes of AVX2, multiplied by the floating-point unit.
//!
//! AVX2 has no wide integer multiplier (32 bits only), but FMA multiplies 53-bit integers exactly when the
//! result is split by rounding. Limbs are integers kept in doubles, five of 51 bits, signed and centred. For two of them
//!
//! ```text
//!  h = fma(a, b, 1.5 * 2^103)                     = 1.5 * 2^103 + 2^51 high,   high = ab / 2^51 rounded
//!  l = fma(a, b, 1.5 * 2^103 + 1.5 * 2^52 - h)    = 1.5 * 2^52 + low,         low = ab - 2^51 high
//! ```
//!
//! both exact, and as each stays in one binade, the bits of `h` are those of `1.5 * 2^103` plus `high`, and
//! the bits of `l` those of `1.5 * 2^52` plus `low`: they are summed as integers, and what the constants
//! contribute is subtracted at the end. Five instructions on four ports for what takes eight with `vpmuludq`.
//!
//! Ranges. A carried element has limbs of magnitude up to `2^50 + 2^16`; a factor may also be one that was
//! loaded, with limbs in 0 to 2^51. One factor of each product is carried, so `|ab| < 2^101.01`: `h` stays
//! between 2^103 and 2^104, `|high| < 2^50.01`, `|low| <= 2^50`. A product's columns are below
//! `(1 + 4 * 19) 2^50 + 5 * 19 * 2^50.01 < 2^57.5`, the sum of six below `2^60.1`, less than the bias `2^62` of
//! carrying. Carrying moves at most `2^9.1` to the next limb, and `19 * 2^9.1 < 2^16` to limb 0.
//!
//! Invariant of every `unsafe` block here: a [`Ymm`], a [`Field256`] or an [`Avx2`] exists only where
//! [`Avx2::detect`] found the instructions. Rounding is to nearest, which Rust takes for granted.

use core::arch::x86_64::*;

use super::field::{Field, LANES_MAX, Limbs, Row};
use super::niels::Niels;
use super::word::{LOW_51, P, Word, canonical, unrolled};

/// Proof that this machine has AVX2 and FMA, and BMI2, which every processor with these also has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Avx2(());

impl Avx2 {
    /// Asks the machine.
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi2");
        has_all.then_some(Self(()))
    }
}

/// An expression of AVX2 and FMA intrinsics on registers.
macro_rules! avx2 {
    ($expression:expr) => {
        // SAFETY: the intrinsics need AVX2 or FMA, and a value or a token that proves them is at hand (see the module docs).
        unsafe { $expression }
    };
}

/// Four field elements: limb `i` of lane `j` is double `j` of register `i`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field256([__m256d; 5]);

/// Four words, here also signed ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ymm(__m256i);

/// `1.5 * 2^103`: a sum with it is rounded to a multiple of 2^51.
const HIGH: f64 = f64::from_bits(0x4668_0000_0000_0000);
/// `1.5 * 2^52`: a sum with it is rounded to an integer.
const LOW: f64 = f64::from_bits(0x4338_0000_0000_0000);
/// `2^52`: its bits plus an integer below 2^52 are the bits of their sum.
const TWO_52: f64 = f64::from_bits(0x4330_0000_0000_0000);

/// Makes columns positive before carrying; a multiple of 2^51.
const BIAS: u64 = 1 << 62;
/// Half a limb: what is left after carrying is centred by it.
const HALF: u64 = 1 << 50;

/// How many products of two limbs start in each column.
const PRODUCTS: [u64; 10] = [1, 2, 3, 4, 5, 4, 3, 2, 1, 0];
/// The same for a square, where equal products are taken once with a doubled factor.
const SQUARE_PRODUCTS: [u64; 10] = [1, 1, 2, 2, 3, 2, 2, 1, 1, 0];

/// What to add to folded columns so that the bits of the constants are gone.
const fn corrections(products: [u64; 10]) -> [u64; 5] {
    let mut columns = [0_u64; 10];
    let mut k = 0;
    while k < 10 {
        let high = if k == 0 { 0 } else { products[k - 1] };
        let sum = products[k]
            .wrapping_mul(LOW.to_bits())
            .wrapping_add(high.wrapping_mul(HIGH.to_bits()));
        columns[k] = sum.wrapping_neg();
        k += 1;
    }
    let mut folded = [0; 5];
    let mut k = 0;
    while k < 5 {
        folded[k] = columns[k].wrapping_add(columns[k + 5].wrapping_mul(19));
        k += 1;
    }
    folded
}

const PRODUCT_CORRECTIONS: [u64; 5] = corrections(PRODUCTS);
const SQUARE_CORRECTIONS: [u64; 5] = corrections(SQUARE_PRODUCTS);

impl Ymm {
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(avx2!(_mm256_sub_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn new(_token: Avx2, value: u64) -> Self {
        Self(avx2!(_mm256_set1_epi64x(value.cast_signed())))
    }

    #[inline(always)]
    fn load(_token: Avx2, words: &[u64; 4]) -> Self {
        // SAFETY: the token proves AVX2; the reference is valid for 32 bytes, and no alignment is needed.
        Self(unsafe { _mm256_loadu_si256(words.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, words: &mut [u64; 4]) {
        // SAFETY: `self` proves AVX2; the reference is valid for 32 bytes, and no alignment is needed.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), self.0) };
    }

    /// Word `i` of register `j` becomes word `j` of register `i`.
    #[inline(always)]
    fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        avx2!({
            let ab_low = _mm256_unpacklo_epi64(a.0, b.0);
            let ab_high = _mm256_unpackhi_epi64(a.0, b.0);
            let cd_low = _mm256_unpacklo_epi64(c.0, d.0);
            let cd_high = _mm256_unpackhi_epi64(c.0, d.0);
            [
                Self(_mm256_permute2x128_si256::<0x20>(ab_low, cd_low)),
                Self(_mm256_permute2x128_si256::<0x20>(ab_high, cd_high)),
                Self(_mm256_permute2x128_si256::<0x31>(ab_low, cd_low)),
                Self(_mm256_permute2x128_si256::<0x31>(ab_high, cd_high)),
            ]
        })
    }

    /// The double of an integer below 2^52.
    #[inline(always)]
    fn to_double(self) -> __m256d {
        avx2!({
            let magic = _mm256_set1_pd(TWO_52);
            let bits = _mm256_or_si256(self.0, _mm256_castpd_si256(magic));
            _mm256_sub_pd(_mm256_castsi256_pd(bits), magic)
        })
    }
}

impl Word for Ymm {
    #[inline(always)]
    fn fill(self, value: u64) -> Self {
        Self(avx2!(_mm256_set1_epi64x(value.cast_signed())))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(avx2!(_mm256_add_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn low_51(self) -> Self {
        Self(avx2!(_mm256_and_si256(self.0, self.fill(LOW_51).0)))
    }

    #[inline(always)]
    fn high_51(self) -> Self {
        Self(avx2!(_mm256_srli_epi64::<51>(self.0)))
    }

    #[inline(always)]
    fn times_19(self) -> Self {
        // Else a multiplication is made of shifts and sums, of which AVX2 has none for 64 bits.
        let double = avx2!(in_order(Self(_mm256_slli_epi64::<1>(self.0))));
        let sixteen = Self(avx2!(_mm256_slli_epi64::<4>(self.0)));
        self.add(double).add(sixteen)
    }
}

/// The same word, made now. The compiler would regroup the sums of a product so that most of its 50 parts wait in
/// memory for the last; it may not look through these, nor change their order. Unit tests do without, as it makes
/// them compile for minutes; the vectors and the fuzz run it.
#[target_feature(enable = "avx2")]
#[inline]
fn in_order(word: Ymm) -> Ymm {
    #[cfg(any(miri, test))]
    return word;
    #[cfg(not(any(miri, test)))]
    {
        let mut register = word.0;
        // SAFETY: the text has no instruction in it, only a comment.
        unsafe {
            core::arch::asm!("/* {0} */", inout(ymm_reg) register, options(nomem, nostack, preserves_flags));
        }
        Ymm(register)
    }
}

/// Columns 0 to 9 of a product under construction.
struct Columns([Ymm; 10]);

impl Columns {
    /// Starts with what takes the constants away again, once columns 5 to 9 are folded.
    #[inline(always)]
    fn new(like: Ymm, corrections: &[u64; 5]) -> Self {
        let low = unrolled!(5, k => like.fill(corrections[k]));
        let zero = like.fill(0);
        Self([
            low[0], low[1], low[2], low[3], low[4], zero, zero, zero, zero, zero,
        ])
    }

    /// Adds a product of two limbs: its low part to `column`, its high part to the next.
    #[inline(always)]
    fn add_product(&mut self, column: usize, a: __m256d, b: __m256d) {
        let (low, high) = avx2!({
            let high = _mm256_fmadd_pd(a, b, _mm256_set1_pd(HIGH));
            let rest = _mm256_sub_pd(_mm256_set1_pd(HIGH + LOW), high);
            let low = _mm256_fmadd_pd(a, b, rest);
            (Ymm(_mm256_castpd_si256(low)), Ymm(_mm256_castpd_si256(high)))
        });
        self.0[column] = avx2!(in_order(self.0[column].add(low)));
        self.0[column + 1] = avx2!(in_order(self.0[column + 1].add(high)));
    }

    /// Columns 0 to 9 to columns 0 to 4: `2^255 = 19`.
    #[inline(always)]
    fn fold(&self) -> [Ymm; 5] {
        unrolled!(5, k => self.0[k].add(self.0[k + 5].times_19()))
    }
}

/// `a * b`, in a function of its own: 25 products take all 16 registers, and several such in one function keep
/// most of their values in memory.
#[target_feature(enable = "avx2,fma,bmi2")]
#[inline(never)]
fn product(a: &Field256, b: &Field256) -> [Ymm; 5] {
    let mut columns = Columns::new(a.word(), &PRODUCT_CORRECTIONS);
    // Column by column, so that two are under construction at a time.
    unrolled!(9, column => {
        unrolled!(5, i => {
            if i <= column && column - i < 5 {
                columns.add_product(column, a.0[i], b.0[column - i]);
            }
        });
    });
    columns.fold()
}

/// Four words of four rows, as registers of one word of each row.
#[inline(always)]
fn load_columns(token: Avx2, row: impl Fn(usize) -> [u64; 4]) -> [Ymm; 4] {
    Ymm::transpose(unrolled!(4, lane => Ymm::load(token, &row(lane))))
}

impl Field256 {
    /// Some word, as a proof of the instructions.
    #[inline(always)]
    fn word(&self) -> Ymm {
        Ymm(avx2!(_mm256_castpd_si256(self.0[0])))
    }
}

impl Field for Field256 {
    const LANES: usize = 4;
    type Token = Avx2;
    type Wide = [Ymm; 5];
    type Mask = Ymm;

    #[inline(always)]
    fn splat(token: Avx2, limbs: &[u64; 5]) -> Self {
        Self(unrolled!(5, i => Ymm::new(token, limbs[i]).to_double()))
    }

    #[inline(always)]
    fn from_limbs(token: Avx2, limbs: &Limbs) -> Self {
        Self(unrolled!(5, i => {
            let (four, _) = limbs[i].as_chunks::<4>();
            Ymm::load(token, &four[0]).to_double()
        }))
    }

    #[inline(always)]
    fn to_limbs(self) -> Limbs {
        let wide = self.widen();
        // p makes every limb positive.
        let positive = unrolled!(5, i => wide[i].add(wide[i].fill(P[i])));
        let mut limbs = [[0; LANES_MAX]; 5];
        for (limb, word) in limbs.iter_mut().zip(canonical(positive)) {
            word.store(&mut limb.as_chunks_mut::<4>().0[0]);
        }
        limbs
    }

    #[inline(always)]
    fn mask(token: Avx2, bits: u8) -> Ymm {
        let lane = |i: u8| u64::from(bits >> i & 1).wrapping_neg();
        Ymm::load(token, &[lane(0), lane(1), lane(2), lane(3)])
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> [Ymm; 5] {
        // SAFETY: the values exist only where the machine has the instructions.
        unsafe { product(self, other) }
    }

    #[inline(always)]
    fn square(&self) -> [Ymm; 5] {
        let mut columns = Columns::new(self.word(), &SQUARE_CORRECTIONS);
        let double = unrolled!(5, i => avx2!(_mm256_add_pd(self.0[i], self.0[i])));
        unrolled!(9, column => {
            unrolled!(5, i => {
                if 2 * i < column && column - i < 5 {
                    columns.add_product(column, double[i], self.0[column - i]);
                } else if 2 * i == column {
                    columns.add_product(column, self.0[i], self.0[i]);
                }
            });
        });
        columns.fold()
    }

    #[inline(always)]
    fn widen(&self) -> [Ymm; 5] {
        unrolled!(5, i => {
            let limb = self.0[i];
            Ymm(avx2!({
                let magic = _mm256_set1_pd(LOW);
                _mm256_sub_epi64(
                    _mm256_castpd_si256(_mm256_add_pd(limb, magic)),
                    _mm256_castpd_si256(magic),
                )
            }))
        })
    }

    #[inline(always)]
    fn sum(a: [Ymm; 5], b: [Ymm; 5]) -> [Ymm; 5] {
        unrolled!(5, i => a[i].add(b[i]))
    }

    #[inline(always)]
    fn difference(a: [Ymm; 5], b: [Ymm; 5]) -> [Ymm; 5] {
        unrolled!(5, i => a[i].sub(b[i]))
    }

    #[inline(always)]
    fn carry(wide: [Ymm; 5]) -> Self {
        let biased = unrolled!(5, i => wide[i].add(wide[i].fill(BIAS + HALF)));
        let excess = unrolled!(5, i => biased[i].high_51());
        // Each excess is too large by that of the bias.
        let moved = BIAS >> 51;
        Self(unrolled!(5, i => {
            let (received, surplus) = if i == 0 {
                (excess[4].times_19(), 19 * moved)
            } else {
                (excess[i - 1], moved)
            };
            let limb = biased[i].low_51().add(received);
            #[allow(clippy::cast_precision_loss, reason = "below 2^51: exact")]
            let centre = TWO_52 + (HALF + surplus) as f64;
            avx2!({
                let bits = _mm256_or_si256(limb.0, _mm256_castpd_si256(_mm256_set1_pd(TWO_52)));
                _mm256_sub_pd(_mm256_castsi256_pd(bits), _mm256_set1_pd(centre))
            })
        }))
    }

    #[inline(always)]
    fn select(mask: Ymm, yes: Self, no: Self) -> Self {
        Self(unrolled!(5, i => {
            avx2!(_mm256_blendv_pd(no.0[i], yes.0[i], _mm256_castsi256_pd(mask.0)))
        }))
    }

    #[inline(always)]
    fn negate_where(self, mask: Ymm) -> Self {
        Self(unrolled!(5, i => {
            let limb = self.0[i];
            avx2!({
                let sign = _mm256_and_pd(_mm256_castsi256_pd(mask.0), _mm256_set1_pd(-0.0));
                _mm256_xor_pd(limb, sign)
            })
        }))
    }

    #[inline(always)]
    fn broadcast_niels(token: Avx2, point: &Niels) -> [Self; 3] {
        unrolled!(3, k => {
            Self(unrolled!(5, i => {
                Ymm::new(token, point.words[5 * k + i]).to_double()
            }))
        })
    }

    #[inline(always)]
    fn load_niels<'a>(token: Avx2, point: impl Fn(usize) -> &'a Niels) -> [Self; 3] {
        let columns: [[Ymm; 4]; 4] =
            unrolled!(4, k => load_columns(token, |lane| point(lane).words.as_chunks::<4>().0[k]));
        unrolled!(3, k => {
            Self(unrolled!(5, i => {
                columns[(5 * k + i) / 4][(5 * k + i) % 4].to_double()
            }))
        })
    }

    #[inline(always)]
    fn load_rows<'a>(token: Avx2, row: impl Fn(usize) -> &'a Row) -> [Self; 4] {
        let columns: [[Ymm; 4]; 5] =
            unrolled!(5, k => load_columns(token, |lane| row(lane).words.as_chunks::<4>().0[k]));
        unrolled!(4, k => {
            Self(unrolled!(5, i => {
                let word = columns[(5 * k + i) / 4][(5 * k + i) % 4];
                avx2!(_mm256_castsi256_pd(word.0))
            }))
        })
    }

    #[inline(always)]
    fn store_rows(elements: &[Self; 4], rows: &mut [Row], index: impl Fn(usize) -> usize) {
        let word = |i: usize| Ymm(avx2!(_mm256_castpd_si256(elements[i / 5].0[i % 5])));
        let columns: [[Ymm; 4]; 5] = unrolled!(5, k => Ymm::transpose(unrolled!(4, i => word(4 * k + i))));
        for lane in 0..4 {
            let words = rows[index(lane)].words.as_chunks_mut::<4>().0;
            for (k, chunk) in words.iter_mut().take(5).enumerate() {
                columns[k][lane].store(chunk);
            }
        }
    }
}
