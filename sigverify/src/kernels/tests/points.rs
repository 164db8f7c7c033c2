//! Decoding.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;

use super::super::base::{BASE_POINT, BaseTables};
use super::super::reference;
use super::{Decoding, Niels, Numbers, implementations};
use crate::encoding::tests::non_canonical_encodings;

/// What the oracle says the encodings are.
fn expected(encodings: &[[u8; 32]]) -> Vec<Decoding> {
    let mut points = vec![Niels::IDENTITY; encodings.len()];
    let mut decodings = vec![Decoding::default(); encodings.len()];
    reference::decode(encodings, &mut points, &mut decodings);
    decodings
}

/// All implementations agree with the oracle on what the bytes are, and with each other on the points.
fn check(encodings: &[[u8; 32]]) {
    let decodings = expected(encodings);
    let mut first: Option<Vec<Niels>> = None;
    for implementation in implementations() {
        let (points, found) = implementation.decode(encodings);
        assert_eq!(found, decodings, "{implementation:?}");
        assert_eq!(
            &points,
            first.get_or_insert_with(|| points.clone()),
            "{implementation:?}"
        );
    }
}

#[test]
fn bytes_from_a_seed_decode_as_the_oracle_says() {
    for seed in 0..20 {
        let mut numbers = Numbers::new(seed);
        let encodings: Vec<_> = (0..70).map(|_| numbers.bytes()).collect();
        check(&encodings);
    }
}

#[test]
fn every_length_up_to_two_full_groups_and_one_more_decodes() {
    let mut numbers = Numbers::new(1);
    let encodings: Vec<_> = (0..34).map(|_| numbers.point().compress().to_bytes()).collect();
    for length in 0..encodings.len() {
        check(&encodings[..length]);
    }
}

#[test]
fn edges_decode_as_the_oracle_says() {
    let mut encodings = non_canonical_encodings();
    encodings.extend(EIGHT_TORSION.map(|point| point.compress().to_bytes()));
    for low in 0..=u8::MAX {
        for fill in [0x00, 0xff] {
            for high in [0x00, 0x7f, 0x80, 0xff] {
                let mut bytes = [fill; 32];
                bytes[0] = low;
                bytes[31] = high;
                encodings.push(bytes);
            }
        }
    }
    check(&encodings);
    let small_order = expected(&encodings)
        .iter()
        .filter(|decoding| **decoding == Decoding::SmallOrder)
        .count();
    assert!(small_order >= 8, "all eight are among them");
}

#[test]
fn decoded_coordinates_are_those_of_the_point() {
    let mut numbers = Numbers::new(3);
    let points: Vec<_> = (0..40).map(|_| numbers.point()).collect();
    for niels in super::niels(&points) {
        assert_eq!(niels.words[15], 0);
        assert!(niels.words.iter().all(|limb| limb >> 51 == 0));
    }
    // y + x and y - x give y; with the sign that makes the encoding, which the oracle decodes.
    for (point, niels) in points.iter().zip(super::niels(&points)) {
        let encoding = encode(&niels);
        assert_eq!(CompressedEdwardsY(encoding).decompress(), Some(*point));
    }
}

#[test]
fn the_base_point_and_its_tables_are_right() {
    let base = curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
    assert_eq!(super::niels(&[base]), [BASE_POINT]);
    let tables = BaseTables::get();
    for multiple in [0_u64, 1, 2, 15, 16, 511, 512] {
        let point = base * Scalar::from(multiple);
        assert_eq!(
            super::niels(&[point])[0],
            tables.wide[usize::try_from(multiple).unwrap()]
        );
    }
    for table in 0..8 {
        let shift = (0..32 * table).fold(Scalar::ONE, |power, _| power + power);
        for multiple in [0_u64, 1, 9, 16] {
            let point = base * (shift * Scalar::from(multiple));
            let entry = tables.comb[17 * table + usize::try_from(multiple).unwrap()];
            assert_eq!(
                super::niels(&[point])[0],
                entry,
                "table {table}, multiple {multiple}"
            );
        }
    }
}

/// The encoding of an affine point, by big-number arithmetic on its limbs.
fn encode(niels: &Niels) -> [u8; 32] {
    use super::super::field::Field;
    use super::super::portable::Portable;
    let [sum, difference, _] = Portable::broadcast_niels((), niels);
    let half = Portable::splat((), &HALF);
    let y = Portable::carry(Portable::carry(Portable::sum(sum.widen(), difference.widen())).mul(&half));
    let x =
        Portable::carry(Portable::carry(Portable::difference(sum.widen(), difference.widen())).mul(&half));
    let mut bytes = super::fields::bytes(&y.to_limbs(), 0);
    bytes[31] |= if x.to_limbs()[0][0] & 1 == 0 { 0 } else { 0x80 };
    bytes
}

/// `1/2 = (p + 1) / 2`.
const HALF: [u64; 5] = [
    (1 << 51) - 9,
    (1 << 51) - 1,
    (1 << 51) - 1,
    (1 << 51) - 1,
    (1 << 50) - 1,
];
