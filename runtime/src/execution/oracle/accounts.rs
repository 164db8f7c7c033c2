//! All accounts, by key.

use std::collections::BTreeMap;

use isobath_program_abi::Pubkey;
use isobath_sdk::chain::account::Account;

/// All accounts at one point of the chain.
pub(super) type Accounts = BTreeMap<Pubkey, Account>;

/// A copy that shares nothing with the original, not even the contents.
pub(super) fn deep_copy(account: &Account) -> Account {
    Account {
        data: account.data.to_vec().into(),
        ..account.clone()
    }
}
