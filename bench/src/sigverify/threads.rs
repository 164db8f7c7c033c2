//! The cost of a second thread: CPU time per signature of two threads at once over that of one alone.
//!
//! The threads share no data of ours, so the ratio shows shared caches, memory, clock frequency and hyper-threads.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use anyhow::bail;
use isobath_sigverify::{Backend, Policy};
use isobath_timing::{core_count, median, ours, time_of};

use super::contenders::{LARGE, List};

/// Number of pairs of one thread and two.
const PAIRS: u32 = 5;

/// The median ratio over all pairs; `None` with one core.
///
/// # Errors
/// If a thread panics, that is, if a verdict was wrong.
pub(super) fn ratio(list: &List<'_>, backend: Backend, seconds: u64) -> anyhow::Result<Option<f64>> {
    if core_count() < 2 {
        return Ok(None);
    }
    // An eighth of the time of all paths together.
    let turn = Duration::from_millis(seconds.saturating_mul(125))
        .checked_div(PAIRS.saturating_mul(3))
        .unwrap_or_default();
    let mut ratios = Vec::new();
    for _ in 0..PAIRS {
        let alone = both(list, backend, turn, 1)?;
        let together = both(list, backend, turn, 2)?;
        ratios.push(together / alone);
    }
    Ok(Some(median(&ratios)))
}

/// Mean CPU time per signature of `threads` threads at once, each with its own verifier and part of the signatures.
fn both(list: &List<'_>, backend: Backend, turn: Duration, threads: usize) -> anyhow::Result<f64> {
    let begin = Barrier::new(threads);
    let half = list.items.len() / 2;
    let costs = thread::scope(|scope| {
        let running: Vec<_> = list
            .items
            .chunks(half.max(1))
            .take(threads)
            .map(|items| {
                let begin = &begin;
                scope.spawn(move || {
                    let mut verify = ours(backend, Policy::Adaptive);
                    let mut batches = items.chunks_exact(LARGE).cycle();
                    begin.wait();
                    time_of(|| batches.next().map_or(0, &mut verify), turn)
                })
            })
            .collect();
        let joined = running.into_iter().map(thread::ScopedJoinHandle::join);
        joined.collect::<Result<Vec<f64>, _>>()
    });
    let Ok(costs) = costs else {
        bail!("a verifying thread panicked");
    };
    let count = f64::from(u32::try_from(costs.len()).unwrap_or(1).max(1));
    Ok(costs.iter().sum::<f64>() / count)
}
