//! Rolling back with a planted defect.

use super::kept::Kept;
use super::tx_accounts::TxAccounts;
use crate::planted::PlantedBug;

/// Rolls back as the executor does, or with the planted defect.
pub(crate) fn roll_back(planted: Option<PlantedBug>, accounts: &mut TxAccounts, kept: &Kept) {
    match planted {
        Some(PlantedBug::FreeFailure) => accounts.roll_back(),
        Some(PlantedBug::LeakyRollback) => {
            // The last account that changed keeps its change.
            let last = (1..accounts.len())
                .rev()
                .find(|index| accounts.now(*index) != accounts.before(*index));
            let leaked = last.map(|index| (index, accounts.now(index).clone()));
            kept.roll_back(accounts);
            if let Some((index, image)) = leaked {
                accounts.set(index, image);
            }
        }
        Some(PlantedBug::NonceStuck) => {
            accounts.roll_back();
            accounts.set(0, kept.payer().clone());
        }
        _ => kept.roll_back(accounts),
    }
}
