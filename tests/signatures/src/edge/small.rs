//! The groups of the table with `A` or `R` of small order, in all 14 encodings that lenient decoders take for one.

use super::case::Class;
use super::judge::Draft;
use super::table::{Table, broken};
use crate::parts::{Part, aliases};

pub(super) fn add(table: &mut Table) {
    pairs(table);
    alone(table);
    mixed_with_small(table);
    reencoded(table);
}

/// The eight canonical encodings and the six others.
fn encodings() -> Vec<Part> {
    let canonical = (0..8).map(Part::small_order);
    let others = aliases().into_iter().map(Part::of_bytes);
    canonical.chain(others.filter(Part::is_small_order)).collect()
}

/// Every pair of encodings as `A` and `R` with `s = 0`: the 196 cases of the ZIP-215 tests.
fn pairs(table: &mut Table) {
    for key in encodings() {
        for commitment in encodings() {
            table.add("small-small", &Draft::signed(key, commitment, b"small order"));
        }
    }
}

/// `A` of small order with an honest `R` and the reverse: with residue zero and of small order where there is such a
/// message, and with the equation broken.
fn alone(table: &mut Table) {
    for encoding in encodings() {
        let honest = table.part(0);
        for (key, commitment) in [(encoding, honest), (honest, encoding)] {
            for class in [Class::ResidueZero, Class::ResidueSmallOrder] {
                let sign = |message: &[u8]| Draft::signed(key, commitment, message);
                if let Some(draft) = table.search(sign, |draft| draft.has(class)) {
                    table.add("small-honest", &draft);
                    table.add("small-honest-broken", &broken(&draft));
                }
            }
        }
    }
}

/// `A` of small order with `R` of mixed order and the reverse, hidden components of order eight.
fn mixed_with_small(table: &mut Table) {
    for torsion in 0..8 {
        let (small, mixed) = (Part::small_order(torsion), table.part(1));
        for (key, commitment) in [(small, mixed), (mixed, small)] {
            for class in [Class::ResidueZero, Class::ResidueSmallOrder] {
                let sign = |message: &[u8]| Draft::signed(key, commitment, message);
                if let Some(draft) = table.search(sign, |draft| draft.has(class)) {
                    table.add("small-mixed", &draft);
                }
            }
        }
    }
}

/// Other encodings whose signer hashed the canonical ones instead of the bytes that are sent.
fn reencoded(table: &mut Table) {
    for encoding in encodings().into_iter().filter(|part| !part.is_canonical) {
        let honest = table.part(0);
        for (key, commitment) in [(encoding, honest), (honest, encoding), (encoding, encoding)] {
            let draft = Draft::signed_reencoded(key, commitment, b"re-encoded");
            table.add("hashed-reencoded", &draft);
        }
    }
}
