//! Which method a sum uses, by backend and number of terms.

/// How a sum is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Tables of multiples, doublings shared.
    Straus,
    /// Buckets for digits of `width` bits.
    Pippenger { width: usize },
}

/// The methods of one backend: each up to, and not including, a number of terms.
pub(super) type Methods = [(usize, Method)];

pub(super) const PORTABLE: &Methods = &[(64, Method::Straus), (usize::MAX, Method::Pippenger { width: 8 })];
pub(super) const AVX2: &Methods = &[(64, Method::Straus), (usize::MAX, Method::Pippenger { width: 8 })];
pub(super) const AVX512: &Methods = &[(64, Method::Straus), (usize::MAX, Method::Pippenger { width: 8 })];

/// The method for so many terms.
pub(super) fn method(methods: &Methods, terms: usize) -> Method {
    let found = methods.iter().find(|(end, _)| terms < *end);
    found.expect("the last entry has no end").1
}
