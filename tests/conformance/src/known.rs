//! The list of known mismatches: sequences on which Isobath departs from its oracle, each with a reason.
//!
//! ```text
//! # comment
//! <seed> <reason>
//! ```
//!
//! Invariant: the list may only shrink. A difference that is not listed fails the replay, and so does a listed seed
//! that has none any more.

use std::collections::BTreeMap;

/// Seeds with the reasons why they differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    reasons: BTreeMap<u64, String>,
}

/// A line that is neither a comment nor an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Known {
    /// Reads the list.
    ///
    /// # Errors
    /// [`BadLine`]: the first line that is not understood.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        let mut reasons = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let bad = |reason| BadLine {
                number: index + 1,
                reason,
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (seed, reason) = line.split_once(' ').ok_or_else(|| bad("a reason is missing"))?;
            let seed: u64 = seed.parse().map_err(|_| bad("a seed is a number"))?;
            if reasons.insert(seed, reason.trim().to_owned()).is_some() {
                return Err(bad("the seed is listed twice"));
            }
        }
        Ok(Self { reasons })
    }

    /// Why the sequence of this seed differs, if it is known to.
    #[must_use]
    pub fn reason(&self, seed: u64) -> Option<&str> {
        self.reasons.get(&seed).map(String::as_str)
    }

    /// The listed seeds, ascending.
    pub fn seeds(&self) -> impl Iterator<Item = u64> {
        self.reasons.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_need_a_seed_and_a_reason_and_stand_once() {
        let known = Known::parse("# list\n\n7 because\n").unwrap();
        assert_eq!(known.reason(7), Some("because"));
        assert_eq!(known.seeds().collect::<Vec<_>>(), [7]);
        for (text, number) in [("7", 1), ("# x\nseven because", 2), ("7 a\n7 b", 2)] {
            assert_eq!(Known::parse(text).unwrap_err().number, number);
        }
    }
}
