//! CPU time per signature of several verifiers over the same signatures, in turns.
//!
//! ```text
//! corpus (distinct keys, messages, signatures) -> contenders -> rounds: each contender in turn -> median, quartiles
//! ```
//!
//! Machines are shared and their clock speeds vary, so contenders must run in the same seconds to be comparable: each round
//! gives every contender a turn, the order rotates from round to round, and a figure is the median over the rounds. A figure
//! is CPU time of the thread ([`ThreadTime`]). Inside the timer: the call alone, with all that a verifier does to read keys
//! and signatures. Outside: making the signatures, and collecting references to them.
//!
//! | module | contents |
//! |---|---|
//! | `corpus` | [`Corpus`]: the signatures, good or with bad ones among them |
//! | `rounds` | [`Contender`], [`run`]: the turns; [`Timing`], [`median`], [`time_of`]: the figures |
//! | `clock` | [`ThreadTime`], [`ProcessTime`] |
//! | `ours` | [`ours`](fn@ours): a verifier of `isobath-sigverify` as a contender |
//! | `machine` | [`Machine`], [`core_count`], [`load_average`]: where a figure comes from |
//!
//! `isobath-bench sigverify` and `bench/peers` use it, so that their figures are comparable.

mod clock;
mod corpus;
mod machine;
mod ours;
mod rounds;

pub use clock::{ProcessTime, ThreadTime};
pub use corpus::Corpus;
pub use machine::{Machine, core_count, load_average};
pub use ours::ours;
pub use rounds::{Contender, Plan, Timing, Verify, median, run, time_of};
