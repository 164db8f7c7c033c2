//! CPU time per signature of several verifiers over the same signatures, in turns.
//!
//! ```text
//! corpus (distinct keys, messages, signatures) -> contenders -> rounds: each contender in turn -> median, quartiles
//! ```
//!
//! Machines are shared and their clocks move, so what is compared has to run in the same seconds: a round gives every
//! contender its turn, the order moves on from round to round, and a figure is the median over the rounds. What counts is
//! the time that the thread was on a core ([`ThreadTime`]). Inside it: the call alone, with whatever a verifier does to
//! read keys and signatures. Outside: making the signatures, and collecting references to them.
//!
//! Used by `isobath-bench sigverify` and by `bench/peers`, so that their figures can be laid side by side.

mod clock;
mod corpus;
mod machine;
mod ours;
mod rounds;

pub use clock::ThreadTime;
pub use corpus::Corpus;
pub use machine::{Machine, core_count, load_average};
pub use ours::ours;
pub use rounds::{Contender, Plan, Timing, Verify, median, run, time_of};
