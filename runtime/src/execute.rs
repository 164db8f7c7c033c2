//! The one executor seam: what a transaction does to its accounts (contract 6).
//!
//! Invariant: the outcome and the accounts are a function of the transaction, the loaded images and the
//! block context. After it the accounts hold exactly what is to be written: everything on success, the
//! charged payer on failure, nothing on `NoOp`. This is the oracle that every faster executor is compared
//! with; it is written to be read.
//!
//! ```text
//! lookups, age, replay, payer --fail--> NoOp        nothing happens
//!          | charge the fee
//! loaded data, programs ------fail--> FeesOnly      the fee is paid
//!          |
//! instructions, then rent ----fail--> Executed(error), rolled back to the charged payer
//!          `----------------------> Executed(ok)
//! ```

use std::sync::Arc;

use isobath_sdk::chain::account::Account;
use isobath_sdk::chain::event::Events;
use isobath_sdk::chain::outcome::{Outcome, OutcomeClass};
use isobath_sdk::error::TransactionError;
use isobath_sdk::ids;
use isobath_sdk::program::ComputeMeter;

use crate::context::BlockContext;
use crate::payer::charge_fee;
use crate::process::process_instructions;
use crate::rent::require_rent_exemption;
use crate::tx::Tx;
use crate::tx_accounts::TxAccounts;

/// Whether the transaction's message was processed before, in an earlier block or in this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Never seen within the age of blockhashes.
    Fresh,
    /// Processed already.
    Seen,
}

/// Executes one transaction on its loaded accounts.
pub fn execute_transaction(
    tx: &Tx,
    replay: Replay,
    accounts: &mut TxAccounts,
    events: &mut Events,
    context: &BlockContext<'_>,
) -> Outcome {
    let paid = match admit_to_state(tx, replay, accounts, context) {
        Ok(paid) => Arc::new(paid),
        Err(error) => return Outcome::no_op(error),
    };
    let fee = tx.fee().total();
    accounts.set(0, Arc::clone(&paid));
    if let Err(error) = require_loadable(tx, accounts) {
        return Outcome::fees_only(error, fee);
    }
    let mut meter = ComputeMeter::new(tx.compute_unit_limit());
    let result = process_instructions(tx, context.programs, accounts, &mut meter, events)
        .and_then(|()| require_rent(accounts, &paid, context));
    if result.is_err() {
        roll_back(accounts, &paid, context);
    }
    Outcome {
        class: OutcomeClass::Executed,
        error: result.err(),
        fee,
        compute_units: meter.consumed(),
        return_data: None,
    }
}

/// The checks whose failure makes a transaction a `NoOp`; returns the payer after paying.
///
/// # Errors
/// `AddressLookupTableNotFound` (no lookup table can exist yet), `BlockhashNotFound`, `AlreadyProcessed`,
/// and those of the payer.
pub(crate) fn admit_to_state(
    tx: &Tx,
    replay: Replay,
    accounts: &TxAccounts,
    context: &BlockContext<'_>,
) -> Result<Account, TransactionError> {
    if tx.has_lookups() {
        return Err(TransactionError::AddressLookupTableNotFound);
    }
    if !context
        .chain
        .is_blockhash_valid_at(&tx.recent_blockhash(), context.height)
    {
        return Err(TransactionError::BlockhashNotFound);
    }
    if replay == Replay::Seen {
        return Err(TransactionError::AlreadyProcessed);
    }
    charge_fee(accounts.key(0), accounts.now(0), tx.fee().total(), &context.rent)
}

/// The checks whose failure costs the fee and nothing else.
fn require_loadable(tx: &Tx, accounts: &TxAccounts) -> Result<(), TransactionError> {
    if accounts.loaded_data_len() > u64::from(tx.limits().loaded_data_len) {
        return Err(TransactionError::MaxLoadedAccountsDataSizeExceeded);
    }
    for instruction in tx.view().instructions() {
        let program = accounts.now(usize::from(instruction.program_id_index));
        if program.lamports == 0 {
            return Err(TransactionError::ProgramAccountNotFound);
        }
        if !is_program_owner(program) {
            return Err(TransactionError::InvalidProgramForExecution);
        }
    }
    Ok(())
}

fn is_program_owner(program: &Account) -> bool {
    [
        ids::NATIVE_LOADER,
        ids::BPF_LOADER_UPGRADEABLE,
        ids::BPF_LOADER,
        ids::BPF_LOADER_DEPRECATED,
    ]
    .contains(&program.owner)
}

fn require_rent(
    accounts: &TxAccounts,
    paid: &Arc<Account>,
    context: &BlockContext<'_>,
) -> Result<(), TransactionError> {
    for (index, account_index) in (0..accounts.len()).zip(0_u8..=u8::MAX) {
        if accounts.is_writable(index) {
            let before = if index == 0 { paid } else { accounts.before(index) };
            let after = accounts.now(index);
            require_rent_exemption(accounts.key(index), before, after, &context.rent, account_index)?;
        }
    }
    Ok(())
}

#[cfg(not(feature = "planted-bugs"))]
fn roll_back(accounts: &mut TxAccounts, paid: &Arc<Account>, _context: &BlockContext<'_>) {
    accounts.roll_back(paid);
}

#[cfg(feature = "planted-bugs")]
fn roll_back(accounts: &mut TxAccounts, paid: &Arc<Account>, context: &BlockContext<'_>) {
    crate::planted::roll_back(context.planted, accounts, paid);
}

#[cfg(test)]
mod tests;
