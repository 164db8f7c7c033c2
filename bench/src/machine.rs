//! What machine a figure was measured on, and which share of it each side used.
//!
//! Reads `/proc` where there is one; elsewhere the names are "unknown" and shares are absent, never guessed.

use std::fs;

use serde::Serialize;

/// Names of the threads of the load generator start with this, so that their CPU time can be told apart.
pub(crate) const GENERATOR_THREAD_PREFIX: &str = "load-";

/// The machine of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    /// Processor model as the system names it.
    pub(crate) cpu: String,
    /// Cores that this process may use.
    pub(crate) cores: usize,
    /// Operating system and architecture.
    pub(crate) system: String,
}

impl Machine {
    /// This machine.
    pub(crate) fn detect() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            cpu: parse_cpu_model(&cpuinfo).unwrap_or("unknown").to_owned(),
            cores: core_count(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// Cores that this process may use; 1 if the system does not say.
pub(crate) fn core_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn parse_cpu_model(cpuinfo: &str) -> Option<&str> {
    cpuinfo.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "model name")
            .then(|| value.trim())
            .filter(|value| !value.is_empty())
    })
}

/// CPU time that the living threads of this process have used so far, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuTimes {
    /// Threads of the load generator.
    pub(crate) generator_ns: u64,
    /// All other threads.
    pub(crate) others_ns: u64,
}

impl CpuTimes {
    /// Sums up the living threads; `None` where the system does not tell.
    pub(crate) fn read() -> Option<Self> {
        let mut times = Self::default();
        for entry in fs::read_dir("/proc/self/task").ok()? {
            let folder = entry.ok()?.path();
            // A thread may end between the listing and the reading; it then counts nothing.
            let Ok(name) = fs::read_to_string(folder.join("comm")) else {
                continue;
            };
            let Ok(schedstat) = fs::read_to_string(folder.join("schedstat")) else {
                continue;
            };
            let spent = parse_schedstat(&schedstat)?;
            if name.starts_with(GENERATOR_THREAD_PREFIX) {
                times.generator_ns = times.generator_ns.saturating_add(spent);
            } else {
                times.others_ns = times.others_ns.saturating_add(spent);
            }
        }
        Some(times)
    }

    /// What was used since `earlier`.
    pub(crate) const fn since(self, earlier: Self) -> Self {
        Self {
            generator_ns: self.generator_ns.saturating_sub(earlier.generator_ns),
            others_ns: self.others_ns.saturating_sub(earlier.others_ns),
        }
    }
}

/// The first field of `schedstat`: nanoseconds on a CPU.
fn parse_schedstat(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_model_is_found() {
        let text = "processor\t: 0\nmodel\t\t: 1\nmodel name\t: Some CPU @ 3 GHz\nflags\t: fpu";
        assert_eq!(parse_cpu_model(text), Some("Some CPU @ 3 GHz"));
        assert_eq!(parse_cpu_model("model name\t: \n"), None);
        assert_eq!(parse_cpu_model(""), None);
    }

    #[test]
    fn schedstat_is_parsed() {
        assert_eq!(parse_schedstat("123456 789 10\n"), Some(123_456));
        assert_eq!(parse_schedstat(""), None);
    }

    #[test]
    fn cpu_times_are_differences() {
        let earlier = CpuTimes {
            generator_ns: 5,
            others_ns: 7,
        };
        let later = CpuTimes {
            generator_ns: 9,
            others_ns: 7,
        };
        assert_eq!(
            later.since(earlier),
            CpuTimes {
                generator_ns: 4,
                others_ns: 0
            }
        );
    }
}
