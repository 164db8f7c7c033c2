//! Contenders take turns; each has a figure for every round.

use std::fmt;
use std::time::Duration;

use isobath_sigverify::Item;
use serde::Serialize;

use crate::ThreadTime;

/// One verifier at one size of batch.
pub struct Contender<'a> {
    /// Name of the verifier in the report.
    pub path: String,
    /// Name of its instructions, if there is a choice.
    pub backend: String,
    /// The signatures, taken `size` at a time, from the start again after the last; their count is a multiple of `size`.
    pub items: &'a [Item<'a>],
    /// Which of them are bad: the answers of the verifier are compared with this.
    pub bad: &'a [bool],
    /// Signatures in a call.
    pub size: usize,
    /// Calls in a turn; `None` derives them from the time available.
    pub calls: Option<usize>,
    /// Verifies signatures; returns how many are valid.
    pub verify: Box<Verify<'a>>,
}

/// A verifier under test.
pub type Verify<'a> = dyn FnMut(&[Item<'_>]) -> usize + 'a;

impl fmt::Debug for Contender<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.path, self.backend, self.size)
    }
}

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Turns of each contender.
    pub rounds: usize,
    /// CPU time of all turns together, about: a turn is at least one call.
    pub total: Duration,
}

/// Microseconds of CPU time per signature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Timing {
    /// Name of the verifier.
    pub path: String,
    /// Name of its instructions.
    pub backend: String,
    /// Signatures in a call.
    pub n: usize,
    /// Median over the rounds.
    pub us: f64,
    /// Lower quartile over the rounds.
    pub us_low: f64,
    /// Upper quartile over the rounds.
    pub us_high: f64,
    /// Mean over all calls.
    pub us_mean: f64,
    /// Signatures in all.
    pub signatures: usize,
}

/// Measures all contenders in turns; calls `progress` after each turn.
///
/// # Panics
/// If a verifier accepts more or fewer signatures than are good: its figure would mean nothing.
pub fn run(mut contenders: Vec<Contender<'_>>, plan: Plan, progress: impl Fn()) -> Vec<Timing> {
    let turn = plan
        .total
        .checked_div(u32::try_from(plan.rounds.saturating_mul(contenders.len()).max(1)).unwrap_or(u32::MAX))
        .unwrap_or_default();
    let mut tracks: Vec<Track> = contenders
        .iter_mut()
        .map(|contender| Track::start(contender, turn))
        .collect();
    for round in 0..plan.rounds {
        // The order rotates, so that no contender always follows the same one.
        for index in 0..contenders.len() {
            let at = index
                .wrapping_add(round.wrapping_mul(5))
                .checked_rem(contenders.len())
                .unwrap_or(0);
            if let (Some(contender), Some(track)) = (contenders.get_mut(at), tracks.get_mut(at)) {
                track.turn(contender);
            }
            progress();
        }
    }
    let timings = contenders.iter().zip(&tracks);
    timings
        .map(|(contender, track)| track.timing(contender))
        .collect()
}

/// Where a contender is, and its figures so far.
#[derive(Debug, Default)]
struct Track {
    /// Index of the next signature.
    next: usize,
    /// Calls in a turn.
    calls: usize,
    /// CPU time per signature of each turn, in microseconds.
    us: Vec<f64>,
    total: Duration,
    signatures: usize,
}

impl Track {
    /// Warms the contender up and finds how many calls fit into a turn.
    fn start(contender: &mut Contender<'_>, turn: Duration) -> Self {
        let mut track = Self::default();
        let first = track.calls(contender, 1);
        let second = track
            .calls(contender, 1)
            .min(first)
            .max(Duration::from_nanos(100));
        let fit = turn.as_nanos().checked_div(second.as_nanos()).unwrap_or(1);
        track.calls = contender
            .calls
            .unwrap_or_else(|| usize::try_from(fit).unwrap_or(1).max(1));
        track
    }

    fn turn(&mut self, contender: &mut Contender<'_>) {
        let spent = self.calls(contender, self.calls);
        let signatures = self.calls.saturating_mul(contender.size);
        self.us.push(microseconds_each(spent, signatures));
        self.total = self.total.saturating_add(spent);
        self.signatures = self.signatures.saturating_add(signatures);
    }

