//! Field operations against big-number arithmetic.

use super::super::field::Limbs;

/// The limbs of a lane as 32 bytes, little endian.
pub(super) fn bytes(limbs: &Limbs, lane: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    for bit in 0..255 {
        if limbs[bit / 51][lane] >> (bit % 51) & 1 != 0 {
            bytes[bit / 8] |= 1 << (bit % 8);
        }
    }
    bytes
}
