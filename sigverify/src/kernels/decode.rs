//! Decoding of points in lanes.
//!
//! From `y` the curve gives `x^2 = u / v` with `u = y^2 - 1` and `v = d y^2 + 1`. The candidate for `x` is
//! `u v^3 (u v^7)^((p-5)/8)`, whose square is `u / v` or `-u / v`, or else there is no `x` (RFC 8032, section
//! 5.1.3). The power costs nearly everything; two registers of points go through it together, so
//! that one uses the multiplier while the other waits for it. The bytes alone decide whether `y` is below `p`,
//! and whether it is the `y` of a small-order point.

use super::field::{D, Field, LANES_MAX, Limbs, ONE, SQRT_MINUS_ONE, TWO_D, ZERO};
use super::niels::{Decoding, Niels};
use super::outlined::Outlined;
use super::power::{power_p58, products};
use super::word::LOW_51;

/// `y` as four words, least significant first.
type Words = [u64; 4];

/// The sign of `x` in the last word.
const SIGN: u64 = 1 << 63;

/// `p`.
const PRIME: Words = [0u64.wrapping_sub(19), u64::MAX, u64::MAX, u64::MAX >> 1];

/// `y` of the neutral element; there `x = 0`.
const Y_ONE: Words = [1, 0, 0, 0];

/// `y` of the point of order two; there `x = 0`.
const Y_MINUS_ONE: Words = [PRIME[0] - 1, PRIME[1], PRIME[2], PRIME[3]];

/// `y` of all points `P` with `8P = 0`: of order 1, 2, 4, and 8 (two values), all but the first two with either sign of `x`.
const Y_SMALL_ORDER: [Words; 5] = [
    Y_ONE,
    Y_MINUS_ONE,
    [0, 0, 0, 0],
    [
        0xb027_b2c2_8f95_e826,
        0xf098_eff2_89f4_c345,
        0x3933_c6d3_05ac_dfd5,
        0x05fc_536d_8802_38b1,
    ],
    [
        0x4fd8_4d3d_706a_17c7,
        0x0f67_100d_760b_3cba,
        0xc6cc_392c_fa53_202a,
        0x7a03_ac92_77fd_c74e,
    ],
];

/// Decodes all encodings; see `Backend::decode`. The slices have the same length.
#[inline(always)]
pub(super) fn decode<F: Outlined>(
    token: F::Token,
    encodings: &[[u8; 32]],
    points: &mut [Niels],
    decodings: &mut [Decoding],
) {
    let mut done = 0;
    while encodings.len() - done > F::LANES {
        let end = encodings.len().min(done + 2 * F::LANES);
        decode_groups::<F, 2>(
            token,
            &encodings[done..end],
            &mut points[done..end],
            &mut decodings[done..end],
        );
        done = end;
    }
    if done < encodings.len() {
        decode_groups::<F, 1>(
            token,
            &encodings[done..],
            &mut points[done..],
            &mut decodings[done..],
        );
    }
}

/// Decodes at most `G * LANES` encodings.
#[inline(always)]
fn decode_groups<F: Outlined, const G: usize>(
    token: F::Token,
    encodings: &[[u8; 32]],
    points: &mut [Niels],
    decodings: &mut [Decoding],
) {
    let mut y_limbs = [[[0; LANES_MAX]; 5]; G];
    let mut signs = [0_u8; G];
    for (position, encoding) in encodings.iter().enumerate() {
        let (group, lane) = (position / F::LANES, position % F::LANES);
        let (words, sign) = split(encoding);
        for (limb, value) in y_limbs[group].iter_mut().zip(limbs(&words)) {
            limb[lane] = value;
        }
        signs[group] |= u8::from(sign) << lane;
    }
    let mut y = [F::splat(token, &ZERO); G];
    for (y, limbs) in y.iter_mut().zip(&y_limbs) {
        *y = F::carry(F::from_limbs(token, limbs).widen());
    }
    let roots = square_roots::<F, G>(token, &y);
    let groups = encodings
        .chunks(F::LANES)
        .zip(points.chunks_mut(F::LANES))
        .zip(decodings.chunks_mut(F::LANES));
    for (group, ((encodings, points), decodings)) in groups.enumerate() {
        let (x, is_on_curve) = &roots[group];
        let coordinates = niels(token, &y[group], x, signs[group]);
        for (lane, encoding) in encodings.iter().enumerate() {
            decodings[lane] = classify(encoding, is_on_curve[lane]);
            points[lane] = match decodings[lane] {
                Decoding::NotCanonical => Niels::IDENTITY,
                _ => take(&coordinates, lane),
            };
        }
    }
}

