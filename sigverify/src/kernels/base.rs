//! Multiples of the base point `B`, computed once.

use std::sync::OnceLock;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;

use super::decode;
use super::niels::{Decoding, Niels};
use super::portable::Portable;

/// The tables of `B`.
#[derive(Debug)]
pub(super) struct BaseTables {
    /// `i B` for `i` from 0 to [`BaseTables::WIDE_MAX`].
    pub(super) wide: Vec<Niels>,
    /// `i 2^(32 j) B` at `j * 17 + i`, for `i` from 0 to 16 and `j` from 0 to 7.
    pub(super) comb: Vec<Niels>,
}

impl BaseTables {
    /// The largest magnitude of a ten-bit digit.
    pub(super) const WIDE_MAX: usize = 512;
    /// The largest magnitude of a five-bit digit.
    pub(super) const COMB_MAX: usize = 16;

    /// The tables, built at the first call (some milliseconds, 82 kB).
    pub(super) fn get() -> &'static Self {
        static TABLES: OnceLock<BaseTables> = OnceLock::new();
        TABLES.get_or_init(Self::build)
    }

    fn build() -> Self {
        let mut shifted = ED25519_BASEPOINT_POINT;
        let mut comb = Vec::new();
        for _ in 0..8 {
            comb.extend(multiples(shifted, Self::COMB_MAX));
            for _ in 0..32 {
                shifted += shifted;
            }
        }
        Self {
            wide: multiples(ED25519_BASEPOINT_POINT, Self::WIDE_MAX),
            comb,
        }
    }
}

/// `i point` for `i` from 0 to `max`.
fn multiples(point: EdwardsPoint, max: usize) -> Vec<Niels> {
    let points: Vec<_> = core::iter::successors(Some(point), |multiple| Some(multiple + point))
        .take(max)
        .collect();
    let encodings: Vec<[u8; 32]> = points.iter().map(|point| point.compress().to_bytes()).collect();
    let mut table = vec![Niels::IDENTITY; max + 1];
    decode::decode::<Portable>(
        (),
        &encodings,
        &mut table[1..],
        &mut vec![Decoding::default(); max],
    );
    table
}
