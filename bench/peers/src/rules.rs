//! Whether each verifier has the rule that it is named with: every row of the table of edge cases, where the table has a
//! column for that rule and the verifier takes messages as they are.
//!
//! It is also how the table's column for ZIP-215 is held against an implementation of that rule.

use isobath_signature_tests::edge::{Case, parse};
use isobath_timing::Verify;
use serde::Serialize;

use crate::peers::PEERS;

const TABLE: &str = include_str!("../../../sigverify/tests/vectors/edge-cases.txt");

/// What was compared.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Verifier.
    pub name: &'static str,
    /// Column of the table.
    pub column: &'static str,
    /// Rows on which both agree.
    pub rows: usize,
}

/// Verifier, column, and what the column says.
type Claim = (&'static str, &'static str, fn(&Case) -> bool);

const CLAIMS: [Claim; 5] = [
    ("isobath", "rule version 1", |case| case.expected.ours.is_ok()),
    ("isobath lanes", "rule version 1", |case| {
        case.expected.ours.is_ok()
    }),
    ("ed25519-dalek 3.0.0 verify_strict", "verify_strict", |case| {
        case.expected.strict
    }),
    ("ed25519-zebra 5.0.0 batch", "ZIP-215", |case| {
        case.expected.zip215
    }),
    ("solana-signature 3.6.0 verify (Agave)", "verify_strict", |case| {
        case.expected.strict
    }),
];

/// Compares every verifier with a column.
///
/// # Errors
/// The first row on which they differ.
pub fn check() -> Result<Vec<Checked>, String> {
    let table = parse(TABLE).ok_or("cannot parse the table of edge cases")?;
    CLAIMS.iter().map(|claim| check_one(claim, &table)).collect()
}

fn check_one((name, column, says): &Claim, table: &[Case]) -> Result<Checked, String> {
    let peer = PEERS
        .iter()
        .find(|peer| peer.name == *name)
        .ok_or("a claim names no verifier")?;
    let mut verify: Box<Verify<'static>> = (peer.start)();
    for (row, case) in table.iter().enumerate() {
        let is_valid = verify(&[case.item()]) == 1;
        if is_valid != says(case) {
            return Err(format!(
                "{name}: row {row}: {is_valid}, column {column}: {case:02x?}"
            ));
        }
    }
    Ok(Checked {
        name,
        column,
        rows: table.len(),
    })
}
