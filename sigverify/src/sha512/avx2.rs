//! Four lanes of SHA-512 with AVX2.
//!
//! AVX2 has neither a rotation nor a three-operand logic instruction, so a rotation is two shifts and an or.

#![allow(unsafe_code, reason = "vector instructions; see ARCHITECTURE.md")]

use core::arch::x86_64::{
    __m256i, _mm256_add_epi64, _mm256_and_si256, _mm256_loadu_si256, _mm256_or_si256, _mm256_set1_epi64x,
    _mm256_slli_epi64, _mm256_srli_epi64, _mm256_storeu_si256, _mm256_xor_si256,
};

use super::feeder::Rows;
use super::words::{Words, compress};
use crate::kernels::Backend;

/// Lanes of a register.
pub(super) const LANES: usize = 4;

/// The fewest messages for which four lanes, partly idle, beat `sha2`.
///
/// A step of four lanes takes the time of 1.6 blocks of `sha2` (AMD EPYC, Zen 3).
pub(super) const COUNT_MIN: usize = 2;

/// Proof that this machine has AVX2.
#[derive(Clone, Copy)]
pub(super) struct Instructions(());

impl Instructions {
    /// The token, if `backend` is the one with AVX2.
    pub(super) fn of(backend: Backend) -> Option<Self> {
        let is_chosen = Backend::avx2() == Some(backend);
        (is_chosen && std::arch::is_x86_feature_detected!("avx2")).then_some(Self(()))
    }

    /// Compresses one block of every lane into its state.
    pub(super) fn compress(self, state: &mut Rows<8, LANES>, block: &Rows<16, LANES>) {
        #[target_feature(enable = "avx2")]
        fn with_avx2(token: Instructions, state: &mut Rows<8, LANES>, block: &Rows<16, LANES>) {
            compress::<Register, LANES>(token, state, block);
        }
        // SAFETY: the token exists only where AVX2 was detected.
        unsafe { with_avx2(self, state, block) }
    }
}

/// One register; it exists only where AVX2 does.
#[derive(Clone, Copy)]
struct Register(__m256i);

/// Calls instructions of AVX2 and wraps the result.
macro_rules! avx2 {
    ($result:expr) => {
        // SAFETY: AVX2 is there, since a token or another register is; nothing here touches memory.
        Register(unsafe { $result })
    };
}

impl Words<LANES> for Register {
    type Token = Instructions;

    #[inline(always)]
    fn load(_: Instructions, row: &[u64; LANES]) -> Self {
        // SAFETY: AVX2 is there, since the token is; the row has 32 bytes, and the load needs no alignment.
        Self(unsafe { _mm256_loadu_si256(row.as_ptr().cast()) })
    }
    #[inline(always)]
    fn splat(_: Instructions, word: u64) -> Self {
        avx2!(_mm256_set1_epi64x(word.cast_signed()))
    }
    #[inline(always)]
    fn store(self, row: &mut [u64; LANES]) {
        // SAFETY: AVX2 is there, since `self` is; the row has 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), self.0) }
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        avx2!(_mm256_add_epi64(self.0, other.0))
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        avx2!(_mm256_xor_si256(_mm256_xor_si256(self.0, second.0), third.0))
    }
    #[inline(always)]
    fn rotate<const RIGHT: i32, const LEFT: i32>(self) -> Self {
        avx2!(_mm256_or_si256(
            _mm256_srli_epi64::<RIGHT>(self.0),
            _mm256_slli_epi64::<LEFT>(self.0)
        ))
    }
    #[inline(always)]
    fn shift<const RIGHT: i32>(self) -> Self {
        avx2!(_mm256_srli_epi64::<RIGHT>(self.0))
    }
    #[inline(always)]
    fn choose(self, yes: Self, no: Self) -> Self {
        // One operation less than the textbook form.
        let differ = avx2!(_mm256_xor_si256(yes.0, no.0));
        avx2!(_mm256_xor_si256(_mm256_and_si256(self.0, differ.0), no.0))
    }
    #[inline(always)]
    fn majority(self, second: Self, third: Self) -> Self {
        // Where the first two agree they decide, elsewhere the third does.
        let differ = avx2!(_mm256_xor_si256(self.0, second.0));
        avx2!(_mm256_xor_si256(
            _mm256_and_si256(differ.0, _mm256_xor_si256(third.0, self.0)),
            self.0
        ))
    }
}
