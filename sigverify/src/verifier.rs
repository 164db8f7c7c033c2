//! Verification with memory that is kept between calls: batches, lanes, and the choice between them.
//!
//! Invariant: the verdict of an item is that of [`verify_one`], whatever else is verified with it, before it or after it,
//! on any backend and by any path (except for the `2^-128` of a batch; see [`Policy`]).
//!
//! ```text
//!  items --> chunk of a chosen size --> checks 1..5 --> survivors
//!                    ^                                     |
//!                    |              8 (sum of z(sB - kA - R)) = 0 ?  --yes--> all good
//!             failure rate, credit                         | no
//!                    |                                     v
//!                    '---------------------- 8(sB - kA - R) = 0 ? each by itself, side by side
//! ```
//!
//! A batch that fails is resolved by one pass over its equations, which reuses what was decoded and hashed. The docs of
//! `adaptive` prove a bound on the cost: an attacker cannot raise it by more than a third above that of the lanes.
//!
//! Memory: about 700 bytes for each signature of the largest chunk (4,096 at most), and the key cache.

mod adaptive;
mod coefficients;
mod costs;
mod counters;
#[doc(hidden)]
pub mod hook;
mod keys;
mod prepared;
mod scalars;

#[cfg(test)]
mod tests;

use std::fmt;
use std::mem::take;

use self::adaptive::{AdaptivePolicy, Step};
use self::coefficients::Secrets;
use self::costs::{CHUNK_MAX, Costs, LANES_CHUNK};
use self::prepared::{Keys, Prepared};
use self::scalars::Sum;
use crate::kernels::{Backend, LanesScratch, MsmScratch, Niels};
use crate::{Cause, Item, Verdict, verify_one};

pub use self::counters::VerifierCounters;

/// Which path a verifier takes. The verdicts are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The path with the lowest expected cost, given how many signatures failed recently.
    #[default]
    Adaptive,
    /// Batches as large as possible, and the lanes when one fails.
    ///
    /// An invalid signature passes a batch with a probability of at most `2^-128`, as it does under [`Policy::Adaptive`].
    Batch,
    /// Every equation by itself, several side by side.
    Lanes,
    /// One signature after the other, by [`verify_one`].
    Scalar,
}

/// The settings of a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifierConfig {
    /// The instructions to use.
    pub backend: Backend,
    /// Which path to take.
    pub policy: Policy,
    /// How many decoded keys to keep, about 200 bytes each; 0 turns the cache off.
    pub key_cache: usize,
}

impl Default for VerifierConfig {
    fn default() -> Self {
        Self {
            backend: Backend::best(),
            policy: Policy::Adaptive,
            key_cache: 0,
        }
    }
}

/// Verifies signatures, many at once. One thread uses it at a time; each thread should have its own.
pub struct Verifier {
    config: VerifierConfig,
    secrets: Secrets,
    keys: Keys,
    adaptive: AdaptivePolicy,
    counters: VerifierCounters,
    prepared: Prepared,
    scratch: Scratch,
    verdicts: Vec<Verdict>,
}

/// Memory for the equations.
#[derive(Default)]
struct Scratch {
    coefficients: Vec<u128>,
    sums: Vec<Sum>,
    key_scalars: Vec<[u8; 32]>,
    msm: MsmScratch,
    key_points: Vec<Niels>,
    valid: Vec<bool>,
    lanes: LanesScratch,
}

impl Verifier {
    /// A verifier whose secrets are seeded by the operating system, once, in this call.
    ///
    /// # Panics
    ///
    /// If the operating system provides no random numbers.
    #[must_use]
    pub fn new(config: VerifierConfig) -> Self {
        Self::with_secrets(config, Secrets::from_system())
    }

    /// A verifier whose coefficients follow from `seed`: a sender who knows it can make invalid
    /// signatures that pass. For tests only.
    #[doc(hidden)]
    #[must_use]
    pub fn with_predictable_coefficients(config: VerifierConfig, seed: [u8; 32]) -> Self {
        Self::with_secrets(config, Secrets::from_seed(seed))
    }

    fn with_secrets(config: VerifierConfig, mut secrets: Secrets) -> Self {
        Self {
            config,
            keys: Keys::new(&mut secrets, config.key_cache),
            secrets,
            adaptive: AdaptivePolicy::new(Costs::of(config.backend)),
            counters: VerifierCounters::default(),
            prepared: Prepared::default(),
            scratch: Scratch::default(),
            verdicts: Vec::new(),
        }
    }

