//! Multiples of the base point `B`, computed once.

use std::sync::OnceLock;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;

use super::decode;
use super::niels::{Decoding, Niels};
use super::portable::Portable;

/// `B` itself.
pub(super) const BASE_POINT: Niels = Niels {
    words: [
        0x0004_93c6_f58c_3b85,
        0x0000_df71_81c3_25f7,
        0x0000_f50b_0b3e_4cb7,
        0x0005_3293_85a4_4c32,
        0x0000_7cf9_d3a3_3d4b,
        0x0000_3905_d740_913e,
        0x0000_ba28_17d6_73a2,
        0x0002_3e28_27f4_e67c,
        0x0001_33d2_e0c2_1a34,
        0x0004_4fd2_f929_8f81,
        0x0001_1205_877a_aa68,
        0x0004_7995_5893_d579,
        0x0005_0d66_309b_67a0,
        0x0002_d42d_0dbe_e5ee,
        0x0006_f117_b689_f0c6,
        0,
    ],
};

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
