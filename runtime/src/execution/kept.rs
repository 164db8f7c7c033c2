//! The changes that a failed transaction keeps.

use isobath_sdk::chain::account::Account;

use super::nonce::AdvancedNonce;
use super::tx_accounts::TxAccounts;

/// The changes that a failed transaction keeps: the payer after paying, and the nonce's advance.
#[derive(Debug)]
pub(crate) struct Kept {
    payer: Account,
    nonce: Option<AdvancedNonce>,
}

impl Kept {
    pub(crate) const fn new(payer: Account, nonce: Option<AdvancedNonce>) -> Self {
        Self { payer, nonce }
    }

    /// The payer after paying.
    pub(crate) const fn payer(&self) -> &Account {
        &self.payer
    }

    /// Rolls back everything except the kept changes.
    pub(crate) fn roll_back(&self, accounts: &mut TxAccounts) {
        accounts.roll_back();
        accounts.set(0, self.payer.clone());
        if let Some(nonce) = &self.nonce {
            let mut account = nonce.account.clone();
            if nonce.index == 0 {
                account.lamports = self.payer.lamports;
            }
            accounts.set(nonce.index, account);
        }
    }
}
