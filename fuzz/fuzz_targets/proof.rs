//! Fuzz target `proof`; what it checks is the body of that name in `tests/src/fuzz_bodies.rs`.
#![no_main]

use isobath_tests::fuzz_bodies::run;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| run("proof", bytes));
