//! How many signatures to verify together next, and how: chosen anew from what happened lately.
//!
//! A batch is fast when all its signatures are good. One bad one makes its sum useless, and all its equations have to be
//! checked side by side as well. So the size of batches follows the rate of bad signatures seen lately: the
//! choice is the size with the least expected cost ([`Costs`]), down to none at all.
//!
//! An estimate can be fooled: an attacker may send good signatures until batches are large, and then a bad one. Against
//! that stands a *credit*, in nanoseconds. Invariant, for every sequence of inputs: with `lanes` what the same signatures
//! would have cost in the lanes, and both measured by the model,
//!
//! ```text
//! cost <= lanes * (1 + CREDIT_SHARE) + credit_max
//! ```
//!
//! since a failed batch costs what the lanes cost plus its sum, the sum is taken out of the credit, a batch
//! whose sum the credit does not cover is not tried, and credit is gained in two ways only: a share of the
//! cost of what went through the lanes, and what good batches saved. `credit_max` bounds what can be saved up:
//! the sum of one batch of the largest size. A quarter leaves room for figures that do not fit the
//! machine, up to the promised third.
//!
//! Recovery needs no probing: the lanes say of each signature whether it is bad, so the estimate falls by itself
//! when bad signatures stop.

use super::costs::{Costs, LANES_CHUNK, SIZES};

/// The part of the cost of the lanes that may be lost on failed batches.
const CREDIT_SHARE: f64 = 0.25;

/// The weight of the past in the estimate, in signatures.
const MEMORY: f64 = 1_024.0;

/// A way to verify the next signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many, one after the other.
    Each(usize),
    /// So many in the lanes.
    Lanes(usize),
    /// So many by their sum.
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

/// What is remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adaption {
    costs: Costs,
    /// Estimated share of signatures whose equation fails.
    rate: f64,
    credit: f64,
}

impl Adaption {
    /// Expects good signatures.
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

    /// What a batch of this size is expected to cost per signature; `None` if it may not be tried.
    fn expect(&self, count: usize) -> Option<f64> {
        let sum = self.costs.sum_over(count)?;
        if sum * count as f64 > self.credit {
            return None;
        }
        // 1 - (1 - rate)^count, also for tiny rates.
        let is_bad = -(count as f64 * (-self.rate).ln_1p()).exp_m1();
        Some(self.costs.prepare + sum + is_bad * self.costs.equation())
    }

    /// A batch of so many equations held.
    pub(super) fn batch_held(&mut self, count: usize) {
        self.learn(count, 0);
        let sum = self.costs.sum_over(count).unwrap_or(self.costs.sum[0]);
        self.gain(count as f64 * (self.costs.equation() - sum).max(0.0));
    }

    /// A batch of so many equations failed, and the lanes found so many bad ones.
    pub(super) fn batch_failed(&mut self, count: usize, bad: usize) {
        let sum = self.costs.sum_over(count).unwrap_or(self.costs.sum[0]);
        self.credit = (self.credit - count as f64 * sum).max(0.0);
        self.lanes_done(count, bad);
    }

    /// So many equations were checked by themselves, of which so many were bad.
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

/// What the most expensive sum costs: more than that is never at stake.
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
