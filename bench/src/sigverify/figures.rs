//! The figures of the report, picked from all timings.

use std::collections::BTreeMap;

use isobath_sigverify::Backend;
use isobath_timing::Timing;
use serde::Serialize;

use super::contenders::{ALTERNATING, LANES, LARGE, ONE_BAD, OURS, STRICT};

/// Microseconds by size of batch.
pub(super) type BySize = BTreeMap<usize, f64>;

/// CPU time per signature in microseconds: medians over the rounds, of hostile batches the mean.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    /// The fastest backend measured, which the figures without a backend in their name are for.
    pub(super) backend: &'static str,
    pub(super) ours_us: BySize,
    pub(super) avx512_us: Option<BySize>,
    pub(super) avx2_us: Option<BySize>,
    pub(super) portable_us: Option<BySize>,
    pub(super) lanes_us: f64,
    pub(super) lanes_us_by_backend: BTreeMap<&'static str, f64>,
    pub(super) one_bad_in_batch_us: f64,
    pub(super) alternating_bad_batches_us: f64,
    pub(super) dalek_strict_us: f64,
    /// With two threads at once over one alone; `None` with one core.
    pub(super) two_threads_ratio: Option<f64>,
}

impl Figures {
    /// The figures of these backends, of which the first is the fastest.
    pub(super) fn of(timings: &[Timing], backends: &[Backend], two_threads_ratio: Option<f64>) -> Self {
        let name = backends.first().map_or("none", |backend| backend.name());
        let find = |path: &str, backend: &str, n: usize| {
            let is_it = |timing: &&Timing| timing.path == path && timing.backend == backend && timing.n == n;
            timings.iter().find(is_it)
        };
        let median = |path, backend, n| find(path, backend, n).map_or(f64::NAN, |timing| timing.us);
        let mean = |path| find(path, name, LARGE).map_or(f64::NAN, |timing| timing.us_mean);
        let by_size = |backend: &str| {
            let its = timings
                .iter()
                .filter(|timing| timing.path == OURS && timing.backend == backend);
            let by_size: BySize = its.map(|timing| (timing.n, timing.us)).collect();
            (!by_size.is_empty()).then_some(by_size)
        };
        let strict = timings.iter().find(|timing| timing.path == STRICT);
        Self {
            backend: name,
            ours_us: by_size(name).unwrap_or_default(),
            avx512_us: by_size("avx512-ifma"),
            avx2_us: by_size("avx2"),
            portable_us: by_size("portable"),
            lanes_us: median(LANES, name, LARGE),
            lanes_us_by_backend: backends
                .iter()
                .map(|backend| (backend.name(), median(LANES, backend.name(), LARGE)))
                .collect(),
            one_bad_in_batch_us: mean(ONE_BAD),
            alternating_bad_batches_us: mean(ALTERNATING),
            dalek_strict_us: strict.map_or(f64::NAN, |timing| timing.us),
            two_threads_ratio,
        }
    }
}
