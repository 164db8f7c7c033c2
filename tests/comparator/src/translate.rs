//! Between Solana's types and ours.

use isobath_sdk::chain::account::Account;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::hash::Hash;
use isobath_sdk::pubkey::Pubkey;
use solana_account::ReadableAccount;

/// A key for Solana's runtime.
pub(crate) fn key(key: &Pubkey) -> solana_pubkey::Pubkey {
    solana_pubkey::Pubkey::from(key.0)
}

/// A hash of Solana's runtime.
pub(crate) fn hash(hash: solana_hash::Hash) -> Hash {
    Hash(hash.to_bytes())
}

/// An account for Solana's runtime.
pub(crate) fn account(account: &Account) -> solana_account::Account {
    solana_account::Account {
        lamports: account.lamports,
        data: account.data.to_vec(),
        owner: key(&account.owner),
        executable: account.executable,
        rent_epoch: u64::MAX,
    }
}

/// An account of Solana's runtime; one without lamports does not exist.
pub(crate) fn account_back(account: &impl ReadableAccount) -> Option<Account> {
    (account.lamports() > 0).then(|| Account {
        lamports: account.lamports(),
        owner: Pubkey(account.owner().to_bytes()),
        executable: account.executable(),
        last_change_epoch: 0,
        data: account.data().to_vec().into(),
    })
}

/// An error of Solana's runtime: both sides have the same bincode form.
pub(crate) fn error(error: &solana_transaction_error::TransactionError) -> TransactionError {
    let bytes = bincode::serialize(error).expect("errors are small");
    TransactionError::from_bincode(&bytes)
        .unwrap_or_else(|problem| panic!("{error:?} is not known here: {problem}"))
}