    /// The CPU time of this many calls. It includes counting the good signatures, one byte for each.
    fn calls(&mut self, contender: &mut Contender<'_>, calls: usize) -> Duration {
        let begin = ThreadTime::now();
        for _ in 0..calls {
            let end = self.next.saturating_add(contender.size);
            let range = self.next..end;
            let taken = contender.items.get(range.clone()).zip(contender.bad.get(range));
            let (items, bad) = taken.expect("the count is a multiple of the size");
            let valid = (contender.verify)(items);
            let good = bad.iter().filter(|bad| !**bad).count();
            assert_eq!(valid, good, "{contender:?}");
            self.next = if end < contender.items.len() { end } else { 0 };
        }
        begin.elapsed()
    }

    fn timing(&self, contender: &Contender<'_>) -> Timing {
        Timing {
            path: contender.path.clone(),
            backend: contender.backend.clone(),
            n: contender.size,
            us: median(&self.us),
            us_low: quantile(&self.us, 1, 4),
            us_high: quantile(&self.us, 3, 4),
            us_mean: microseconds_each(self.total, self.signatures),
            signatures: self.signatures,
        }
    }
}

/// Calls `verify` until `enough` CPU time is used; returns the CPU time per signature in microseconds, of the calling thread.
pub fn time_of(verify: impl FnMut() -> usize, enough: Duration) -> f64 {
    let mut verify = verify;
    let (mut signatures, begin) = (0_usize, ThreadTime::now());
    loop {
        signatures = signatures.saturating_add(verify());
        let spent = begin.elapsed();
        if spent >= enough {
            return microseconds_each(spent, signatures);
        }
    }
}

#[allow(clippy::cast_precision_loss)] // a figure to be read, not a count
fn microseconds_each(spent: Duration, signatures: usize) -> f64 {
    spent.as_secs_f64() * 1e6 / signatures.max(1) as f64
}

/// The value in the middle; not a number if there is none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 1, 2)
}

fn quantile(values: &[f64], part: usize, parts: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = last.saturating_mul(part).checked_div(parts).unwrap_or(0);
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Corpus;
    use std::cell::Cell;

    #[test]
    fn quartiles_are_members() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(median(&values).to_bits(), 3.0_f64.to_bits());
        assert_eq!(quantile(&values, 1, 4).to_bits(), 2.0_f64.to_bits());
        assert_eq!(quantile(&values, 3, 4).to_bits(), 4.0_f64.to_bits());
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn every_contender_gets_every_turn_and_all_signatures() {
        let corpus = Corpus::new(12, 5, || {});
        let (items, bad) = (corpus.items(), corpus.bad());
        let seen = Cell::new(0);
        let contender = |size, calls| Contender {
            path: "counting".to_owned(),
            backend: String::new(),
            items: &items,
            bad: &bad,
            size,
            calls,
            verify: Box::new(|items: &[Item<'_>]| {
                seen.set(seen.get() + items.len());
                items.len()
            }),
        };
        let plan = Plan {
            rounds: 6,
            total: Duration::ZERO,
        };
        let turns = Cell::new(0);
        let timings = run(vec![contender(4, None), contender(6, Some(3))], plan, || {
            turns.set(turns.get() + 1);
        });
        assert_eq!(turns.get(), 12);
        assert_eq!((timings[0].signatures, timings[1].signatures), (24, 108));
        assert_eq!(seen.get(), 24 + 108 + 2 * (4 + 6), "two calls of each warm up");
        assert!(
            timings
                .iter()
                .all(|timing| timing.us_low <= timing.us && timing.us <= timing.us_high)
        );
    }

    #[test]
    #[should_panic(expected = "wrong  3")]
    fn a_wrong_verdict_ends_the_run() {
        let corpus = Corpus::new(3, 5, || {}).with_bad(3, 1);
        let (items, bad) = (corpus.items(), corpus.bad());
        let wrong = Contender {
            path: "wrong".to_owned(),
            backend: String::new(),
            items: &items,
            bad: &bad,
            size: 3,
            calls: None,
            verify: Box::new(|items: &[Item<'_>]| items.len()),
        };
        let plan = Plan {
            rounds: 1,
            total: Duration::ZERO,
        };
        drop(run(vec![wrong], plan, || {}));
    }
}
