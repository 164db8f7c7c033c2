//! What a run has seen, to show that it exercised everything.

use std::collections::BTreeMap;
use std::fmt;

use isobath_sdk::errors::TransactionError;

/// Counts over all cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Transactions tried.
    pub cases: u64,
    /// Refused before execution, most of them bent bytes.
    pub refused: u64,
    /// Without effect.
    pub no_op: u64,
    /// Fees only.
    pub fees_only: u64,
    /// Executed with an error.
    pub failed: u64,
    /// Executed without one.
    pub succeeded: u64,
    /// Calls that programs made.
    pub calls: u64,
    /// Paid transactions that lived by a nonce.
    pub by_nonce: u64,
    /// Paid transactions that loaded keys from tables.
    pub by_table: u64,
    /// Paid transactions whose bytes were bent on the way.
    pub bent: u64,
    /// Blocks under each profile by its name, each executed three times, and their deepest call.
    pub profiles: BTreeMap<&'static str, ProfileReport>,
    /// Every error seen and how often.
    pub errors: BTreeMap<String, u64>,
    fresh: Vec<(TransactionError, u64)>,
}

/// What a run has seen under one profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProfileReport {
    /// Blocks.
    pub blocks: u64,
    /// Deepest call.
    pub depth_max: u8,
}

impl Report {
    /// Counts an error.
    pub(super) fn count_error(&mut self, error: TransactionError) {
        // Naming an error costs more than executing it, so names are made when a world ends.
        match self.fresh.iter_mut().find(|(seen, _)| *seen == error) {
            Some((_, count)) => *count += 1,
            None => self.fresh.push((error, 1)),
        }
    }

    /// Gives the errors that were counted their names.
    pub(super) fn name_errors(&mut self) {
        for (error, count) in self.fresh.drain(..) {
            *self.errors.entry(short_name(error)).or_default() += count;
        }
    }

    /// Adds another report.
    pub(super) fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.refused += other.refused;
        self.no_op += other.no_op;
        self.fees_only += other.fees_only;
        self.failed += other.failed;
        self.succeeded += other.succeeded;
        self.calls += other.calls;
        self.by_nonce += other.by_nonce;
        self.by_table += other.by_table;
        self.bent += other.bent;
        for (name, other) in &other.profiles {
            let own = self.profiles.entry(name).or_default();
            own.blocks += other.blocks;
            own.depth_max = own.depth_max.max(other.depth_max);
        }
        for (name, count) in &other.errors {
            *self.errors.entry(name.clone()).or_default() += count;
        }
    }
}

/// The error without the index of the instruction and without unusual custom codes.
fn short_name(error: TransactionError) -> String {
    use isobath_sdk::instruction_error::InstructionError::Custom;
    match error {
        TransactionError::InstructionError(_, Custom(code)) if code > 9 => "Custom(other)".to_owned(),
        TransactionError::InstructionError(_, error) => format!("{error:?}"),
        TransactionError::InsufficientFundsForRent { .. } => "InsufficientFundsForRent".to_owned(),
        TransactionError::DuplicateInstruction(_) => "DuplicateInstruction".to_owned(),
        error => format!("{error:?}"),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} cases: {} succeeded, {} failed, {} fees only, {} no-op, {} rejected",
            self.cases, self.succeeded, self.failed, self.fees_only, self.no_op, self.refused
        )?;
        writeln!(
            f,
            "{} calls; paid: {} by nonce, {} by table, {} damaged",
            self.calls, self.by_nonce, self.by_table, self.bent
        )?;
        for (name, profile) in &self.profiles {
            let ProfileReport { blocks, depth_max } = profile;
            writeln!(
                f,
                "profile {name}: {blocks} blocks; calls {depth_max} deep at most"
            )?;
        }
        write!(f, "{} errors:", self.errors.len())?;
        for (name, count) in &self.errors {
            write!(f, " {name} {count}")?;
        }
        Ok(())
    }
}
