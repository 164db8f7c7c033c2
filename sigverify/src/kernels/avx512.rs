//! The eight-lane register in AVX-512, with its 52-bit multiplier (IFMA).
//!
//! Invariant of every `unsafe` block here: a [`Zmm`] or an [`Avx512`] exists only where [`Avx512::detect`]
//! found the instructions. Nothing here moves between lanes except `transpose`.

use core::arch::x86_64::*;

use super::ifma::{Ifma, Register};
use super::word::{LOW_51, Word};

/// Proof that this machine has AVX-512 F and IFMA, and what every processor with these also has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Avx512(());

impl Avx512 {
    /// Asks the machine.
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("bmi2");
        has_all.then_some(Self(()))
    }
}

/// Eight field elements.
pub(super) type Field512 = Ifma<Zmm>;

/// Eight words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zmm(__m512i);

/// An expression of AVX-512 intrinsics on registers.
macro_rules! avx512 {
    ($expression:expr) => {
        // SAFETY: the intrinsics need AVX-512 F or IFMA, and a `Zmm` or a token is at hand (see the module docs).
        unsafe { $expression }
    };
}

impl Word for Zmm {
    #[inline(always)]
    fn fill(self, value: u64) -> Self {
        Self(avx512!(_mm512_set1_epi64(value.cast_signed())))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(avx512!(_mm512_add_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn low_51(self) -> Self {
        Self(avx512!(_mm512_and_si512(self.0, self.fill(LOW_51).0)))
    }

    #[inline(always)]
    fn high_51(self) -> Self {
        Self(avx512!(_mm512_srli_epi64::<51>(self.0)))
    }

    /// For values below 2^59, which a rotation shifts. The compiler would turn shifts and sums back into a
    /// multiplication, which waits for the multiplier.
    #[inline(always)]
    fn times_19(self) -> Self {
        let double = Self(avx512!(_mm512_rol_epi64::<1>(self.0)));
        let sixteen = Self(avx512!(_mm512_rol_epi64::<4>(self.0)));
        self.add(double).add(sixteen)
    }
}

impl Register for Zmm {
    type Token = Avx512;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(avx512!(_mm512_sub_epi64(self.0, other.0)))
    }

    #[inline(always)]
    fn splat(_token: Avx512, value: u64) -> Self {
        Self(avx512!(_mm512_set1_epi64(value.cast_signed())))
    }

    #[inline(always)]
    fn load(_token: Avx512, words: &[u64; 8]) -> Self {
        // SAFETY: the token proves AVX-512; the reference is valid for 64 bytes, and no alignment is needed.
        Self(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, words: &mut [u64; 8]) {
        // SAFETY: `self` proves AVX-512; the reference is valid for 64 bytes, and no alignment is needed.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) };
    }

    #[inline(always)]
    fn add_low_product(self, a: Self, b: Self) -> Self {
        #[cfg(not(miri))]
        return Self(avx512!(_mm512_madd52lo_epu64(self.0, a.0, b.0)));
        #[cfg(miri)]
        return emulated::multiply_add(self, a, b, super::model::low_product);
    }

    #[inline(always)]
    fn add_high_product(self, a: Self, b: Self) -> Self {
        #[cfg(not(miri))]
        return Self(avx512!(_mm512_madd52hi_epu64(self.0, a.0, b.0)));
        #[cfg(miri)]
        return emulated::multiply_add(self, a, b, super::model::high_product);
    }

    #[inline(always)]
    fn select(bits: u8, yes: Self, no: Self) -> Self {
        Self(avx512!(_mm512_mask_blend_epi64(bits, no.0, yes.0)))
    }

    #[inline(always)]
    fn transpose(registers: [Self; 8]) -> [Self; 8] {
        let [a, b, c, d, e, f, g, h] = registers.map(|register| register.0);
        // Pairs of words, then of 128-bit quarters twice: 8 instructions each time.
        avx512!({
            let low = [
                _mm512_unpacklo_epi64(a, b),
                _mm512_unpacklo_epi64(c, d),
                _mm512_unpacklo_epi64(e, f),
                _mm512_unpacklo_epi64(g, h),
            ];
            let high = [
                _mm512_unpackhi_epi64(a, b),
                _mm512_unpackhi_epi64(c, d),
                _mm512_unpackhi_epi64(e, f),
                _mm512_unpackhi_epi64(g, h),
            ];
            let [r0, r2, r4, r6] = transpose_quarters(low);
            let [r1, r3, r5, r7] = transpose_quarters(high);
            [r0, r1, r2, r3, r4, r5, r6, r7].map(Self)
        })
    }
}

/// Quarter `i` of register `j` becomes quarter `j` of register `i`.
///
/// # Safety
///
/// The machine has AVX-512 F.
#[inline(always)]
unsafe fn transpose_quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // Quarters 0 and 2 of both registers (0x88), quarters 1 and 3 (0xdd).
    avx512!({
        let ab_even = _mm512_shuffle_i64x2::<0x88>(a, b);
        let ab_odd = _mm512_shuffle_i64x2::<0xdd>(a, b);
        let cd_even = _mm512_shuffle_i64x2::<0x88>(c, d);
        let cd_odd = _mm512_shuffle_i64x2::<0xdd>(c, d);
        [
            _mm512_shuffle_i64x2::<0x88>(ab_even, cd_even),
            _mm512_shuffle_i64x2::<0x88>(ab_odd, cd_odd),
            _mm512_shuffle_i64x2::<0xdd>(ab_even, cd_even),
            _mm512_shuffle_i64x2::<0xdd>(ab_odd, cd_odd),
        ]
    })
}

/// The multiplier for the interpreter that checks memory, which lacks the two instructions.
#[cfg(miri)]
mod emulated {
    use super::{Register, Zmm};

    pub(super) fn multiply_add(sum: Zmm, a: Zmm, b: Zmm, product: fn(u64, u64) -> u64) -> Zmm {
        let [mut sums, mut left, mut right] = [[0; 8]; 3];
        sum.store(&mut sums);
        a.store(&mut left);
        b.store(&mut right);
        for (sum, (a, b)) in sums.iter_mut().zip(left.into_iter().zip(right)) {
            *sum = sum.wrapping_add(product(a, b));
        }
        Zmm::load(super::Avx512(()), &sums)
    }
}