/// For each `y` an `x` of either sign, and in which lanes there is one at all.
#[inline(always)]
fn square_roots<F: Outlined, const G: usize>(token: F::Token, y: &[F; G]) -> [(F, [bool; LANES_MAX]); G] {
    let one = F::splat(token, &ONE);
    let d = F::splat(token, &D);
    let yy = F::squared_times(*y, 1);
    let (mut u, mut v) = (yy, yy);
    for (u, v) in u.iter_mut().zip(&mut v) {
        *u = F::carry(F::difference(u.widen(), one.widen()));
        *v = F::carry(F::sum(v.mul(&d), one.widen()));
    }
    let vv = F::squared_times(v, 1);
    let uv3 = products(&products(&u, &v), &vv);
    let uv7 = products(&uv3, &F::squared_times(vv, 1));
    let x = products(&uv3, &power_p58(&uv7));
    let vxx = products(&v, &F::squared_times(x, 1));
    let mut roots = [(one, [false; LANES_MAX]); G];
    for (i, (root, is_on_curve)) in roots.iter_mut().enumerate() {
        let is_root = zeros(F::carry(F::difference(vxx[i].widen(), u[i].widen())));
        let is_turned = zeros(F::carry(F::sum(vxx[i].widen(), u[i].widen())));
        let turned = F::product(&x[i], &F::splat(token, &SQRT_MINUS_ONE));
        *root = F::select(F::mask(token, bits(&is_turned)), turned, x[i]);
        *is_on_curve = core::array::from_fn(|lane| is_root[lane] || is_turned[lane]);
    }
    roots
}

/// `y + x, y - x, 2dxy` in canonical limbs, with the sign of `x` that the bits ask for.
#[inline(always)]
fn niels<F: Outlined>(token: F::Token, y: &F, x: &F, signs: u8) -> [Limbs; 3] {
    let x_limbs = x.to_limbs();
    let is_odd: [bool; LANES_MAX] = core::array::from_fn(|lane| x_limbs[0][lane] & 1 != 0);
    let zero = F::splat(token, &ZERO).widen();
    let minus_x = F::carry(F::difference(zero, x.widen()));
    let x = F::select(F::mask(token, bits(&is_odd) ^ signs), minus_x, *x);
    let sum = F::carry(F::sum(y.widen(), x.widen()));
    let difference = F::carry(F::difference(y.widen(), x.widen()));
    let t = F::product(&F::product(y, &x), &F::splat(token, &TWO_D));
    [sum.to_limbs(), difference.to_limbs(), t.to_limbs()]
}

/// In which lanes an element is zero.
#[inline(always)]
fn zeros<F: Field>(element: F) -> [bool; LANES_MAX] {
    let limbs = element.to_limbs();
    core::array::from_fn(|lane| limbs.iter().fold(0, |all, limb| all | limb[lane]) == 0)
}

/// One bit for each lane.
#[inline(always)]
fn bits(lanes: &[bool; LANES_MAX]) -> u8 {
    (0..LANES_MAX).fold(0, |bits, lane| bits | u8::from(lanes[lane]) << lane)
}

/// The point of one lane.
#[inline(always)]
fn take(coordinates: &[Limbs; 3], lane: usize) -> Niels {
    let mut words = [0; 16];
    for (part, limbs) in coordinates.iter().enumerate() {
        for (i, limb) in limbs.iter().enumerate() {
            words[5 * part + i] = limb[lane];
        }
    }
    Niels { words }
}

/// `y` and whether `x` shall be odd.
#[inline(always)]
fn split(encoding: &[u8; 32]) -> (Words, bool) {
    let (chunks, _) = encoding.as_chunks::<8>();
    let mut words = core::array::from_fn(|i| u64::from_le_bytes(chunks[i]));
    let sign = words[3] & SIGN != 0;
    words[3] &= !SIGN;
    (words, sign)
}

/// A number below 2^255 in limbs of 51 bits.
#[inline(always)]
pub(super) const fn limbs(words: &Words) -> [u64; 5] {
    let [a, b, c, d] = *words;
    [
        a & LOW_51,
        (a >> 51 | b << 13) & LOW_51,
        (b >> 38 | c << 26) & LOW_51,
        (c >> 25 | d << 39) & LOW_51,
        d >> 12 & LOW_51,
    ]
}

/// What the bytes are, given whether the curve has a point with this `y`.
#[inline(always)]
fn classify(encoding: &[u8; 32], is_on_curve: bool) -> Decoding {
    let (y, sign) = split(encoding);
    let is_reduced = y.iter().rev().lt(PRIME.iter().rev());
    let is_negative_zero = sign && (y == Y_ONE || y == Y_MINUS_ONE);
    if !is_on_curve || !is_reduced || is_negative_zero {
        Decoding::NotCanonical
    } else if Y_SMALL_ORDER.contains(&y) {
        Decoding::SmallOrder
    } else {
        Decoding::Point
    }
}
