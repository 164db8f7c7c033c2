//! Arithmetic of figures.

use isobath_timing::median;

/// A count of transactions as a divisor.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 transactions")]
pub(crate) fn per(transactions: u64) -> f64 {
    transactions.max(1) as f64
}

/// Median, lower and upper quartile.
pub(crate) fn quartiles(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |quarter: usize| {
        let last = sorted.len().saturating_sub(1);
        sorted
            .get(last.saturating_mul(quarter) / 4)
            .copied()
            .unwrap_or(0.0)
    };
    [median(values), at(1), at(3)]
}
