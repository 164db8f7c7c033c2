//! Eight lanes of SHA-512 with AVX-512.
//!
//! A rotation is one instruction, and so is every function of three operands (`vpternlogq`, whose constant
//! is the truth table: bit `4 first + 2 second + third` is the result).

#![allow(unsafe_code, reason = "vector instructions; see ARCHITECTURE.md")]

use core::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_loadu_si512, _mm512_set1_epi64, _mm512_srli_epi64, _mm512_storeu_si512,
};
#[cfg(not(miri))]
use core::arch::x86_64::{_mm512_ror_epi64, _mm512_ternarylogic_epi64};

use super::feeder::Rows;
use super::words::{Words, compress};
use crate::kernels::Backend;

/// Lanes of a register.
pub(super) const LANES: usize = 8;

/// The fewest messages for which eight lanes, partly idle, beat `sha2`.
pub(super) const COUNT_MIN: usize = 2;

/// Proof that this machine has AVX-512.
#[derive(Clone, Copy)]
pub(super) struct Instructions(());

impl Instructions {
    /// The token, if `backend` is the one with AVX-512.
    pub(super) fn of(backend: Backend) -> Option<Self> {
        let is_chosen = Backend::avx512_ifma() == Some(backend);
        (is_chosen && std::arch::is_x86_feature_detected!("avx512f")).then_some(Self(()))
    }

    /// The token wherever the machine has the instructions, whatever backend is in use.
    #[cfg(test)]
    pub(super) fn detect() -> Option<Self> {
        std::arch::is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    /// Compresses one block of every lane into its state.
    pub(super) fn compress(self, state: &mut Rows<8, LANES>, block: &Rows<16, LANES>) {
        #[target_feature(enable = "avx512f")]
        fn with_avx512(token: Instructions, state: &mut Rows<8, LANES>, block: &Rows<16, LANES>) {
            compress::<Register, LANES>(token, state, block);
        }
        // SAFETY: the token exists only where AVX-512F was detected.
        unsafe { with_avx512(self, state, block) }
    }
}

/// One register; it exists only where AVX-512 does.
#[derive(Clone, Copy)]
struct Register(__m512i);

/// Calls instructions of AVX-512 and wraps the result.
macro_rules! avx512 {
    ($result:expr) => {
        // SAFETY: AVX-512F is there, since a token or another register is; nothing here touches memory.
        Register(unsafe { $result })
    };
}

impl Words<LANES> for Register {
    type Token = Instructions;

    #[inline(always)]
    fn load(_: Instructions, row: &[u64; LANES]) -> Self {
        // SAFETY: AVX-512F is there, since the token is; the row has 64 bytes, and the load needs no alignment.
        Self(unsafe { _mm512_loadu_si512(row.as_ptr().cast()) })
    }
    #[inline(always)]
    fn splat(_: Instructions, word: u64) -> Self {
        avx512!(_mm512_set1_epi64(word.cast_signed()))
    }
    #[inline(always)]
    fn store(self, row: &mut [u64; LANES]) {
        // SAFETY: AVX-512F is there, since `self` is; the row has 64 bytes, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), self.0) }
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        avx512!(_mm512_add_epi64(self.0, other.0))
    }
    #[inline(always)]
    fn xor3(self, second: Self, third: Self) -> Self {
        avx512!(ternary::<0b1001_0110>(self.0, second.0, third.0))
    }
    #[inline(always)]
    fn rotate<const RIGHT: i32, const LEFT: i32>(self) -> Self {
        avx512!(rotate_right::<RIGHT>(self.0))
    }
    #[inline(always)]
    fn shift<const RIGHT: i32>(self) -> Self {
        // The shift's constant is unsigned, the shared one is not: a table turns one into the other.
        match RIGHT {
            6 => avx512!(_mm512_srli_epi64::<6>(self.0)),
            7 => avx512!(_mm512_srli_epi64::<7>(self.0)),
            _ => unreachable!("SHA-512 shifts by 6 and 7 only"),
        }
    }
    #[inline(always)]
    fn choose(self, yes: Self, no: Self) -> Self {
        avx512!(ternary::<0b1100_1010>(self.0, yes.0, no.0))
    }
    #[inline(always)]
    fn majority(self, second: Self, third: Self) -> Self {
        avx512!(ternary::<0b1110_1000>(self.0, second.0, third.0))
    }
}

#[cfg(miri)]
use self::emulated::{rotate_right, ternary};
#[cfg(not(miri))]
use self::instructions::{rotate_right, ternary};

/// The two instructions that Miri does not know.
#[cfg(not(miri))]
mod instructions {
    use super::{__m512i, _mm512_ror_epi64, _mm512_ternarylogic_epi64};

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn rotate_right<const RIGHT: i32>(x: __m512i) -> __m512i {
        _mm512_ror_epi64::<RIGHT>(x)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(super) fn ternary<const TABLE: i32>(first: __m512i, second: __m512i, third: __m512i) -> __m512i {
        _mm512_ternarylogic_epi64::<TABLE>(first, second, third)
    }
}

/// What those two do, from Intel's description of them.
#[cfg(miri)]
mod emulated {
    use super::__m512i;

    fn words(x: __m512i) -> [u64; 8] {
        // SAFETY: both are 64 bytes without padding, and every bit pattern is valid.
        unsafe { core::mem::transmute(x) }
    }

    fn register(x: [u64; 8]) -> __m512i {
        // SAFETY: as above.
        unsafe { core::mem::transmute(x) }
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn rotate_right<const RIGHT: i32>(x: __m512i) -> __m512i {
        register(words(x).map(|word| word.rotate_right(RIGHT.unsigned_abs())))
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn ternary<const TABLE: i32>(first: __m512i, second: __m512i, third: __m512i) -> __m512i {
        let (first, second, third) = (words(first), words(second), words(third));
        register(core::array::from_fn(|lane| {
            (0..64).fold(0, |all, bit| {
                let pick = |word: u64| (word >> bit) & 1;
                let entry = 4 * pick(first[lane]) + 2 * pick(second[lane]) + pick(third[lane]);
                all | ((u64::from(TABLE.unsigned_abs()) >> entry & 1) << bit)
            })
        }))
    }
}
