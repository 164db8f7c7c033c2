//! Random blocks, executed by the runtime and by an independent model, and compared.
//!
//! The model ([`model`]) is written from the rules and shares no code with runtime and programs but the decoders:
//! accounts are a plain map, every transaction works on copies that are kept or dropped. After every block the harness
//! compares each outcome (class, error, fee, compute units, return data), every account with its data, the burned fees
//! and the sum of all lamports; so a wrong rollback, a wrong fee or a lamport from nowhere shows up in the block in
//! which it happens.
//!
//! ```text
//! seed -> generate (who, what, which blockhash) -> wire bytes -> runtime: build, replay, replay with NoOps
//!                                                           `-> model ------> compare
//!
//! cast       keys and genesis
//! generate   random transactions; scripts: what they have the probes try
//! model      the rules once more
//! feature    what was exercised, counted, so that nothing goes untested unnoticed
//! harness    blocks through both, and the comparison
//! ```

pub mod cast;
pub mod feature;
pub mod generate;
pub mod harness;
pub mod model;
mod scripts;

pub use feature::{Feature, Report};
pub use harness::run;
