//! Resident memory of a process, as the kernel counts it.

use std::fs;
use std::io;

/// Bytes of memory that a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// All resident pages (`VmRSS`): of files, shared and anonymous.
    pub resident: u64,
    /// The anonymous ones (`RssAnon`): heap and stacks.
    pub anonymous: u64,
}

impl Memory {
    /// Reads the memory of the process `pid` from `/proc`.
    ///
    /// # Errors
    /// The process is gone, or the system does not tell.
    pub fn of(pid: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        Self::parse(&status).ok_or_else(|| io::Error::other("no VmRSS in the status of the process"))
    }

    fn parse(status: &str) -> Option<Self> {
        let bytes_of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes = line.trim_start_matches(':').trim().strip_suffix("kB")?;
            kibibytes.trim().parse::<u64>().ok()?.checked_mul(1024)
        };
        Some(Self {
            resident: bytes_of("VmRSS")?,
            anonymous: bytes_of("RssAnon")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_text_is_read() {
        let status = "Name:\tisobath\nVmRSS:\t   12345 kB\nRssAnon:\t    678 kB\n";
        let memory = Memory::parse(status).unwrap();
        assert_eq!(
            memory,
            Memory {
                resident: 12_345 * 1024,
                anonymous: 678 * 1024
            }
        );
        assert!(Memory::parse("Name:\tzombie\n").is_none());
    }

    #[test]
    fn this_process_holds_memory() {
        assert!(Memory::of(std::process::id()).unwrap().resident > 0);
    }
}
