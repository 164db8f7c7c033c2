//! Hostile signatures whose verdict is known by how they were made, and every path that has to agree on it.
//!
//! ```text
//! paths    every path of `isobath-sigverify` to a verdict, on every backend of the machine
//! parts    points with what is known of them: discrete logarithm, hidden component, encoding
//! edge     a table of edge cases under several rules, generated from a seed and kept as a file
//! fuzz     endless batches of such signatures, through every path, the oracle and ed25519-dalek
//! naive_field  schoolbook arithmetic of the field, for which `y` are on the curve
//! require  what a test does on a machine without the instructions it needs
//! ```
//!
//! Invariant: an expected verdict follows from secrets that only the maker of a signature knows (logarithms, hidden
//! components, which bytes encode no point). It never comes from a verifier, so that verifiers can be tested against it.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "test code: an overflow is a failed test; points and scalars are modular"
)]

pub mod edge;
pub mod fuzz;

mod naive_field;
pub mod parts;
pub mod paths;
pub mod require;
