//! Three deliberate defects, compiled only with the `planted-bugs` feature and off until a test asks.
//!
//! They show that the property tests can fail: each is of a kind that real runtimes have had, and each must
//! be caught. A build of the validator never enables the feature by itself.

use std::sync::Arc;

use crate::execute::Kept;
use crate::tx_accounts::TxAccounts;

/// Which defect a [`crate::Runtime`] carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlantedBug {
    /// A failed transaction gives the fee back.
    FreeFailure,
    /// Rolling back forgets the last account, so a failed transaction leaves a change behind.
    LeakyRollback,
    /// The burned part of the fees is credited to the producer as well, so lamports appear.
    BurnCredited,
}

/// Rolls back as the executor does, or with the planted defect.
pub(crate) fn roll_back(planted: Option<PlantedBug>, accounts: &mut TxAccounts, kept: &Kept) {
    match planted {
        Some(PlantedBug::FreeFailure) => accounts.roll_back(),
        Some(PlantedBug::LeakyRollback) => {
            // The last account that changed keeps its change.
            let last = (1..accounts.len())
                .rev()
                .find(|index| accounts.now(*index) != accounts.before(*index));
            let leaked = last.map(|index| (index, Arc::clone(accounts.now(index))));
            kept.roll_back(accounts);
            if let Some((index, image)) = leaked {
                accounts.set(index, image);
            }
        }
        Some(PlantedBug::BurnCredited) | None => kept.roll_back(accounts),
    }
}
