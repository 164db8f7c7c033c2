//! The groups of the table about `s`: its bounds, its multiples of `L`, its high bits.

use curve25519_dalek::scalar::Scalar;

use super::judge::Draft;
use super::table::Table;
use crate::parts::{GROUP_ORDER, Part, add_group_order};

pub(super) fn add(table: &mut Table) {
    bounds(table);
    multiples(table);
    high_bits(table);
}

/// Values of `s` at and around its bounds, under an honest key (no such `s` can be signed) and under a key of small
/// order, where `R = sB` makes the equation hold for any `s`.
fn bounds(table: &mut Table) {
    for scalar in boundary_values() {
        let (key, commitment) = (table.part(0), table.part(0));
        let honest = Draft {
            scalar,
            ..Draft::signed(key, commitment, b"bounds")
        };
        table.add("scalar-bounds", &honest);
        let nonce = Scalar::from_bytes_mod_order(scalar);
        for torsion in [0, 1] {
            let matching = Draft::signed(Part::small_order(torsion), Part::known(nonce, 0), b"bounds");
            table.add("scalar-bounds-small-key", &Draft { scalar, ..matching });
        }
    }
}

fn boundary_values() -> Vec<[u8; 32]> {
    let small = |value: u8| {
        let mut bytes = [0; 32];
        bytes[0] = value;
        bytes
    };
    let order_plus = |value: u8| add_group_order(small(value), 1).expect("L plus a byte is below 2^256");
    let power = |exponent: usize| {
        let mut bytes = [0; 32];
        bytes[exponent / 8] = 1 << (exponent % 8);
        bytes
    };
    let mut largest = [0xff; 32];
    largest[31] = 0x7f;
    let mut values = vec![
        small(0),
        small(1),
        small(2),
        (-Scalar::ONE).to_bytes(),
        (-Scalar::from(2_u8)).to_bytes(),
        GROUP_ORDER,
        order_plus(1),
        order_plus(2),
        largest,
        [0xff; 32],
    ];
    values.extend([127, 128, 248, 251, 252, 253, 254, 255].map(power));
    // L with one of its bytes one lower or higher: the comparison has to look at every byte.
    for at in 0..32 {
        for step in [1, 0xff_u8] {
            let mut bytes = GROUP_ORDER;
            bytes[at] = bytes[at].wrapping_add(step);
            values.push(bytes);
        }
    }
    values
}

/// Valid signatures with 1 to 15 times `L` added to `s`.
fn multiples(table: &mut Table) {
    let (key, commitment) = (table.part(0), table.part(0));
    let signed = Draft::signed(key, commitment, b"multiples");
    table.add("scalar-multiples", &signed);
    for times in 1..=15 {
        if let Some(scalar) = add_group_order(signed.scalar, times) {
            table.add(
                "scalar-multiples",
                &Draft {
                    scalar,
                    ..signed.clone()
                },
            );
        }
    }
}

/// Valid signatures with the three highest bits of `s` set in every combination.
fn high_bits(table: &mut Table) {
    let (key, commitment) = (table.part(0), table.part(0));
    let signed = Draft::signed(key, commitment, b"high bits");
    for bits in 1..8_u8 {
        let mut scalar = signed.scalar;
        scalar[31] |= bits << 5;
        table.add(
            "scalar-high-bits",
            &Draft {
                scalar,
                ..signed.clone()
            },
        );
    }
}
