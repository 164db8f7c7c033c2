//! Small cases of every kernel for the interpreter that checks memory accesses (Miri), cheap enough for it.
//!
//! `cargo +nightly miri test -p isobath-sigverify interpreted`, with `RUSTFLAGS="-C target-feature=+avx512f,..."` to
//! reach the eight-lane registers (all features that their token asks for).

use super::super::model::FieldModel;
use super::super::msm::{self, MsmScratch, Terms};
use super::super::niels::{Decoding, Niels};
use super::super::outlined::Outlined;
use super::super::portable::Portable;
use super::super::tuning::Method;
use super::super::{base::BASE_POINT, decode};

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

#[test]
fn interpreted_portable() {
    decodes::<Portable>(());
    sums::<Portable>(());
}

#[test]
fn interpreted_model() {
    decodes::<FieldModel>(());
}

#[cfg(target_arch = "x86_64")]
#[test]
fn interpreted_avx2() {
    if let Some(token) = super::super::avx2::Avx2::detect() {
        decodes::<super::super::avx2::Field256>(token);
        sums::<super::super::avx2::Field256>(token);
    }
}

/// Does nothing where the instructions are missing; prints which, so that a run can show that it did something.
#[cfg(target_arch = "x86_64")]
#[test]
fn interpreted_avx512() {
    let token = super::super::avx512::Avx512::detect();
    println!("AVX-512 IFMA: {}", token.is_some());
    if let Some(token) = token {
        decodes::<super::super::avx512::Field512>(token);
        sums::<super::super::avx512::Field512>(token);
    }
}
