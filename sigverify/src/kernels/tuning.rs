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
/// 7 bits are nowhere better than both 6 and 8: windows come in passes of four.
#[cfg(target_arch = "x86_64")]
pub(super) const AVX2: &Methods = &[
    (93, Method::Straus),
    (180, Method::Pippenger { width: 5 }),
    (555, Method::Pippenger { width: 6 }),
    (usize::MAX, Method::Pippenger { width: 8 }),
];

/// Eight lanes. Sweep (bench `kernel_times` with `sweep`) on an AMD EPYC of the Zen 4 kind with AVX-512 IFMA (virtual machine of
/// two cores, stable Rust 1.95, 2026-11-28, one thread, least of 12 to 400 calls in turns), microseconds per signature of a
/// short and a wide term:
///
/// ```text
///    n   Straus   w=4   w=5   w=6   w=7   w=8   w=9  w=10  w=11
///    8     8.91 16.09 18.73 23.47 31.22 42.75 77.47
///   16     6.08  9.50 10.55 12.45 16.28 21.91 39.36
///   32     4.67  6.10  6.50  7.25  9.11 11.86 20.62
///   48     4.23  5.10  5.32  5.68  6.78  8.45 14.24
///   64     4.02  4.58  4.71  4.82  5.58  6.65 11.02
///   96     3.82  4.05  4.05  4.00  4.44  5.00  7.87
///  128     3.29  3.08  3.04  2.93  3.19  3.48  5.37
///  192     3.27  2.86  2.77  2.56  2.66  2.73  3.99
///  256     3.27  2.76  2.63  2.38  2.41  2.36  3.32
///  384     3.22  2.65  2.51  2.22  2.17  2.00  2.63
///  512     3.29  2.61  2.44  2.12  2.03  1.81  2.28  3.28  4.05
///  768           2.54  2.37  2.02  1.91  1.63  1.94  2.61  3.08
/// 1024           2.52  2.34  1.98  1.84  1.53  1.77  2.28  2.59
/// 2048           2.50  2.31  1.93  1.76  1.41  1.53  1.79  1.87
/// 4096           2.51  2.29  1.90  1.73  1.36  1.40  1.55  1.51
/// ```
///
/// Pippenger overtakes Straus between n = 96 and n = 128, near 155 terms, and 8 bits overtake 6 between n = 192 and n = 256, near
/// 345 terms. The clock rose after n = 96, so compare figures within a row only. A finer sweep on a machine of the same kind with
/// a steady clock (least of 600 calls, three times) puts the crossings near 140 and 365 terms; between those and the
/// values here, the methods differ by 6 % and 2 % at most.
///
/// Predictions, before there was such a machine: counted instructions put the end of Straus at n = 130 (195 terms). The table had
/// 120 terms instead, because each addition of Straus waits for the one before, while buckets are independent: a
/// quarter too early. 8 bits were predicted from 336 terms on.
#[cfg(target_arch = "x86_64")]
pub(super) const AVX512: &Methods = &[
    (155, Method::Straus),
    (345, Method::Pippenger { width: 6 }),
    (usize::MAX, Method::Pippenger { width: 8 }),
];

/// The method for a number of terms.
pub(super) fn method(methods: &Methods, terms: usize) -> Method {
    let found = methods.iter().find(|(end, _)| terms < *end);
    found.expect("the last entry has no end").1
}
