//! A bounded count, and shares of it that are given back when they are dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count with a bound.
#[derive(Debug)]
pub(crate) struct Quota {
    used: AtomicU64,
    max: u64,
}

/// A share of a quota.
#[derive(Debug)]
pub(crate) struct Share {
    quota: Arc<Quota>,
    count: u64,
}

impl Quota {
    pub(crate) fn new(max: u64) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicU64::new(0),
            max,
        })
    }

    /// What is in use.
    #[cfg(test)]
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    /// A share of `count`, unless the quota has less left.
    pub(crate) fn try_take(self: &Arc<Self>, count: u64) -> Option<Share> {
        let grow = |used: u64| used.checked_add(count).filter(|sum| *sum <= self.max);
        self.used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, grow)
            .ok()?;
        Some(Share {
            quota: Arc::clone(self),
            count,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Never below zero: each share gives back what it took.
        self.quota.used.fetch_sub(self.count, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_end_at_the_bound_and_come_back() {
        let quota = Quota::new(10);
        let first = quota.try_take(7).unwrap();
        assert!(quota.try_take(4).is_none() && quota.try_take(u64::MAX).is_none());
        let second = quota.try_take(3).unwrap();
        assert_eq!(quota.used(), 10);
        drop((first, second));
        assert_eq!(quota.used(), 0);
    }
}
