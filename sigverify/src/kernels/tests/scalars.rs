//! Digits.

use curve25519_dalek::scalar::Scalar;

use super::super::digits::{Cut, short_words, words};
use super::super::terms::{SHORT_BITS, WIDE_BITS};
use super::Numbers;

/// The scalar that the digits represent, a carry included.
fn put_together(cut: &Cut, scalar: &[u64; 4], width: usize, windows: usize, carry: bool) -> Scalar {
    let digits = cut.digits(scalar);
    let mut power = Scalar::ONE;
    let mut sum = Scalar::ZERO;
    for window in 0..windows {
        let digit = cut.digit(&digits, window);
        assert!(digit.magnitude <= 1 << (width - 1));
        let part = Scalar::from(digit.magnitude as u64) * power;
        sum += if digit.is_negative { -part } else { part };
        power *= Scalar::from(1_u64 << width);
    }
    let carried = digits.bit(width * windows);
    assert!(carry || !carried, "an unexpected carry");
    if carried { sum + power } else { sum }
}

#[test]
fn digits_of_short_scalars_represent_them() {
    let mut numbers = Numbers::new(1);
    let mut scalars = vec![0, 1, u128::MAX, u128::MAX - 1, 1 << 127, (1 << 127) - 1];
    scalars.extend((0..50).map(|_| numbers.short()));
    for width in 3..=12 {
        let least = SHORT_BITS.div_ceil(width);
        for windows in [least, least + 1, least.next_multiple_of(8)] {
            let carry = width * windows <= SHORT_BITS + 1;
            for scalar in &scalars {
                let found = put_together(
                    &Cut::new(width, windows),
                    &short_words(*scalar),
                    width,
                    windows,
                    carry,
                );
                assert_eq!(found, Scalar::from(*scalar), "{width} bits, {windows} windows");
            }
        }
    }
}

#[test]
fn digits_of_wide_scalars_represent_them() {
    let mut numbers = Numbers::new(2);
    let mut scalars = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, -Scalar::from(2_u64)];
    scalars.extend((0..50).map(|_| numbers.scalar()));
    for width in 3..=12 {
        let least = WIDE_BITS.div_ceil(width);
        for windows in [least, least.next_multiple_of(8)] {
            for scalar in &scalars {
                let scalar_words = words(&scalar.to_bytes());
                let found = put_together(&Cut::new(width, windows), &scalar_words, width, windows, false);
                assert_eq!(found, *scalar, "{width} bits, {windows} windows");
            }
        }
    }
}

#[test]
fn pieces_of_all_ones_fit_the_windows_of_the_comb() {
    for (bits, windows) in [(32, 7), (64, 14)] {
        let piece = [u64::MAX >> (64 - bits), 0, 0, 0];
        let found = put_together(&Cut::new(5, windows), &piece, 5, windows, false);
        assert_eq!(found, Scalar::from(piece[0]));
    }
}
