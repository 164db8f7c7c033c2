//! Which method a sum uses, by backend and number of terms.
//!
//! Terms are counted as `Terms::weight` does: a wide one is 1, a short one 1/2, so a signature with its own key
//! is 1.5.

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

/// One lane: measured up to 48 terms, from there by the model. In field multiplications for each signature with its two
/// points, `n` of them: Straus `870 + 2k/n`; Pippenger with `w` bits `7 (254/w + 128/w) + 18 * 2^(w-1) * 254/w / n`. So
/// w = 5 pays from n = 36, w = 6 from 120, w = 7 from 280, w = 8 from 550, w = 9 from 2100, w = 10 from 3100.
pub(super) const PORTABLE: &Methods = &[
    (54, Method::Straus),
    (180, Method::Pippenger { width: 5 }),
    (423, Method::Pippenger { width: 6 }),
    (832, Method::Pippenger { width: 7 }),
    (3150, Method::Pippenger { width: 8 }),
    (4600, Method::Pippenger { width: 9 }),
    (usize::MAX, Method::Pippenger { width: 10 }),
];

/// Four lanes. Sweep on an AMD EPYC of the Zen 3 kind (2 cores, shared with other work: single values are off by up to a third,
/// and the choice follows two sweeps), microseconds per signature of a short and a wide term:
///
/// ```text
///    n   Straus   w=4   w=5   w=6   w=7   w=8   w=9  w=10  w=11
///   16     13.6  27.3  23.3  26.1  35.0  46.7
///   32     11.1  11.7  12.0  14.6  19.5  29.5
///   64      9.8   7.8   7.8   8.8  15.6  25.3
///  128      8.8   7.8   7.1   7.4   8.1  10.7
///  256      8.8   7.3   6.3   6.0   6.1   6.8   7.9
///  512      9.0   7.3   5.9   5.3   4.9   5.9   9.3
/// 1024                  8.9   6.0   5.9   5.9   9.3   8.6   7.8
/// 2048                  6.8   5.3   4.3   3.9   3.9   4.4   5.5
/// 4096                  6.1   6.3   5.4   4.4   4.3   3.7   4.2
/// 8192                              4.9   4.1   4.1   3.9   3.9
/// ```
pub(super) const AVX2: &Methods = &[
    (72, Method::Straus),
    (225, Method::Pippenger { width: 5 }),
    (384, Method::Pippenger { width: 6 }),
    (600, Method::Pippenger { width: 7 }),
    (6000, Method::Pippenger { width: 8 }),
    (usize::MAX, Method::Pippenger { width: 10 }),
];

/// Eight lanes. **Not measured yet**: computed from the model with passes of eight places, a load and a store of buckets taken as
/// two multiplications: for each signature Straus `119 + 2k/n` multiplications of eight lanes, Pippenger with w = 5 `99 + 3.1k/n`,
/// w = 6 `81 + 4.5k/n`, w = 7 `72 + 6.8k/n`, w = 8 `55 + 10.3k/n`, w = 11 `45 + 56k/n`; 9 and 10 bits take as many passes
/// as 8. The bench `kernel_times` with `sweep` measures it.
pub(super) const AVX512: &Methods = &[
    (96, Method::Straus),
    (336, Method::Pippenger { width: 6 }),
    (7000, Method::Pippenger { width: 8 }),
    (usize::MAX, Method::Pippenger { width: 11 }),
];

/// The method for so many terms.
pub(super) fn method(methods: &Methods, terms: usize) -> Method {
    let found = methods.iter().find(|(end, _)| terms < *end);
    found.expect("the last entry has no end").1
}
