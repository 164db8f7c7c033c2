//! The machine on which a figure was measured.
//!
//! Reads `/proc` where it exists; elsewhere the names are "unknown" and the load is absent, never guessed.

use std::fs;

use serde::Serialize;

/// The machine of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Processor model as the system names it.
    pub cpu: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Operating system and architecture.
    pub system: String,
}

impl Machine {
    /// This machine.
    #[must_use]
    pub fn detect() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            cpu: parse_cpu_model(&cpuinfo).unwrap_or("unknown").to_owned(),
            cores: core_count(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// Cores that this process may use; 1 if the system does not say.
#[must_use]
pub fn core_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The load average of the last minute; `None` where the system does not report it.
#[must_use]
pub fn load_average() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn parse_cpu_model(cpuinfo: &str) -> Option<&str> {
    cpuinfo.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "model name")
            .then(|| value.trim())
            .filter(|value| !value.is_empty())
    })
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
}
