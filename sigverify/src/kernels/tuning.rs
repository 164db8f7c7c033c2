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

/// One lane; the sweep as for four lanes below:
///
/// ```text
///    n   Straus   w=4   w=5   w=6   w=7   w=8   w=9  w=10  w=11
///    8     25.3  56.3  67.1  93.8 143.8
///   32     21.5  25.7  26.1  31.2  42.7
///   48     21.3  22.3  21.4  24.3  31.5
///   64     20.9  20.6  19.2  20.9  25.9
///  128     21.4  18.3  15.9  15.8  17.6
///  256     21.9  17.1  14.4  13.2  13.4  15.1  19.9
///  320     22.5  17.1  14.1  12.8  12.6  13.8  17.7
///  512           16.8  13.8  12.3  11.5  11.8  13.7
///  768                       11.7  10.8  10.4  11.6
/// 1024                       13.9  12.5  10.0  11.0  12.4  17.6
/// 2048                       11.5  10.1   9.2   9.7   9.5  12.5
/// 4096                       12.0   9.9   9.5   8.8   8.2   8.8
/// ```
pub(super) const PORTABLE: &Methods = &[
    (78, Method::Straus),
    (180, Method::Pippenger { width: 5 }),
    (450, Method::Pippenger { width: 6 }),
    (840, Method::Pippenger { width: 7 }),
    (4600, Method::Pippenger { width: 8 }),
    (usize::MAX, Method::Pippenger { width: 10 }),
];

/// Four lanes. Sweep (bench `kernel_times` with `sweep`) on an AMD EPYC of the Zen 3 kind (2026-11-23, one thread, least of 12 to
/// 400 calls in turns; two sweeps, the second decided at 4,096), microseconds per signature of a short and a wide term:
///
/// ```text
///    n   Straus   w=4   w=5   w=6   w=7   w=8   w=9  w=10  w=11
///    8     10.5  20.0  23.1  30.7  47.3
///   16      7.9  12.2  13.4  16.9  25.0
///   32      6.9   8.4   8.5  10.0  13.9
///   48      6.5   7.0   6.9   7.7  10.2
///   64      6.4   6.4   6.2   6.6   8.3
///   96      6.2   5.9   5.4   5.5   6.5
///  128      6.2   5.4   4.9   4.9   5.6
///  192      6.2   5.1   4.5   4.3   4.6
///  256      6.2   4.9   4.3   4.0   4.2   4.3   6.2
///  384      6.5   4.8   4.1   3.7   3.7   3.7   4.9
///  512            4.9   4.0   3.7   3.5   3.3   4.4
///  768                        3.4   3.3   3.0   3.6
/// 1024                        3.6   3.3   2.8   3.3   3.9   4.9
/// 2048                        3.3   3.0   2.6   2.9   3.3   3.3
/// 4096                        3.4   3.4   2.5   2.7   2.7   2.7
/// ```
///
/// 7 bits are nowhere better than both 6 and 8: places come in passes of four.
#[cfg(target_arch = "x86_64")]
pub(super) const AVX2: &Methods = &[
    (93, Method::Straus),
    (180, Method::Pippenger { width: 5 }),
    (555, Method::Pippenger { width: 6 }),
    (usize::MAX, Method::Pippenger { width: 8 }),
];

/// Eight lanes. **No times measured yet**: instructions counted on an emulated processor (Bochs), thousands per signature:
///
/// ```text
///    n   Straus   w=6   w=7   w=8  w=11
///   48     27.0  39.5  46.0  55.5
///   64     25.3  33.1  37.6  43.9
///   96     23.7  26.6  29.2  32.4
///  128     22.9  23.4  25.0  26.6
///  192     22.1  20.2  20.7  20.8
///  256     21.7  18.6  18.6  18.0
///  512     21.2  16.1  15.4  13.6  28.6
/// 1024     20.9  15.0  13.8  11.4  18.1
/// 4096           14.0  12.6   9.8  10.3
/// ```
///
/// Straus gives way before its count does, at n = 80 instead of 130: each of its additions waits for the one before, while buckets
/// are independent. The bench `kernel_times` with `sweep` measures it.
#[cfg(target_arch = "x86_64")]
pub(super) const AVX512: &Methods = &[
    (120, Method::Straus),
    (336, Method::Pippenger { width: 6 }),
    (usize::MAX, Method::Pippenger { width: 8 }),
];

/// The method for so many terms.
pub(super) fn method(methods: &Methods, terms: usize) -> Method {
    let found = methods.iter().find(|(end, _)| terms < *end);
    found.expect("the last entry has no end").1
}
