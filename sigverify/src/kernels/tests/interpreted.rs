//! Small cases of every kernel for the interpreter that checks memory accesses (Miri), cheap enough for it.
//!
//! `cargo +nightly miri test -p isobath-sigverify interpreted`, with `RUSTFLAGS="-C target-feature=+avx512f,..."` to
//! reach the eight-lane registers (all features that their token asks for).

use super::super::field::{Field, ONE, Row};
use super::super::model::FieldModel;
use super::super::msm;
use super::super::niels::{Decoding, Niels};
use super::super::outlined::Outlined;
use super::super::portable::Portable;
use super::super::terms::{MsmScratch, Terms};
use super::super::tuning::Method;
use super::super::{base::BASE_POINT, decode};
#[cfg(target_arch = "x86_64")]
use super::require::{Instructions, present};

/// `B` as bytes: `y = 4/5`.
const BASE: [u8; 32] = {
    let mut bytes = [0x66; 32];
    bytes[0] = 0x58;
    bytes
};

/// Decoding of a whole group and one more, among them what is no point.
fn decodes<F: Outlined>(token: F::Token) {
    let mut encodings = vec![BASE; F::LANES + 1];
    encodings[0] = [0; 32];
    encodings[F::LANES][0] = 2;
    let mut points = vec![Niels::IDENTITY; encodings.len()];
    let mut decodings = vec![Decoding::default(); encodings.len()];
    decode::decode::<F>(token, &encodings, &mut points, &mut decodings);
    assert_eq!(decodings[0], Decoding::SmallOrder);
    assert_eq!(decodings[F::LANES], Decoding::NotCanonical);
    for lane in 1..F::LANES {
        assert_eq!((decodings[lane], points[lane]), (Decoding::Point, BASE_POINT));
    }
}

/// `5 B + 3 B - 8 B = 0`, and without one of them not.
fn sums<F: Outlined>(token: F::Token) {
    let scalar = |low: u8| {
        let mut bytes = [0; 32];
        bytes[0] = low;
        bytes
    };
    // L - 8.
    let minus_eight = [
        0xe5, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    for (three, is_zero) in [(3, true), (4, false)] {
        let terms = Terms {
            short: &[BASE_POINT],
            short_scalars: &[5],
            wide: &[BASE_POINT],
            wide_scalars: &[scalar(three)],
            base: &minus_eight,
        };
        let found = msm::is_zero::<F>(
            token,
            &mut MsmScratch::default(),
            &terms,
            Method::Pippenger { width: 4 },
        );
        assert_eq!(found, is_zero);
    }
}

/// Everything that touches memory, and each operation once: rows, affine points, limbs.
fn registers<F: Outlined>(token: F::Token) {
    let points = [Niels::IDENTITY, BASE_POINT];
    let [sum, difference, t] = F::load_niels(token, |lane| &points[lane % 2]);
    let [same, ..] = F::broadcast_niels(token, &BASE_POINT);
    let mask = F::mask(token, 0b0101_0101);
    let one = F::splat(token, &ONE);
    assert_eq!(F::select(mask, one, same).to_limbs(), sum.to_limbs());
    let carried = F::carry(difference.widen());
    let four = [
        F::product(&carried, &sum),
        F::squared_times([carried], 1)[0],
        carried,
        t.negate_where(mask),
    ];
    let mut rows = [Row::EMPTY; 20];
    let index = |lane: usize| 2 * lane + 1;
    F::store_rows(&four, &mut rows, index);
    let back = F::load_rows(token, |lane| &rows[index(lane)]);
    for (element, back) in four.iter().zip(&back) {
        let limbs = element.to_limbs();
        assert_eq!(back.to_limbs(), limbs);
        assert_eq!(F::from_limbs(token, &limbs).to_limbs(), limbs);
    }
    let [x, y, _] = Portable::broadcast_niels((), &BASE_POINT);
    let expected = Portable::product(&x, &y).to_limbs();
    let lane = F::LANES - 1;
    if lane % 2 == 1 {
        assert!(
            (0..5).all(|i| four[0].to_limbs()[i][lane] == expected[i][0]),
            "x y of B"
        );
    }
}

/// The tests of one field, skipped where the machine lacks its instructions.
macro_rules! interpreted {
    ($name:ident, $field:ty, $token:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn interpreted_registers() {
                if let Some(token) = $token {
                    registers::<$field>(token);
                }
            }

            #[test]
            fn interpreted_decoding() {
                if let Some(token) = $token {
                    decodes::<$field>(token);
                }
            }

            #[test]
            fn interpreted_sums() {
                if let Some(token) = $token {
                    sums::<$field>(token);
                }
            }
        }
    };
}

interpreted!(portable, Portable, Some(()));
interpreted!(model, FieldModel, Some(()));
#[cfg(target_arch = "x86_64")]
interpreted!(
    avx2,
    super::super::super::avx2::Field256,
    present(Instructions::Avx2, super::super::super::avx2::Avx2::detect())
);
#[cfg(target_arch = "x86_64")]
interpreted!(
    avx512,
    super::super::super::avx512::Field512,
    present(
        Instructions::Avx512,
        super::super::super::avx512::Avx512::detect()
    )
);
