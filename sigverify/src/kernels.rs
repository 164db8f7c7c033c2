//! Curve arithmetic for many points at once, behind one small interface.
//!
//! Callers decode points, sum scaled points, or check many equations side by side; each is a method of
//! [`Backend`], the token that says which instructions the machine has. Invariant: every backend gives
//! the same answers, and the tests hold each one against `curve25519-dalek`.
//!
//! ```text
//!  backend    the interface; picks the entry point of its instructions
//!  entry      the kernels, compiled for each set of instructions
//!  decode, msm (straus | pippenger), equations (straus)      generic over the field
//!  outlined, point, lanes, terms, digits, base               generic over the field
//!  field      what a backend's arithmetic must do, and within which ranges
//!    portable    one lane, u64 and u128
//!    avx2        four lanes, doubles and FMA
//!    ifma        eight lanes, over a register: avx512, or the tests' model of it
//! ```
//!
//! Nothing is secret, so everything is variable time.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "plain operators act on indices into memory of known size; field words use the wrapping operations"
)]

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "SIMD intrinsics, behind a token of their detection")]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "SIMD intrinsics, behind a token of their detection")]
mod avx512;
#[allow(
    unsafe_code,
    reason = "calls functions compiled for the instructions that its token proves"
)]
mod backend;
mod base;
mod decode;
mod digits;
mod entry;
mod field;
#[doc(hidden)]
pub mod hook;
#[cfg(any(target_arch = "x86_64", test))]
mod ifma;
mod lanes;
#[cfg(any(test, miri))]
mod model;
mod msm;
mod niels;
#[allow(
    unsafe_code,
    reason = "calls functions compiled for the instructions that its values prove"
)]
mod outlined;
mod pippenger;
mod point;
mod portable;
mod power;
#[cfg(test)]
mod reference;
mod straus;
mod terms;
mod tuning;
mod word;

pub use backend::Backend;
pub(crate) use niels::{Decoding, Niels};
pub(crate) use straus::LanesScratch;
pub(crate) use terms::MsmScratch;

#[cfg(test)]
pub(crate) mod tests;
