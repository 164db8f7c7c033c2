//! What each way of verifying costs, in nanoseconds: the model by which a verifier chooses.
//!
//! Only ratios matter, and only roughly: a wrong figure makes a choice slower, but never changes a verdict.

use crate::kernels::Backend;

/// Costs on one backend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    /// One signature by itself, everything included.
    pub(super) one: f64,
    /// Decoding, hashing and reducing, per signature, in chunks that fill the lanes.
    pub(super) prepare: f64,
    /// How many equations are checked side by side.
    pub(super) lanes: usize,
    /// What these cost together.
    pub(super) group: f64,
    /// The sum over a batch, per signature, for each size in [`SIZES`].
    pub(super) sum: [f64; SIZES.len()],
}

/// The sizes of batches that are tried.
pub(super) const SIZES: [usize; 10] = [8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, CHUNK_MAX];

/// The largest batch: beyond it, lists leave the cache and little is gained.
pub(super) const CHUNK_MAX: usize = 4_096;

/// Signatures that go through the lanes at once; more would gain nothing.
pub(super) const LANES_CHUNK: usize = 256;

impl Costs {
    /// Of every backend.
    #[cfg(test)]
    pub(super) const ALL: [Self; 3] = [AVX512_IFMA, AVX2, PORTABLE];

    /// The figures of a backend.
    pub(super) fn of(backend: Backend) -> Self {
        match backend.name() {
            "avx512-ifma" => AVX512_IFMA,
            "avx2" => AVX2,
            _ => PORTABLE,
        }
    }

    /// The equation of one signature when all lanes are full.
    pub(super) fn equation(&self) -> f64 {
        self.group / self.lanes as f64
    }

    /// `count` signatures through the lanes, per signature.
    pub(super) fn through_lanes(&self, count: usize) -> f64 {
        let groups = count.div_ceil(self.lanes);
        // Decoding and hashing fill their lanes by the same groups.
        let signatures = groups.saturating_mul(self.lanes) as f64;
        signatures * (self.prepare + self.equation()) / count.max(1) as f64
    }

    /// The sum over a batch of `count`, per signature: that of the next smaller size. `None` below the smallest.
    pub(super) fn sum_over(&self, count: usize) -> Option<f64> {
        let larger = SIZES.partition_point(|size| *size <= count);
        larger.checked_sub(1).map(|at| self.sum[at])
    }
}

/// Measured by `benches/verifier_times.rs` and, for the sums, `benches/kernel_times.rs` (AMD EPYC, Zen 4, 2026-11-28). Computed
/// from unit costs before: 28,000 for one, 1,200 and 48,000 for the lanes, and sums within 7 % of these.
const AVX512_IFMA: Costs = Costs {
    one: 40_400.0,
    prepare: 1_800.0,
    lanes: 8,
    group: 57_000.0,
    sum: [
        7_900.0, 5_400.0, 4_100.0, 3_500.0, 2_900.0, 2_400.0, 1_800.0, 1_550.0, 1_400.0, 1_350.0,
    ],
};

/// Measured likewise, the sums by the sweep of `kernels/tuning.rs` (AMD EPYC, Zen 3).
const AVX2: Costs = Costs {
    one: 46_500.0,
    prepare: 2_900.0,
    lanes: 4,
    group: 56_000.0,
    sum: [
        10_500.0, 7_900.0, 6_900.0, 6_200.0, 4_900.0, 4_000.0, 3_300.0, 2_800.0, 2_600.0, 2_500.0,
    ],
};

/// Measured likewise.
const PORTABLE: Costs = Costs {
    one: 46_500.0,
    prepare: 9_200.0,
    lanes: 1,
    group: 53_000.0,
    sum: [
        25_300.0, 22_700.0, 21_500.0, 19_200.0, 15_800.0, 13_200.0, 11_500.0, 9_950.0, 9_250.0, 8_150.0,
    ],
};
