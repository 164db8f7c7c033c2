//! The instructions of the eight-lane register, word by word against plain arithmetic: a fault of the machine, above all of an
//! emulated one, shows here and not only in the kernels.

use super::super::avx512::{Avx512, Zmm};
use super::super::ifma::Register;
use super::super::model::{high_product, low_product};
use super::super::word::{LOW_51, Word};
use super::Numbers;
use super::require::{Instructions, present};

/// Random words, often an end of a range.
fn words(numbers: &mut Numbers) -> [u64; 8] {
    let ends = [0, 1, u64::MAX, 1 << 63, LOW_51, LOW_51 - 18, 1 << 51, 1 << 52];
    core::array::from_fn(|_| match numbers.next() % 16 {
        choice @ 0..8 => ends[usize::try_from(choice).unwrap()],
        _ => numbers.next(),
    })
}

fn stored(register: Zmm) -> [u64; 8] {
    let mut words = [0; 8];
    register.store(&mut words);
    words
}

/// Each operation once.
fn operations(token: Avx512, [a, b, c]: &[[u64; 8]; 3], bits: u8) {
    let [x, y, z] = [a, b, c].map(|words| Zmm::load(token, words));
    let each = |word: &dyn Fn(usize) -> u64| -> [u64; 8] { core::array::from_fn(word) };
    let low = each(&|i| a[i].wrapping_add(low_product(b[i], c[i])));
    assert_eq!(stored(x.add_low_product(y, z)), low, "{a:x?} {b:x?} {c:x?}");
    let high = each(&|i| a[i].wrapping_add(high_product(b[i], c[i])));
    assert_eq!(stored(x.add_high_product(y, z)), high, "{a:x?} {b:x?} {c:x?}");
    assert_eq!(stored(x.add(y)), each(&|i| a[i].wrapping_add(b[i])));
    assert_eq!(stored(x.sub(y)), each(&|i| a[i].wrapping_sub(b[i])));
    assert_eq!(stored(x.low_51()), each(&|i| a[i] & LOW_51));
    assert_eq!(stored(x.high_51()), each(&|i| a[i] >> 51));
    let small = Zmm::load(token, &each(&|i| a[i] >> 5));
    assert_eq!(stored(small.times_19()), each(&|i| 19 * (a[i] >> 5)));
    assert_eq!(stored(x.fill(b[0])), [b[0]; 8]);
    assert_eq!(stored(Zmm::splat(token, b[0])), [b[0]; 8]);
    let chosen = each(&|i| if bits >> i & 1 != 0 { a[i] } else { b[i] });
    assert_eq!(stored(Zmm::select(bits, x, y)), chosen, "{bits:b}");
}

#[test]
fn instructions_of_eight_lanes_do_what_is_said_of_them() {
    let Some(token) = present(Instructions::Avx512, Avx512::detect()) else {
        return;
    };
    let mut numbers = Numbers::new(52);
    for bits in (0..=u8::MAX).cycle().take(10_000) {
        let [a, b, c] = core::array::from_fn(|_| words(&mut numbers));
        operations(token, &[a, b, c], bits);
    }
    let rows: [[u64; 8]; 8] = core::array::from_fn(|_| words(&mut numbers));
    let columns = Zmm::transpose(rows.map(|row| Zmm::load(token, &row))).map(stored);
    for (i, column) in columns.iter().enumerate() {
        assert_eq!(*column, rows.map(|row| row[i]));
    }
}
