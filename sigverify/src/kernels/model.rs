//! The eight-lane register in software: what AVX-512 does, word by word, for machines without it.

use super::ifma::{Ifma, Register};
use super::word::{LOW_51, Word};

/// Eight words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Model([u64; 8]);

/// Eight field elements on the model.
pub(super) type FieldModel = Ifma<Model>;

const LOW_52: u64 = (1 << 52) - 1;

/// The low half of a 52-bit product.
#[allow(clippy::cast_possible_truncation, reason = "masked to 52 bits")]
pub(super) const fn low_product(a: u64, b: u64) -> u64 {
    ((a & LOW_52) as u128 * (b & LOW_52) as u128) as u64 & LOW_52
}

/// The high half of a 52-bit product.
#[allow(
    clippy::cast_possible_truncation,
    reason = "a product of 104 bits shifted by 52"
)]
pub(super) const fn high_product(a: u64, b: u64) -> u64 {
    (((a & LOW_52) as u128 * (b & LOW_52) as u128) >> 52) as u64
}

impl Model {
    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self(core::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl Word for Model {
    #[inline(never)]
    fn fill(self, value: u64) -> Self {
        Self([value; 8])
    }

    /// Checked, unlike the instruction: the kernels' ranges say that nothing overflows.
    #[inline(never)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a.checked_add(b).expect("the ranges forbid it"))
    }

    #[inline(never)]
    fn low_51(self) -> Self {
        Self(self.0.map(|word| word & LOW_51))
    }

    #[inline(never)]
    fn high_51(self) -> Self {
        Self(self.0.map(|word| word >> 51))
    }

    #[inline(never)]
    fn times_19(self) -> Self {
        Self(
            self.0
                .map(|word| word.checked_mul(19).expect("the ranges forbid it")),
        )
    }
}

impl Register for Model {
    type Token = ();

    /// Checked, unlike the instruction: the kernels' ranges say that nothing goes below zero.
    #[inline(never)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a.checked_sub(b).expect("the ranges forbid it"))
    }

    #[inline(never)]
    fn splat(_token: (), value: u64) -> Self {
        Self([value; 8])
    }

    #[inline(never)]
    fn load(_token: (), words: &[u64; 8]) -> Self {
        Self(*words)
    }

    #[inline(never)]
    fn store(self, words: &mut [u64; 8]) {
        *words = self.0;
    }

    /// Panics if a factor has more than the 52 bits that the instruction reads.
    #[inline(never)]
    fn add_low_product(self, a: Self, b: Self) -> Self {
        assert!(
            a.0.iter().chain(&b.0).all(|word| *word <= LOW_52),
            "a factor is too large"
        );
        self.add(a.zip(b, low_product))
    }

    /// Panics if a factor has more than the 52 bits that the instruction reads.
    #[inline(never)]
    fn add_high_product(self, a: Self, b: Self) -> Self {
        assert!(
            a.0.iter().chain(&b.0).all(|word| *word <= LOW_52),
            "a factor is too large"
        );
        self.add(a.zip(b, high_product))
    }

    #[inline(never)]
    fn select(bits: u8, yes: Self, no: Self) -> Self {
        Self(core::array::from_fn(|lane| {
            if bits >> lane & 1 != 0 {
                yes.0[lane]
            } else {
                no.0[lane]
            }
        }))
    }

    #[inline(never)]
    fn transpose(registers: [Self; 8]) -> [Self; 8] {
        core::array::from_fn(|i| Self(core::array::from_fn(|j| registers[j].0[i])))
    }
}
