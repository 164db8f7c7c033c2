//! Rolling back with a planted defect.

use isobath_sdk::chain::account::Account;

use super::kept::Kept;
use super::tx_accounts::TxAccounts;
use crate::planted::PlantedBug;

/// Rolls back as the executor does, or with the planted defect.
pub(crate) fn roll_back(planted: Option<PlantedBug>, accounts: &mut TxAccounts, kept: &Kept) {
    match planted {
        Some(PlantedBug::FreeFailure) => accounts.roll_back(),
        Some(PlantedBug::LeakyRollback) => leak(accounts, kept, |_, _| true),
        Some(PlantedBug::LostBytes) => leak(accounts, kept, TxAccounts::has_changed_in_place),
        Some(PlantedBug::NonceStuck) => {
            accounts.roll_back();
            accounts.set(0, kept.payer().clone());
        }
        _ => kept.roll_back(accounts),
    }
}

/// Rolls back all but the last account that changed and that `may_leak` names.
fn leak(accounts: &mut TxAccounts, kept: &Kept, may_leak: impl Fn(&TxAccounts, usize) -> bool) {
    let images = (1..accounts.len()).map(|index| {
        let image = may_leak(accounts, index).then(|| accounts.now(index).clone());
        (index, image)
    });
    let images: Vec<(usize, Option<Account>)> = images.collect();
    kept.roll_back(accounts);
    let changed = images.into_iter().rev().find_map(|(index, image)| {
        let image = image.filter(|image| image != accounts.now(index))?;
        Some((index, image))
    });
    if let Some((index, image)) = changed {
        accounts.set(index, image);
    }
}
