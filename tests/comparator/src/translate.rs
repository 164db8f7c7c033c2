//! Between Solana's types and ours.

use isobath_conformance::trace::Inner;
use isobath_sdk::chain::account::Account;
use isobath_sdk::errors::TransactionError;
use isobath_sdk::hash::Hash;
use isobath_sdk::instruction_error::InstructionError;
use isobath_sdk::pubkey::Pubkey;
use solana_account::ReadableAccount;
use solana_message::inner_instruction::InnerInstruction;
use solana_transaction_context::transaction::TransactionReturnData;

/// A key for Solana's runtime.
pub(crate) fn key(key: &Pubkey) -> solana_pubkey::Pubkey {
    solana_pubkey::Pubkey::from(key.0)
}

/// A key of Solana's runtime.
pub(crate) fn key_back(key: &solana_pubkey::Pubkey) -> Pubkey {
    Pubkey(key.to_bytes())
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

/// An error of an instruction for Solana's runtime.
pub(crate) fn instruction_error(error: &InstructionError) -> solana_instruction::error::InstructionError {
    bincode::deserialize(&error.to_bincode()).expect("both sides have the same errors")
}

/// The instructions that programs called.
pub(crate) fn inner(list: &[Vec<InnerInstruction>]) -> Vec<Inner> {
    let mut all = Vec::new();
    for (outer, called) in (0..=u8::MAX).zip(list) {
        all.extend(called.iter().map(|inner| Inner {
            outer,
            height: inner.stack_height,
            program: inner.instruction.program_id_index,
            accounts: inner.instruction.accounts.clone(),
            data: inner.instruction.data.clone(),
        }));
    }
    all
}

/// Return data; empty data is none.
pub(crate) fn returned(returned: &TransactionReturnData) -> Option<(Pubkey, Vec<u8>)> {
    let program = Pubkey(returned.program_id.to_bytes());
    (!returned.data.is_empty()).then(|| (program, returned.data.clone()))
}
