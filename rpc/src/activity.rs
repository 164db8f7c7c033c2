//! What a connection is doing: whether a request of it is in work, since when it is idle, whether a write is stuck.
//!
//! A connection without a complete request is idle, also while the request dribbles in. One that never had a request is
//! *silent*.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a connection is doing.
#[derive(Debug)]
pub(crate) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Requests in work and subscriptions.
    busy: usize,
    has_spoken: bool,
    idle_since: Instant,
    stalled_since: Option<Instant>,
}

impl Activity {
    /// A connection that was opened just now.
    pub(crate) fn begin() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            busy: 0,
            has_spoken: false,
            idle_since: Instant::now(),
            stalled_since: None,
        })))
    }

    /// Since when there is nothing to do, and whether there ever was; `None` while there is.
    pub(crate) fn idle_since(&self) -> Option<(Instant, bool)> {
        let state = self.lock();
        (state.busy == 0).then_some((state.idle_since, state.has_spoken))
    }

    /// Notes whether a write is stuck.
    pub(crate) fn note_stalled(&self, is_stalled: bool) {
        let mut state = self.lock();
        if !is_stalled {
            state.stalled_since = None;
        } else if state.stalled_since.is_none() {
            state.stalled_since = Some(Instant::now());
        }
    }

    /// How long a write has been stuck; zero when none is.
    pub(crate) fn stalled_for(&self) -> Duration {
        self.lock()
            .stalled_since
            .map_or(Duration::ZERO, |since| since.elapsed())
    }

    // Every operation leaves the state consistent, so a guard may be used after a panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that a connection is doing until this is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Arc<Activity>);

impl Busy {
    pub(crate) fn begin(activity: Arc<Activity>) -> Self {
        let mut state = activity.lock();
        state.busy = state.busy.saturating_add(1);
        state.has_spoken = true;
        drop(state);
        Self(activity)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.busy = state.busy.saturating_sub(1);
        state.idle_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_idle_between_requests() {
        let activity = Activity::begin();
        let (opened, has_spoken) = activity.idle_since().unwrap();
        assert!(!has_spoken);
        let first = Busy::begin(Arc::clone(&activity));
        let second = Busy::begin(Arc::clone(&activity));
        drop(first);
        assert_eq!(activity.idle_since(), None);
        drop(second);
        let (since, has_spoken) = activity.idle_since().unwrap();
        assert!(since >= opened && has_spoken);
    }

    #[test]
    fn a_stuck_write_is_timed_until_it_goes_on() {
        let activity = Activity::begin();
        activity.note_stalled(true);
        std::thread::sleep(Duration::from_millis(5));
        activity.note_stalled(true);
        assert!(activity.stalled_for() >= Duration::from_millis(5));
        activity.note_stalled(false);
        assert_eq!(activity.stalled_for(), Duration::ZERO);
    }
}
