//! CPU time of the machine by side: load generator, node, other programs, hypervisor.
//!
//! Reads `/proc` where it exists; elsewhere the figures are absent, never guessed.

use std::fs;

pub(crate) use isobath_timing::{Machine, core_count};

/// Prefix of the names of the load generator's threads, by which their CPU time is separated from the node's.
pub(crate) const GENERATOR_THREAD_PREFIX: &str = "load-";

/// CPU time used so far, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuTimes {
    /// Running threads of the load generator.
    pub(crate) generator_ns: u64,
    /// All other running threads of this process.
    pub(crate) node_ns: u64,
    /// The whole machine, this process included.
    pub(crate) machine_ns: u64,
}

impl CpuTimes {
    /// The time used so far; `None` where the system does not report it.
    pub(crate) fn read() -> Option<Self> {
        let machine_ns = parse_busy_time(&fs::read_to_string("/proc/stat").ok()?)?;
        let mut times = Self {
            generator_ns: 0,
            node_ns: 0,
            machine_ns,
        };
        for (name, spent) in thread_times()? {
            let side = if name.starts_with(GENERATOR_THREAD_PREFIX) {
                &mut times.generator_ns
            } else {
                &mut times.node_ns
            };
            *side = side.saturating_add(spent);
        }
        Some(times)
    }

    /// The time used since `earlier`.
    pub(crate) const fn since(self, earlier: Self) -> Self {
        Self {
            generator_ns: self.generator_ns.saturating_sub(earlier.generator_ns),
            node_ns: self.node_ns.saturating_sub(earlier.node_ns),
            machine_ns: self.machine_ns.saturating_sub(earlier.machine_ns),
        }
    }

    /// The time that other programs used.
    pub(crate) const fn elsewhere_ns(self) -> u64 {
        self.machine_ns
            .saturating_sub(self.generator_ns)
            .saturating_sub(self.node_ns)
    }
}

/// CPU time so far of the running threads of this process with this name, in nanoseconds; `None` where the system does not
/// report it. It lags by some milliseconds while a thread runs.
pub(crate) fn thread_ns(name: &str) -> Option<u64> {
    let named = thread_times()?
        .into_iter()
        .filter(|(thread, _)| thread.trim_end() == name);
    Some(named.fold(0, |sum, (_, spent)| sum.saturating_add(spent)))
}

/// The names of the running threads of this process, each with its CPU time so far.
fn thread_times() -> Option<Vec<(String, u64)>> {
    let mut times = Vec::new();
    for entry in fs::read_dir("/proc/self/task").ok()? {
        let folder = entry.ok()?.path();
        // A thread may end between the listing and the reading; it is then left out.
        let (Ok(name), Ok(schedstat)) = (
            fs::read_to_string(folder.join("comm")),
            fs::read_to_string(folder.join("schedstat")),
        ) else {
            continue;
        };
        times.push((name, parse_schedstat(&schedstat)?));
    }
    Some(times)
}

/// Time that the hypervisor gave to other machines while this one had work, of all cores since the system started, in
/// nanoseconds; `None` where the system does not report it. Runnable threads make no progress in that time, whatever
/// the programs of this machine do.
pub(crate) fn stolen_ns() -> Option<u64> {
    parse_stolen_time(&fs::read_to_string("/proc/stat").ok()?)
}

/// The eighth number of the first line of `/proc/stat`, in units of 10 ms.
fn parse_stolen_time(stat: &str) -> Option<u64> {
    let times = stat.lines().next()?.strip_prefix("cpu ")?;
    let units: u64 = times.split_whitespace().nth(7)?.parse().ok()?;
    units.checked_mul(10_000_000)
}

/// The first field of `schedstat`: nanoseconds on a CPU.
fn parse_schedstat(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

/// The first line of `/proc/stat`, in units of 10 ms: user, nice, system, idle, iowait, irq, softirq, steal, and then
/// times that are parts of the first two. All but the fourth and fifth are work.
fn parse_busy_time(stat: &str) -> Option<u64> {
    let times: Vec<u64> = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        .map_while(|text| text.parse().ok())
        .collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] = times[..] else {
        return None;
    };
    let units = [user, nice, system, irq, softirq, steal]
        .into_iter()
        .fold(0_u64, u64::saturating_add);
    Some(units.saturating_mul(10_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedstat_is_parsed() {
        assert_eq!(parse_schedstat("123456 789 10\n"), Some(123_456));
        assert_eq!(parse_schedstat(""), None);
    }

    #[test]
    fn waiting_is_not_work() {
        let stat = "cpu  10 1 20 1000 500 3 4 2 7 7\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(parse_busy_time(stat), Some(40 * 10_000_000));
        assert_eq!(parse_busy_time("cpu  1 2 3\n"), None);
        assert_eq!(parse_busy_time("intr 5\n"), None);
        assert_eq!(parse_stolen_time(stat), Some(2 * 10_000_000));
        assert_eq!(parse_stolen_time("cpu  1 2 3\n"), None);
    }

    #[test]
    fn cpu_times_are_differences() {
        let earlier = CpuTimes {
            generator_ns: 5,
            node_ns: 7,
            machine_ns: 100,
        };
        let later = CpuTimes {
            generator_ns: 9,
            node_ns: 7,
            machine_ns: 120,
        };
        let used = later.since(earlier);
        assert_eq!(
            used,
            CpuTimes {
                generator_ns: 4,
                node_ns: 0,
                machine_ns: 20
            }
        );
        assert_eq!(used.elsewhere_ns(), 16);
    }
}
