//! Curve arithmetic for many points at once, behind one small interface.
//!
//! Callers decode points, sum scaled points, or check many equations side by side; each is a method of
//! [`Backend`], the token that says which instructions the machine has. Invariant: every backend gives
//! the same answers, and the tests hold each one against `curve25519-dalek`.

mod backend;
mod niels;
mod reference;

pub use backend::Backend;
pub(crate) use backend::{LanesScratch, MsmScratch};
pub(crate) use niels::{Decoding, Niels};
