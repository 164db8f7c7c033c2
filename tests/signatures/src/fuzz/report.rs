//! What a run has seen, so that one that saw nothing cannot pass for one that found nothing.

use std::fmt;

use super::craft::{Crafted, Flaw, Known};

/// Counts; those of several rounds are added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Signatures, each of which went through every path that is always asked.
    pub signatures: u64,
    /// Batches.
    pub batches: u64,
    /// Batches in which every signature is valid.
    pub good_batches: u64,
    /// Batches of up to 8, 64, 1,024 signatures, and larger ones.
    pub sizes: [u64; 4],
    /// Signatures by kind of flaw.
    pub flaws: [u64; Flaw::KINDS],
    /// Valid signatures that a strict verifier refuses.
    pub cofactored_only: u64,
    /// Signatures that the oracle was asked for, and dalek.
    pub asked: (u64, u64),
}

impl Report {
    pub(super) fn count(&mut self, batch: &[Crafted]) {
        self.signatures += batch.len() as u64;
        self.batches += 1;
        let class = match batch.len() {
            0..=8 => 0,
            9..=64 => 1,
            65..=1_024 => 2,
            _ => 3,
        };
        self.sizes[class] += 1;
        let mut is_good = true;
        for crafted in batch {
            self.flaws[crafted.flaw.kind()] += 1;
            let is_valid = crafted.known == Known::Verdict(Ok(()));
            is_good &= is_valid;
            self.cofactored_only += u64::from(is_valid && crafted.strict == Some(false));
        }
        self.good_batches += u64::from(is_good);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.signatures += other.signatures;
        self.batches += other.batches;
        self.good_batches += other.good_batches;
        self.cofactored_only += other.cofactored_only;
        self.asked.0 += other.asked.0;
        self.asked.1 += other.asked.1;
        for (sum, count) in self.sizes.iter_mut().zip(other.sizes) {
            *sum += count;
        }
        for (sum, count) in self.flaws.iter_mut().zip(other.flaws) {
            *sum += count;
        }
    }
}

const FLAW_NAMES: [&str; Flaw::KINDS] = [
    "none",
    "s off",
    "s + nL",
    "s high bits",
    "A alias",
    "A small",
    "A no point",
    "R alias",
    "R small",
    "R no point",
    "message bit",
    "A bit",
    "R bit",
    "A, R swapped",
    "everything",
];

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [tiny, small, large, huge] = self.sizes;
        writeln!(
            formatter,
            "signatures   {} in {} batches, {} batches all valid",
            self.signatures, self.batches, self.good_batches
        )?;
        writeln!(
            formatter,
            "batch sizes  1-8: {tiny}, 9-64: {small}, 65-1024: {large}, 1025-4096: {huge}"
        )?;
        writeln!(
            formatter,
            "oracle       compared {}, verify_strict {}; {} valid only under the cofactored equation",
            self.asked.0, self.asked.1, self.cofactored_only
        )?;
        write!(formatter, "flaws       ")?;
        for (name, count) in FLAW_NAMES.iter().zip(self.flaws) {
            write!(formatter, " {name}: {count};")?;
        }
        Ok(())
    }
}
