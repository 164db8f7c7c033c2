//! Which parts of a record survive a crash.
//!
//! A record is a frame header, a history and a delta. The interesting lengths are those around their ends, and
//! one inside each: they are where a reader that trusts a length, or forgets a checksum, goes wrong.

use isobath_ledger::frame::FRAME_HEADER_LEN;
use isobath_sdk::chain::record::BlockRecord;
use isobath_storage::{Fill, TornTail};

/// What may follow the bytes that survive.
const FILLS: [Fill; 3] = [Fill::Cut, Fill::Zeros, Fill::Garbage];

/// Lengths of a record's parts in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The frame header.
    pub header: usize,
    /// The history.
    pub history: usize,
    /// The delta.
    pub delta: usize,
}

impl Parts {
    /// The parts of `record`, of which `written` bytes were appended.
    ///
    /// # Panics
    /// When the record was not appended whole: less was written than a frame header and its history.
    #[must_use]
    pub fn of(record: &BlockRecord, written: usize) -> Self {
        let len = |bytes: borsh::io::Result<Vec<u8>>| bytes.expect("writing to memory does not fail").len();
        let history = len(borsh::to_vec(&record.history));
        let delta = written.checked_sub(FRAME_HEADER_LEN + history);
        Self {
            header: FRAME_HEADER_LEN,
            history,
            delta: delta.expect("a record is appended whole"),
        }
    }

    /// All bytes.
    #[must_use]
    pub const fn total(self) -> usize {
        self.header + self.history + self.delta
    }

    /// Lengths at and around the ends of the parts and inside each of them, ascending, up to all bytes.
    #[must_use]
    pub fn lengths(self) -> Vec<usize> {
        let history_end = self.header + self.history;
        let mut lengths = vec![
            0,
            1,
            self.header / 2,
            self.header - 1,
            self.header,
            self.header + 1,
            self.header + self.history / 2,
            history_end - 1,
            history_end,
            history_end + 1,
            history_end + self.delta / 2,
            self.total() - 1,
            self.total(),
        ];
        lengths.retain(|len| *len <= self.total());
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }
}

/// One torn tail for each of `lengths`; `turn` chooses what follows the surviving bytes, so that three turns try
/// every length with every fill.
#[must_use]
pub fn torn_tails(lengths: &[usize], turn: usize) -> Vec<TornTail> {
    let fills = FILLS.into_iter().cycle().skip(turn % FILLS.len());
    lengths
        .iter()
        .zip(fills)
        .map(|(kept, fill)| TornTail { kept: *kept, fill })
        .collect()
}

/// A third of the torn tails of `lengths`: nine turns in a row try every length with every fill.
#[must_use]
pub fn third_of_torn_tails(lengths: &[usize], turn: usize) -> Vec<TornTail> {
    let third: Vec<usize> = lengths.iter().skip(turn % 3).step_by(3).copied().collect();
    torn_tails(&third, turn / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many different tails `turns` turns give for thirteen lengths.
    fn different(turns: usize, tails: impl Fn(&[usize], usize) -> Vec<TornTail>) -> usize {
        let lengths: Vec<usize> = (0..13).collect();
        let mut seen: Vec<TornTail> = Vec::new();
        for tail in (0..turns).flat_map(|turn| tails(&lengths, turn)) {
            if !seen.contains(&tail) {
                seen.push(tail);
            }
        }
        seen.len()
    }

    #[test]
    fn turns_try_every_length_with_every_fill() {
        assert_eq!(different(3, torn_tails), 13 * FILLS.len());
        assert_eq!(different(9, third_of_torn_tails), 13 * FILLS.len());
    }
}
