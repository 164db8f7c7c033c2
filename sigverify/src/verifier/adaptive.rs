//! How many signatures to verify together next, and by which path: chosen from the recent failure rate.
//!
//! A batch is fast when all its signatures are good. One bad signature makes its sum useless, and all its equations must then
//! be checked side by side as well. So the size of batches follows the recent rate of bad signatures: the policy takes the
//! size with the least expected cost ([`Costs`]), down to no batch at all.
//!
//! An estimate can be fooled: an attacker can send good signatures until batches are large, and then a bad one. A *credit*,
//! in nanoseconds, limits the damage. Invariant, for every sequence of inputs, where `lanes` is what the same signatures
//! would have cost in the lanes, and the model measures both:
//!
//! ```text
//! cost <= lanes * (1 + CREDIT_SHARE) + credit_max
//! ```
//!
//! Proof: a failed batch costs what the lanes cost plus its sum; its sum is taken out of the credit; a batch
//! whose sum exceeds the credit is not tried; and only two things add credit, a share of the cost of what went through
//! the lanes, and what good batches saved. `credit_max` bounds the balance by the sum of one batch of the
//! largest size. A share of a quarter leaves room, up to the promised third, for figures that do not fit the machine.
//!
//! Recovery needs no probing: the lanes report each bad signature, so the estimate falls by itself when bad signatures
//! stop.

use super::costs::{Costs, LANES_CHUNK, SIZES};

/// The part of the cost of the lanes that may be lost on failed batches.
const CREDIT_SHARE: f64 = 0.25;

/// The weight of the past in the estimate, in signatures.
const MEMORY: f64 = 1_024.0;

/// A way to verify the next signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// This many, one after the other.
    Each(usize),
    /// This many in the lanes.
    Lanes(usize),
    /// This many by their sum.
    Batch(usize),
}

impl Step {
    /// How many signatures it takes.
    pub(super) const fn count(self) -> usize {
        match self {
            Self::Each(count) | Self::Lanes(count) | Self::Batch(count) => count,
        }
    }
}

/// What the choice depends on: costs, recent failures, credit.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdaptivePolicy {
    costs: Costs,
    /// Estimated share of signatures whose equation fails.
    rate: f64,
    credit: f64,
}

impl AdaptivePolicy {
    /// A policy that expects good signatures, with full credit.
    pub(super) fn new(costs: Costs) -> Self {
        Self {
            costs,
            rate: 0.0,
            credit: credit_max(&costs),
        }
    }

    /// How to verify the next of `remaining` signatures, at least one.
    pub(super) fn choose(&self, remaining: usize) -> Step {
        let lanes = remaining.min(LANES_CHUNK);
        let mut best = (Step::Lanes(lanes), self.costs.through_lanes(lanes));
        if self.costs.one <= best.1 {
            best = (Step::Each(lanes), self.costs.one);
        }
        for size in SIZES {
            let count = even_part(remaining, size);
            if let Some(expected) = self.expect(count)
                && expected <= best.1
            {
                best = (Step::Batch(count), expected);
            }
        }
        best.0
    }

    /// What a batch of this size is expected to cost per signature; `None` if the credit does not allow it.
    fn expect(&self, count: usize) -> Option<f64> {
        let sum = self.costs.sum_over(count)?;
        if sum * count as f64 > self.credit {
            return None;
        }
        // 1 - (1 - rate)^count, also for tiny rates.
        let is_bad = -(count as f64 * (-self.rate).ln_1p()).exp_m1();
        Some(self.costs.prepare + sum + is_bad * self.costs.equation())
    }

    /// Records that a batch of `count` equations held.
    pub(super) fn batch_held(&mut self, count: usize) {
        self.learn(count, 0);
        let sum = self.costs.sum_over(count).unwrap_or(self.costs.sum[0]);
        self.gain(count as f64 * (self.costs.equation() - sum).max(0.0));
    }

    /// Records that a batch of `count` equations failed, `bad` of them by the verdict of the lanes.
    pub(super) fn batch_failed(&mut self, count: usize, bad: usize) {
        let sum = self.costs.sum_over(count).unwrap_or(self.costs.sum[0]);
        self.credit = (self.credit - count as f64 * sum).max(0.0);
        self.lanes_done(count, bad);
    }

    /// Records that `count` equations were checked by themselves, and `bad` of them failed.
    pub(super) fn lanes_done(&mut self, count: usize, bad: usize) {
        self.learn(count, bad);
        self.gain(count as f64 * (self.costs.prepare + self.costs.equation()) * CREDIT_SHARE);
    }

    fn learn(&mut self, count: usize, bad: usize) {
        self.rate = (self.rate * MEMORY + bad as f64) / (MEMORY + count as f64);
    }

    fn gain(&mut self, credit: f64) {
        self.credit = (self.credit + credit).min(credit_max(&self.costs));
    }
}

/// The cost of the most expensive sum: no batch can lose more.
fn credit_max(costs: &Costs) -> f64 {
    let whole = SIZES.into_iter().zip(costs.sum);
    whole.fold(0.0, |most: f64, (size, sum)| most.max(size as f64 * sum))
}

/// The first of as few parts as possible, none larger than `most`, that differ by one at most.
fn even_part(count: usize, most: usize) -> usize {
    count.div_ceil(count.div_ceil(most.max(1)).max(1))
}

#[cfg(test)]
mod tests;
