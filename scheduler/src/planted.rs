//! Deliberate defects, compiled only in tests and off until a test asks.
//!
//! They show that the tests of the schedule can fail: each is a kind of bug that such schedules have.

/// Whether this schedule carries a planted defect; never outside tests.
macro_rules! is_planted {
    ($schedule:expr, $bug:ident) => {{
        #[cfg(test)]
        let is_planted = matches!($schedule.planted, Some(crate::planted::PlantedBug::$bug));
        #[cfg(not(test))]
        let is_planted = {
            let _ = &$schedule;
            false
        };
        is_planted
    }};
}
pub(crate) use is_planted;

/// Which defect a schedule carries.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlantedBug {
    /// The second lock of a transaction is not taken.
    MissedLock,
    /// A reader passes the writers that wait for other readers.
    ReaderPassesWriter,
    /// A transaction can be taken for runnable while it is being registered.
    #[cfg_attr(not(feature = "loom"), expect(dead_code, reason = "only threads find it"))]
    CountsWhileRegistering,
    /// Of several readers that are granted together, only the first has one lock less to wait for.
    UncountedReader,
}
