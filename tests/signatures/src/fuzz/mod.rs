//! Differential fuzzing: batches of crafted signatures through every path, against what their maker knows.
//!
//! ```text
//! seed -> round: random -> pool (keys, commitments) -> craft (flaws) -> batch (size, pattern) -> check -> report
//! ```
//!
//! # What is compared
//! Every verdict of every path with the one that follows from how the signature was made. Where only "refused" is
//! known (flipped bits, noise), with the oracle. A share of all signatures goes to the oracle and to `verify_strict` of
//! ed25519-dalek besides: the oracle has to give the known verdict, and dalek accepts exactly those whose cofactorless
//! residue is zero too.
//!
//! # What the signatures are
//! Signing 10^8 times in full would take longer than verifying them. The commitments of a round are an arithmetic
//! progression `r, r + d, r + 2d, ...` with random `r` and `d`, so that a new one costs an addition and a share of an
//! inversion; the keys are 1,024 members of another, replaced after every 4,096 signatures. Some have a
//! component of small order added. Each signature has a commitment and (but for the empty one) a message of its own.
//! So verifiers see points, challenges and scalars that look random, while two logarithms in a round differ by a multiple
//! of a number: a defect that only unrelated logarithms show would be missed; the vectors and the property tests, which draw
//! each secret afresh, cover that.
//!
//! A round is a function of its number, so a report does not depend on threads, and the number that a failure names is
//! enough to run it again.

mod batch;
mod bytes;
mod check;
mod craft;
mod pool;
mod random;
mod report;
mod round;

pub use bytes::{check_bytes, samples};
pub use check::{Checker, Mismatch};
pub use craft::{Crafted, Flaw, Known};
pub use report::Report;
pub use round::{Plan, Progress, SIGNATURES_PER_ROUND, run};
