//! The list of known mismatches: sequences on which Isobath departs from its oracle, each with a reason and with
//! everything that differs.
//!
//! ```text
//! # comment
//! <name of the sequence> <reason> <block, transaction, both results; ...>
//! ```
//!
//! Invariant: a difference that is not listed fails the replay, and so does a listed one that is not met to the letter.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Sequences that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    entries: BTreeMap<String, Mismatch>,
}

/// Why a sequence differs, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// One word; the head of the list explains it.
    pub reason: String,
    /// All differences, as [`crate::compare::describe`] writes them.
    pub differences: String,
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
        let mut known = Self::default();
        for (index, line) in text.lines().enumerate() {
            let bad = |reason| BadLine {
                number: index + 1,
                reason,
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, rest) = line.split_once(' ').ok_or_else(|| bad("a reason is missing"))?;
            let (reason, differences) = rest
                .split_once(' ')
                .ok_or_else(|| bad("the differences are missing"))?;
            let mismatch = Mismatch {
                reason: reason.to_owned(),
                differences: differences.to_owned(),
            };
            if known.insert(name, mismatch).is_some() {
                return Err(bad("the sequence is listed twice"));
            }
        }
        Ok(known)
    }

    /// Adds an entry; returns the one that it replaces.
    pub fn insert(&mut self, name: &str, mismatch: Mismatch) -> Option<Mismatch> {
        self.entries.insert(name.to_owned(), mismatch)
    }

    /// The entry of the sequence of this name, if it is known to differ.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Mismatch> {
        self.entries.get(name)
    }

    /// The entries in the order of their names.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Mismatch)> {
        self.entries
            .iter()
            .map(|(name, mismatch)| (name.as_str(), mismatch))
    }

    /// The entries as text, without a head.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, mismatch) in self.entries() {
            let Mismatch { reason, differences } = mismatch;
            writeln!(text, "{name} {reason} {differences}").expect("a string accepts every write");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_need_a_name_a_reason_and_differences_and_stand_once() {
        let known = Known::parse("# list\n\n7 because block 0: x\n").unwrap();
        assert_eq!(known.get("7").unwrap().differences, "block 0: x");
        assert_eq!(known.to_text(), "7 because block 0: x\n");
        for (text, number) in [("7", 1), ("# x\n7 because", 2), ("7 a b\n7 b c", 2)] {
            assert_eq!(Known::parse(text).unwrap_err().number, number, "{text}");
        }
    }
}
