//! Jumps of the wall clock, over a machine whose clocks the tests set.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "the tests choose the numbers, and overflow is checked"
)]

use super::*;

const SLOT: Duration = Duration::from_millis(400);
const START_MS: i64 = 1_795_000_000_000;
const TEN_YEARS_MS: i64 = 10 * 365 * 86_400_000;

/// A chain, and the clocks of its host.
struct Host {
    clock: ChainClock,
    wall_ms: i64,
    monotonic: Duration,
    block_ms: i64,
    reports: Vec<ClockReport>,
}

impl Host {
    /// A host that starts at [`START_MS`] with a chain whose last block has this time.
    fn start(block_ms: i64) -> Self {
        let mut host = Self {
            clock: ChainClock::default(),
            wall_ms: START_MS,
            monotonic: Duration::from_secs(7),
            block_ms,
            reports: Vec::new(),
        };
        host.block();
        host
    }

    fn block(&mut self) -> bool {
        let now = Reading {
            wall_ms: self.wall_ms,
            monotonic: self.monotonic,
        };
        let time = self.clock.next(now, self.block_ms);
        assert!(time.timestamp_ms >= self.block_ms, "time never goes back");
        self.block_ms = time.timestamp_ms;
        self.reports.extend(time.report);
        time.is_off
    }

    /// Lets both clocks run; true if the last block was away from the wall clock.
    fn run(&mut self, time: Duration) -> bool {
        let slots = time.as_millis() / SLOT.as_millis();
        (0..slots).fold(false, |_, _| self.pass(SLOT))
    }

    fn pass(&mut self, time: Duration) -> bool {
        self.wall_ms += i64::try_from(time.as_millis()).unwrap();
        self.monotonic += time;
        self.block()
    }

    fn ahead_ms(&self) -> i64 {
        self.block_ms - self.wall_ms
    }
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[test]
fn blocks_have_the_time_of_the_wall_clock() {
    let mut host = Host::start(START_MS - 400);
    assert_eq!(host.ahead_ms(), 0);
    for ms in [400, 401, 399, 20, 1_000, 30_000] {
        assert!(!host.pass(Duration::from_millis(ms)));
        assert_eq!(host.ahead_ms(), 0, "after {ms} ms");
    }
    assert!(host.reports.is_empty());
}

#[test]
fn a_jump_of_ten_years_that_is_set_right_costs_minutes() {
    let mut host = Host::start(START_MS);
    host.wall_ms += TEN_YEARS_MS;
    assert!(host.run(minutes(5)));
    assert_eq!(host.block_ms, START_MS + 600_000, "twice as fast, and no faster");
    host.wall_ms -= TEN_YEARS_MS;
    assert_eq!(host.ahead_ms(), 300_000);
    assert!(host.run(minutes(5)));
    assert_eq!(host.ahead_ms(), 150_000, "half as fast, and not frozen");
    assert!(!host.run(minutes(5)));
    assert_eq!(host.ahead_ms(), 0);
    assert!(matches!(host.reports.first(), Some(ClockReport::ClockAhead(_))));
    let is_behind = |report: &ClockReport| matches!(report, ClockReport::ClockBehind(_));
    assert!(host.reports.iter().any(is_behind));
    assert_eq!(host.reports.last(), Some(&ClockReport::Agreed));
}

#[test]
fn a_clock_that_stays_away_is_reported_once_a_minute() {
    let mut host = Host::start(START_MS + TEN_YEARS_MS);
    assert_eq!(host.block_ms, START_MS + TEN_YEARS_MS);
    assert_eq!(
        host.reports,
        [ClockReport::ClockBehind(TEN_YEARS_MS.unsigned_abs())],
        "at the first block"
    );
    assert!(host.run(minutes(10)));
    assert_eq!(host.reports.len(), 11);
    assert_eq!(host.block_ms, START_MS + TEN_YEARS_MS + 300_000);
}

#[test]
fn a_small_step_is_followed_silently() {
    let mut host = Host::start(START_MS);
    for step_ms in [900, -900] {
        host.wall_ms += step_ms;
        assert!(!host.run(Duration::from_secs(4)));
        assert_eq!(host.ahead_ms(), 0);
    }
    assert!(host.reports.is_empty());
}

#[test]
fn suspension_and_a_late_start_are_no_jumps() {
    let mut host = Host::start(START_MS - TEN_YEARS_MS);
    assert_eq!(host.ahead_ms(), 0, "the wall clock is believed at a start");
    assert!(!host.pass(Duration::from_secs(8 * 3_600)));
    assert_eq!(host.ahead_ms(), 0);
    assert!(host.reports.is_empty());
}

#[test]
fn clocks_at_their_ends_do_not_overflow() {
    for (wall_ms, block_ms) in [
        (i64::MIN, i64::MAX),
        (i64::MAX, i64::MAX),
        (i64::MIN, 0),
        (i64::MAX, 0),
    ] {
        let mut host = Host::start(START_MS);
        host.wall_ms = wall_ms;
        host.block_ms = block_ms;
        host.monotonic = Duration::MAX;
        host.block();
        host.block();
    }
}

#[test]
fn a_clock_before_1970_is_refused_by_name() {
    let check = |wall_ms| {
        let reading = Reading {
            wall_ms,
            monotonic: SLOT,
        };
        reading.check().map_err(|error| error.to_string())
    };
    assert_eq!(check(0), Ok(()));
    assert_eq!(check(START_MS), Ok(()));
    let refused = check(-1).unwrap_err();
    assert_eq!(
        refused,
        "the host clock shows a time before 1970; set the clock and start again"
    );
    assert!(check(i64::MAX).unwrap_err().contains("after 9999"));
    assert!(Reading::now().check().is_ok());
}

#[test]
fn differences_are_readable() {
    for (ms, text) in [
        (1_999, "1 seconds"),
        (119_000, "119 seconds"),
        (120_000, "2 minutes"),
        (7_200_000, "2 hours"),
        (TEN_YEARS_MS.unsigned_abs(), "3650 days"),
    ] {
        assert_eq!(Apart(ms).to_string(), text);
    }
}
