//! The table of edge cases: hostile signatures of every known class, with their verdicts under four rules.
//!
//! The classes are those that three public sets cover: C2SP CCTV's ed25519 vectors (small order and small components of
//! `A` and `R`, small residues, non-canonical encodings, hashes over re-encoded bytes), the twelve cases of "Taming the
//! many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020), and the tests of ZIP-215 (all pairs of the 14 encodings of points
//! of small order). Keys, messages and signatures are our own.
//!
//! ```text
//!  seed -> groups (drafts: parts, scalar, message) -> judge (facts -> verdicts) -> cases -> text, pinned by its hash
//! ```
//!
//! Invariant: a verdict is computed from the facts of a draft, never by a verifier; the tests hold the verifiers against it.

mod build;
mod case;
mod judge;
mod scalars;
mod small;
mod table;
mod text;

pub use build::build;
pub use case::{Case, Class, Expected};
pub use judge::Draft;
pub use text::{cause_name, parse, render};
