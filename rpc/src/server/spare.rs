//! Spare file descriptors of a listener.
//!
//! When the process has no descriptor left, nothing can be accepted, not even a question about health. So each listener
//! holds a few that it gives up then. It takes them back before anything else gets one.

use std::fs::File;
use std::io;

/// How many a listener holds.
const COUNT: usize = 8;

/// Spare descriptors.
#[derive(Debug, Default)]
pub(super) struct SpareDescriptors(Vec<File>);

impl SpareDescriptors {
    /// Opens what is missing; false when the system refuses.
    pub(super) fn refill(&mut self) -> bool {
        while self.0.len() < COUNT {
            match File::open("/dev/null") {
                Ok(file) => self.0.push(file),
                Err(_) => return false,
            }
        }
        true
    }

    /// Gives up one; false when there is none.
    pub(super) fn give_up(&mut self) -> bool {
        self.0.pop().is_some()
    }
}

/// Whether the process or the system has no descriptor left.
pub(super) fn is_exhausted(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_given_up_one_by_one_and_taken_back() {
        let mut spare = SpareDescriptors::default();
        assert!(!spare.give_up() && spare.refill());
        assert_eq!((0..COUNT).filter(|_| spare.give_up()).count(), COUNT);
        assert!(!spare.give_up() && spare.refill() && spare.give_up());
    }
}
