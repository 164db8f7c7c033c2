//! The targets and their verdicts.
//!
//! Invariant: a target that needs instructions or cores that this machine lacks is "not measurable here", never "not
//! reached".

use serde::Serialize;

use super::contenders::LARGE;
use super::figures::{BySize, Figures};

/// One target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Target {
    pub(super) name: &'static str,
    /// A ratio: a minimum speed-up or a maximum cost.
    pub(super) target: f64,
    pub(super) measured: Option<f64>,
    pub(super) verdict: Judgement,
    #[serde(skip)]
    pub(super) sense: Sense,
}

/// Whether the target is a minimum or a maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    AtLeast,
    AtMost,
}

/// The verdict on a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Judgement {
    #[serde(rename = "reached")]
    Reached,
    #[serde(rename = "not reached")]
    NotReached,
    #[serde(rename = "not measurable here")]
    NotMeasurable,
}

impl Judgement {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::NotReached => "not reached",
            Self::NotMeasurable => "not measurable here",
        }
    }
}

/// Compares the figures with the targets.
pub(super) fn judge(figures: &Figures) -> Vec<Target> {
    let strict = figures.dalek_strict_us;
    let speedup = |by_size: Option<&BySize>, n: usize| {
        let us = by_size?.get(&n)?;
        Some(strict / us)
    };
    let avx512 = figures.avx512_us.as_ref();
    let lanes = |name: &str| figures.lanes_us_by_backend.get(name);
    let worse = |us: f64| Some(us / figures.lanes_us);
    vec![
        at_least("AVX-512, batch of 64, over strict", 4.5, speedup(avx512, 64)),
        at_least("AVX-512, batch of 1024, over strict", 7.5, speedup(avx512, LARGE)),
        at_least("AVX-512, batch of 4096, over strict", 8.5, speedup(avx512, 4_096)),
        at_least(
            "AVX-512, lanes, over strict",
            3.3,
            lanes("avx512-ifma").map(|us| strict / us),
        ),
        at_least(
            "AVX2, batch of 1024, over strict",
            2.0,
            speedup(figures.avx2_us.as_ref(), LARGE),
        ),
        at_least(
            "portable, batch of 1024, over strict",
            1.4,
            speedup(figures.portable_us.as_ref(), LARGE),
        ),
        at_most(
            "one bad in each batch, cost over lanes",
            1.33,
            worse(figures.one_bad_in_batch_us),
        ),
        at_most(
            "every second batch bad, cost over lanes",
            1.33,
            worse(figures.alternating_bad_batches_us),
        ),
        at_most("two threads, cost over one", 1.05, figures.two_threads_ratio),
    ]
}

fn at_least(name: &'static str, target: f64, measured: Option<f64>) -> Target {
    Target::of(name, Sense::AtLeast, target, measured)
}

fn at_most(name: &'static str, target: f64, measured: Option<f64>) -> Target {
    Target::of(name, Sense::AtMost, target, measured)
}

impl Target {
    fn of(name: &'static str, sense: Sense, target: f64, measured: Option<f64>) -> Self {
        let verdict = match (measured, sense) {
            (None, _) => Judgement::NotMeasurable,
            (Some(ratio), Sense::AtLeast) if ratio >= target => Judgement::Reached,
            (Some(ratio), Sense::AtMost) if ratio <= target => Judgement::Reached,
            (Some(_), _) => Judgement::NotReached,
        };
        Self {
            name,
            target,
            measured,
            verdict,
            sense,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn figures_at_the_bound_reach_it_and_missing_ones_are_not_failures() {
        let sizes: BySize = [(64, 9.0), (1_024, 5.0), (4_096, 4.0)].into_iter().collect();
        let figures = Figures {
            backend: "avx2",
            ours_us: sizes.clone(),
            avx512_us: None,
            avx2_us: Some(sizes.clone()),
            portable_us: Some(sizes),
            lanes_us: 6.0,
            lanes_us_by_backend: BTreeMap::from([("avx2", 6.0)]),
            one_bad_in_batch_us: 6.0 * 1.33,
            alternating_bad_batches_us: 9.0,
            dalek_strict_us: 10.0,
            two_threads_ratio: None,
        };
        let outcomes: Vec<Judgement> = judge(&figures).iter().map(|target| target.verdict).collect();
        use Judgement::{NotMeasurable, NotReached, Reached};
        assert_eq!(
            outcomes,
            [
                NotMeasurable,
                NotMeasurable,
                NotMeasurable,
                NotMeasurable,
                Reached,
                Reached,
                Reached,
                NotReached,
                NotMeasurable
            ]
        );
    }
}
