//! The groups of the table that are about points and equations, and the order of all groups.

use curve25519_dalek::scalar::Scalar;

use super::case::{Case, Class};
use super::judge::Draft;
use super::table::{Table, broken};
use super::{scalars, small};
use crate::parts::{Part, SIGN_BIT, aliases};

/// The whole table, always the same.
#[must_use]
pub fn build() -> Vec<Case> {
    let mut table = Table::default();
    small::add(&mut table);
    mixed_orders(&mut table);
    reductions(&mut table);
    unknown_points(&mut table);
    no_points(&mut table);
    special_keys(&mut table);
    messages(&mut table);
    scalars::add(&mut table);
    faults(&mut table);
    table.cases
}

/// Hidden components of every order in `A` and in `R`: with residue zero where a message can be found for it, with a
/// residue of small order, and with the equation broken.
fn mixed_orders(table: &mut Table) {
    for i in 0..8 {
        for j in 0..8 {
            let (key, commitment) = (table.part(i), table.part(j));
            for class in [Class::ResidueZero, Class::ResidueSmallOrder] {
                let sign = |message: &[u8]| Draft::signed(key, commitment, message);
                if let Some(draft) = table.search(sign, |draft| draft.has(class)) {
                    table.add("mixed-order", &draft);
                    table.add("mixed-order-broken", &broken(&draft));
                }
            }
        }
    }
}

/// Cases where a cofactorless verdict depends on whether `k` was reduced modulo `L` first, both ways.
fn reductions(table: &mut Table) {
    for i in 1..8 {
        for class in [Class::ResidueZero, Class::ResidueSmallOrder] {
            let (key, commitment) = (table.part(i), table.part(0));
            let sign = |message: &[u8]| Draft::signed(key, commitment, message);
            let is_wanted = |draft: &Draft| draft.has(Class::ReductionMatters) && draft.has(class);
            if let Some(draft) = table.search(sign, is_wanted) {
                table.add("challenge-reduction", &draft);
            }
        }
    }
}

/// Canonical encodings near both ends of the field, of points with unknown logarithm: they decode, and no equation
/// can be made to hold.
fn unknown_points(table: &mut Table) {
    let low = (2..=19_u8).map(|y| {
        let mut bytes = [0; 32];
        bytes[0] = y;
        bytes
    });
    let high = (0xda..=0xeb_u8).map(|y| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (y, 0x7f);
        bytes
    });
    for bytes in low.chain(high) {
        let part = Part::of_bytes(bytes);
        let group = if part.is_point() {
            "canonical-near-end"
        } else {
            "no-point-near-end"
        };
        as_key_and_as_commitment(table, group, part);
    }
}

/// Both signs of some `y` that are on no point, and of the 40 aliases those that are not of small order.
fn no_points(table: &mut Table) {
    for _ in 0..6 {
        let mut bytes = table.scalar().to_bytes();
        let part = loop {
            bytes[0] = bytes[0].wrapping_add(1);
            let part = Part::of_bytes(bytes);
            if !part.is_point() {
                break part;
            }
        };
        as_key_and_as_commitment(table, "no-point", part);
        bytes[31] ^= SIGN_BIT;
        as_key_and_as_commitment(table, "no-point", Part::of_bytes(bytes));
    }
    for bytes in aliases() {
        let part = Part::of_bytes(bytes);
        if !part.is_small_order() {
            as_key_and_as_commitment(table, "alias-unknown", part);
        }
    }
}

fn as_key_and_as_commitment(table: &mut Table, group: &str, part: Part) {
    let honest = table.part(0);
    table.add(group, &Draft::signed(part, honest, b"as key"));
    table.add(group, &Draft::signed(honest, part, b"as commitment"));
}

/// Keys and commitments that a careless formula could trip over: `A = R`, `A = -R`, `B`, `-B`, and `L - 1` times.
fn special_keys(table: &mut Table) {
    let one = Scalar::ONE;
    let secret = table.scalar();
    let pairs = [
        (secret, secret),
        (secret, -secret),
        (one, one),
        (one, -one),
        (-one, one),
        (-one, -one),
        (secret, one),
        (one, secret),
        (secret, secret + secret),
        (secret + secret, secret),
    ];
    for (a, r) in pairs {
        let draft = Draft::signed(Part::known(a, 0), Part::known(r, 0), b"special");
        table.add("special-points", &draft);
        table.add("special-points-broken", &broken(&draft));
        // The same key, message and nonce with another sign of the commitment.
        let other = Part::known(-r, 0);
        table.add(
            "commitment-negated",
            &Draft {
                commitment: other,
                ..draft
            },
        );
    }
}

/// Messages of every length around the blocks of the hash, which are 128 bytes with 64 taken by `R` and `A`.
fn messages(table: &mut Table) {
    let lengths = [
        0, 1, 8, 31, 32, 46, 47, 48, 49, 63, 64, 65, 127, 128, 129, 174, 175, 176, 177, 200, 255, 256, 303,
        304, 305, 431, 432,
    ];
    for length in lengths {
        let message: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
        let (key, commitment) = (table.part(0), table.part(0));
        let draft = Draft::signed(key, commitment, &message);
        table.add("message-length", &draft);
        let mut longer = draft;
        longer.message.push(0);
        table.add("message-extended", &longer);
    }
}

/// Several faults in one signature, in every combination: the first check of the rule that fails is the verdict.
fn faults(table: &mut Table) {
    let honest = [table.part(0), table.part(0)];
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let alias = aliases()[0];
    let bad = [
        Part::of_bytes(no_point),
        Part::of_bytes(alias),
        Part::small_order(1),
    ];
    let with = |good: Part| [good, bad[0], bad[1], bad[2]];
    for key in with(honest[0]) {
        for commitment in with(honest[1]) {
            let draft = Draft::signed(key, commitment, b"faults");
            for draft in [draft.clone(), broken(&draft)] {
                table.add("faults", &draft);
                let scalar = crate::parts::add_group_order(draft.scalar, 1).expect("2L is below 2^256");
                table.add("faults", &Draft { scalar, ..draft });
            }
        }
    }
}