    /// Verifies every item; the verdicts are in the order of the items. Allocates nothing once it is warm, that is, once
    /// each path has run with as many items as it takes.
    pub fn verify(&mut self, items: &[Item<'_>]) -> &[Verdict] {
        let mut verdicts = take(&mut self.verdicts);
        verdicts.clear();
        verdicts.resize(items.len(), Ok(()));
        let (mut items, mut open) = (items, verdicts.as_mut_slice());
        while !items.is_empty() {
            let step = self.choose(items.len());
            let (chunk, later) = items.split_at(step.count());
            let (answers, later_open) = open.split_at_mut(step.count());
            self.take_step(step, chunk, answers);
            (items, open) = (later, later_open);
        }
        self.count(&verdicts);
        self.verdicts = verdicts;
        &self.verdicts
    }

    /// The counts so far.
    #[must_use]
    pub const fn counters(&self) -> &VerifierCounters {
        &self.counters
    }

    /// The settings it was made with.
    #[must_use]
    pub const fn config(&self) -> &VerifierConfig {
        &self.config
    }

    fn choose(&self, remaining: usize) -> Step {
        match self.config.policy {
            Policy::Adaptive => self.adaptive.choose(remaining),
            Policy::Batch => Step::Batch(remaining.min(CHUNK_MAX)),
            Policy::Lanes => Step::Lanes(remaining.min(LANES_CHUNK)),
            Policy::Scalar => Step::Each(remaining),
        }
    }

    fn take_step(&mut self, step: Step, items: &[Item<'_>], verdicts: &mut [Verdict]) {
        if let Step::Each(count) = step {
            let bad = verify_each(items, verdicts);
            return self.adaptive.lanes_done(count, bad);
        }
        self.prepared
            .load(self.config.backend, &mut self.keys, items, verdicts);
        self.counters.cache_hits = self.counters.cache_hits.saturating_add(self.prepared.cache_hits);
        let count = self.prepared.survivors.len();
        let is_batch = matches!(step, Step::Batch(_));
        if is_batch {
            self.counters.batches = self.counters.batches.saturating_add(1);
            if self.sum_is_zero() {
                return self.adaptive.batch_held(count);
            }
            self.counters.fallbacks = self.counters.fallbacks.saturating_add(1);
        }
        let bad = self.check_equations(verdicts);
        if is_batch {
            self.adaptive.batch_failed(count, bad);
        } else {
            self.adaptive.lanes_done(count, bad);
        }
    }

    /// Check 6 for all survivors at once: `8 (sum of z R + sum of (z k) A - (sum of z s) B) = 0`, with a fresh
    /// secret `z` for each signature. The terms of a key that repeats are added up first, so that it enters once.
    fn sum_is_zero(&mut self) -> bool {
        let (prepared, scratch) = (&self.prepared, &mut self.scratch);
        self.secrets
            .draw_all(prepared.survivors.len(), &mut scratch.coefficients);
        scratch.sums.clear();
        scratch.sums.resize(prepared.key_points.len(), Sum::default());
        let mut base = Sum::default();
        let numbers = prepared.key_numbers.iter();
        let scalars = prepared.scalars.iter().zip(&prepared.challenges);
        for ((coefficient, number), (scalar, challenge)) in
            scratch.coefficients.iter().zip(numbers).zip(scalars)
        {
            base.add_product(*coefficient, scalar);
            scratch.sums[*number as usize].add_product(*coefficient, challenge);
        }
        scratch.key_scalars.clear();
        scratch
            .key_scalars
            .extend(scratch.sums.iter().map(|sum| sum.reduce().to_bytes()));
        self.config.backend.sum_is_zero(
            &mut scratch.msm,
            &prepared.commitments,
            &scratch.coefficients,
            &prepared.key_points,
            &scratch.key_scalars,
            &(-base.reduce()).to_bytes(),
        )
    }

    /// Check 6 for each survivor by itself; returns how many failed.
    fn check_equations(&mut self, verdicts: &mut [Verdict]) -> usize {
        let (prepared, scratch) = (&self.prepared, &mut self.scratch);
        let keys = prepared.key_numbers.iter();
        scratch.key_points.clear();
        scratch
            .key_points
            .extend(keys.map(|number| prepared.key_points[*number as usize]));
        scratch.valid.resize(prepared.survivors.len(), false);
        self.config.backend.equations(
            &mut scratch.lanes,
            &prepared.scalars,
            &prepared.challenges,
            &scratch.key_points,
            &prepared.commitments,
            &mut scratch.valid,
        );
        let mut bad = 0_usize;
        for (survivor, valid) in prepared.survivors.iter().zip(&scratch.valid) {
            if !valid {
                verdicts[*survivor as usize] = Err(Cause::Equation);
                bad = bad.saturating_add(1);
            }
        }
        bad
    }

    fn count(&mut self, verdicts: &[Verdict]) {
        let counters = &mut self.counters;
        counters.signatures = counters.signatures.saturating_add(verdicts.len() as u64);
        for cause in verdicts.iter().filter_map(|verdict| verdict.err()) {
            let count = &mut counters.failures[cause.index()];
            *count = count.saturating_add(1);
        }
    }
}

/// The scalar path; returns how many equations failed.
fn verify_each(items: &[Item<'_>], verdicts: &mut [Verdict]) -> usize {
    let mut bad = 0_usize;
    for (item, verdict) in items.iter().zip(verdicts) {
        *verdict = verify_one(item);
        bad = bad.saturating_add(usize::from(*verdict == Err(Cause::Equation)));
    }
    bad
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("config", &self.config)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
