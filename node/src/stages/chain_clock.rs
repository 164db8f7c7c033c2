//! The time of blocks, from the clocks of the host.
//!
//! Two clocks are read for each block: the wall clock, which people and programs set, and a monotonic clock, which
//! nobody can. Between two blocks the time of the chain passes at half to twice the speed of the monotonic clock, and
//! within that range follows the wall clock.
//!
//! ```text
//!  wall clock - parent's time      < half of what passed    half of it: the chain is ahead and waits for the clock
//!                                  in between               all of it: the usual case
//!                                  > twice what passed      twice of it: the chain is behind and catches up
//! ```
//!
//! So a wall clock that jumps ten years ahead and is set right after a minute leaves the chain a minute ahead, for two
//! minutes. Time never goes back and never stands still, however far the wall clock is away. The monotonic clock counts
//! the time that the machine was suspended where the system has such a clock (Linux).
//!
//! The first block after a start has nothing to measure against: it takes over the wall clock, unless its parent is
//! later. So a wrong clock at a start can still put the chain ahead, which is reported.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::NodeError;

/// How far the time of a block may be away from the wall clock without being reported.
const OFF_MS: u64 = 1_000;
/// Time between two reports of a wall clock that stays away.
const REPORT_EVERY: Duration = Duration::from_secs(60);
/// How far the wall clock may be ahead of the last block at a start without being reported.
const IDLE_MS: u64 = 86_400_000;
/// The end of the year 9999.
const WALL_MS_MAX: i64 = 253_402_300_799_999;

/// What the clocks of the host show at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Milliseconds since 1970, negative before.
    wall_ms: i64,
    /// Time since a moment that stays the same while the machine runs.
    monotonic: Duration,
}

impl Reading {
    /// Reads both clocks.
    pub(crate) fn now() -> Self {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let wall_ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => millis(since),
            Err(before) => millis(before.duration()).saturating_neg(),
        };
        Self {
            wall_ms,
            monotonic: monotonic(),
        }
    }

    /// Checks that a chain can take over the wall clock.
    ///
    /// # Errors
    /// It shows a time before 1970 or after 9999.
    pub(crate) fn check(self) -> Result<(), NodeError> {
        if (0..=WALL_MS_MAX).contains(&self.wall_ms) {
            return Ok(());
        }
        let side = if self.wall_ms < 0 {
            "before 1970"
        } else {
            "after 9999"
        };
        Err(NodeError::Clock(side))
    }

    /// Reports a wall clock far ahead of the last block: the node was off for long, or the clock is wrong.
    pub(crate) fn report_idle(self, last_block_ms: i64) {
        if self.wall_ms > last_block_ms && self.wall_ms.abs_diff(last_block_ms) > IDLE_MS {
            tracing::warn!(
                last_block_ms,
                host_clock_ms = self.wall_ms,
                apart = %Apart(self.wall_ms.abs_diff(last_block_ms)),
                "the host clock is far ahead of the last block, and the next block takes over its time; \
                 if the clock is wrong, stop the node and set it: the time of blocks never goes back"
            );
        }
    }
}

/// Time since a fixed moment, suspension included.
#[cfg(target_os = "linux")]
fn monotonic() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Time since the first call. Whether it counts suspension depends on the system.
#[cfg(not(target_os = "linux"))]
fn monotonic() -> Duration {
    static BEGIN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    BEGIN.get_or_init(std::time::Instant::now).elapsed()
}

/// The time of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockTime {
    pub(crate) timestamp_ms: i64,
    /// Whether it is more than a second away from the wall clock.
    pub(crate) is_off: bool,
    /// What is worth a line in the log now.
    pub(crate) report: Option<ClockReport>,
}

/// How the wall clock stands to the time of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockReport {
    /// The wall clock is ahead by so many milliseconds.
    ClockAhead(u64),
    /// The wall clock is behind by so many milliseconds.
    ClockBehind(u64),
    /// They agree again.
    Agreed,
}

/// Gives each block its time.
#[derive(Debug, Default)]
pub(crate) struct ChainClock {
    /// The monotonic clock at the previous block.
    previous: Option<Duration>,
    /// The monotonic clock at the last report of a wall clock that is away.
    reported: Option<Duration>,
}

impl ChainClock {
    /// The time of the block that begins at `now`, after one of `parent_ms`.
    pub(crate) fn next(&mut self, now: Reading, parent_ms: i64) -> BlockTime {
        let step_ms = now.wall_ms.saturating_sub(parent_ms);
        let step_ms = match self.previous.replace(now.monotonic) {
            None => step_ms.max(0),
            Some(previous) => {
                let passed = now.monotonic.saturating_sub(previous).as_millis();
                let passed_ms = i64::try_from(passed).unwrap_or(i64::MAX);
                step_ms.clamp(passed_ms / 2, passed_ms.saturating_mul(2))
            }
        };
        let timestamp_ms = parent_ms.saturating_add(step_ms);
        let apart_ms = now.wall_ms.abs_diff(timestamp_ms);
        let is_off = apart_ms > OFF_MS;
        let report = if is_off {
            self.is_due(now).then_some(if now.wall_ms > timestamp_ms {
                ClockReport::ClockAhead(apart_ms)
            } else {
                ClockReport::ClockBehind(apart_ms)
            })
        } else {
            self.reported.take().map(|_| ClockReport::Agreed)
        };
        BlockTime {
            timestamp_ms,
            is_off,
            report,
        }
    }

    /// Whether it is time for a report, which is then noted.
    fn is_due(&mut self, now: Reading) -> bool {
        let is_due = self
            .reported
            .is_none_or(|last| now.monotonic.saturating_sub(last) >= REPORT_EVERY);
        if is_due {
            self.reported = Some(now.monotonic);
        }
        is_due
    }
}

impl BlockTime {
    /// Writes the report to the log.
    pub(crate) fn log(self, now: Reading) {
        let (block_ms, host_clock_ms) = (self.timestamp_ms, now.wall_ms);
        match self.report {
            Some(ClockReport::ClockAhead(apart)) => tracing::warn!(
                block_ms,
                host_clock_ms,
                apart = %Apart(apart),
                "the host clock jumped ahead of the blocks; their time passes twice as fast until it agrees; \
                 if the clock is right, a restart takes over its time at once"
            ),
            Some(ClockReport::ClockBehind(apart)) => tracing::warn!(
                block_ms,
                host_clock_ms,
                apart = %Apart(apart),
                "the host clock is behind the blocks; their time passes half as fast until it agrees; \
                 check the clock of this machine"
            ),
            Some(ClockReport::Agreed) => {
                tracing::info!(block_ms, "the time of blocks agrees with the host clock again");
            }
            None => {}
        }
    }
}

/// A difference of times as text, in the largest unit that fits.
struct Apart(u64);

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1_000;
        match seconds {
            0..120 => write!(f, "{seconds} seconds"),
            120..7_200 => write!(f, "{} minutes", seconds / 60),
            7_200..172_800 => write!(f, "{} hours", seconds / 3_600),
            _ => write!(f, "{} days", seconds / 86_400),
        }
    }
}

#[cfg(test)]
mod tests;
