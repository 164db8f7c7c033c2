//! The formulas compiled once for each backend, as functions that are called.
//!
//! The kernels are inlined into their entry points (see there). If the formulas were too, the code would outgrow the
//! processor's instruction cache and take minutes to compile. A call costs little next to a formula's
//! eight multiplications. Invariant: a function with `target_feature` is called on values that exist only where the machine
//! has these features.

use super::field::{Field, TWO_D};
use super::point::{Affine, Cached, Point};

/// A field with its formulas as functions.
pub(super) trait Outlined: Field {
    /// `a * b`, carried.
    fn product(a: &Self, b: &Self) -> Self;
    /// Each element squared `count` times.
    fn squared_times<const G: usize>(elements: [Self; G], count: usize) -> [Self; G];
    /// See `Point::add_affine`.
    fn add_affine(point: &Point<Self>, other: &Affine<Self>) -> Point<Self>;
    /// See `Point::add_cached`.
    fn add_cached(point: &Point<Self>, other: &Cached<Self>) -> Point<Self>;
    /// See `Point::double`.
    fn double(point: &Point<Self>) -> Point<Self>;
    /// See `Point::double`; `T` is left as it is.
    fn double_without_t(point: &Point<Self>) -> Point<Self>;
}

impl<F: Outlined> Point<F> {
    /// Ready to be added. One multiplication.
    #[inline(always)]
    pub(super) fn cached(&self, token: F::Token) -> Cached<F> {
        let t = F::product(&self.t, &F::splat(token, &TWO_D));
        Cached([self.sum, self.difference, self.z, t])
    }

    /// The sum with an affine point. Seven multiplications.
    #[inline(always)]
    pub(super) fn add_affine(&self, other: &Affine<F>) -> Self {
        F::add_affine(self, other)
    }

    /// The sum. Eight multiplications.
    #[inline(always)]
    pub(super) fn add_cached(&self, other: &Cached<F>) -> Self {
        F::add_cached(self, other)
    }

    /// Twice the point. Five multiplications and three squarings. `T` is not read.
    #[inline(always)]
    pub(super) fn double(&self) -> Self {
        F::double(self)
    }

    /// The point times `2^count`, `count` at least 1. All but the last doubling do without `T`.
    #[inline(always)]
    pub(super) fn double_times(&self, count: usize) -> Self {
        let mut point = *self;
        for _ in 1..count {
            point = F::double_without_t(&point);
        }
        point.double()
    }
}

/// Implements [`Outlined`] for a field, with attributes for its functions.
macro_rules! outline {
    ($field:ty, $(#[$attribute:meta])*) => {
        #[allow(unused_unsafe, reason = "only functions for certain instructions need it")]
        impl Outlined for $field {
            #[inline(always)]
            fn product(a: &Self, b: &Self) -> Self {
                $(#[$attribute])*
                #[inline(never)]
                fn outlined(a: &$field, b: &$field) -> $field {
                    <$field>::carry(a.mul(b))
                }
                // SAFETY: the values exist only where the machine has the instructions.
                unsafe { outlined(a, b) }
            }

            #[inline(always)]
            fn squared_times<const G: usize>(elements: [Self; G], count: usize) -> [Self; G] {
                $(#[$attribute])*
                #[inline(never)]
                fn outlined<const G: usize>(mut elements: [$field; G], count: usize) -> [$field; G] {
                    for _ in 0..count {
                        for element in &mut elements {
                            *element = <$field>::carry(element.square());
                        }
                    }
                    elements
                }
                // SAFETY: the values exist only where the machine has the instructions.
                unsafe { outlined(elements, count) }
            }

            #[inline(always)]
            fn add_affine(point: &Point<Self>, other: &Affine<Self>) -> Point<Self> {
                $(#[$attribute])*
                #[inline(never)]
                fn outlined(point: &Point<$field>, other: &Affine<$field>) -> Point<$field> {
                    point.add_affine_inlined(other)
                }
                // SAFETY: the values exist only where the machine has the instructions.
                unsafe { outlined(point, other) }
            }

            #[inline(always)]
            fn add_cached(point: &Point<Self>, other: &Cached<Self>) -> Point<Self> {
                $(#[$attribute])*
                #[inline(never)]
                fn outlined(point: &Point<$field>, other: &Cached<$field>) -> Point<$field> {
                    point.add_cached_inlined(other)
                }
                // SAFETY: the values exist only where the machine has the instructions.
                unsafe { outlined(point, other) }
            }

            #[inline(always)]
            fn double(point: &Point<Self>) -> Point<Self> {
                $(#[$attribute])*
                #[inline(never)]
                fn outlined(point: &Point<$field>) -> Point<$field> {
                    point.double_inlined()
                }
                // SAFETY: the values exist only where the machine has the instructions.
                unsafe { outlined(point) }
            }

            #[inline(always)]
            fn double_without_t(point: &Point<Self>) -> Point<Self> {
                $(#[$attribute])*
                #[inline(never)]
                fn outlined(point: &Point<$field>) -> Point<$field> {
                    point.double_without_t_inlined()
                }
                // SAFETY: the values exist only where the machine has the instructions.
                unsafe { outlined(point) }
            }
        }
    };
}

outline!(super::portable::Portable,);

#[cfg(test)]
outline!(super::model::FieldModel,);

#[cfg(target_arch = "x86_64")]
outline!(
    super::avx2::Field256,
    #[target_feature(enable = "avx2,fma,bmi2")]
);

#[cfg(target_arch = "x86_64")]
outline!(
    super::avx512::Field512,
    #[target_feature(enable = "avx512f,avx512ifma,avx512vl,avx512dq,avx512bw,bmi2")]
);
