//! The point formulas against the oracle, in every lane of every field.

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::traits::Identity;

use super::super::field::Row;
use super::super::lanes::{is_identity, lanes, write_multiples};
use super::super::model::FieldModel;
use super::super::outlined::Outlined;
use super::super::point::{Affine, Cached, Point};
use super::super::portable::Portable;
#[cfg(target_arch = "x86_64")]
use super::require::{Instructions, present};
use super::{Niels, Numbers, niels};

/// Asserts that each lane holds the expected affine point.
fn check<F: Outlined>(token: F::Token, point: &Point<F>, expected: &[EdwardsPoint], what: &str) {
    let minus: Vec<EdwardsPoint> = expected.iter().map(|point| -point).collect();
    let minus = niels(&minus);
    let sum = point.add_affine(&Affine::load(token, |lane| &minus[lane]));
    assert_eq!(is_identity(&sum)[..F::LANES], vec![true; F::LANES], "{what}");
    for (lane, expected) in lanes(point).iter().zip(&niels(expected)) {
        let minus = Affine::<Portable>::broadcast((), expected).negate_where(true);
        assert!(
            is_identity(&lane.add_affine(&minus))[0],
            "{what}, taken out of its lane"
        );
    }
}

fn formulas_hold<F: Outlined>(token: F::Token) {
    for seed in 0..10 {
        let mut numbers = Numbers::new(seed);
        let mut draw = || -> Vec<EdwardsPoint> {
            let draw = |lane: usize| {
                if seed == 3 && lane.is_multiple_of(3) {
                    EdwardsPoint::identity()
                } else {
                    numbers.point()
                }
            };
            (0..F::LANES).map(draw).collect()
        };
        let (p, q) = (draw(), draw());
        let (p_niels, q_niels) = (niels(&p), niels(&q));
        let affine = |points: &[Niels]| Affine::<F>::load(token, |lane| &points[lane]);
        let each =
            |f: &dyn Fn(usize) -> EdwardsPoint| -> Vec<EdwardsPoint> { (0..F::LANES).map(f).collect() };

        let point = Point::identity(token).add_affine(&affine(&p_niels));
        check(token, &point, &p, "0 + P");
        let sum = point.add_affine(&affine(&q_niels));
        check(token, &sum, &each(&|i| p[i] + q[i]), "P + Q, affine");
        check(token, &point.double(), &each(&|i| p[i] + p[i]), "2P");
        check(
            token,
            &point.add_affine(&affine(&p_niels)),
            &each(&|i| p[i] + p[i]),
            "P + P",
        );
        let quadruple = sum.double_times(2);
        check(
            token,
            &quadruple,
            &each(&|i| {
                (p[i] + q[i]).mul_by_cofactor() - p[i] - p[i] - p[i] - p[i] - q[i] - q[i] - q[i] - q[i]
            }),
            "4(P + Q)",
        );
        let cached = quadruple.cached(token);
        check(
            token,
            &sum.add_cached(&cached),
            &each(&|i| {
                let sum = p[i] + q[i];
                sum + sum + sum + sum + sum
            }),
            "5(P + Q), cached",
        );
        let mask = 0b1010_0110;
        let signed = |i: usize, point: EdwardsPoint| if mask >> i & 1 == 1 { -point } else { point };
        check(
            token,
            &point.add_affine(&affine(&q_niels).negate_where(F::mask(token, mask))),
            &each(&|i| p[i] + signed(i, q[i])),
            "P +- Q, affine",
        );
        check(
            token,
            &sum.add_cached(&point.cached(token).negate_where(F::mask(token, mask))),
            &each(&|i| p[i] + q[i] + signed(i, p[i])),
            "P + Q +- P, cached",
        );

        let mut rows = vec![Row::EMPTY; 17 * F::LANES];
        write_multiples(token, &affine(&p_niels), &mut rows, 16);
        let mut multiple = vec![EdwardsPoint::identity(); F::LANES];
        for magnitude in 0..17 {
            let cached = Cached(F::load_rows(token, |lane| &rows[lane * 17 + magnitude]));
            check(
                token,
                &Point::<F>::identity(token).add_cached(&cached),
                &multiple,
                &format!("multiple {magnitude}, seed {seed}"),
            );
            for (multiple, p) in multiple.iter_mut().zip(&p) {
                *multiple += p;
            }
        }
    }
}

#[test]
fn portable_formulas_hold() {
    formulas_hold::<Portable>(());
}

#[test]
fn formulas_hold_on_the_model_of_eight_lanes() {
    formulas_hold::<FieldModel>(());
}

#[cfg(target_arch = "x86_64")]
#[test]
fn formulas_hold_in_four_lanes() {
    if let Some(token) = present(Instructions::Avx2, super::super::avx2::Avx2::detect()) {
        formulas_hold::<super::super::avx2::Field256>(token);
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn formulas_hold_in_eight_lanes() {
    if let Some(token) = present(Instructions::Avx512, super::super::avx512::Avx512::detect()) {
        formulas_hold::<super::super::avx512::Field512>(token);
    }
}
